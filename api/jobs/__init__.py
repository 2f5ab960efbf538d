"""Jobs as people and programs see them: followed, cancelled, come back to."""

# The modules that rooms above may use.
OFFERS: tuple[str, ...] = ("pages", "routes")
