"""Allocation: proposals, reserves, exemptions, and reminders of what is due."""

# The modules that rooms above may use.
OFFERS: tuple[str, ...] = ("actions", "queries")
