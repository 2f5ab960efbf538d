"""Feedback on audited cases: the practitioner's sheet and reflection, and what their team disagrees with."""

# The modules that rooms above may use.
OFFERS: tuple[str, ...] = (
    "counting",
    "representations.actions",
    "representations.queries",
    "sheets.actions",
    "sheets.reflections",
)
