"""Jobs as people and programs see them: followed and cancelled."""

# The modules that rooms above may use.
OFFERS: tuple[str, ...] = ("pages", "routes")
