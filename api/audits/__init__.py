"""Audits: scoring, conclusions, submission, complete audits, consistency, redaction."""

# The modules that rooms above may use.
OFFERS: tuple[str, ...] = (
    "actions",
    "beside.sections",
    "case.actions",
    "case.queries",
    "complete.actions",
    "complete.known",
    "complete.routes",
    "conclusion.actions",
    "consistency.parts",
    "conversation.actions",
    "family_views.actions",
    "hooks",
    "parts",
    "redaction.actions",
    "redaction.routes",
    "routes",
    "scoring.actions",
    "scoring.judgement",
    "stored",
    "submission.actions",
    "submission.hooks",
    "submission.queries",
    "theme_notes.actions",
    "theme_notes.queries",
)
