"""The reference of the REST interface as pages: every operation with what it takes, an example and what it answers."""

# The modules that rooms above may use.
OFFERS: tuple[str, ...] = ("examples",)
