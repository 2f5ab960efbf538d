"""The gap report of several rounds, or split, as a document; for the terminal; and as one table for programs."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import Final

from sqlmodel import Session

from api.documents.document import Cell, Column, Document, Origin, Section, Table, file_name, text
from api.foundation.permissions import Actor
from api.reports.breakdowns import Breakdown
from api.reports.gaps.columns import TERMINAL_COLUMNS, csv_columns, gap_table, nowhere, terminal_columns_without_target
from api.reports.gaps.described import (
    described_by_group,
    described_definitions,
    described_summary,
    described_themes,
)
from api.reports.gaps.queries import GapReport, Group
from api.reports.gaps.sections import MARKING
from api.reports.gaps.working import group_domains, group_themes, lowest_in_words, split_heat_map, working_definitions
from api.reports.origins import counted_audits, working_origin
from api.reports.overall import overall_by_group, overall_section, overall_sentence
from api.reports.questions.children import CaseTrait, children_section
from api.reports.questions.sections import (
    every_answer,
    question_definitions,
    question_sections,
    questions_by_group,
    questions_in_words,
)
from api.reports.recording_gaps import RecordingGaps, recording_section
from api.reports.sentences import headline
from checklists.plurals import plural
from checklists.reports.gaps import by_widest_gap

KIND: Final = "gap-report"
EXPLANATION: Final = (
    "Meets: share of applicable answers that meet the standard. Gap: percentage points below the target."
)


def origin_of(session: Session, report: GapReport, *, by: Actor) -> Origin:
    """The origin of the report that `by` makes."""
    return working_origin(session, report.rounds, counted=counted_audits(report.counted, report.left_out), by=by)


def gap_document(
    report: GapReport,
    *,
    made_on: date,
    origin: Origin,
    cases: Sequence[CaseTrait] = (),
    recording: RecordingGaps | None = None,
) -> Document:
    """The rounds added up, in all or group by group: the same tables as in the report of one round."""
    if not report.template.graded:
        return _document(report, _described(report, cases), described_definitions(), made_on=made_on, origin=origin)
    sections: list[Section] = []
    for place, group in enumerate(report.groups, 1):
        themes = group_themes(report, group, key=f"themes-{place}")
        domains = group_domains(report, group, key=f"domains-{place}")
        if report.breakdown is not Breakdown.WHOLE:
            audits = plural(group.audits, "audit")
            themes = replace(themes, heading=f"{group.label}: {audits}")
            domains = replace(domains, heading=f"{group.label}: learning domains")
        sections += [themes, domains]
    if report.breakdown is Breakdown.WHOLE:
        audits = plural(report.counted, "audit")
        overall, scale = report.groups[0].overall, report.template.scale
        said = headline(report.groups[0].themes, opening=f"{audits} counted", target=report.target)
        sections.insert(0, overall_section(overall, report.template))
        short = (overall_sentence(overall, scale), said, *lowest_in_words(report, report.groups[0]), *report.notes)
        sections.insert(0, Section("Summary", paragraphs=short))
        if (told := recording_section(report, report.groups[0], recording)) is not None:
            sections.append(told)
        if cases:
            sections.append(children_section(report.template, cases))
        sections += question_sections(report, report.groups[0])
        if (answers := every_answer(report.groups[0])) is not None:
            sections.append(answers)
    else:
        by_group = (overall_by_group(report), questions_by_group(report))
        sections[:0] = [split_heat_map(report), *(section for section in by_group if section is not None)]
    definitions = working_definitions(report, question_definitions(report.template))
    return _document(report, sections, definitions, made_on=made_on, origin=origin)


def _document(
    report: GapReport, sections: Sequence[Section], definitions: Section, *, made_on: date, origin: Origin
) -> Document:
    return Document(
        title=_title(report),
        subtitle="",
        marking=MARKING,
        made_on=made_on,
        sections=(*sections, definitions),
        origin=origin,
        kind=KIND,
    )


def _described(report: GapReport, cases: Sequence[CaseTrait]) -> list[Section]:
    """The sections of rounds whose template has no ratings."""
    children = [children_section(report.template, cases)] if cases else []
    if report.split_by_nothing:
        group = report.groups[0]
        found = [
            described_summary(report),
            described_themes(report, group),
            *children,
            *question_sections(report, group),
            every_answer(group),
        ]
    else:
        found = [described_summary(report), described_by_group(report), questions_by_group(report)]
    return [section for section in found if section is not None]


def _title(report: GapReport) -> str:
    called = "Gap report" if report.template.graded else "Report"
    if len(report.rounds) > 1:
        return f"{called}: {len(report.rounds)} rounds combined"
    return f"{called}: {report.rounds[0].title}"


def name_of_file(report: GapReport, *, made_on: date, kind: str = KIND) -> str:
    """The name of its files without their ending."""
    about = report.rounds[0].title if len(report.rounds) == 1 else f"{len(report.rounds)} rounds"
    return file_name(kind, about, made_on)


def terminal_document(
    report: GapReport,
    *,
    made_on: date,
    origin: Origin,
    cases: Sequence[CaseTrait] = (),
    recording: RecordingGaps | None = None,
) -> Document:
    """A table for each group: learning domains, then themes with the widest gap first. The questions in sentences."""
    if not report.template.graded:
        sections = [*_described(report, cases), *questions_in_words(report)]
        return _document(report, sections, described_definitions(), made_on=made_on, origin=origin)
    told = recording_section(report, report.groups[0], recording) if report.split_by_nothing else None
    scale = report.template.scale
    standard = scale.label(scale.standard)
    target = (
        f"No target yet. The standard is {standard}."
        if report.target is None
        else f"Target {int(report.target * 100)}% meeting the standard ({standard})."
    )
    return Document(
        title="Gap report",
        subtitle=", ".join(audit_round.title for audit_round in report.rounds),
        marking=MARKING,
        made_on=made_on,
        sections=(
            Section("Target", paragraphs=(target,)),
            *(Section(group.label, table=_table_of(report, group), sheet="themes") for group in report.groups),
            *([children_section(report.template, cases)] if cases else []),
            *([told] if told else []),
            *(questions_in_words(report)),
            *([Section("Notes", paragraphs=tuple(f"Note: {note}" for note in report.notes))] if report.notes else []),
        ),
        origin=origin,
        kind=KIND,
    )


def _table_of(report: GapReport, group: Group) -> Table:
    gaps = (*group.domains, *by_widest_gap(group.themes))
    caption = f"{group.label} ({group.audits} audits)"
    columns = TERMINAL_COLUMNS if report.target is not None else terminal_columns_without_target()
    table = gap_table(f"group-{group.key}", caption, gaps, columns)
    return replace(table, note=EXPLANATION, faint=len(group.domains))


def flat_table(report: GapReport) -> Table:
    """Every learning domain and theme of every group as a row of one table."""
    rounds = text("; ".join(audit_round.title for audit_round in report.rounds))
    columns = csv_columns(report.template, report.target)
    rows: list[tuple[Cell, ...]] = []
    for group in report.groups:
        for level, gaps in (("Learning domain", group.domains), ("Theme", group.themes)):
            said = (rounds, text(group.label), text(level))
            rows += [(*said, *(column.cell(gap, nowhere) for column in columns)) for gap in gaps]
    head = (Column("Rounds"), Column(report.split_label), Column("Level"), *(column.head for column in columns))
    return Table("gaps", "Gap report", head, tuple(rows))
