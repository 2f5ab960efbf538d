"""Sections with true counts, which the report of a round and that of several rounds have in common."""

from collections.abc import Iterable
from dataclasses import replace

from api.documents.document import NOTHING, Cell, Section, Tone, count, text
from api.reports.gaps.columns import (
    INTERVAL,
    NAME,
    POINTS,
    SHARE,
    STATE,
    THEME_COLUMNS,
    TONES,
    Behind,
    GapColumn,
    gap_table,
    nowhere,
    rating_columns,
)
from api.reports.gaps.queries import GapReport, Group
from api.reports.gaps.sections import (
    GAP_DEFINITION,
    INTERVAL_DEFINITION,
    heat_map,
    share_chart,
    standard_definition,
    themes_section,
)
from api.reports.overall import DEFINITION as OVERALL_DEFINITION
from api.reports.sentences import gap_share, lowered
from checklists.reports.gaps import Gap, GapState, by_widest_gap
from checklists.templates.template import NotEvidencedRule


def group_themes(report: GapReport, group: Group, behind: Behind = nowhere, *, key: str = "themes") -> Section:
    """The themes of a group, widest gap first, with their chart."""
    columns = (*THEME_COLUMNS, *rating_columns(report.template.scale))
    caption = "Every theme against the target"
    if group.key:
        caption = f"{group.label}: every theme against the target"
    table = gap_table(key, caption, by_widest_gap(group.themes), columns, behind=behind)
    return themes_section(table, share_chart(group.themes, report.target, key=key))


def group_domains(group: Group, *, key: str = "domains") -> Section:
    """The learning domains of a group, widest gap first."""
    columns = (
        replace(NAME, label="Learning domain"),
        STATE,
        POINTS,
        SHARE,
        INTERVAL,
        GapColumn("Answers", lambda gap, _: count(gap.applicable)),
    )
    caption = f"{group.label}: the themes of each pooled" if group.key else "The themes of each pooled"
    table = gap_table(key, caption, by_widest_gap(group.domains), columns)
    return Section("Learning domains", table=table, sheet="themes")


def split_heat_map(split: GapReport, behind: Behind = nowhere) -> Section:
    """Every theme in every group of a breakdown, or a sentence when no audit is in any."""
    breakdown = split.breakdown
    label = lowered(split.split_label)
    if not split.groups:
        return Section(f"By {label}", paragraphs=("No counted audit is in any group.",), sheet="breakdowns")
    groups = (
        (
            f"{group.label} ({group.audits:,})",
            [
                _heat(gap, behind(theme=gap.key, answer="applicable", by=breakdown.value, group=group.key))
                for gap in group.themes
            ],
        )
        for group in split.groups
    )
    words = (
        "Share meeting the standard. The number of audits is beside each heading; with fewer than "
        f"{split.minimum} applicable answers there are too few to say, and the numbers are in brackets."
    )
    return heat_map(breakdown, split.template, groups, (words, *split.notes))


def _heat(gap: Gap, href: str) -> Cell:
    if gap.share_meeting is None:
        return NOTHING
    if gap.state is GapState.TOO_FEW:
        return text(f"({gap.meeting:,} of {gap.applicable:,})", tone=Tone.FEW, href=href)
    return gap_share(gap, tone=TONES[gap.state], href=href)


def working_definitions(report: GapReport, more: Iterable[str] = ()) -> Section:
    """How a report with true counts is worked out; `more` follows."""
    template = report.template
    below = template.not_evidenced is NotEvidencedRule.BELOW_STANDARD
    return Section(
        "Method and definitions",
        points=(
            standard_definition(template, report.target),
            "Applicable: rated"
            + (", or not evidenced, which counts as below the standard." if below else "; not evidenced is left out."),
            f"{GAP_DEFINITION} Themes are ranked by gap; equal gaps share a rank.",
            INTERVAL_DEFINITION,
            OVERALL_DEFINITION,
            (
                "Gap (state): the share is under the target, and so is its whole interval. Possible gap: the share "
                f"is under the target, but the interval reaches it. Too few to say: under {report.minimum} applicable "
                "answers."
            ),
            (
                "Learning domain: the answers of its themes pooled, with an interval as wide as if all answers of a "
                "case said the same."
            ),
            *more,
        ),
        sheet="definitions",
    )
