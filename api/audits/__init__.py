"""Audits: scoring, conclusions, submission, complete audits, consistency, redaction."""

# The modules that rooms above may use.
OFFERS: tuple[str, ...] = (
    "actions",
    "conclusion.actions",
    "consistency.parts",
    "hooks",
    "parts",
    "routes",
    "scoring.actions",
    "submission.actions",
    "submission.hooks",
)
