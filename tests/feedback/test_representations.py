"""A team disagrees once with a theme that its feedback names, a moderator answers, and neither tells anything else."""

import re
import uuid

import pytest
from sqlmodel import select

from api.access.seen import hand_over
from api.allocation.actions import Allocation, allocate
from api.feedback.sheets import actions as sheets
from api.feedback.sheets.actions import NewSheet
from api.foundation.local_time import local_date
from models import HasSeen, Role, now
from tests.client import Client
from tests.desk import Desk
from tests.factories import MadePerson, a_key, a_person, a_team, an_actor
from tests.feedback.giving import REASONS, THINK, audited, decided, disagreed, given, stored
from tests.improvement.acting import an_owner
from tests.page_forms import SeenPage


def represent(client: Client, sheet_id: uuid.UUID, theme: str = "voice", words: str = REASONS) -> int:
    sent = {"theme": theme, "words": words}
    answer = client.post(f"/api/v1/team-feedback/{sheet_id}/representations", json=sent, headers=a_key())
    return int(answer.status_code)


def answer(client: Client, audit_id: uuid.UUID, *, upheld: bool = True, theme: str = "voice") -> int:
    sent = {"upheld": upheld, "words": "The page shows what the team says."}
    path = f"/api/v1/audits/{audit_id}/representations/{theme}/decision"
    return int(client.post(path, json=sent).status_code)


def test_a_lead_shares_only_what_they_have_read(desk: Desk) -> None:
    audit_id = audited(desk)
    given(desk, audit_id)
    lena = desk.browser(desk.cast.lena)
    form = SeenPage(lena.get(f"/audits/{audit_id}/feedback")).form("/share")
    changed = NewSheet("Something else.", THINK, local_date(now()))
    with desk.database.writing() as session:
        sheets.write_sheet(session, audit_id=audit_id, new=changed, version=1, by=an_actor(desk.cast.asha))
    stale = lena.post(f"/audits/{audit_id}/feedback/share", data=form)
    assert stale.status_code == 412
    assert "Read the latest version" in stale.text
    assert "Something else." in stale.text
    assert stored(desk, audit_id).shared_at is None
    shared = lena.post(f"/audits/{audit_id}/feedback/share", data=SeenPage(stale).form("/share"))
    assert shared.status_code == 303
    assert stored(desk, audit_id).shared_at is not None


@pytest.mark.both_databases
def test_a_team_reads_what_was_shared_with_it_and_disagrees_once_with_a_theme(desk: Desk) -> None:
    audit_id = audited(desk)
    olu = an_owner(desk)
    theirs = desk.browser(olu)
    sheet = given(desk, audit_id)
    assert theirs.get("/api/v1/team-feedback").json()["items"] == []
    assert theirs.get(f"/api/v1/team-feedback/{sheet.id}").status_code == 404, "not shared yet"
    assert represent(theirs, sheet.id) == 404
    lena = desk.browser(desk.cast.lena)
    sharing, first = f"/api/v1/audits/{audit_id}/feedback/sharing", {"If-Match": '"1"'}
    assert desk.browser(desk.cast.asha).post(sharing, headers=first).status_code == 403
    assert lena.post(sharing).status_code == 428
    assert lena.post(sharing, headers=first).status_code == 200
    (one,) = theirs.get("/api/v1/team-feedback").json()["items"]
    assert (one["id"], one["themes"], one["representations"]) == (str(sheet.id), 2, 0)
    assert represent(theirs, sheet.id, "challenge") == 422, "a theme that the feedback does not name"
    assert represent(theirs, sheet.id, words="No.") == 422
    assert represent(theirs, sheet.id) == 201
    assert represent(theirs, sheet.id) == 409
    assert theirs.post(f"/team-feedback/{sheet.id}", data={"theme": "planning", "words": REASONS}).status_code == 303
    said = theirs.get(f"/api/v1/team-feedback/{sheet.id}").json()["representations"]
    assert [(each["theme"]["key"], each["upheld"], each["on_paper"]) for each in said] == [
        ("voice", None, False),
        ("planning", None, False),
    ]


def test_a_lead_enters_what_the_team_says_on_paper(desk: Desk) -> None:
    audit_id = audited(desk)
    sheet, lena = given(desk, audit_id, shared=True), desk.browser(desk.cast.lena)
    assert represent(lena, sheet.id) == 201
    (one,) = lena.get(f"/api/v1/audits/{audit_id}/representations").json()["items"]
    assert (one["on_paper"], one["made_by"]) == (True, desk.cast.lena.name)
    assert answer(lena, audit_id) == 403, "who entered it does not answer it"


