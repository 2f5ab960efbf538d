"""The cases of a joint round as a list for the key-holder, who tells each agency which children they are."""

from typing import Final

from sqlmodel import Session, col, select

from api.case_files.words import words_in_use
from api.documents.document import NOTHING, Column, Document, Origin, Section, Table, text
from api.documents.files import FileKind, WrittenFile, list_file
from api.foundation.local_time import local_date
from api.foundation.permissions import Actor, Permission, check_may
from api.people.key_holder.queries import key_holder_of
from api.people.organisations import name_of
from models import CaseFile, JointCase, JointRound, Team, now
from models.storage.joins import linked

_COLUMNS: Final = ("Case file", "Team", "Status", "Age band")
_MARKING: Final = "Internal: references of cases. Keep it inside your organisation."
_SHEET: Final = (
    "Each agency needs a sheet that says which child a reference stands for. Send it outside this service: names and "
    "references must never be in it together."
)
_COMMAND: Final = "The key-holder can give this file to caseaudit whois, which lists the children."


def joint_case_list(session: Session, found: JointRound, kind: FileKind, *, by: Actor) -> WrittenFile:
    """The list as a file. The CSV file has one line of headings and nothing else above the cases. Raises NotAllowed."""
    check_may(by, Permission.WRITE_JOINT_ROUNDS)
    is_on_paper = kind in {FileKind.PDF, FileKind.DOCX}
    rows = session.execute(
        select(CaseFile, Team.name)
        .join(JointCase, linked(JointCase.case_file_id, CaseFile.id))
        .join(Team, linked(Team.id, CaseFile.team_id))
        .where(col(JointCase.organisation_id) == found.organisation_id, col(JointCase.joint_round_id) == found.id)
        .order_by(col(JointCase.id))
    )
    words = words_in_use(session, found.organisation_id)
    cells = []
    for case, team in rows:
        written = (case.reference, team, words.status_label(case.status), words.age_label(case.age_band))
        cells.append((*map(text, written), *([NOTHING] if is_on_paper else [])))
    columns = (*_COLUMNS, *(["Sheet sent"] if is_on_paper else []))
    holder = key_holder_of(session, by.organisation_id).words
    ask = f"To find the children, ask the key-holder: {holder}." if holder else "No key-holder is named yet."
    table = Table("cases", "Cases of the joint audit", tuple(map(Column, columns)), tuple(cells))
    paragraphs = (ask, _SHEET, *(() if is_on_paper else (_COMMAND,)))
    document = Document(
        title=f"Cases: {found.title}",
        subtitle="",
        marking=_MARKING,
        made_on=local_date(now()),
        sections=(Section("Cases of the joint audit", paragraphs=paragraphs, table=table),),
        origin=Origin(
            organisation=name_of(session, organisation_id=by.organisation_id),
            rounds=(found.title,),
            period=(found.period_from, found.period_to),
            made_by=by.name,
        ),
        kind="joint-cases",
    )
    return list_file(document, kind)
