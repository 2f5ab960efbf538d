"""Urgent concerns: raised, acknowledged, escalated, closed."""

# The modules that rooms above may use.
OFFERS: tuple[str, ...] = ("queries",)
