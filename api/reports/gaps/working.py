"""Sections with true counts, which the report of a round and that of several rounds have in common."""

from collections.abc import Iterable
from dataclasses import replace

from api.documents.document import NOTHING, Cell, Section, Tone, count, share_of, text
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
    without_target,
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
from api.reports.sentences import gap_share, in_percent, lowered, lowest_sentence
from checklists.audits.scoring import overall_rule_in_words
from checklists.reports.gaps import Gap, GapState, by_widest_gap
from checklists.templates.template import NotEvidencedRule


def group_themes(report: GapReport, group: Group, behind: Behind = nowhere, *, key: str = "themes") -> Section:
    """The themes of a group, widest gap first, with their chart."""
    columns = (*THEME_COLUMNS, *rating_columns(report.template.scale))
    caption = "Every theme against the target"
    if report.target is None:
        columns, caption = without_target(columns), "Every theme"
    if report.lowest is not None:
        columns = (*columns, _share_at_lowest(report))
    if group.key:
        caption = f"{group.label}: {lowered(caption)}"
    table = gap_table(key, caption, by_widest_gap(group.themes), columns, behind=behind)
    chart = share_chart(group.themes, report.target, key=key)
    if report.target is None:
        return themes_section(table, chart, heading="Themes, largest share below the standard first")
    return themes_section(table, chart)


def _share_at_lowest(report: GapReport) -> GapColumn:
    """The share at the lowest rating, which stands out where it is over what the round allows."""
    scale, lowest = report.template.scale, report.lowest

    def cell(gap: Gap, _: Behind) -> Cell:
        number = gap.counts[scale.worst]
        over = lowest is not None and gap.applicable >= report.minimum and number > lowest * gap.applicable
        return share_of(number, gap.applicable, tone=Tone.BAD if over else Tone.NONE)

    return GapColumn(f"Share {scale.label(scale.worst)}", cell)


def lowest_in_words(report: GapReport, group: Group) -> list[str]:
    """What to say about the largest share at the lowest rating, if the round has a target for it."""
    said = lowest_sentence(group.themes, report.template.scale, report.lowest, minimum=report.minimum)
    return [said] if said else []


def group_domains(report: GapReport, group: Group, *, key: str = "domains") -> Section:
    """The learning domains of a group, widest gap first."""
    columns: tuple[GapColumn, ...] = (
        replace(NAME, label="Learning domain"),
        STATE,
        POINTS,
        SHARE,
        INTERVAL,
        GapColumn("Answers", lambda gap, _: count(gap.applicable)),
    )
    if report.target is None:
        columns = without_target(columns)
    caption = (
        f"{group.label}: answers of all themes in each learning domain"
        if group.key
        else "Answers of all themes in each learning domain"
    )
    table = gap_table(key, caption, by_widest_gap(group.domains), columns)
    return Section("Learning domains", table=table, sheet="themes")


def split_heat_map(split: GapReport, behind: Behind = nowhere) -> Section:
    """Every theme in every group of a breakdown, or a sentence when no audit is in any."""
    breakdown = split.breakdown
    label = lowered(split.split_label)
    if not split.groups:
        return Section(f"By {label}", paragraphs=("No counted audits are in any group.",), sheet="breakdowns")
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
        "Share meeting the standard, with the number of audits next to each heading. Groups with fewer than "
        f"{split.minimum} applicable answers are too few to say, and their numbers are in brackets."
    )
    shown = [state for state in GapState if state is not GapState.NO_TARGET]
    states = {state: state.label for state in (shown if split.target is not None else [GapState.TOO_FEW])}
    return heat_map(breakdown, split.template, groups, (words, *split.notes), states=states)


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
    ranked = f"{GAP_DEFINITION} Themes are ranked by gap. Equal gaps have the same rank."
    states = (
        "Gap (state): the share and its whole interval are below the target. Possible gap: the share is below "
        "the target, but its interval includes the target. "
    )
    worst = template.scale.label(template.scale.worst)
    over = f"Second target: no more than {in_percent(report.lowest)} of the applicable answers to a theme are {worst}."
    if report.target is None:
        ranked, states = "Themes are ranked by the share below the standard. Equal shares have the same rank.", ""
    return Section(
        "Method and definitions",
        points=(
            standard_definition(template, report.target),
            "Applicable: rated"
            + (", or not evidenced, which counts as below the standard." if below else "; not evidenced is excluded."),
            ranked,
            *([over] if report.lowest is not None else []),
            INTERVAL_DEFINITION,
            OVERALL_DEFINITION,
            overall_rule_in_words(report.template),
            f"{states}Too few to say: fewer than {report.minimum} applicable answers.",
            (
                "Learning domain: the answers of its themes combined. The interval is as wide as if all answers "
                "for a case were the same."
            ),
            *more,
        ),
        sheet="definitions",
    )
