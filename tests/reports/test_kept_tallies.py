"""The tallies of open rounds that are kept are those counted from its audits, whatever happens to these."""

import random
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import pytest
from sqlalchemy import delete, insert, select, update
from sqlmodel import Session, col
from typer.testing import CliRunner

from api.access.blindness import hidden_readings, visible_under_blind_reading
from api.audits.actions import template_of
from api.cli import cli
from api.foundation.settings import Settings
from api.moderation import actions as moderation
from api.reports import keeping
from api.reports.breakdowns import Breakdown
from api.reports.round_counts import counted_afresh, counts_of, every_split
from api.rounds import closing
from models import (
    Audit,
    AuditHarm,
    AuditMode,
    AuditState,
    ChangedAudit,
    CountedAudit,
    OpenTally,
    Reopening,
    Round,
    RoundState,
    StoredCaseFile,
    new_id,
    now,
)
from models.storage.bulk import table_of
from tests.desk import THEMES, Desk
from tests.factories import an_actor

pytestmark = pytest.mark.both_databases

AUDITS, COMPARED_EVERY = 60, 20
STATUSES, AGES = ("child-in-need", "closed"), ("5-to-9", "10-to-15")
EDITABLE, SUBMITTED = ("draft", "returned"), ("submitted", "in-moderation", "agreed", "signed-off")
SETTINGS: Final = Settings()


@dataclass
class Walk:
    """Random changes of a round's audits by SQL, as any action or import may make them."""

    desk: Desk
    chance: random.Random

    def step(self, session: Session) -> None:
        """One change, of those that the database permits."""
        rows = session.execute(
            select(col(Audit.id), col(Audit.state)).where(col(Audit.round_id) == self.desk.round_id)
        ).all()
        if len(rows) < AUDITS and (not rows or self.chance.random() < 0.3):
            self._add(session)
            return
        audit_id, state = self.chance.choice(rows)
        steps: dict[str, list[Callable[[Session, uuid.UUID], None]]] = {
            "draft": [self._submit, self._submit, self._delete],
            "returned": [self._submit],
            "submitted": [self._moderate, self._return, self._withdraw],
            "in-moderation": [self._agree, self._return],
            "agreed": [self._sign, self._agree],
            "signed-off": [self._reopen],
            "withdrawn": [self._add_to_case],
        }
        self.chance.choice(steps[state])(session, audit_id)

    def _answers(self) -> str:
        return "".join(self.chance.choice("abcdef") for _ in THEMES)

    def _change(self, session: Session, audit_id: uuid.UUID, **values: Any) -> None:
        session.execute(update(table_of(Audit)).where(col(Audit.id) == audit_id).values(**values))

    def _add(self, session: Session) -> None:
        own, case_id = self.desk.cast.lena.organisation_id, new_id()
        session.execute(
            insert(table_of(StoredCaseFile)).values(
                organisation_id=own,
                id=case_id,
                reference=f"CF-{case_id.hex[-20:]}",
                team_id=self.desk.team_id,
                status="child-in-need",
                age_band="5-to-9",
            )
        )
        self._read(session, case_id, self.desk.cast.asha.id, 1)
        if self.chance.random() < 0.4:
            self._read(session, case_id, self.desk.cast.lena.id, 2)

    def _add_to_case(self, session: Session, audit_id: uuid.UUID) -> None:
        """Another reading in the place of one that was withdrawn, where none has come yet."""
        case_id, reading = session.execute(
            select(col(Audit.case_file_id), col(Audit.reading)).where(col(Audit.id) == audit_id)
        ).one()
        valid = (col(Audit.case_file_id) == case_id, col(Audit.state) != AuditState.WITHDRAWN)
        if session.execute(select(col(Audit.id)).where(*valid, col(Audit.reading) == reading)).first() is None:
            self._read(session, case_id, self.desk.cast.ben.id if reading == 1 else self.desk.cast.mo.id, reading)

    def _read(self, session: Session, case_id: uuid.UUID, auditor_id: uuid.UUID, reading: int) -> None:
        session.execute(
            insert(table_of(Audit)).values(
                organisation_id=self.desk.cast.lena.organisation_id,
                id=new_id(),
                round_id=self.desk.round_id,
                case_file_id=case_id,
                auditor_id=auditor_id,
                reading=reading,
                sampling_weight=self.chance.choice([None, 1.5, 4.25]),
            )
        )

    def _submit(self, session: Session, audit_id: uuid.UUID) -> None:
        session.execute(delete(table_of(AuditHarm)).where(col(AuditHarm.audit_id) == audit_id))
        for harm in self.chance.sample(("neglect", "sexual-abuse"), self.chance.randrange(3)):
            own = self.desk.cast.lena.organisation_id
            session.execute(
                insert(table_of(AuditHarm)).values(organisation_id=own, audit_id=audit_id, form_of_harm=harm)
            )
        self._change(
            session,
            audit_id,
            state=AuditState.SUBMITTED,
            submitted_at=now(),
            answers=self._answers(),
            overall_calculated=self.chance.choice(["good", "inadequate", ""]),
            mode=self.chance.choice(list(AuditMode)),
            team_id=self.desk.team_id,
            status=self.chance.choice(STATUSES),
            age_band=self.chance.choice(AGES),
            agreed_answers="",
            agreed_overall="",
        )

    def _delete(self, session: Session, audit_id: uuid.UUID) -> None:
        session.execute(delete(table_of(AuditHarm)).where(col(AuditHarm.audit_id) == audit_id))
        session.execute(delete(table_of(Audit)).where(col(Audit.id) == audit_id))

    def _moderate(self, session: Session, audit_id: uuid.UUID) -> None:
        self._change(session, audit_id, state=AuditState.IN_MODERATION)

    def _return(self, session: Session, audit_id: uuid.UUID) -> None:
        self._change(session, audit_id, state=AuditState.RETURNED, return_reason="Look again.")

    def _withdraw(self, session: Session, audit_id: uuid.UUID) -> None:
        self._change(session, audit_id, state=AuditState.WITHDRAWN, withdrawn_at=now(), withdrawal_reason="Twice.")

    def _agree(self, session: Session, audit_id: uuid.UUID) -> None:
        agreed = {"agreed_answers": self._answers(), "agreed_overall": "good", "agreed_at": now()}
        self._change(session, audit_id, state=AuditState.AGREED, **agreed)

    def _sign(self, session: Session, audit_id: uuid.UUID) -> None:
        signed = {"signature": "0" * 64, "signed_at": now(), "signed_by_id": self.desk.cast.lena.id}
        self._change(session, audit_id, state=AuditState.SIGNED_OFF, **signed)

    def _reopen(self, session: Session, audit_id: uuid.UUID) -> None:
        session.execute(
            insert(table_of(Reopening)).values(
                organisation_id=self.desk.cast.lena.organisation_id,
                id=new_id(),
                audit_id=audit_id,
                reason="Wrong case.",
                asked_by_id=self.desk.cast.lena.id,
                decided_by_id=self.desk.cast.mo.id,
                decided_at=now(),
                confirmed=True,
                voided_signature="0" * 64,
            )
        )
        unsigned = {"signature": "", "signed_at": None, "signed_by_id": None}
        self._change(session, audit_id, state=AuditState.IN_MODERATION, **unsigned)


