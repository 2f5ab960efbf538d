"""Re-audits: rounds planned after closed ones, about chosen themes, and large enough to show the change hoped for."""

# The modules that rooms above may use.
OFFERS: tuple[str, ...] = ("queries",)
