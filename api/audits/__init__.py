"""Audits: scoring, submission, complete audits, consistency, redaction."""

# The modules that rooms above may use.
OFFERS: tuple[str, ...] = (
    "actions",
    "hooks",
    "parts",
    "routes",
    "scoring.actions",
    "submission.actions",
    "submission.hooks",
)