def check(desk: Desk) -> None:
    """What is kept is what is counted; and what is hidden from a person is hidden in their counts."""
    with desk.database.reading() as session:
        audit_round = session.get_one(Round, (desk.cast.lena.organisation_id, desk.round_id))
        assert keeping.differences(session, audit_round) == []
        splits = every_split(template_of(session, audit_round))
        sizes = {split: counts_of(session, audit_round, splits).sizes(split) for split in splits}
        assert sizes == {split: counted_afresh(session, audit_round).by(split).audits for split in splits}
        for person in (desk.cast.asha, desk.cast.lena):
            here = col(Audit.round_id) == desk.round_id
            hidden = set(session.scalars(select(col(Audit.id)).where(here, ~visible_under_blind_reading(person.id))))
            assert set(hidden_readings(session, audit_round, person.id)) == hidden
            whole = counts_of(session, audit_round, [], by=an_actor(person)).whole
            shown = sum(whole.audits.values()) + sum(whole.left_out.values())
            every = counted_afresh(session, audit_round).whole
            assert shown + len(hidden) == sum(every.audits.values()) + sum(every.left_out.values())


def walk(desk: Desk, steps: int, seed: int) -> None:
    walking = Walk(desk, random.Random(seed))
    for number in range(1, steps + 1):
        with desk.database.writing() as session:
            walking.step(session)
        if walking.chance.random() < 0.2:
            keeping.keep_up_to_date(desk.database, SETTINGS)
        if number % COMPARED_EVERY == 0:
            check(desk)


