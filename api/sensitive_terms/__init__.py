"""The organisation's own words that must not be written: added, listed, taken off."""

# The modules that rooms above may use.
OFFERS: tuple[str, ...] = ()
