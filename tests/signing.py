"""Audits that are ready to be signed, and people who sign and edit them at the same moment."""

import threading
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from sqlmodel import Session

from api.audits import actions as audits
from api.audits.redaction import actions as redactions
from api.audits.redaction.actions import Field, RedactionReason
from api.audits.scoring.actions import NewScore, score_themes
from api.audits.submission import actions as submissions
from api.foundation.permissions import Actor
from api.foundation.problems import Problem
from api.moderation import actions as moderation
from api.moderation import sign_off
from api.moderation.actions import AnswerReview, OverallReview
from models import Audit
from tests.desk import THEMES, Desk
from tests.factories import an_actor

GOOD = OverallReview("good")


@dataclass(slots=True)
class Outcomes:
    """How races ended. `wrong`: a signature that is not that of the answers."""

    signed: int = 0
    edits: int = 0
    neither: int = 0
    wrong: int = 0

    def __str__(self) -> str:
        return (
            f"sign-off let {self.signed} times, the edit {self.edits} times, neither {self.neither} times,"
            f" {self.wrong} signatures of other answers than those that stand"
        )


def submitted(desk: Desk) -> uuid.UUID:
    """An audit that Asha has handed in."""
    audit_id = desk.an_audit()
    desk.answer(audit_id, "good", rationale="Seen.")
    desk.submit(audit_id)
    return audit_id


def in_moderation(desk: Desk) -> uuid.UUID:
    """One that Mo has in moderation, with every answer judged as it is."""
    audit_id = submitted(desk)
    by = an_actor(desk.cast.mo)
    same = [AnswerReview(theme, "good") for theme in THEMES]
    with desk.database.writing() as session:
        version = moderation.start_moderation(
            session, audit_id=audit_id, version=_version(session, desk, audit_id), by=by
        ).version
        version = moderation.review_answers(session, audit_id=audit_id, judgements=same, version=version, by=by).version
        moderation.review_overall(session, audit_id=audit_id, review=GOOD, version=version, by=by)
    return audit_id


@dataclass(frozen=True, slots=True)
class MadeBefore:
    """An audit that is agreed on a desk before its test begins."""

    audit_id: uuid.UUID


def begin_with_one_agreed(desk: Desk) -> MadeBefore:
    """Fills the desk of tests that ask for an agreed audit: to make one takes longer than most of them."""
    return MadeBefore(agreed(desk))


def agreed(desk: Desk) -> uuid.UUID:
    """One that Mo has agreed, so that Lena may sign it: the one that was made before, once, or a new one."""
    if isinstance(desk.filled, MadeBefore):
        taken, desk.filled = desk.filled.audit_id, None
        return taken
    audit_id = in_moderation(desk)
    with desk.database.writing() as session:
        version = _version(session, desk, audit_id)
        moderation.agree_answers(session, audit_id=audit_id, version=version, by=an_actor(desk.cast.mo))
    return audit_id


def race_edits_against_sign_off(desk: Desk, races: int) -> Outcomes:
    """Let somebody edit an agreed audit while Lena signs it: another answer, words taken out, a reopening."""
    outcomes = Outcomes()
    for number in range(races):
        name, by, edit = EDITS[number % len(EDITS)]
        audit_id = agreed(desk)
        with desk.database.reading() as session:
            version = _version(session, desk, audit_id)
        signed, edited = _at_once(
            lambda: _let(desk, partial(sign_off.sign_off, review=GOOD), audit_id, version, an_actor(desk.cast.lena)),  # noqa: B023
            lambda: _let(desk, edit, audit_id, version, an_actor(getattr(desk.cast, by))),  # noqa: B023
        )
        outcomes.signed += signed
        outcomes.edits += edited
        outcomes.neither += not signed and not edited
        with desk.database.reading() as session:
            stands = session.get_one(Audit, (desk.cast.organisation.id, audit_id))
            outcomes.wrong += bool(stands.signature) and not sign_off.is_as_signed(session, stands)
            outcomes.wrong += signed and not stands.signature and name != "reopen"
    return outcomes


def race_two_sign_offs(desk: Desk, races: int) -> int:
    """Lena signs twice at once; how often exactly one of the two was let."""
    won = 0
    for _ in range(races):
        audit_id = agreed(desk)
        with desk.database.reading() as session:
            version = _version(session, desk, audit_id)
        sign = partial(sign_off.sign_off, review=GOOD)
        attempt = lambda: _let(desk, sign, audit_id, version, an_actor(desk.cast.lena))  # noqa: B023, E731
        won += sum(_at_once(attempt, attempt)) == 1
    return won


def _answer(session: Session, *, audit_id: uuid.UUID, version: int, by: Actor) -> None:
    score_themes(
        session, audit_id=audit_id, scores=[NewScore("voice", "inadequate", "Not seen.")], audit_version=version, by=by
    )


def _judge(session: Session, *, audit_id: uuid.UUID, version: int, by: Actor) -> None:
    said = [AnswerReview("voice", "inadequate", "The file says otherwise.")]
    moderation.review_answers(session, audit_id=audit_id, judgements=said, version=version, by=by)


def _redact(session: Session, *, audit_id: uuid.UUID, version: int, by: Actor) -> None:
    redactions.redact_audit(
        session,
        audit_id=audit_id,
        field=Field.RATIONALE,
        theme="voice",
        reason=RedactionReason.CHILD_OR_FAMILY,
        version=version,
        by=by,
    )


def _give_back(session: Session, *, audit_id: uuid.UUID, version: int, by: Actor) -> None:
    submissions.return_to_auditor(session, audit_id=audit_id, reason="Look again.", version=version, by=by)


def _ask_to_reopen(session: Session, *, audit_id: uuid.UUID, version: int, by: Actor) -> None:
    sign_off.ask_to_reopen(session, audit_id=audit_id, reason="A page was missing.", version=version, by=by)


EDITS = (
    ("redact", "mo", _redact),
    ("reopen", "mo", _ask_to_reopen),
    ("answer", "asha", _answer),
    ("redact", "mo", _redact),
    ("judge", "mo", _judge),
    ("return", "mo", _give_back),
)


def _let(desk: Desk, action: Callable[..., Any], audit_id: uuid.UUID, version: int, by: Actor) -> bool:
    try:
        with desk.database.writing() as session:
            action(session, audit_id=audit_id, version=version, by=by)
    except Problem:
        return False
    return True


def _at_once(*attempts: Callable[[], bool]) -> list[bool]:
    gate = threading.Barrier(len(attempts))
    done = [False] * len(attempts)

    def run(place: int) -> None:
        gate.wait()
        done[place] = attempts[place]()

    threads = [threading.Thread(target=run, args=(place,)) for place in range(len(attempts))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return done


def _version(session: Session, desk: Desk, audit_id: uuid.UUID) -> int:
    found = audits.get_audit(session, audit_id, an_actor(desk.cast.lena))
    assert found is not None
    return found.version
