"""The round report as a document: unrounded counts, for people who may read every audit."""

import uuid
from collections.abc import Sequence
from datetime import date
from typing import Final

from sqlmodel import Session

from api.documents.document import (
    NOTHING,
    Cell,
    Column,
    Document,
    Origin,
    Section,
    Table,
    Tone,
    count,
    percent,
    points,
    text,
)
from api.foundation.permissions import Actor
from api.reports.breakdowns import SPLITS
from api.reports.conclusions.queries import RoundConclusion
from api.reports.conclusions.section import conclusion_section, text_sections, texts_for_report
from api.reports.gaps.columns import Behind, interval, nowhere
from api.reports.gaps.sections import MARKING, counted_section
from api.reports.gaps.working import group_domains, group_themes, split_heat_map, working_definitions
from api.reports.origins import counted_audits, working_origin
from api.reports.overall import overall_by_group, overall_section, overall_sentence
from api.reports.round_report.completion import completion_section
from api.reports.round_report.queries import Comparison, RoundReport, round_report
from api.reports.sentences import headline, in_percent, strengths
from api.reports.weighted import WeightedReport
from api.rounds.unfinished import closing_statement
from checklists.reports.change import Change
from checklists.templates.scale import NOT_APPLICABLE, NOT_EVIDENCED
from checklists.templates.template import NotEvidencedRule
from models import RoundState, now

CHANGE_TONES: Final = {
    Change.IMPROVED: Tone.GOOD,
    Change.WORSE: Tone.BAD,
    Change.NO_CLEAR_CHANGE: Tone.NONE,
    Change.TOO_FEW: Tone.FEW,
}


def document_of(session: Session, *, round_id: uuid.UUID, by: Actor, texts: bool = False) -> Document:
    """The whole report of a round by every breakdown, as it is today. Raises NotFound.

    With `texts` it holds what auditors conclude; without, no text of any audit.
    """
    report = round_report(session, round_id=round_id, splits=SPLITS, by=by)
    concluded = texts_for_report(session, round_id=round_id, by=by) if texts else ()
    origin = origin_of(session, report, by=by)
    return working_document(report, made_on=now().date(), origin=origin, concluded=concluded)


def origin_of(session: Session, report: RoundReport, *, by: Actor) -> Origin:
    """The origin of the report that `by` makes."""
    counted = counted_audits(report.whole.counted, report.whole.left_out)
    return working_origin(session, [report.audit_round], counted=counted, by=by)


def working_document(
    report: RoundReport,
    *,
    made_on: date,
    origin: Origin,
    behind: Behind = nowhere,
    conclusions_path: str = "",
    concluded: Sequence[RoundConclusion] = (),
) -> Document:
    """The whole report. With `behind`, figures lead to the answers that they count."""
    audit_round = report.audit_round
    sections = [
        _summary(report),
        overall_section(report.all_audits.overall, report.whole.template),
        group_themes(report.whole, report.all_audits, behind),
        _strengths(report),
        _not_rated(report, behind),
        *([_comparison(report.comparison)] if report.comparison else []),
        group_domains(report.all_audits),
        *([_weighted(report, report.weighted)] if report.weighted else []),
        *(split_heat_map(split, behind) for split in report.splits.values()),
        *(overall_by_group(split) for split in report.splits.values()),
        conclusion_section(report.conclusions, report.all_audits.audits, path=conclusions_path),
        *text_sections(concluded),
        _counted(report),
        completion_section(report.completion),
        _definitions(report),
    ]
    return Document(
        title=f"Gap report: {audit_round.title}",
        subtitle="Closed round." if audit_round.state is RoundState.CLOSED else "Round still open: figures will move.",
        marking=MARKING,
        made_on=made_on,
        sections=tuple(section for section in sections if section is not None),
        origin=origin,
        kind="gap-report",
    )


def _summary(report: RoundReport) -> Section:
    number = report.all_audits.audits
    audits = "1 audit" if number == 1 else f"{number:,} audits"
    return Section(
        "In short",
        paragraphs=(
            overall_sentence(report.all_audits.overall, report.whole.template.scale),
            headline(report.all_audits.themes, opening=f"{audits} counted", target=report.target),
            *report.whole.notes,
            *((closed_with,) if (closed_with := closing_statement(report.audit_round)) else ()),
        ),
    )


def _strengths(report: RoundReport) -> Section:
    found = strengths(report.all_audits.themes)
    if not found:
        return Section("Strengths", paragraphs=("No theme reached the target with enough answers to say so.",))
    return Section(
        "Strengths",
        paragraphs=(
            "Themes on target, the strongest first. Ask what is done well here, and where else it would help.",
        ),
        points=tuple(f"{gap.label}: {in_percent(gap.share_meeting)} of {gap.applicable:,} answers" for gap in found),
    )


