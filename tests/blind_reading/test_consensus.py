"""The two readers of a case agree upon it, or somebody who read neither does; both readings stay as they were."""

import uuid
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from sqlmodel import Session

from api.allocation.actions import Allocation, allocate
from api.audits import actions as audits
from api.audits.submission import actions as submissions
from api.blind_reading import actions as consensus
from api.blind_reading.actions import DoubleReading
from api.foundation.permissions import Actor
from api.foundation.problems import Conflict, Invalid, NotAllowed, NotFound, Stale
from api.reports.gaps.queries import gap_report
from api.trail.history.queries import history_of_audit
from checklists.reports.tallies import decode_answers
from models import Audit, AuditState
from tests.client import Client
from tests.desk import Desk, a_desk
from tests.factories import MadePerson, an_actor, client_for
from tests.page_forms import SeenPage


@dataclass
class Case:
    """A case that Asha and Ben have read: Asha answered Good throughout, Ben otherwise on voice and planning."""

    desk: Desk
    asha: uuid.UUID
    ben: uuid.UUID

    def do(self, what: object, *, by: MadePerson, audit_id: uuid.UUID | None = None, **given: object) -> DoubleReading:
        with self.desk.database.writing() as session:
            own = self.ben if by == self.desk.cast.ben else self.asha
            return what(session, audit_id=audit_id or own, by=an_actor(by), **given)  # type: ignore[operator, no-any-return]

    def propose(self, theme: str, answer: str, *, by: MadePerson, version: int = 0) -> DoubleReading:
        return self.do(
            consensus.propose_answer, by=by, theme=theme, answer=answer, reason="The plan says so.", version=version
        )

    def confirm(self, theme: str, *, by: MadePerson, version: int = 1) -> DoubleReading:
        return self.do(consensus.confirm_answer, by=by, theme=theme, version=version)

    def agreed(self) -> dict[str, str] | None:
        with self.desk.database.reading() as session:
            line = session.get_one(Audit, (self.desk.cast.organisation.id, self.asha)).agreed_answers
        return decode_answers(self.desk.template, line) if line else None


@pytest.fixture
def case(database_url: str) -> Iterator[Case]:
    with a_desk(database_url) as desk:
        made = a_case(desk)
        desk.submit(made.ben, by=desk.cast.ben)
        yield made


def a_case(desk: Desk) -> Case:
    first = desk.an_audit()
    with desk.database.writing() as session:
        lena = an_actor(desk.cast.lena)
        case_file_id = audits.find_audit(session, audit_id=first, by=lena).case_file.id
        second = allocate(
            session, round_id=desk.round_id, allocation=Allocation(case_file_id, desk.cast.ben.id), by=lena
        ).id
    desk.answer(first)
    desk.submit(first)
    desk.answer(second, by=desk.cast.ben)
    desk.answer(second, "inadequate", "voice", "planning", rationale="Not seen alone.", by=desk.cast.ben)
    return Case(desk, first, second)


@pytest.mark.both_databases
def test_what_one_reader_proposes_the_other_confirms_and_reports_count_it(case: Case) -> None:
    cast = case.desk.cast
    case.propose("voice", "requires-improvement", by=cast.asha)
    case.confirm("voice", by=cast.ben)
    assert case.agreed() is None  # a theme is open still
    case.propose("planning", "inadequate", by=cast.ben)
    pair = case.confirm("planning", by=cast.asha)
    assert pair.is_agreed
    agreed = {"voice": "requires-improvement", "daily-life": "good", "planning": "inadequate", "challenge": "good"}
    assert case.agreed() == agreed
    assert (pair.first.answers["voice"], pair.second.answers["voice"]) == ("good", "inadequate")
    with case.desk.database.reading() as session:
        report = gap_report(session, round_ids=[case.desk.round_id], by=an_actor(cast.lena))
    below = {gap.key: gap.below for gap in report.groups[0].themes}
    assert (report.counted, below) == (1, {"voice": 1, "daily-life": 0, "planning": 1, "challenge": 0})
    answers = client_for(case.desk.app, cast.lena).get(
        f"/api/v1/rounds/{case.desk.round_id}/answers", params={"theme": "voice", "answer": "below"}
    )
    assert [item["answer"] for item in answers.json()["items"]] == ["requires-improvement"]


def test_nobody_confirms_what_they_proposed_and_another_proposal_takes_its_place(case: Case) -> None:
    cast = case.desk.cast
    case.propose("voice", "good", by=cast.asha)
    with pytest.raises(NotAllowed, match="the other reader"):
        case.confirm("voice", by=cast.asha)
    with pytest.raises(Stale):
        case.propose("voice", "inadequate", by=cast.ben)
    pair = case.propose("voice", "inadequate", by=cast.ben, version=1)
    assert pair.theme("voice").consensus is not None
    with pytest.raises(Stale):
        case.confirm("voice", by=cast.asha, version=1)
    assert case.confirm("voice", by=cast.asha, version=2).theme("voice").agreed == "inadequate"
    with pytest.raises(Conflict, match="already agreed"):
        case.propose("voice", "good", by=cast.ben, version=3)


