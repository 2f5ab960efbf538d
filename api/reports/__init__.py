"""Reports: tallies, the gap report, the round report, trends, answers, exports."""

# The modules that rooms above may use.
OFFERS: tuple[str, ...] = (
    "breakdowns",
    "gaps.columns",
    "gaps.document",
    "gaps.queries",
    "gaps.routes",
    "gaps.sections",
    "origins",
    "sentences",
    "tallies",
)
