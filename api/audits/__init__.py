"""Audits: scoring, conclusions, submission, complete audits, consistency, redaction."""

# The modules that rooms above may use.
OFFERS: tuple[str, ...] = (
    "actions",
    "beside.sections",
    "case.queries",
    "conclusion.actions",
    "consistency.parts",
    "hooks",
    "parts",
    "routes",
    "scoring.actions",
    "submission.actions",
    "submission.hooks",
    "submission.queries",
    "theme_notes.queries",
)
