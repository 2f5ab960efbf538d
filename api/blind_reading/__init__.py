"""Blind reading: two readings of one case, compared and agreed."""

# The modules that rooms above may use.
OFFERS: tuple[str, ...] = ("notifying", "unfinished")