@pytest.mark.both_in_trials
def test_a_moderator_answers_and_never_the_auditor_or_a_reader_of_the_case(desk: Desk) -> None:
    both = a_person(desk.database, desk.cast.organisation, name="Bo", roles={Role.AUDITOR, Role.MODERATOR})
    audit_id, olu = audited(desk, by=both), an_owner(desk)
    given(desk, audit_id, both, shared=True)
    disagreed(desk, audit_id, olu)
    auditor, theirs, mo = desk.browser(both), desk.browser(olu), desk.browser(desk.cast.mo)
    assert answer(auditor, audit_id) == 403
    assert answer(theirs, audit_id) == 403
    assert auditor.get("/api/v1/representations").json()["items"] == []
    (waiting,) = mo.get("/api/v1/representations").json()["items"]
    assert (waiting["audit_id"], waiting["theme"]["key"]) == (str(audit_id), "voice")
    assert "1 representation to answer" in mo.get("/").text
    page = mo.get(f"/audits/{audit_id}/representations/voice").text
    assert REASONS in page
    refused = mo.post(f"/audits/{audit_id}/representations/voice", data={"words": "It is not there."})
    assert refused.status_code == 422
    assert "It is not there." in refused.text
    assert answer(mo, audit_id, upheld=False) == 200
    assert answer(mo, audit_id) == 409
    assert mo.get("/api/v1/representations").json()["items"] == []
    (said,) = theirs.get(f"/api/v1/team-feedback/{stored(desk, audit_id).id}").json()["representations"]
    assert (said["upheld"], said["decision"]) == (False, "The page shows what the team says.")


def told(desk: Desk, person: MadePerson) -> dict[str, tuple[str, str]]:
    """The text and the page of each unread notice of a person, by its kind."""
    items = desk.browser(person).get("/api/v1/notices?unread=true").json()["items"]
    return {item["kind"]: (item["text"], item["path"]) for item in items}


@pytest.mark.both_in_trials
def test_who_may_answer_is_notified_and_then_the_person_who_made_it(desk: Desk) -> None:
    recorder = a_person(
        desk.database, desk.cast.organisation, name="Rey", roles={Role.MODERATOR, Role.QUALITY_LEAD, Role.AUDITOR}
    )
    audit_id, olu = audited(desk), an_owner(desk)
    with desk.database.writing() as session:
        hand_over(session, desk.cast.organisation.id, [audit_id], former=recorder.id)
    sheet = given(desk, audit_id, shared=True)
    disagreed(desk, audit_id, olu)
    disagreed(desk, audit_id, olu, "planning")
    reference = desk.find(audit_id).case_file.reference
    waits = f"The team disagrees with the audit of {reference}. Answer the representation."
    for person in (desk.cast.mo, desk.cast.lena):
        assert told(desk, person)["representation-made"] == (waits, "/representations")
    for person in (desk.cast.asha, olu, recorder):
        assert "representation-made" not in told(desk, person)
    decided(desk, audit_id, upheld=True)
    assert "representation-made" in told(desk, desk.cast.mo), "one more waits"
    answered = ("Your representation was answered.", f"/team-feedback/{sheet.id}")
    assert told(desk, olu)["representation-answered"] == answered
    assert desk.browser(olu).get(answered[1]).status_code == 200
    decided(desk, audit_id, "planning", upheld=False)
    for person in (desk.cast.mo, desk.cast.lena):
        assert "representation-made" not in told(desk, person)


def test_both_stay_beside_the_score_on_the_page_in_moderation_and_in_print_and_change_no_answer(desk: Desk) -> None:
    audit_id, olu = audited(desk), an_owner(desk)
    given(desk, audit_id, shared=True)
    disagreed(desk, audit_id, olu)
    before = desk.stored(audit_id)
    decided(desk, audit_id, upheld=True)
    assert desk.stored(audit_id) == before
    mo = desk.browser(desk.cast.mo)
    for path in (f"/audits/{audit_id}", f"/audits/{audit_id}/moderation", f"/audits/{audit_id}/print"):
        page = mo.get(path).text
        assert REASONS in page, path
        assert "Upheld" in page, path
    assert REASONS not in mo.get(f"/audits/{audit_id}/print?blank=1").text
    assert REASONS in desk.browser(desk.cast.asha).get(f"/audits/{audit_id}").text


