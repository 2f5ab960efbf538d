"""The organisation's own terms that must not be written: added, listed, removed."""

# The modules that rooms above may use.
OFFERS: tuple[str, ...] = ()
