"""Sampling: the frame, the draw, and drawing again to check it."""

# The modules that rooms above may use.
OFFERS: tuple[str, ...] = (
    *("actions", "drawn_for", "frames", "hooks", "long_work", "page_parts", "plans", "queries", "routes"),
)
