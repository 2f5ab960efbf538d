"""Sampling: the frame, the draw, and drawing again to check it."""

# The modules that rooms above may use.
OFFERS: tuple[str, ...] = ("actions", "hooks", "plans", "queries", "routes")