@pytest.mark.both_in_trials
@pytest.mark.parametrize("who", ["mo", "lena"])
def test_whoever_read_neither_and_moderates_or_leads_settles_it_alone(case: Case, who: str) -> None:
    by: MadePerson = getattr(case.desk.cast, who)
    case.propose("voice", "good", by=by)
    case.propose("planning", "good", by=case.desk.cast.asha)
    assert case.confirm("planning", by=by).is_agreed
    assert case.agreed() == dict.fromkeys(("voice", "daily-life", "planning", "challenge"), "good")


def test_a_pair_is_not_there_before_both_readings_are_in(database_url: str) -> None:
    with a_desk(database_url) as desk:
        case = a_case(desk)
        for by in (desk.cast.asha, desk.cast.lena):
            with pytest.raises(NotFound):
                case.do(consensus.find_double_reading, by=by)
        desk.submit(case.ben, by=desk.cast.ben)
        assert len(case.do(consensus.find_double_reading, by=desk.cast.ben).open) == 2
        with pytest.raises(NotFound):
            case.do(consensus.find_double_reading, by=desk.cast.omar)


def test_what_needs_no_agreement_or_is_no_answer_is_refused(case: Case) -> None:
    asha = case.desk.cast.asha
    with pytest.raises(Conflict, match="same answer"):
        case.propose("challenge", "good", by=asha)
    with pytest.raises(Invalid, match="Select an answer"):
        case.propose("voice", "splendid", by=asha)
    with pytest.raises(NotFound):
        case.propose("weather", "good", by=asha)
    with pytest.raises(Invalid) as refused:
        case.do(consensus.propose_answer, by=asha, theme="voice", answer="good", reason="Call 07700 900123.", version=0)
    assert [fault.pointer for fault in refused.value.faults] == ["/reason"]
    with pytest.raises(Conflict, match="no agreed answer"):
        case.do(consensus.agree_identical_readings, by=asha, version=1)


@pytest.mark.both_in_trials
def test_what_was_settled_of_answers_that_have_changed_since_is_open_again(case: Case) -> None:
    desk, cast = case.desk, case.desk.cast
    case.propose("voice", "good", by=cast.lena)
    case.propose("planning", "good", by=cast.ben)
    desk.give_back(case.ben, "Look again at the plan.")
    desk.answer(case.ben, "outstanding", "planning", by=cast.ben)
    desk.submit(case.ben, by=cast.ben)
    pair = case.do(consensus.find_double_reading, by=cast.ben)
    assert [each.theme.key for each in pair.open] == ["planning"]
    assert pair.theme("planning").consensus is None
    assert case.propose("planning", "good", by=cast.lena).is_agreed


@pytest.mark.both_databases
def test_a_reading_that_went_into_what_was_agreed_does_not_go_back(case: Case) -> None:
    for theme in ("voice", "planning"):
        case.propose(theme, "good", by=case.desk.cast.lena)
    assert case.desk.find(case.asha).audit.state is AuditState.AGREED
    with pytest.raises(Conflict, match="agreed"):
        case.desk.give_back(case.ben, "Look again at the plan.")
    with pytest.raises(Conflict, match="agreed"):
        case.desk.give_back(case.asha, "Look again at the plan.")


def test_readings_that_say_the_same_throughout_are_written_down_as_agreed(database_url: str) -> None:
    with a_desk(database_url) as desk:
        case = a_case(desk)
        desk.answer(case.ben, by=desk.cast.ben)
        desk.submit(case.ben, by=desk.cast.ben)
        pair = case.do(consensus.find_double_reading, by=desk.cast.asha)
        version = pair.first.audit.version
        with pytest.raises(Stale):
            case.do(consensus.agree_identical_readings, by=desk.cast.asha, version=version + 1)
        assert case.do(consensus.agree_identical_readings, by=desk.cast.asha, version=version).is_agreed
        assert set((case.agreed() or {}).values()) == {"good"}


def test_both_histories_say_what_was_agreed_and_by_whom(case: Case) -> None:
    cast = case.desk.cast
    case.propose("voice", "good", by=cast.asha)
    case.confirm("voice", by=cast.ben)
    for audit_id, person in ((case.asha, cast.asha), (case.ben, cast.ben)):
        said = sentences(case.desk, audit_id, an_actor(person))
        assert "Answer for both readings proposed by Asha: Voice of the child" in said
        assert "Answer for both readings agreed by Ben: Voice of the child" in said


def sentences(desk: Desk, audit_id: uuid.UUID, by: Actor) -> list[str]:
    with desk.database.reading() as session:
        return [line.sentence for line in history_of_audit(session, audit_id=audit_id, by=by, limit=50)]


