"""Closing a round strands no work: each kind of unfinished work is named, and needs a reason that the report states."""

import json
import uuid
from collections.abc import Callable

import pytest
from sqlmodel import col, select

from api.allocation import actions as allocation
from api.allocation.actions import Allocation
from api.concerns.actions import raise_concern
from api.foundation.problems import Invalid, Moved
from api.moderation import actions as moderation
from api.moderation import comments, sign_off
from api.moderation import rules as moderation_rules
from api.moderation.actions import AnswerReview
from api.moderation.rules import RuleChange
from api.rounds import closing
from api.rounds.unfinished import unfinished_in
from models import Audit, Event, Role, Round, RoundState
from tests.client import Client
from tests.desk import THEMES, Desk
from tests.factories import MadePerson, a_person, an_actor
from tests.guards_aside import without_hashes
from tests.page_forms import SeenPage
from tests.signing import GOOD

REASON = "Two auditors have left, and the board meets on Monday."


def submitted(desk: Desk, auditor: MadePerson | None = None, reference: str | None = None) -> uuid.UUID:
    audit_id = desk.an_audit(auditor, reference=reference)
    desk.answer(audit_id, by=auditor)
    desk.submit(audit_id, by=auditor)
    return audit_id


def nothing_moderated(desk: Desk) -> None:
    nothing = RuleChange(share_percent=0, lowest=False, first_audits=0)
    with desk.database.writing() as session:
        moderation_rules.set_rule(
            session, round_id=desk.round_id, change=nothing, version=0, by=an_actor(desk.cast.lena)
        )


def in_moderation(desk: Desk, reference: str | None = None) -> uuid.UUID:
    audit_id = submitted(desk, reference=reference)
    with desk.database.writing() as session:
        version = desk.find(audit_id).audit.version
        moderation.start_moderation(session, audit_id=audit_id, version=version, by=an_actor(desk.cast.mo))
    return audit_id


def agreed(desk: Desk, reference: str | None = None) -> uuid.UUID:
    audit_id, mo = in_moderation(desk, reference=reference), an_actor(desk.cast.mo)
    with desk.database.writing() as session:
        version = desk.find(audit_id).audit.version
        judged = [AnswerReview(theme, "good") for theme in THEMES]
        moderation.review_answers(session, audit_id=audit_id, judgements=judged, version=version, by=mo)
        moderation.review_overall(session, audit_id=audit_id, review=GOOD, version=version + 1, by=mo)
        moderation.agree_answers(session, audit_id=audit_id, version=version + 2, by=mo)
    return audit_id


def signed_off(desk: Desk, reference: str | None = None) -> uuid.UUID:
    audit_id = agreed(desk, reference=reference)
    with desk.database.writing() as session:
        version = session.get_one(Audit, (desk.cast.organisation.id, audit_id)).version
        sign_off.sign_off(session, review=GOOD, audit_id=audit_id, version=version, by=an_actor(desk.cast.lena))
    return audit_id


def read_twice(desk: Desk, reference: str | None = None) -> uuid.UUID:
    first = submitted(desk, reference=reference)
    second = a_second_reading(desk, first)
    desk.answer(second, "inadequate", rationale="As the record has it.", by=desk.cast.ben)
    desk.submit(second, by=desk.cast.ben)
    return first


def a_second_reading(desk: Desk, first: uuid.UUID, reader: MadePerson | None = None) -> uuid.UUID:
    with desk.database.writing() as session:
        case = session.get_one(Audit, (desk.cast.organisation.id, first)).case_file_id
        to = Allocation(case, (reader or desk.cast.ben).id)
        return allocation.allocate(session, round_id=desk.round_id, allocation=to, by=an_actor(desk.cast.lena)).id


def deactivate(desk: Desk, person: MadePerson) -> None:
    ada = desk.browser(desk.cast.ada)
    sent = {"name": person.name, "roles": [role.value for role in person.roles], "active": False}
    version = ada.get(f"/api/v1/people/{person.id}").headers["etag"]
    assert ada.put(f"/api/v1/people/{person.id}", json=sent, headers={"If-Match": version}).status_code == 200


