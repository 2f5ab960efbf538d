"""The cases of a sample as a list for the people who find their files: CSV, workbook, or a list to print."""

import uuid
from collections.abc import Mapping
from typing import Final

from sqlmodel import Session, col, select

from api.case_files.words import words_in_use
from api.documents.document import NOTHING, Cell, Column, Document, Origin, Section, Table, text
from api.documents.files import FileKind, WrittenFile, list_file
from api.foundation.local_time import local_date
from api.foundation.permissions import Actor
from api.people.key_holder.queries import key_holder_of
from api.people.organisations import name_of
from api.sampling.actions import cases_of
from api.sampling.drawn_for import of_sample
from api.sampling.queries import labels_of
from checklists.cases import CaseWords
from models import CaseListEntry, Sample, SampledCase, SampledState, Team, now
from models.storage.joins import linked

_COLUMNS: Final = ("Case file", "Team", "Status", "Age band", "Group", "State")
_MARKING: Final = "Internal: references of cases. Keep it inside your organisation."
# On paper there is a column to fill in by hand.
_ON_PAPER: Final = frozenset({FileKind.PDF, FileKind.DOCX})


def sample_file(session: Session, sample: Sample, kind: FileKind, *, by: Actor) -> WrittenFile:
    """The list as a file. The CSV file has one line of headings and nothing else above the cases."""
    return list_file(sample_document(session, sample, on_paper=kind in _ON_PAPER, by=by), kind)


def sample_document(session: Session, sample: Sample, *, on_paper: bool, by: Actor) -> Document:
    """The list as a document: each case as it was in its case list, and whom to ask for its file."""
    drawn_for = of_sample(session, sample)
    holder = key_holder_of(session, by.organisation_id).words
    ask = f"To find the children’s files, ask the key-holder: {holder}." if holder else "No key-holder is named yet."
    rows = _rows(session, sample)
    columns = (*_COLUMNS, "File found") if on_paper else _COLUMNS
    cells = tuple((*row, NOTHING) for row in rows) if on_paper else tuple(rows)
    table = Table("cases", "Cases in the sample", tuple(map(Column, columns)), cells)
    command = "The key-holder can give this file to caseaudit whois, which lists the children."
    return Document(
        title=f"Sample: {drawn_for.title}",
        subtitle="",
        marking=_MARKING,
        made_on=local_date(now()),
        sections=(Section("Cases in the sample", paragraphs=(ask, *(() if on_paper else (command,))), table=table),),
        origin=Origin(
            organisation=name_of(session, organisation_id=by.organisation_id),
            rounds=(drawn_for.title,),
            period=drawn_for.period,
            made_by=by.name,
        ),
        kind="sample",
    )


def _rows(session: Session, sample: Sample) -> list[tuple[Cell, ...]]:
    cases = cases_of(session, sample)
    references = {case.case_file_id: reference for case, reference in cases}
    groups = labels_of(session, sample.organisation_id, {case.stratum for case, _ in cases})
    listed = _as_listed(session, sample)
    words = words_in_use(session, sample.organisation_id)
    rows = []
    for case, reference in cases:
        cells = (reference, *_bands(listed[case.case_file_id], words), groups[case.stratum])
        rows.append(tuple(map(text, (*cells, _state(case, references)))))
    return rows


def _bands(listed: tuple[CaseListEntry, str], words: CaseWords) -> tuple[str, str, str]:
    entry, team = listed
    return team, words.status_label(entry.status), words.age_label(entry.age_band)


def _state(case: SampledCase, references: Mapping[uuid.UUID, str]) -> str:
    if case.state is SampledState.REPLACED:
        return f"Replaced: {case.reason}"
    return f"Replaces {references[case.stands_for_id]}" if case.stands_for_id else "In the sample"


def _as_listed(session: Session, sample: Sample) -> dict[uuid.UUID, tuple[CaseListEntry, str]]:
    """Each sampled case as it was in its case list, with the name of its team."""
    rows = session.exec(
        select(CaseListEntry, Team.name)
        .join(SampledCase, linked(SampledCase.case_file_id, CaseListEntry.case_file_id))
        .join(Team, linked(Team.id, CaseListEntry.team_id))
        .where(
            col(SampledCase.organisation_id) == sample.organisation_id,
            col(SampledCase.sample_id) == sample.id,
            col(CaseListEntry.case_list_id) == sample.case_list_id,
        )
    ).all()
    return {entry.case_file_id: (entry, team) for entry, team in rows}
