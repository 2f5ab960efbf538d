"""Reports: tallies, the gap report, the round report, conclusions, trends, answers, exports."""

# The modules that rooms above may use.
OFFERS: tuple[str, ...] = (
    "breakdowns",
    "characteristics.document",
    "characteristics.queries",
    "conclusions.queries",
    "deleted_audits",
    "exports.contents",
    "gaps.chart",
    "gaps.coefficients",
    "gaps.columns",
    "gaps.document",
    "gaps.queries",
    "gaps.routes",
    "gaps.sections",
    "keeping",
    "measured_change.queries",
    "origins",
    "overall",
    "questions.children",
    "questions.sections",
    "recording_gaps",
    "round_report.comparison",
    "round_report.hooks",
    "sentences",
    "tallies",
)