def _not_rated(report: RoundReport, behind: Behind) -> Section:
    audits = report.all_audits.audits

    def share(number: int) -> Cell:
        return percent(number / audits) if audits else NOTHING

    rows = tuple(
        (
            text(gap.label),
            count(evidenced, href=behind(theme=gap.key, answer=NOT_EVIDENCED) if evidenced else ""),
            share(evidenced),
            count(applicable, href=behind(theme=gap.key, answer=NOT_APPLICABLE) if applicable else ""),
            share(applicable),
        )
        for gap in report.all_audits.themes
        for evidenced, applicable in [(gap.counts[NOT_EVIDENCED], gap.counts[NOT_APPLICABLE])]
    )
    counts_below = report.whole.template.not_evidenced is NotEvidencedRule.BELOW_STANDARD
    return Section(
        "Not evidenced and not applicable",
        paragraphs=(
            "Not evidenced: the theme applies, and nothing on file shows what was done. "
            + ("It counts as below the standard. " if counts_below else "This template leaves it out of the sums. ")
            + "Not applicable leaves the sums.",
        ),
        table=Table(
            "not-rated",
            "Answers that are not ratings",
            (
                Column("Theme"),
                Column("Not evidenced", numeric=True),
                Column("Of all audits", numeric=True),
                Column("Not applicable", numeric=True),
                Column("Of all audits", numeric=True),
            ),
            rows,
        ),
        sheet="themes",
    )


def _comparison(comparison: Comparison) -> Section:
    rows = tuple(
        (
            text(change.label),
            text(change.change.label, tone=CHANGE_TONES[change.change]),
            percent(change.before.share_meeting) if change.before else NOTHING,
            count(change.before.applicable) if change.before else NOTHING,
            percent(change.now.share_meeting) if change.now else NOTHING,
            count(change.now.applicable) if change.now else NOTHING,
            points(change.difference, signed=True),
            text(interval_in_points(change.interval)),
        )
        for change in comparison.changes
    )
    numbers = {kind: sum(change.change is kind for change in comparison.changes) for kind in Change}
    said = ", ".join(f"{number} {kind.label.lower()}" for kind, number in numbers.items() if number)
    return Section(
        f"Since the round before: {comparison.earlier.title}",
        paragraphs=(f"Of {len(comparison.changes)} themes: {said}.",),
        points=comparison.template_changes,
        table=Table(
            "changes",
            "Share meeting the standard, then and now",
            (
                Column("Theme"),
                Column("Change"),
                Column("Before", numeric=True),
                Column("Applicable before", numeric=True),
                Column("Now", numeric=True),
                Column("Applicable now", numeric=True),
                Column("Difference (points)", numeric=True),
                Column("95% interval", numeric=True),
            ),
            rows,
        ),
        sheet="changes",
    )


def _weighted(report: RoundReport, weighted: WeightedReport) -> Section:
    rows = tuple(
        (
            text(gap.label),
            percent(gap.share_meeting),
            percent(share.share) if share else NOTHING,
            text(interval(share.interval) if share else ""),
            count(round(share.effective_n)) if share else NOTHING,
        )
        for gap in report.all_audits.themes
        for share in [weighted.themes.get(gap.key)]
    )
    words = "The sample was drawn unevenly: the weighted share is the estimate for all cases that it stands for."
    left_out = f" {weighted.unweighted} of the counted audits carry no weight and are left out of it."
    columns = (
        Column("Theme"),
        Column("As counted", numeric=True),
        Column("Weighted", numeric=True),
        Column("95% interval", numeric=True),
        Column("Effective number", numeric=True),
    )
    return Section(
        "Weighted for the sample",
        paragraphs=(words + (left_out if weighted.unweighted else ""),),
        table=Table("weighted", "Share meeting the standard, as counted and weighted", columns, rows),
        sheet="themes",
    )


def _counted(report: RoundReport) -> Section:
    left_out = report.whole.left_out.items()
    return counted_section(
        [
            ("Counted", count(report.whole.counted)),
            *((f"Counted: {mode.lower()}", count(number)) for mode, number in report.modes.items()),
            *((f"Left out: {reason.label.lower()}", count(number)) for reason, number in left_out),
        ]
    )


def _definitions(report: RoundReport) -> Section:
    change = (
        "Change between rounds: the difference of the two shares with Newcombe's 95% interval (1998, method 10); "
        "improved or worse when the whole interval is on one side of 0."
    )
    return working_definitions(report.whole, (change,))


def interval_in_points(ends: tuple[float, float] | None) -> str:
    """Two differences of shares as "-3.1 to +12.0"."""
    return "" if ends is None else " to ".join(points(end, signed=True).text for end in ends)