def test_a_team_never_reads_the_feedback_of_another_or_anything_else_of_the_audit(desk: Desk) -> None:
    audit_id = audited(desk)
    other = an_owner(desk, team=a_team(desk.database, desk.cast.organisation, "South locality").id, name="Ola")
    olu = an_owner(desk)
    sheet = given(desk, audit_id, shared=True)
    ours, others = desk.browser(olu), desk.browser(other)
    assert others.get("/api/v1/team-feedback").json()["items"] == []
    assert others.get(f"/team-feedback/{sheet.id}").status_code == 404
    assert represent(others, sheet.id) == 404
    seen = ours.get(f"/team-feedback/{sheet.id}").text + ours.get(f"/api/v1/team-feedback/{sheet.id}").text
    for hidden in ("Nothing about it is on file.", "Inadequate", "inadequate", desk.cast.asha.name, str(audit_id)):
        assert hidden not in seen
    for path in (f"/audits/{audit_id}", f"/audits/{audit_id}/feedback", f"/api/v1/audits/{audit_id}/representations"):
        assert ours.get(path).status_code in {403, 404}
    with desk.database.reading() as session:
        seen_by = set(session.exec(select(HasSeen.person_id).where(HasSeen.audit_id == audit_id)))
    assert olu.id in seen_by, "who read feedback on a case is not blind to it"


@pytest.mark.both_databases
def test_representations_and_feedback_tell_a_blind_second_reader_nothing(desk: Desk) -> None:
    audit_id, olu = audited(desk), an_owner(desk)
    case = desk.find(audit_id).audit.case_file_id
    reader = a_person(
        desk.database, desk.cast.organisation, name="Sol", roles={Role.AUDITOR, Role.QUALITY_LEAD, Role.ACTION_OWNER}
    )
    with desk.database.writing() as session:
        lena = an_actor(desk.cast.lena)
        second = allocate(
            session, round_id=desk.round_id, allocation=Allocation(case, reader.id, reading=2), by=lena
        ).id
    theirs = desk.browser(reader)
    asked = (
        "/api/v1/team-feedback",
        "/api/v1/representations",
        f"/api/v1/rounds/{desk.round_id}/agreement",
        f"/api/v1/rounds/{desk.round_id}/report",
        f"/api/v1/audits/{audit_id}/representations",
        f"/api/v1/audits/{audit_id}/feedback",
        f"/api/v1/audits/{second}/representations",
        "/api/v1/notices",
    )

    def told() -> list[str]:
        """What the reader is answered, without what is new in each answer."""
        return [re.sub('"request_id":"[0-9a-f]+"', "", theirs.get(path).text) for path in asked]

    before = told()
    sheet = given(desk, audit_id, shared=True)
    disagreed(desk, audit_id, olu)
    assert told() == before
    assert theirs.get(f"/api/v1/team-feedback/{sheet.id}").status_code == 404
    assert answer(theirs, audit_id) == 404
    decided(desk, audit_id, upheld=True)
    assert told() == before
    assert REASONS in desk.browser(desk.cast.lena).get(asked[4]).text


def test_the_agreement_report_has_the_share_of_representations_upheld(desk: Desk) -> None:
    olu = an_owner(desk)
    audits = [audited(desk) for _ in range(4)]
    for place, audit_id in enumerate(audits):
        given(desk, audit_id, shared=True)
        disagreed(desk, audit_id, olu)
        if place < 3:
            decided(desk, audit_id, upheld=place < 1)
    lena = desk.browser(desk.cast.lena)
    for path in (f"/api/v1/rounds/{desk.round_id}/agreement", "/api/v1/reports/agreement"):
        found = lena.get(path).json()["representations"]
        assert (found["made"], found["answered"], found["upheld"]) == (4, 3, 1)
        assert found["share_upheld"] == pytest.approx(1 / 3)
        # Wilson (1927), 1 of 3.
        assert (found["low"], found["high"]) == (pytest.approx(0.0615, abs=1e-3), pytest.approx(0.7923, abs=1e-3))
    assert "1 of 3 answered representations upheld" in lena.get(f"/rounds/{desk.round_id}/agreement").text


def test_words_of_feedback_can_be_redacted_and_verification_still_holds(desk: Desk) -> None:
    audit_id, olu = audited(desk), an_owner(desk)
    given(desk, audit_id, shared=True)
    disagreed(desk, audit_id, olu)
    decided(desk, audit_id, upheld=False)
    mo = desk.browser(desk.cast.mo)
    page = mo.get(f"/audits/{audit_id}/redact").text
    assert "Representation of the team".lower() in page.lower()
    for field, theme in (
        ("sheet_works_well", ""),
        ("sheet_think_about", ""),
        ("representation", "voice"),
        ("representation_decision", "voice"),
    ):
        version = desk.find(audit_id).audit.version
        sent = {"field": field, "theme": theme, "reason": "child-or-family"}
        path = f"/api/v1/audits/{audit_id}/redactions"
        assert mo.post(path, json=sent, headers={"If-Match": f'"{version}"'}).status_code == 200, field
    (one,) = mo.get(f"/api/v1/audits/{audit_id}/representations").json()["items"]
    assert (one["words"], one["decision"]) == ("[redacted]", "[redacted]")
    assert stored(desk, audit_id).works_well == "[redacted]"
