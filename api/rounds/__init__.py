"""Rounds: planned, opened, closed, and their progress."""

# The modules that rooms above may use.
OFFERS: tuple[str, ...] = ("actions", "closing", "first_steps", "hooks", "progress", "queries", "unfinished")
