"""The round report as a document: unrounded counts, for people who may read every audit."""

import uuid
from collections.abc import Iterator, Sequence
from dataclasses import replace
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
    count,
    percent,
    share_of,
    text,
)
from api.foundation.local_time import local_date
from api.foundation.permissions import Actor
from api.reports.conclusions.section import conclusion_section, text_sections, texts_for_report
from api.reports.deleted_audits import deleted_in_words
from api.reports.gaps.columns import Behind, interval, nowhere
from api.reports.gaps.described import (
    described_by_group,
    described_definitions,
    described_summary,
    described_themes,
)
from api.reports.gaps.queries import EVERY_SPLIT
from api.reports.gaps.sections import MARKING, counted_section
from api.reports.gaps.working import group_domains, group_themes, lowest_in_words, split_heat_map, working_definitions
from api.reports.notes_on_themes.queries import list_descriptions, list_notes
from api.reports.notes_on_themes.sections import MOST_NOTES, description_texts, note_texts, notes_section
from api.reports.origins import counted_audits, working_origin
from api.reports.overall import overall_by_group, overall_section, overall_sentence
from api.reports.questions.children import children_section
from api.reports.questions.sections import every_answer, question_definitions, question_sections, questions_by_group
from api.reports.recording_gaps import recording_section
from api.reports.round_report.comparison import METHODS, comparison_sections, question_comparison
from api.reports.round_report.completion import completion_section
from api.reports.round_report.feedback import feedback_section
from api.reports.round_report.hooks import further_sections
from api.reports.round_report.queries import RoundReport, round_report
from api.reports.round_report.time_spent import time_section
from api.reports.sentences import gap_share, headline, strengths
from api.reports.voices.sections import voice_sections
from api.reports.weighted import WeightedReport
from api.rounds.unfinished import closing_statement
from checklists.plurals import plural
from checklists.reports.change import Method
from checklists.reports.gaps import Gap
from checklists.statistics.rounding import rounded
from checklists.templates.scale import NOT_APPLICABLE, NOT_ASKED, NOT_EVIDENCED
from checklists.templates.template import NotEvidencedRule
from models import RoundState, now

_STAGES: Final = {
    RoundState.PLANNED: "Round not opened yet: nothing has been audited.",
    RoundState.OPEN: "Round still open: figures will change.",
    RoundState.CLOSED: "Closed round.",
}
STORED_COUNTS: Final = "Stored counts still include them. Texts, and what is counted from texts, do not."


def document_of(session: Session, *, round_id: uuid.UUID, by: Actor, texts: bool = False) -> Document:
    """The whole report of a round by every breakdown, as it is today. Raises NotFound.

    With `texts` it holds what auditors conclude; without, no text of any audit.
    """
    report = round_report(session, round_id=round_id, splits=[EVERY_SPLIT], by=by)
    origin, template = origin_of(session, report, by=by), report.whole.template
    further = further_sections(session, report.audit_round, by=by)
    if not texts:
        return working_document(report, made_on=local_date(now()), origin=origin, further=further)
    concluded = texts_for_report(session, round_id=round_id, by=by)
    written = list_notes(session, round_id=round_id, template=template, limit=MOST_NOTES + 1, by=by)
    said = [*note_texts(template, written), *text_sections(concluded)]
    if not template.graded:
        described = list_descriptions(session, round_id=round_id, template=template, limit=MOST_NOTES + 1, by=by)
        said[:0] = description_texts(template, described)
    return working_document(report, made_on=local_date(now()), origin=origin, further=further, texts=said)


def origin_of(session: Session, report: RoundReport, *, by: Actor) -> Origin:
    """The origin of the report that `by` makes."""
    counted = counted_audits(report.whole.counted, report.whole.left_out)
    deleted = deleted_in_words(session, [report.audit_round], then=STORED_COUNTS)
    return working_origin(session, [report.audit_round], counted=f"{counted} {deleted}".rstrip(), by=by)


def working_document(
    report: RoundReport,
    *,
    made_on: date,
    origin: Origin,
    behind: Behind = nowhere,
    conclusions_path: str = "",
    further: Sequence[Section] = (),
    texts: Sequence[Section] = (),
) -> Document:
    """The whole report. With `behind`, figures lead to the answers that they count.

    `further`: what rooms above add; `texts`: what auditors wrote.
    """
    audit_round = report.audit_round
    is_graded = report.whole.template.graded
    sections = [
        *(_of_ratings(report, behind) if is_graded else _of_words(report, behind)),
        *(questions_by_group(split) for split in report.splits.values()),
        every_answer(report.all_audits),
        notes_section(report.whole.template, report.notes),
        conclusion_section(report.conclusions, report.all_audits.audits, path=conclusions_path),
        *further,
        *texts,
        _counted(report),
        completion_section(report.completion),
        feedback_section(report.feedback),
        time_section(report.time, report.whole.template, audit_round.template_version),
        _definitions(report) if is_graded else described_definitions(),
    ]
    return Document(
        title=f"{'Gap report' if is_graded else 'Report'}: {audit_round.title}",
        subtitle=_STAGES[audit_round.state],
        marking=MARKING,
        made_on=made_on,
        sections=tuple(section for section in sections if section is not None),
        origin=origin,
        kind="gap-report",
    )


