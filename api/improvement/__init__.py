"""Improvement: what follows from audits, as actions with owners, due dates and evidence of impact."""

# The modules that rooms above may use.
OFFERS: tuple[str, ...] = (
    "actions",
    "child_level.actions",
    "choosing",
    "impact.document",
    "impact.queries",
    "planning",
    "readable",
    "recommendations.actions",
)
