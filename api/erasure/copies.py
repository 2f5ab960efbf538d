"""Copies of what is stored of a case, made for a while: replies to programs, previews of lists, exports, notices,
messages of webhooks, jobs.

What can be found only by searching texts is searched for in a reading transaction; the writing one looks at what came
after that.
"""

import uuid
import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import ColumnElement, and_, delete, func, literal, or_, select
from sqlmodel import Session, col

from models import (
    Audit,
    CaseListDraft,
    Export,
    ExportFile,
    IdempotentRequest,
    Job,
    JobState,
    Notice,
    OutboxMessage,
    WebhookMessage,
    now,
)

# A transaction that writes a reply may have begun before the search, and end after it. None takes as long as this.
SEARCHED_AGAIN: Final = timedelta(minutes=1)

_IN_PROGRESS: Final = (JobState.WAITING, JobState.WORKING)


@dataclass(frozen=True, slots=True)
class FoundCopies:
    """The copies that name a case, as of `at`.

    `replies`: who asked for each, and with which key. `owners`: the people whose preview of a list has the case.
    `previews`: the person and the digest of every preview that was searched, and `jobs`, of every job in progress, its
    identifier. `in_a_job`: whether one of those names the case.
    """

    at: datetime
    replies: Sequence[tuple[uuid.UUID, str]]
    owners: Sequence[uuid.UUID]
    previews: frozenset[tuple[uuid.UUID, str]]
    jobs: frozenset[uuid.UUID]
    in_a_job: bool


def find_copies(session: Session, own: int, references: Sequence[str], words: Sequence[str]) -> FoundCopies:
    """Search every copy for the reference of a case and for `words`: identifiers of it and of what belongs to it.

    `references`: none where the case stays, and so do previews of lists that have it.
    """
    at = now()
    replies = select(col(IdempotentRequest.asker_id), col(IdempotentRequest.key)).where(
        col(IdempotentRequest.organisation_id) == own, _is_reply_with(session, (*references, *words))
    )
    drafts = session.execute(
        select(col(CaseListDraft.person_id), col(CaseListDraft.digest), col(CaseListDraft.content)).where(
            col(CaseListDraft.organisation_id) == own
        )
    ).all()
    jobs = session.execute(select(col(Job.id), col(Job.asked)).where(*_are_in_progress(own))).all()
    return FoundCopies(
        at,
        [(person, key) for person, key in session.execute(replies)],
        [person for person, _, content in drafts if references and _may_have(content, references)],
        frozenset((person, digest) for person, digest, _ in drafts),
        frozenset(job for job, _ in jobs),
        any(asked and _may_have(asked, (*references, *words)) for _, asked in jobs),
    )


def has_new_previews(session: Session, own: int, found: FoundCopies) -> bool:
    """Whether somebody has previewed a list that was not searched."""
    query = select(col(CaseListDraft.person_id), col(CaseListDraft.digest)).where(
        col(CaseListDraft.organisation_id) == own
    )
    return not {(person, digest) for person, digest in session.execute(query)} <= found.previews


def has_new_jobs(session: Session, own: int, found: FoundCopies) -> bool:
    """Whether somebody has asked for a job that was not searched."""
    return not set(session.execute(select(col(Job.id)).where(*_are_in_progress(own))).scalars()) <= found.jobs


def delete_copies(
    session: Session, own: int, found: FoundCopies, ids: Mapping[str, Sequence[uuid.UUID]], words: Sequence[str]
) -> None:
    """Delete every copy. `ids`: of what belongs to the case, by table; `words`: its reference and identifiers."""
    rounds = select(col(Audit.round_id)).where(col(Audit.organisation_id) == own, col(Audit.id).in_(ids["audit"]))
    exports = (
        select(col(Export.id)).where(col(Export.organisation_id) == own, col(Export.round_id).in_(rounds))
    ).scalar_subquery()
    _delete(session, ExportFile, own, col(ExportFile.export_id).in_(exports))
    # An export that is being written finds its row deleted, and stops.
    _delete(session, Export, own, col(Export.round_id).in_(rounds))
    _delete(session, CaseListDraft, own, col(CaseListDraft.person_id).in_(found.owners))
    every = [identifier for some in ids.values() for identifier in some]
    for model in (Notice, OutboxMessage, WebhookMessage):
        _delete(session, model, own, col(model.subject_id).in_(every))
    _delete(session, Job, own, or_(*(col(Job.refusal).contains(each, autoescape=True) for each in words)))
    for person, key in found.replies:
        _delete(
            session, IdempotentRequest, own, col(IdempotentRequest.asker_id) == person, IdempotentRequest.key == key
        )
    is_newer = col(IdempotentRequest.created_at) >= found.at - SEARCHED_AGAIN
    _delete(session, IdempotentRequest, own, and_(is_newer, _is_reply_with(session, words)))


def _delete(session: Session, model: type[Any], own: int, *where: Any) -> None:
    session.execute(delete(model).where(model.organisation_id == own, *where))


def _are_in_progress(own: int) -> tuple[ColumnElement[bool], ...]:
    return col(Job.organisation_id) == own, col(Job.state).in_(_IN_PROGRESS)


def _may_have(compressed: bytes, words: Iterable[str]) -> bool:
    """Whether one of these words is in compressed text, or nobody can tell."""
    try:
        text = zlib.decompress(compressed)
    except zlib.error:
        return True
    return any(word.encode() in text for word in words)


def _is_reply_with(session: Session, words: Sequence[str]) -> ColumnElement[bool]:
    """That one of these words is in the address or the body of a stored reply."""
    location, body = col(IdempotentRequest.location), col(IdempotentRequest.body)
    is_postgresql = session.connection().dialect.name == "postgresql"

    def in_body(word: str) -> ColumnElement[bool]:
        wanted = literal(word.encode())
        return (func.position(wanted.op("IN")(body)) if is_postgresql else func.instr(body, wanted)) > 0

    return or_(*(location.contains(each, autoescape=True) for each in words), *map(in_body, words))
