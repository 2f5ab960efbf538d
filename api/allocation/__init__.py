"""Allocation: proposals, reserves, exemptions, and reminders of due audits."""

# The modules that rooms above may use.
OFFERS: tuple[str, ...] = ("actions", "queries", "rules")
