"""Rounds: planned, opened, closed, and how far their audits are."""

# The modules that rooms above may use.
OFFERS: tuple[str, ...] = ("actions", "hooks", "progress", "queries")