def test_what_is_kept_is_what_is_counted_over_random_changes(desk: Desk) -> None:
    walk(desk, 240, seed=1)


@pytest.mark.trial
def test_what_is_kept_is_what_is_counted_over_20000_random_changes(desk: Desk) -> None:
    walk(desk, 20_000, seed=2)


def test_every_step_of_an_audit_is_in_the_next_report_and_closing_keeps_it(desk: Desk) -> None:
    lena, mo = an_actor(desk.cast.lena), an_actor(desk.cast.mo)
    first, second = desk.an_audit(), desk.an_audit()
    keeping.keep_up_to_date(desk.database, SETTINGS)
    for audit_id in (first, second):
        desk.answer(audit_id)
        desk.submit(audit_id)
        check(desk)
    with desk.database.writing() as session:
        version = session.get_one(Audit, (lena.organisation_id, first)).version
        taken = moderation.start_moderation(session, audit_id=first, version=version, by=mo)
        moderation.review_answers(
            session,
            audit_id=first,
            judgements=[moderation.AnswerReview(theme, "inadequate", "The file says otherwise.") for theme in THEMES],
            version=taken.version,
            by=mo,
        )
    keeping.keep_up_to_date(desk.database, SETTINGS)
    check(desk)
    with desk.database.reading() as session:
        audit_round = session.get_one(Round, (lena.organisation_id, desk.round_id))
        kept = counts_of(session, audit_round, [Breakdown.TEAM])
        assert kept.is_kept
        team = kept.by(Breakdown.TEAM)
    desk.close_round()
    keeping.keep_up_to_date(desk.database, SETTINGS)
    with desk.database.reading() as session:
        closed = session.get_one(Round, (lena.organisation_id, desk.round_id))
        assert closed.state is RoundState.CLOSED
        assert counts_of(session, closed, [Breakdown.TEAM]).by(Breakdown.TEAM) == team
        for model in (OpenTally, CountedAudit, ChangedAudit):
            assert session.scalars(select(model)).all() == []


def falsify(desk: Desk) -> None:
    """Keep one audit, and then change the number that is kept."""
    audit = desk.an_audit()
    desk.answer(audit)
    desk.submit(audit)
    keeping.keep_up_to_date(desk.database, SETTINGS)
    with desk.database.writing() as session:
        audit_round = session.get_one(Round, (desk.cast.lena.organisation_id, desk.round_id))
        whole = session.get_one(OpenTally, (audit_round.organisation_id, audit_round.id, Breakdown.WHOLE.value))
        whole.counts = whole.counts.replace('"audits":{"":1}', '"audits":{"":7}')
        session.add(whole)


@pytest.mark.parametrize("submitted_meanwhile", [0, 1])
def test_a_closed_round_has_the_numbers_of_its_audits_whatever_was_kept(desk: Desk, submitted_meanwhile: int) -> None:
    lena = an_actor(desk.cast.lena)
    falsify(desk)
    second = desk.an_audit()
    desk.answer(second)
    with desk.database.reading() as session:
        version = session.get_one(Round, (lena.organisation_id, desk.round_id)).version
        prepared = closing.prepare_closing(
            session, round_id=desk.round_id, version=version, reason="The figures are needed.", by=lena
        )
    if submitted_meanwhile:
        desk.submit(second)
    with desk.database.writing() as session:
        closing.store_closing(session, prepared, round_id=desk.round_id, by=lena)
    with desk.database.reading() as session:
        closed = session.get_one(Round, (lena.organisation_id, desk.round_id))
        assert counts_of(session, closed, []).whole.audits == {"": 1 + submitted_meanwhile}


def test_a_tally_that_somebody_changed_is_found_and_made_anew(
    desk: Desk, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    falsify(desk)
    monkeypatch.setenv("CASEAUDIT_DATABASE_URL", database_url)
    found = CliRunner().invoke(cli, ["verify-tallies"])
    assert (found.exit_code, str(desk.round_id) in found.stdout, ": whole" in found.stdout) == (1, True, True)
    assert CliRunner().invoke(cli, ["verify-tallies", "--remake"]).exit_code == 0
    assert CliRunner().invoke(cli, ["verify-tallies"]).stdout == "The tallies of every open round match its audits.\n"
    check(desk)
