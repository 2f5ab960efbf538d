"""Follow-ups: a round's rule for audits at the lowest rating, who is notified, and whether what fell short was
corrected.
"""

# The modules that rooms above may use.
OFFERS: tuple[str, ...] = ("actions", "counting", "document", "queries", "rule.actions")
