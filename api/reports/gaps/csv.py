"""Reports as CSV: one row a theme or learning domain, ready for a spreadsheet, with no cell that it would run."""

import csv
import io
from fractions import Fraction

from api.documents.writers.printable import plain_cell
from api.reports.gaps.queries import GapReport
from checklists.gaps import Gap


def gap_report_as_csv(report: GapReport) -> str:
    """The report's groups, learning domains and themes as one table. Shares and gaps are percentages, one decimal."""
    scale = report.template.scale
    answers = {
        **{rating.key: rating.label for rating in scale.ratings},
        "not-evidenced": scale.label("not-evidenced"),
        "not-applicable": scale.label("not-applicable"),
    }
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(
        [
            "Rounds",
            report.breakdown.label,
            "Level",
            "Key",
            "Title",
            "Audits",
            "Applicable",
            *(plain_cell(label) for label in answers.values()),
            "Meets the standard",
            "Below the standard",
            "Share meeting (%)",
            "Share below (%)",
            "Share below, 95% interval from (%)",
            "Share below, 95% interval to (%)",
            "Target (%)",
            "Gap (percentage points)",
            "State",
            "Rank",
        ]
    )
    rounds = "; ".join(audit_round.title for audit_round in report.rounds)
    for group in report.groups:
        for level, gaps in (("Learning domain", group.domains), ("Theme", group.themes)):
            for gap in gaps:
                writer.writerow(
                    [
                        plain_cell(rounds),
                        plain_cell(group.label),
                        level,
                        gap.key,
                        plain_cell(gap.label),
                        gap.audits,
                        gap.applicable,
                        *(gap.counts[answer] for answer in answers),
                        gap.meeting,
                        gap.below,
                        *_shares(gap),
                        int(report.target * 100),
                        _percent(gap.gap),
                        gap.state.label,
                        "" if gap.rank is None else gap.rank,
                    ]
                )
    return out.getvalue()


def _shares(gap: Gap) -> tuple[str, str, str, str]:
    low, high = ("", "") if gap.below_interval is None else (f"{100 * end:.1f}" for end in gap.below_interval)
    return _percent(gap.share_meeting), _percent(gap.share_below), low, high


def _percent(share: Fraction | None) -> str:
    return "" if share is None else f"{float(100 * share):.1f}"