def returned(desk: Desk, reference: str | None = None) -> uuid.UUID:
    audit_id = submitted(desk, reference=reference)
    desk.give_back(audit_id, "Look again.")
    return audit_id


def of_somebody_who_left(desk: Desk, reference: str | None = None) -> uuid.UUID:
    made = desk.an_audit(desk.cast.ben, reference=reference)
    deactivate(desk, desk.cast.ben)
    return made


def with_a_thread(desk: Desk, reference: str | None = None) -> uuid.UUID:
    nothing_moderated(desk)
    audit_id = submitted(desk, reference=reference)
    with desk.database.writing() as session:
        comments.add_comment(session, audit_id=audit_id, words="Look again.", by=an_actor(desk.cast.mo))
    return audit_id


def to_be_reopened(desk: Desk, reference: str | None = None) -> uuid.UUID:
    audit_id = signed_off(desk, reference=reference)
    with desk.database.writing() as session:
        version = session.get_one(Audit, (desk.cast.organisation.id, audit_id)).version
        sign_off.ask_to_reopen(
            session, audit_id=audit_id, reason="A theme is wrong.", version=version, by=an_actor(desk.cast.mo)
        )
    return audit_id


def left_in_moderation(desk: Desk, reference: str | None = None) -> uuid.UUID:
    audit_id = in_moderation(desk, reference=reference)
    deactivate(desk, desk.cast.mo)
    return audit_id


KINDS: dict[str, tuple[Callable[..., uuid.UUID], str, str]] = {
    "not-submitted": (Desk.an_audit, "1 audit not submitted", "/audits/{}"),
    "returned": (returned, "1 audit returned and not submitted again", "/audits/{}"),
    "without-auditor": (
        of_somebody_who_left,
        "1 audit allocated to a person who can no longer sign in or is no longer an auditor",
        "/audits/{}",
    ),
    "unsettled": (read_twice, "1 double reading not agreed", "/audits/{}/pair"),
    "not-moderated": (submitted, "1 audit waiting for moderation", "/audits/{}/moderation"),
    "in-moderation": (in_moderation, "1 audit in moderation", "/audits/{}/moderation"),
    "without-moderator": (
        left_in_moderation,
        "1 audit in moderation with a person who can no longer moderate it",
        "/audits/{}/moderation",
    ),
    "not-signed-off": (agreed, "1 audit agreed and not signed off", "/audits/{}/moderation"),
    "reopening-undecided": (to_be_reopened, "1 request to reopen waiting for a decision", "/audits/{}/moderation"),
    "open-comments": (with_a_thread, "1 comment thread not resolved", "/audits/{}/moderation"),
}


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_of_unfinished_work_is_named_needs_a_reason_and_is_stated_for_ever(
    desk: Desk, lena: Client, kind: str
) -> None:
    make, words, path = KINDS[kind]
    audit_id = make(desk, reference="CF-7777")
    seen = SeenPage(lena.get(f"/rounds/{desk.round_id}/close"))
    assert words in seen.words
    assert path.format(audit_id) in seen.links
    assert "CF-7777" in seen.words
    (found,) = lena.get(f"/api/v1/rounds/{desk.round_id}/unfinished").json()["kinds"]
    assert (found["kind"], found["number"], found["text"], found["blocks"]) == (kind, 1, words, False)
    assert [item["path"] for item in found["items"]] == [path.format(audit_id)]
    refused = lena.post(f"/rounds/{desk.round_id}/close", data={"version": "2", "reason": " "})
    assert refused.status_code == 422
    assert closing.REASON_NEEDED in refused.text
    sent = lena.post(f"/rounds/{desk.round_id}/close", data={"version": "2", "reason": REASON})
    assert sent.status_code == 303, sent.text
    stated = f"Closed with unfinished work: {words}. Reason: {REASON}"
    assert stated in SeenPage(lena.get(f"/rounds/{desk.round_id}/report")).words
    assert stated in SeenPage(lena.get(f"/rounds/{desk.round_id}")).words
    kept = lena.get(f"/api/v1/rounds/{desk.round_id}/unfinished").json()
    assert kept["reason"] == REASON
    assert [(each["kind"], each["number"]) for each in kept["kinds"]] == [(kind, 1)]


