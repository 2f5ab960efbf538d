"""Reports: tallies, the gap report, the round report, trends, answers, exports."""

# The modules that rooms above may use.
OFFERS: tuple[str, ...] = (
    "gaps.chart",
    "gaps.csv",
    "gaps.queries",
    "gaps.routes",
    "gaps.terminal",
    "round_report.document",
    "sentences",
    "tallies",
)
