"""A case with words in every place that people write in by ordinary work."""

import uuid
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import make_url, text
from sqlmodel import SQLModel, col, select

from api.concerns import actions as concerns
from api.erasure import actions
from api.foundation.permissions import Actor
from api.foundation.settings import Settings
from api.improvement.child_level import actions as child_level
from api.improvement.child_level.actions import NewChildAction
from api.moderation import comments
from models import Audit, ConcernOutcome, Erasure, ErasureReason, Role
from models.storage.database import Database
from tests.desk import Desk
from tests.factories import MadePerson, a_person, an_actor

REFERENCE = "QX7-4471-ZT9"
# In every text of the case.
CANARY = "canarywords4471"
SENTENCE = f"The plan of April says {CANARY} and was not reviewed in May."


@dataclass(frozen=True)
class FullCase:
    """A case with one audit, a concern that is closed, an action and comments."""

    case_file_id: uuid.UUID
    audit_id: uuid.UUID
    concern_id: uuid.UUID


def a_full_case(desk: Desk, *, reference: str = REFERENCE, closed: bool = True) -> FullCase:
    """The case, by the actions that people use; `closed`: whether its urgent concern is."""
    audit_id = desk.an_audit(reference=reference)
    desk.answer(audit_id, rationale=SENTENCE)
    desk.conclude(audit_id, SENTENCE, SENTENCE, SENTENCE, SENTENCE)
    asha, mo = an_actor(desk.cast.asha), an_actor(desk.cast.mo)
    with desk.database.writing() as session:
        new = NewChildAction(words=SENTENCE, theme="voice", owner_post="Head of Service", due_days=5)
        child_level.propose_child_action(session, audit_id=audit_id, new=new, by=asha)
    desk.submit(audit_id)
    with desk.database.writing() as session:
        concern = concerns.raise_concern(
            session, audit_id=audit_id, person_id=desk.cast.mo.id, words=SENTENCE, hours=4, by=asha
        )
    if closed:
        with desk.database.writing() as session:
            concerns.acknowledge(session, concern_id=concern.id, words=SENTENCE, by=mo)
        with desk.database.writing() as session:
            stored = session.get_one(type(concern), (concern.organisation_id, concern.id))
            concerns.close_concern(
                session,
                concern_id=concern.id,
                outcome=ConcernOutcome.ACTED_ON,
                done=SENTENCE,
                version=stored.version,
                by=mo,
            )
    with desk.database.writing() as session:
        comments.add_comment(session, audit_id=audit_id, words=SENTENCE, theme="voice", by=mo)
        case_file_id = session.get_one(Audit, (desk.cast.organisation.id, audit_id)).case_file_id
    return FullCase(case_file_id, audit_id, concern.id)


def another_lead(desk: Desk) -> MadePerson:
    """A second quality lead."""
    return a_person(desk.database, desk.cast.organisation, name="Ola", roles={Role.QUALITY_LEAD})


def erase(desk: Desk, case_file_id: uuid.UUID) -> Erasure:
    """Lena asks for the case to be erased, and Mo confirms."""
    with desk.database.writing() as session:
        asked = actions.ask(
            session, case_file_id=case_file_id, reason=ErasureReason.ASKED, by=an_actor(desk.cast.lena)
        ).id
    return confirm(desk, asked, by=an_actor(desk.cast.mo))


def confirm(desk: Desk, erasure_id: uuid.UUID, *, by: Actor) -> Erasure:
    """Prepare and confirm an erasure, as its route does."""
    with desk.database.reading() as session:
        prepared = actions.prepare_confirmation(session, erasure_id=erasure_id, by=by)
    with desk.database.writing() as session:
        return actions.confirm(session, prepared, by=by)


def everything_stored(database: Database) -> str:
    """Every value of every table, as one text in lower case."""
    with database.reading() as session:
        rows = [session.execute(text(f'SELECT * FROM "{name}"')).all() for name in sorted(SQLModel.metadata.tables)]
    return str(rows).lower()


def folder_of(settings: Settings) -> list[bytes]:
    """The content of every file beside an SQLite database, journals and keys among them."""
    folder = Path(make_url(settings.database_url).database or "").parent
    return [file.read_bytes() for file in sorted(folder.rglob("*")) if file.is_file()]


def audits_of(database: Database) -> int:
    """How many audits are stored."""
    with database.reading() as session:
        return len(session.exec(select(col(Audit.id))).all())