@pytest.mark.both_in_trials
def test_a_round_with_nothing_unfinished_closes_without_a_reason(desk: Desk, lena: Client) -> None:
    signed_off(desk)
    page = lena.get(f"/rounds/{desk.round_id}/close")
    assert "There is no unfinished work." in page.text
    form = SeenPage(page).forms[-1].fields
    assert "reason" not in form
    assert lena.post(f"/rounds/{desk.round_id}/close", data=form).status_code == 303
    assert "unfinished work" not in SeenPage(lena.get(f"/rounds/{desk.round_id}/report")).words
    with desk.database.reading() as session:
        closed = session.get_one(Round, (desk.cast.organisation.id, desk.round_id))
        assert (closed.unfinished, closed.closing_reason) == ("", "")


@pytest.mark.both_in_trials
def test_the_reason_is_in_every_file_of_the_report_and_not_in_the_trail(desk: Desk, lena: Client) -> None:
    desk.an_audit()
    path = f"/api/v1/rounds/{desk.round_id}"
    refused = lena.post(f"{path}/close", headers={"If-Match": '"2"'})
    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, "/reason")
    closed = lena.post(f"{path}/close", json={"reason": REASON}, headers={"If-Match": '"2"'})
    assert (closed.status_code, closed.json()["state"]) == (200, "closed")
    assert REASON in lena.get(f"{path}/report.csv").text
    assert REASON in json.dumps(lena.get(f"{path}/report").json(), ensure_ascii=False)
    with desk.database.reading() as session:
        (event,) = session.exec(select(Event).where(col(Event.kind) == "round.closed")).all()
    assert without_hashes(event) == {"unfinished": "not-submitted:1"}


def test_a_reason_that_names_somebody_is_refused_and_kept_as_it_was_typed(desk: Desk, lena: Client) -> None:
    desk.an_audit()
    typed = {"version": "2", "reason": "Mr Example Person was away."}
    refused = lena.post(f"/rounds/{desk.round_id}/close", data=typed)
    assert refused.status_code == 422
    seen = SeenPage(refused)
    assert seen.forms[-1].fields["reason"] == "Mr Example Person was away."
    assert "1 audit not submitted" in seen.words
    sent = lena.post(f"/rounds/{desk.round_id}/close", data={**typed, "keep_names": "worker"})
    assert sent.status_code == 303
    assert "name.kept" in desk.events()


def test_a_page_that_is_older_than_the_round_keeps_the_reason_and_shows_the_round_as_it_is(
    desk: Desk, lena: Client
) -> None:
    desk.an_audit()
    refused = lena.post(f"/rounds/{desk.round_id}/close", data={"version": "1", "reason": REASON})
    assert refused.status_code == 412
    form = SeenPage(refused).forms[-1].fields
    assert (form["reason"], form["version"]) == (REASON, "2")


def test_an_open_concern_prevents_closing_whatever_the_reason(desk: Desk, lena: Client) -> None:
    audit_id = desk.an_audit(reference="CF-7777")
    with desk.database.writing() as session:
        made = raise_concern(
            session,
            audit_id=audit_id,
            person_id=desk.cast.mo.id,
            words="The child may be at risk tonight.",
            hours=2,
            by=an_actor(desk.cast.asha),
        )
    page = SeenPage(lena.get(f"/rounds/{desk.round_id}/close"))
    assert f"/concerns/{made.id}" in page.links
    assert [form for form in page.forms if "version" in form.fields] == []
    path = f"/api/v1/rounds/{desk.round_id}"
    refused = lena.post(f"{path}/close", json={"reason": REASON}, headers={"If-Match": '"2"'})
    assert refused.status_code == 409
    assert "Record what was done and close the concern first" in refused.json()["detail"]
    kinds = {kind["kind"]: kind["blocks"] for kind in lena.get(f"{path}/unfinished").json()["kinds"]}
    assert kinds == {"open-concerns": True, "not-submitted": False}
    posted = lena.post(f"/rounds/{desk.round_id}/close", data={"version": "2", "reason": REASON})
    assert posted.status_code == 409
    assert "Record what was done and close the concern first" in posted.text


