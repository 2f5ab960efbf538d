"""Audits: scoring, submission, complete audits, consistency, redaction."""

# The modules that rooms above may use.
OFFERS: tuple[str, ...] = (
    "actions",
    "consistency.parts",
    "hooks",
    "parts",
    "routes",
    "scoring.actions",
    "submission.actions",
)
