"""Sampling: the frame, the draw, and drawing again to check it."""

# The modules that rooms above may use.
OFFERS: tuple[str, ...] = ("actions", "frames", "hooks", "long_work", "plans", "queries", "routes")