@pytest.mark.both_databases
def test_what_changes_while_a_round_is_closed_is_counted_before_it_is_stored(desk: Desk) -> None:
    lena = an_actor(desk.cast.lena)
    signed_off(desk)
    with desk.database.reading() as session:
        prepared = closing.prepare_closing(session, round_id=desk.round_id, version=2, by=lena)
    desk.an_audit()
    with desk.database.writing() as session, pytest.raises(Invalid, match=closing.REASON_NEEDED):
        closing.store_closing(session, prepared, round_id=desk.round_id, by=lena)
    submitted(desk)
    with desk.database.reading() as session:
        prepared = closing.prepare_closing(session, round_id=desk.round_id, version=2, reason=REASON, by=lena)
    submitted(desk)
    with desk.database.writing() as session:
        closed = closing.store_closing(session, prepared, round_id=desk.round_id, by=lena)
        assert json.loads(closed.unfinished) == {"not-submitted": 1, "not-moderated": 2}


def test_while_a_round_is_locked_only_the_audits_that_changed_are_looked_at(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    lena = an_actor(desk.cast.lena)
    for _ in range(3):
        submitted(desk)
    with desk.database.reading() as session:
        prepared = closing.prepare_closing(session, round_id=desk.round_id, version=2, reason=REASON, by=lena)
    monkeypatch.setattr(closing, "MOST_COUNTED_AGAIN", 1)
    submitted(desk)
    with desk.database.writing() as session, session.begin_nested() as attempt:
        closed = closing.store_closing(session, prepared, round_id=desk.round_id, by=lena)
        assert json.loads(closed.unfinished) == {"not-moderated": 4}
        attempt.rollback()
    submitted(desk)
    with desk.database.writing() as session, pytest.raises(Moved, match="Close the round again"):
        closing.store_closing(session, prepared, round_id=desk.round_id, by=lena)


@pytest.mark.both_in_trials
def test_when_an_auditors_first_audit_is_returned_the_others_are_looked_at_again(desk: Desk) -> None:
    """The third audit becomes one of the first two, which are moderated."""
    nothing_moderated(desk)
    lena = an_actor(desk.cast.lena)
    first, _, _ = (submitted(desk) for _ in range(3))
    rule = RuleChange(share_percent=0, lowest=False, first_audits=2)
    with desk.database.writing() as session:
        moderation_rules.set_rule(session, round_id=desk.round_id, change=rule, version=1, by=lena)
    with desk.database.reading() as session:
        prepared = closing.prepare_closing(session, round_id=desk.round_id, version=2, reason=REASON, by=lena)
    assert prepared.counted["not-moderated"].in_all == 2
    desk.give_back(first, "Look again.")
    with desk.database.writing() as session:
        closed = closing.store_closing(session, prepared, round_id=desk.round_id, by=lena)
        assert json.loads(closed.unfinished) == {"returned": 1, "not-moderated": 2}


@pytest.mark.both_in_trials
def test_only_what_the_rule_of_the_round_selects_is_unmoderated(desk: Desk) -> None:
    nothing_moderated(desk)
    submitted(desk)
    low = desk.an_audit(reference="CF-7777")
    desk.answer(low, "inadequate", rationale="As the record has it.")
    desk.submit(low)
    assert found_kinds(desk) == {}
    lowest = RuleChange(share_percent=0, lowest=True, first_audits=0)
    with desk.database.writing() as session:
        moderation_rules.set_rule(
            session, round_id=desk.round_id, change=lowest, version=1, by=an_actor(desk.cast.lena)
        )
    assert found_kinds(desk) == {"not-moderated": ["CF-7777, Asha"]}


def found_kinds(desk: Desk, person: MadePerson | None = None) -> dict[str, list[str]]:
    with desk.database.reading() as session:
        audit_round = session.get_one(Round, (desk.cast.organisation.id, desk.round_id))
        found = unfinished_in(session, audit_round, person_id=None if person is None else person.id)
        return {work.kind.key: [item.text for item in work.found.items] for work in found}


def test_fifty_of_a_kind_are_named_and_the_rest_is_counted(desk: Desk, lena: Client) -> None:
    for number in range(53):
        desk.an_audit(reference=f"CF-{1000 + number}")
    seen = SeenPage(lena.get(f"/rounds/{desk.round_id}/close"))
    assert "53 audits not submitted" in seen.words
    assert "CF-1049, Asha" in seen.words
    assert "CF-1050" not in seen.words
    assert "and 3 more" in seen.words


def test_a_lead_who_reads_a_case_learns_nothing_of_its_other_reading_from_closing(desk: Desk) -> None:
    reader = a_person(desk.database, desk.cast.organisation, name="Rae", roles={Role.AUDITOR, Role.QUALITY_LEAD})
    nothing_moderated(desk)
    first = submitted(desk, reader)
    alone = SeenPage(desk.browser(reader).get(f"/rounds/{desk.round_id}/close")).words
    a_second_reading(desk, first)
    assert SeenPage(desk.browser(reader).get(f"/rounds/{desk.round_id}/close")).words == alone
    assert "You read a case in this round yourself." in alone
    assert found_kinds(desk, reader) == {}
    assert list(found_kinds(desk)) == ["not-submitted"]
    sent = desk.browser(reader).post(f"/rounds/{desk.round_id}/close", data={"version": "2"})
    assert sent.status_code == 303
    words = SeenPage(desk.browser(desk.cast.lena).get(f"/rounds/{desk.round_id}/report")).words
    assert "Closed with unfinished work: 1 audit not submitted. Reason: none given, because blind reading" in words


@pytest.mark.both_in_trials
def test_a_round_without_audits_is_not_opened_unless_another_system_records_them(desk: Desk, lena: Client) -> None:
    planned = desk.a_round(title="Empty", opened=False)
    page = lena.get(f"/rounds/{planned}/open")
    assert "No audit is allocated in Empty." in SeenPage(page).words
    refused = lena.post(f"/rounds/{planned}/open", data=SeenPage(page).forms[-1].fields)
    assert refused.status_code == 409
    assert "Allocate case files first" in refused.text
    assert 'id="recorded_elsewhere-error"' in refused.text
    path = f"/api/v1/rounds/{planned}"
    over_rest = lena.post(f"{path}/open", headers={"If-Match": '"1"'})
    assert (over_rest.status_code, over_rest.json()["type"]) == (409, "/problems/conflict")
    opened = lena.post(f"/rounds/{planned}/open", data={"version": "1", "recorded_elsewhere": "yes"})
    assert opened.status_code == 303
    with desk.database.reading() as session:
        event = session.exec(
            select(Event).where(col(Event.kind) == "round.opened", col(Event.subject_id) == planned)
        ).one()
        assert without_hashes(event) == {"recorded_elsewhere": True}
        assert session.get_one(Round, (desk.cast.organisation.id, planned)).state is RoundState.OPEN


def test_a_round_whose_only_audit_is_withdrawn_is_empty(desk: Desk, lena: Client) -> None:
    planned = desk.a_round(title="Emptied", opened=False)
    audit_id = desk.an_audit(round_id=planned)
    lena.post(f"/audits/{audit_id}/withdraw", data={"version": "1", "reason": "The wrong case."})
    assert lena.post(f"/api/v1/rounds/{planned}/open", headers={"If-Match": '"1"'}).status_code == 409
    desk.an_audit(round_id=planned)
    assert lena.post(f"/api/v1/rounds/{planned}/open", headers={"If-Match": '"1"'}).status_code == 200
