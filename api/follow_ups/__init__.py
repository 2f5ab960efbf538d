"""Follow-ups: a round's rule for audits at the lowest rating, who is notified, and what became of what fell short."""

# The modules that rooms above may use.
OFFERS: tuple[str, ...] = ("actions", "counting", "document", "queries", "rule.actions")