@pytest.mark.fast
@pytest.mark.both_databases
def test_the_pair_is_agreed_over_rest_and_by_its_pages(case: Case) -> None:
    desk, cast = case.desk, case.desk.cast
    asha, ben = client_for(desk.app, cast.asha), client_for(desk.app, cast.ben)
    api = f"/api/v1/audits/{case.asha}/pair"
    assert [each["differs"] for each in asha.get(api).json()["themes"]] == [True, False, True, False]
    proposed = {"answer": "good", "reason": "The plan says so."}
    assert asha.put(f"{api}/voice", json=proposed).status_code == 428
    assert asha.put(f"{api}/voice", json=proposed, headers={"If-Match": '"7"'}).status_code == 412
    assert asha.put(f"{api}/voice", json=proposed, headers={"If-Match": '"0"'}).status_code == 200
    page = ben.get(f"/audits/{case.ben}/pair").text
    assert page.index("Themes with different answers") < page.index("Themes with the same answer")
    assert "Confirm Good" in page
    sent = ben.post(f"/audits/{case.ben}/pair/voice/confirm", data={"version": "1"})
    assert sent.status_code == 303
    empty = ben.post(f"/audits/{case.ben}/pair/planning", data={"version": "0", "reason": "So it is."})
    assert empty.status_code == 422
    assert "Select an answer" in empty.text
    assert "So it is." in empty.text
    assert ben.get(f"/audits/{case.asha}/pair").status_code == 404
    assert "Compare the 2 readings" in asha.get(f"/audits/{case.asha}").text
    lena = client_for(desk.app, cast.lena)
    assert f"/audits/{case.asha}/pair" in lena.get(f"/rounds/{desk.round_id}/pairs").text


def test_a_consensus_reached_cannot_be_changed_by_its_pages_or_in_a_closed_round(case: Case) -> None:
    cast = case.desk.cast
    case.propose("voice", "good", by=cast.lena)
    case.desk.close_round()
    with pytest.raises(Conflict, match="closed"):
        case.propose("planning", "good", by=cast.asha)


@pytest.mark.both_in_trials
def test_a_withdrawn_reading_leaves_no_pair(case: Case) -> None:
    lena = an_actor(case.desk.cast.lena)
    with case.desk.database.writing() as session:
        withdrawn(session, case.ben, lena)
    with pytest.raises(NotFound):
        case.do(consensus.find_double_reading, by=case.desk.cast.asha)


def withdrawn(session: Session, audit_id: uuid.UUID, by: Actor) -> None:
    version = audits.find_audit(session, audit_id=audit_id, by=by).audit.version
    submissions.withdraw(session, audit_id=audit_id, reason="Not ours.", version=version, by=by)


def test_the_readers_are_led_to_settle_from_their_audits_and_see_what_is_left(case: Case) -> None:
    cast = case.desk.cast
    asha, ben = case.desk.browser(cast.asha), case.desk.browser(cast.ben)

    def step(client: Client, audit_id: uuid.UUID) -> tuple[str, bool]:
        (item,) = [each for each in client.get("/api/v1/audits").json()["items"] if each["id"] == str(audit_id)]
        (found,) = item["own_steps"]
        assert found["path"] == f"/audits/{audit_id}/pair"
        assert found["text"] in SeenPage(client.get("/audits")).words
        return found["text"], found["is_due"]

    def said(client: Client, audit_id: uuid.UUID) -> str:
        page = SeenPage(client.get(f"/audits/{audit_id}"))
        assert f"/audits/{audit_id}/pair" in page.links
        return page.words

    assert step(asha, case.asha) == step(ben, case.ben) == ("Settle 2 themes with the other reader", True)
    assert "differ in 2 themes: 0 agreed, 2 left." in said(asha, case.asha)
    case.propose("voice", "good", by=cast.asha)
    assert step(ben, case.ben) == ("Settle 2 themes with the other reader, 1 to confirm", True)
    case.propose("planning", "good", by=cast.asha)
    assert step(asha, case.asha) == ("Waiting for the other reader to confirm 2 themes", False)
    assert "The other reader must confirm the answers you proposed." in said(asha, case.asha)
    case.confirm("voice", by=cast.ben)
    assert "1 agreed, 1 left, including 1 waiting for confirmation" in said(ben, case.ben)
    case.confirm("planning", by=cast.ben)
    assert step(ben, case.ben) == ("Agreed with the other reader", False)
    assert "The 2 readings are agreed" in said(asha, case.asha)


def test_a_settled_answer_counts_no_longer_as_settled_when_a_reading_has_changed(case: Case) -> None:
    cast = case.desk.cast
    case.propose("voice", "good", by=cast.mo)
    case.desk.give_back(case.ben, "Look again.")
    assert case.desk.browser(cast.asha).get("/api/v1/audits").json()["items"][0]["own_steps"] == []
    case.desk.answer(case.ben, "requires-improvement", "voice", rationale="Seen late.", by=cast.ben)
    case.desk.submit(case.ben, by=cast.ben)
    words = SeenPage(case.desk.browser(cast.asha).get(f"/audits/{case.asha}")).words
    assert "differ in 2 themes: 0 agreed, 2 left." in words
