"""Agreement between readings, as a report."""

# The modules that rooms above may use.
OFFERS: tuple[str, ...] = ("queries",)
