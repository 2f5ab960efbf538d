"""What auditors do to audits of their own: from the newest version, submitted when complete, withdrawn until then."""

import uuid
from collections.abc import Callable
from typing import Any

import pytest

from api.audits.scoring import actions as scores
from api.audits.scoring.actions import NewScore
from api.audits.submission import actions as submissions
from api.foundation.problems import Conflict, Invalid, Stale
from checklists.audits.audit_states import AuditState
from models import AuditMode
from tests.desk import Desk
from tests.factories import an_actor
from tests.signing import in_moderation, submitted


def do(desk: Desk, action: Callable[..., Any], audit_id: uuid.UUID, by: str = "asha", **said: Any) -> None:
    with desk.database.writing() as session:
        action(session, audit_id=audit_id, by=an_actor(getattr(desk.cast, by)), **said)


def version_of(desk: Desk, audit_id: uuid.UUID) -> int:
    return desk.find(audit_id).audit.version


@pytest.mark.both_databases
def test_an_answer_is_changed_and_cleared_from_its_newest_version(desk: Desk) -> None:
    audit_id = desk.an_audit()
    desk.answer(audit_id, "good", "voice")
    older = desk.find(audit_id).scores["voice"].version
    desk.answer(audit_id, "inadequate", "voice")
    newer = desk.find(audit_id).scores["voice"].version
    assert older < newer
    for version in (0, older, newer + 1):
        with pytest.raises(Stale):
            do(desk, scores.score_themes, audit_id, scores=[NewScore("voice", "outstanding", version=version)])
        with pytest.raises(Stale):
            do(desk, scores.clear_score, audit_id, theme="voice", version=version)
    assert desk.stored(audit_id)["voice"][0] == "inadequate"
    do(desk, scores.score_themes, audit_id, scores=[NewScore("voice", "outstanding", version=newer)])
    do(desk, scores.clear_score, audit_id, theme="voice", version=desk.find(audit_id).scores["voice"].version)
    assert desk.stored(audit_id) == {}


@pytest.mark.both_databases
def test_an_audit_is_changed_and_answered_as_a_whole_from_its_newest_version(desk: Desk) -> None:
    audit_id = desk.an_audit()
    older = version_of(desk, audit_id)
    desk.answer(audit_id, "good", "voice")
    change = {"mode": AuditMode.OBSERVATION, "overall_override": "", "override_reason": ""}
    whole = [NewScore("voice", "inadequate")]
    with pytest.raises(Stale):
        do(desk, scores.change_audit, audit_id, version=older, **change)
    with pytest.raises(Stale):
        do(desk, scores.score_themes, audit_id, scores=whole, audit_version=older)
    found = desk.find(audit_id)
    assert found.audit.mode is not AuditMode.OBSERVATION
    assert found.scores["voice"].answer == "good"
    do(desk, scores.change_audit, audit_id, version=version_of(desk, audit_id), **change)
    do(desk, scores.score_themes, audit_id, scores=whole, audit_version=version_of(desk, audit_id))
    found = desk.find(audit_id)
    assert (found.audit.mode, found.scores["voice"].answer) == (AuditMode.OBSERVATION, "inadequate")


@pytest.mark.both_in_trials
def test_an_audit_is_submitted_when_it_is_complete(desk: Desk) -> None:
    audit_id = desk.an_audit()

    def places() -> list[str]:
        with pytest.raises(Invalid, match="The audit is not complete") as refused:
            do(desk, submissions.submit_audit, audit_id, version=version_of(desk, audit_id))
        assert desk.find(audit_id).audit.state is AuditState.DRAFT
        return [fault.pointer for fault in refused.value.faults]

    assert places() == ["/scores/voice", "/scores/daily-life", "/scores/planning", "/scores/challenge"]
    desk.answer(audit_id, "good", "voice", "daily-life")
    desk.answer(audit_id, "inadequate", "planning")
    desk.answer(audit_id, "not-applicable", "challenge")
    assert places() == ["/scores/planning", "/scores/challenge"]
    desk.answer(audit_id, "inadequate", "planning", rationale="There is none.")
    assert places() == ["/scores/challenge"]
    desk.answer(audit_id, "not-applicable", "challenge", rationale="A first visit.")
    do(desk, submissions.submit_audit, audit_id, version=version_of(desk, audit_id))
    assert desk.find(audit_id).audit.state is AuditState.SUBMITTED


@pytest.mark.both_in_trials
def test_an_auditor_withdraws_an_audit_of_their_own_until_it_is_submitted(desk: Desk) -> None:
    draft, returned = desk.an_audit(), submitted(desk)
    desk.give_back(returned, "Look again.")
    for audit_id in (draft, returned):
        do(desk, submissions.withdraw, audit_id, reason="Another team.", version=version_of(desk, audit_id))
        assert desk.find(audit_id).audit.state is AuditState.WITHDRAWN
    for audit_id in (submitted(desk), in_moderation(desk)):
        said: dict[str, Any] = {"reason": "Another team.", "version": version_of(desk, audit_id)}
        with pytest.raises(Conflict, match="Only a quality lead can withdraw it"):
            do(desk, submissions.withdraw, audit_id, **said)
        do(desk, submissions.withdraw, audit_id, "lena", **said)
        assert desk.find(audit_id).audit.state is AuditState.WITHDRAWN