def _of_ratings(report: RoundReport, behind: Behind) -> Iterator[Section | None]:
    """The first sections of a round whose template has ratings."""
    template, splits = report.whole.template, report.splits.values()
    yield _summary(report)
    yield _overall(report)
    yield group_themes(report.whole, report.all_audits, behind)
    if report.target is not None:
        yield _strengths(report)
    yield recording_section(report.whole, report.all_audits, report.recording)
    yield _not_rated(report, behind)
    yield children_section(template, report.cases)
    yield from question_sections(report.whole, report.all_audits)
    yield from voice_sections(template, report.voices)
    if report.comparison:
        yield from comparison_sections(report.comparison, template)
    yield group_domains(report.whole, report.all_audits)
    if report.weighted:
        yield _weighted(report, report.weighted)
    yield from (split_heat_map(split, behind) for split in splits)
    yield from (overall_by_group(split) for split in splits)


def _of_words(report: RoundReport, behind: Behind) -> Iterator[Section | None]:
    """The first sections of a round whose template has no ratings."""
    template = report.whole.template
    yield described_summary(report.whole)
    yield described_themes(report.whole, report.all_audits, behind)
    yield children_section(template, report.cases)
    yield from question_sections(report.whole, report.all_audits)
    yield from voice_sections(template, report.voices)
    if report.comparison and report.comparison.questions:
        yield question_comparison(report.comparison.questions, report.comparison.confidence)
    yield from (described_by_group(split) for split in report.splits.values())


def _overall(report: RoundReport) -> Section:
    """The overall judgements, and how often auditors changed theirs after they saw what their answers give."""
    made, changed = overall_section(report.all_audits.overall, report.whole.template), report.first_judgements.sentence
    return replace(made, paragraphs=(*made.paragraphs, changed)) if changed else made


def _summary(report: RoundReport) -> Section:
    number = report.all_audits.audits
    audits = plural(number, "audit")
    return Section(
        "Summary",
        paragraphs=(
            overall_sentence(report.all_audits.overall, report.whole.template.scale),
            headline(report.all_audits.themes, opening=f"{audits} counted", target=report.target),
            *lowest_in_words(report.whole, report.all_audits),
            *report.whole.notes,
            *((closed_with,) if (closed_with := closing_statement(report.audit_round)) else ()),
        ),
    )


def _strengths(report: RoundReport) -> Section:
    found = strengths(report.all_audits.themes)
    if not found:
        return Section("Strengths", paragraphs=("No theme met the target with enough answers to be sure.",))
    return Section(
        "Strengths",
        paragraphs=("Themes on target, strongest first. Consider what is working well and where else it could help.",),
        points=tuple(f"{gap.label}: {_of_answers(gap)}" for gap in found),
    )


def _of_answers(gap: Gap) -> str:
    """78% of 45 answers, or 7 of 9 answers (78%)."""
    share = gap_share(gap)
    if share.is_of_few:
        return share.text.replace(" (", " answers (")
    return f"{share.text} of {gap.applicable:,} answers"


def _not_rated(report: RoundReport, behind: Behind) -> Section:
    audits = report.all_audits.audits

    template = report.whole.template
    answers = [NOT_EVIDENCED, NOT_APPLICABLE, *([NOT_ASKED] if template.has_conditions else [])]

    def cells(gap: Gap, answer: str) -> tuple[Cell, Cell]:
        number = gap.counts[answer]
        # Nobody gave the answer "not asked", so there is nothing behind it to read.
        leads = number and answer != NOT_ASKED
        return count(number, href=behind(theme=gap.key, answer=answer) if leads else ""), share_of(number, audits)

    rows = tuple(
        (text(gap.label), *(cell for answer in answers for cell in cells(gap, answer)))
        for gap in report.all_audits.themes
    )
    labels = [template.scale.label(answer) for answer in answers]
    counts_below = template.not_evidenced is NotEvidencedRule.BELOW_STANDARD
    return Section(
        "Not evidenced and not applicable",
        paragraphs=(
            "Not evidenced: the theme applies but there is no evidence on file. "
            + (
                "Not evidenced counts as below the standard. "
                if counts_below
                else "This template excludes not evidenced from shares. "
            )
            + "Not applicable is excluded from shares."
            + (
                (" Not asked, which means that the template does not ask the question for the case, is also excluded.")
                * (len(answers) > 2)
            ),
        ),
        table=Table(
            "not-rated",
            "Answers that are not ratings",
            (
                Column("Theme"),
                *(Column(head, numeric=True) for label in labels for head in (label, "Share of all audits")),
            ),
            rows,
        ),
        sheet="themes",
    )


def _weighted(report: RoundReport, weighted: WeightedReport) -> Section:
    rows = tuple(
        (
            text(gap.label),
            gap_share(gap),
            percent(share.share) if share else NOTHING,
            text(interval(share.interval) if share else ""),
            count(int(rounded(share.effective_n))) if share else NOTHING,
        )
        for gap in report.all_audits.themes
        for share in [weighted.themes.get(gap.key)]
    )
    words = (
        "Cases had different chances of being sampled. The weighted share is the estimate for all cases that "
        "the sample represents."
    )
    left_out = f" {weighted.unweighted} of the counted audits have no weight and are excluded from the weighted share."
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
            *((f"Excluded: {reason.label.lower()}", count(number)) for reason, number in left_out),
        ]
    )


def _definitions(report: RoundReport) -> Section:
    method = METHODS[report.comparison.method if report.comparison else Method.INDEPENDENT]
    change = (
        f"Change between rounds: the difference between the 2 shares. {method} The change is improved or worse if the "
        "whole interval is above or below 0 and the rounds are comparable."
    )
    return working_definitions(report.whole, (change, *question_definitions(report.whole.template)))
