"""At the lowest rating: somebody is notified, another auditor reads the file again, and what is corrected counts."""

import uuid
from datetime import date, timedelta
from typing import Any

import pytest
from sqlmodel import col, select

from api.allocation.actions import Allocation, allocate
from api.audits.complete.actions import record_audit
from api.audits.complete.known import CompleteAudit
from api.audits.scoring.actions import NewScore
from api.case_files.actions import NewCaseFile
from api.follow_ups.notifying import notify_what_is_due
from api.foundation.local_time import local_date
from api.foundation.problems import NotAllowed
from api.moderation import actions as moderation
from api.programme.making import make_rounds
from api.rounds import actions as rounds
from checklists.actions.working_days import after_working_days
from checklists.audits.follow_up import FollowUpOutcome, FollowUpState
from checklists.programme.dates import Cadence
from models import AgeBand, Audit, CaseStatus, HasSeen, Notice, NoticeKind, Role, now
from tests.client import Client
from tests.desk import Desk
from tests.factories import MadePerson, a_person, an_actor
from tests.follow_ups.following import (
    NOT_ON_FILE,
    NOW,
    POST,
    allocated,
    at_lowest,
    follow,
    moderated,
    recorded,
    stored,
    the_follow_up,
)
from tests.page_forms import SeenPage
from tests.programme.planning import a_line, a_programme, rows_in

HEADING = "Audits at the lowest rating, and their follow-ups"
RIGHT, PARTLY, NOT = FollowUpOutcome.CORRECTED, FollowUpOutcome.PARTLY, FollowUpOutcome.NOT


def notices_of(desk: Desk, person: MadePerson) -> list[str]:
    with desk.database.reading() as session:
        kinds = (
            NoticeKind.LOWEST_FOUND,
            NoticeKind.LOWEST_TO_NOTIFY,
            NoticeKind.FOLLOW_UP_GIVEN,
            NoticeKind.FOLLOW_UP_DUE,
        )
        query = select(Notice.kind).where(col(Notice.person_id) == person.id, col(Notice.kind).in_(kinds))
        return sorted(session.exec(query))


def path_of(audit_id: uuid.UUID) -> str:
    return f"/api/v1/audits/{audit_id}/follow-up"


def at_version(desk: Desk, audit_id: uuid.UUID) -> dict[str, str]:
    return {"If-Match": f'"{the_follow_up(desk, audit_id).version}"'}


def test_an_audit_that_another_system_records_is_followed_up_too(desk: Desk) -> None:
    follow(desk)
    case = NewCaseFile(desk.team_id, CaseStatus.CHILD_IN_NEED, AgeBand.FROM_5_TO_9)
    scores = tuple(NewScore(theme, "inadequate", rationale="Not seen alone.") for theme in desk.template.theme_keys)
    with desk.database.writing() as session:
        new = CompleteAudit(desk.round_id, desk.cast.asha.id, case, scores)
        made = record_audit(session, audit=new, by=an_actor(desk.cast.lena))
    assert the_follow_up(desk, made.audit_id).state is FollowUpState.WAITING


# ---------------------------------------------------------------- the rule


@pytest.mark.both_in_trials
def test_a_lead_sets_the_rule_of_a_round_until_it_is_closed(desk: Desk, lena: Client) -> None:
    path = f"/api/v1/rounds/{desk.round_id}/follow-up-rule"
    first = lena.get(path)
    assert (first.json()["overall"], first.json()["themes"], first.headers["etag"]) == (False, [], '"0"')
    rule = {
        "overall": True,
        "themes": ["planning"],
        "contact_id": str(desk.cast.mo.id),
        "notify_within": 3,
        "weeks": 12,
    }
    made = lena.put(path, json={**rule, "moderator_role": "quality-lead"}, headers={"If-Match": '"0"'})
    assert (made.status_code, made.json()["weeks"], made.json()["moderator_role"]) == (200, 12, "quality-lead")
    assert lena.put(path, json=rule, headers={"If-Match": '"0"'}).status_code == 412
    assert desk.browser(desk.cast.asha).put(path, json=rule, headers={"If-Match": '"1"'}).status_code == 403
    page = SeenPage(lena.get(f"/rounds/{desk.round_id}/follow-up-rule"))
    form = page.form("/follow-up-rule")
    saved = lena.post(
        f"/rounds/{desk.round_id}/follow-up-rule", data={**form, "contact_id": str(desk.cast.mo.id), "weeks": "6"}
    )
    assert saved.status_code == 303
    assert lena.get(path).json()["weeks"] == 6
    desk.close_round()
    closed = lena.put(path, json=rule, headers={"If-Match": '"2"'})
    assert (closed.status_code, lena.get(f"/rounds/{desk.round_id}/follow-up-rule").status_code) == (409, 200)


@pytest.mark.parametrize(
    ("changes", "place"),
    [
        ({"contact_post": ""}, "/contact_id"),
        ({"contact_id": str(uuid.uuid4())}, "/contact_post"),
        ({"contact_post": "", "contact_id": str(uuid.uuid4())}, "/contact_id"),
        ({"contact_post": "Call 07700 900123"}, "/contact_post"),
        ({"themes": ["no-theme"]}, "/themes"),
        ({"moderator_role": "auditor"}, "/moderator_role"),
        ({"notify_within": 21}, "/notify_within"),
        ({"weeks": 53}, "/weeks"),
    ],
)
def test_a_rule_that_cannot_be_is_refused_at_its_place(
    desk: Desk, lena: Client, changes: dict[str, object], place: str
) -> None:
    rule = {"overall": True, "contact_post": POST, **changes}
    refused = lena.put(f"/api/v1/rounds/{desk.round_id}/follow-up-rule", json=rule, headers={"If-Match": '"0"'})
    assert refused.status_code == 422
    assert [each["pointer"] for each in refused.json()["errors"]] == [place]
    assert "07700" not in refused.text


def test_what_was_typed_stays_beside_what_is_wrong_with_it(desk: Desk, lena: Client) -> None:
    path = f"/rounds/{desk.round_id}/follow-up-rule"
    typed = {"version": "0", "themes": ["voice"], "contact_post": POST, "notify_within": "0", "weeks": "8"}
    refused = lena.post(path, data=typed)
    assert refused.status_code == 422
    page = SeenPage(refused)
    assert "Working days must be a whole number from 1 to 20" in page.words
    assert page.form("/follow-up-rule")["contact_post"] == POST


# ---------------------------------------------------------------- found, and notified


@pytest.mark.both_databases
def test_only_an_audit_that_meets_the_rule_is_found_and_a_person_is_notified_at_once(desk: Desk) -> None:
    before = at_lowest(desk)
    follow(desk, contact_id=desk.cast.mo.id, notify_within=2, weeks=6)
    audit_id, other = at_lowest(desk), at_lowest(desk, "planning")
    assert stored(desk, before) is None, "submitted before there was a rule"
    assert stored(desk, other) is None
    found, today = the_follow_up(desk, audit_id), local_date(now())
    assert (found.state, found.of_overall, found.of_themes) == (FollowUpState.WAITING, False, "voice")
    assert (found.notified_on, found.notify_by) == (today, after_working_days(today, 2))
    assert found.due_on == today + timedelta(weeks=6)
    assert notices_of(desk, desk.cast.mo) == [NoticeKind.LOWEST_FOUND]
    assert desk.events().count("audit.follow-up-found") == 1


@pytest.mark.both_in_trials
def test_a_post_is_notified_by_a_lead_who_records_the_day(desk: Desk, lena: Client) -> None:
    follow(desk)
    audit_id = at_lowest(desk)
    assert notices_of(desk, desk.cast.lena) == [NoticeKind.LOWEST_TO_NOTIFY]
    (listed,) = lena.get("/api/v1/follow-ups", params={"show": "not-notified"}).json()["items"]
    assert (listed["contact"], listed["notified_on"]) == (POST, None)
    today = local_date(now())
    notified = f"{path_of(audit_id)}/notified"
    late = {"notified_on": (today + timedelta(days=1)).isoformat()}
    assert lena.put(notified, json=late, headers=at_version(desk, audit_id)).status_code == 422
    page = SeenPage(lena.get(f"/audits/{audit_id}/follow-up"))
    form = page.form("/notified")
    typed = {f"notified_on-{part}": str(getattr(today, part)) for part in ("day", "month", "year")}
    assert lena.post(f"/audits/{audit_id}/follow-up/notified", data={**form, **typed}).status_code == 303
    assert the_follow_up(desk, audit_id).notified_on == today
    assert notices_of(desk, desk.cast.lena) == []
    sent = {"notified_on": today.isoformat()}
    assert lena.put(notified, json=sent, headers=at_version(desk, audit_id)).status_code == 409


def test_who_is_notified_sees_that_there_is_a_follow_up_and_nothing_of_the_audit(desk: Desk) -> None:
    olu = a_person(desk.database, desk.cast.organisation, name="Olu", roles={Role.ACTION_OWNER})
    follow(desk, contact_id=olu.id)
    audit_id = at_lowest(desk)
    theirs = desk.browser(olu)
    said = theirs.get(path_of(audit_id)).json()
    assert (said["why"], said["themes"], said["reference"]) == ([], [], desk.find(audit_id).case_file.reference)
    page = theirs.get(f"/audits/{audit_id}/follow-up").text
    for hidden in (NOT_ON_FILE, "Inadequate", "Voice of the child", desk.cast.asha.name):
        assert hidden not in page
    assert theirs.get(f"/audits/{audit_id}").status_code == 403
    assert "is at the lowest rating. Read what fell short" in SeenPage(theirs.get("/notices")).words
    with desk.database.reading() as session:
        query = select(HasSeen.person_id).where(col(HasSeen.audit_id) == audit_id)
        assert olu.id in set(session.exec(query)), "so that they do not read the case blind"
    stranger = a_person(desk.database, desk.cast.organisation, name="Ola", roles={Role.ACTION_OWNER})
    assert desk.browser(stranger).get(path_of(audit_id)).status_code == 404
    assert desk.browser(desk.cast.mo).get(path_of(audit_id)).status_code == 404
    assert desk.browser(desk.cast.asha).get(path_of(audit_id)).status_code == 404, "its auditor is not notified"


def test_somebody_who_reads_the_case_is_notified_only_when_both_readings_are_in(desk: Desk) -> None:
    follow(desk, contact_id=desk.cast.ben.id)
    audit_id = desk.an_audit()
    lena = an_actor(desk.cast.lena)
    with desk.database.writing() as session:
        case = session.get_one(Audit, (lena.organisation_id, audit_id)).case_file_id
        second = allocate(session, round_id=desk.round_id, allocation=Allocation(case, desk.cast.ben.id, 2), by=lena).id
    at_lowest(desk, audit_id=audit_id)
    assert (the_follow_up(desk, audit_id).notified_on, notices_of(desk, desk.cast.ben)) == (None, [])
    notify_what_is_due(desk.database, today=local_date(now()))
    assert notices_of(desk, desk.cast.ben) == []
    desk.answer(second, by=desk.cast.ben)
    desk.submit(second, by=desk.cast.ben)
    notify_what_is_due(desk.database, today=local_date(now()))
    assert notices_of(desk, desk.cast.ben) == [NoticeKind.LOWEST_FOUND]
    assert the_follow_up(desk, audit_id).notified_on == local_date(now())


@pytest.mark.both_databases
def test_of_two_readings_only_the_first_stands_once_both_are_in(desk: Desk, lena: Client) -> None:
    follow(desk)
    first, by = desk.an_audit(), an_actor(desk.cast.lena)
    with desk.database.writing() as session:
        case = session.get_one(Audit, (by.organisation_id, first)).case_file_id
        second = allocate(session, round_id=desk.round_id, allocation=Allocation(case, desk.cast.ben.id, 2), by=by).id
    at_lowest(desk, audit_id=second, by=desk.cast.ben)
    assert the_follow_up(desk, second).state is FollowUpState.WAITING, "as it would be of a first reading"
    at_lowest(desk, audit_id=first)
    assert the_follow_up(desk, second).state is FollowUpState.NOT_NEEDED
    assert the_follow_up(desk, first).state is FollowUpState.WAITING
    (listed,) = lena.get("/api/v1/follow-ups").json()["items"]
    assert listed["audit_id"] == str(first)


# ---------------------------------------------------------------- moderation


@pytest.mark.both_in_trials
def test_only_the_named_role_moderates_it_and_nobody_else_is_offered_it(desk: Desk) -> None:
    follow(desk, moderator_role=Role.QUALITY_LEAD)
    audit_id, other = at_lowest(desk), at_lowest(desk, "planning")
    mo = desk.browser(desk.cast.mo)
    waiting = [each["audit_id"] for each in mo.get("/api/v1/moderation-queue").json()["items"]]
    assert waiting == [str(other)]
    assert "Start moderation" not in mo.get(f"/audits/{audit_id}/moderation").text
    with desk.database.reading() as session:
        audit = session.get_one(Audit, (desk.cast.organisation.id, audit_id))
        with pytest.raises(NotAllowed, match="asks for a quality lead"):
            moderation.check_can_start(session, audit, by=an_actor(desk.cast.mo))
    moderated(desk, audit_id, by=desk.cast.lena)
    assert the_follow_up(desk, audit_id).state is FollowUpState.WAITING


def test_moderation_that_lifts_the_answer_ends_the_follow_up_and_one_that_lowers_it_begins_one(desk: Desk) -> None:
    follow(desk, contact_id=desk.cast.lena.id)
    lifted, lowered = at_lowest(desk), at_lowest(desk, "planning")
    moderated(desk, lifted, voice="good")
    moderated(desk, lowered, voice="inadequate")
    assert the_follow_up(desk, lifted).state is FollowUpState.NOT_NEEDED
    assert the_follow_up(desk, lowered).of_themes == "voice"
    assert notices_of(desk, desk.cast.lena) == [NoticeKind.LOWEST_FOUND], "the other notice is taken back"


@pytest.mark.both_in_trials
def test_an_audit_that_is_returned_needs_none_until_it_is_submitted_again(desk: Desk) -> None:
    follow(desk)
    audit_id = at_lowest(desk)
    desk.give_back(audit_id, "Look again at the visit.")
    assert the_follow_up(desk, audit_id).state is FollowUpState.NOT_NEEDED
    desk.submit(audit_id)
    assert the_follow_up(desk, audit_id).state is FollowUpState.WAITING
    desk.give_back(audit_id, "Look again at the visit.")
    desk.answer(audit_id, "good", "voice")
    desk.submit(audit_id)
    assert the_follow_up(desk, audit_id).state is FollowUpState.NOT_NEEDED


# ---------------------------------------------------------------- the follow-up


def test_when_it_is_due_leads_are_notified_once_and_a_reader_who_is_not_the_auditor_is_chosen(
    desk: Desk, lena: Client
) -> None:
    follow(desk, contact_id=desk.cast.mo.id, weeks=2)
    audit_id = at_lowest(desk)
    today = local_date(now())
    assert notify_what_is_due(desk.database, today=today + timedelta(days=13)) == 0
    assert notify_what_is_due(desk.database, today=today + timedelta(days=14)) == 1
    assert notify_what_is_due(desk.database, today=today + timedelta(days=15)) == 0
    assert notices_of(desk, desk.cast.lena) == [NoticeKind.FOLLOW_UP_DUE]
    reader = f"{path_of(audit_id)}/reader"
    ben, asha = {"reader_id": str(desk.cast.ben.id)}, {"reader_id": str(desk.cast.asha.id)}
    assert lena.put(reader, json=ben, headers=at_version(desk, audit_id)).status_code == 409, "not agreed yet"
    moderated(desk, audit_id)
    assert lena.put(reader, json=asha, headers=at_version(desk, audit_id)).status_code == 422
    form = SeenPage(lena.get(f"/audits/{audit_id}/follow-up")).form("/reader")
    assert lena.post(f"/audits/{audit_id}/follow-up/reader", data={**form, **ben}).status_code == 303
    assert (notices_of(desk, desk.cast.lena), notices_of(desk, desk.cast.ben)) == ([], [NoticeKind.FOLLOW_UP_GIVEN])
    assert "1 follow-up to do" in desk.browser(desk.cast.ben).get("/").text


def test_a_lead_who_read_the_case_does_not_choose_its_reader(desk: Desk) -> None:
    both = a_person(desk.database, desk.cast.organisation, name="Bo", roles={Role.AUDITOR, Role.QUALITY_LEAD})
    follow(desk)
    audit_id = at_lowest(desk, by=both)
    moderated(desk, audit_id)
    sent = {"reader_id": str(desk.cast.ben.id)}
    refused = desk.browser(both).put(f"{path_of(audit_id)}/reader", json=sent, headers=at_version(desk, audit_id))
    assert refused.status_code == 403


@pytest.mark.both_in_trials
def test_the_reader_sees_what_fell_short_and_nothing_else_and_records_what_was_put_right(desk: Desk) -> None:
    follow(desk, contact_id=desk.cast.mo.id)
    audit_id = at_lowest(desk, "voice", "planning")
    moderated(desk, audit_id)
    allocated(desk, audit_id)
    ben = desk.browser(desk.cast.ben)
    said = ben.get(path_of(audit_id)).json()
    assert [each["theme"] for each in said["themes"]] == ["voice", "planning"]
    assert said["themes"][0]["rationale"] == NOT_ON_FILE
    assert ben.get(f"/audits/{audit_id}").status_code == 404, "the audit itself stays closed to its reader"
    outcomes, version = f"{path_of(audit_id)}/outcomes", at_version(desk, audit_id)
    voice = {"theme": "voice", "outcome": "corrected", "words": NOW}
    incomplete = ben.put(outcomes, json={"themes": [voice]}, headers=version)
    assert incomplete.status_code == 422
    assert {each["pointer"] for each in incomplete.json()["errors"]} == {
        "/themes/planning/outcome",
        "/themes/planning/words",
    }
    asked = {"themes": [voice, {**voice, "theme": "planning"}, {**voice, "theme": "challenge"}]}
    other = ben.put(outcomes, json=asked, headers=version)
    assert [each["pointer"] for each in other.json()["errors"]] == ["/themes/challenge/theme"]
    whole = {"themes": [voice, {**voice, "theme": "planning", "outcome": "partly"}]}
    assert desk.browser(desk.cast.lena).put(outcomes, json=whole, headers=version).status_code == 403
    done = ben.put(outcomes, json=whole, headers=version)
    assert (done.status_code, done.json()["state"], done.json()["outcome"]) == (200, "done", "partly")
    again = ben.put(outcomes, json=whole, headers=at_version(desk, audit_id))
    assert again.status_code == 409
    page = desk.browser(desk.cast.lena).get(f"/audits/{audit_id}/follow-up").text
    assert NOW in page
    assert "Partly corrected" in page


def test_a_name_in_what_was_found_is_refused_until_a_reason_keeps_it_and_the_words_stay(desk: Desk) -> None:
    follow(desk)
    audit_id = at_lowest(desk)
    moderated(desk, audit_id)
    allocated(desk, audit_id)
    ben, path = desk.browser(desk.cast.ben), f"/audits/{audit_id}/follow-up/outcomes"
    words = "Mrs Ashworth sees the child alone."
    form = SeenPage(ben.get(f"/audits/{audit_id}/follow-up")).form("/outcomes")
    typed = {**form, "themes/voice/outcome": "corrected", "themes/voice/words": words}
    refused = ben.post(path, data=typed)
    assert refused.status_code == 422
    assert words in refused.text
    assert ben.post(path, data={**typed, "themes/voice/keep_names": "worker"}).status_code == 303
    assert "name.kept" in desk.events()


@pytest.mark.both_in_trials
def test_a_follow_up_is_made_after_its_round_is_closed_too(desk: Desk) -> None:
    follow(desk)
    audit_id = at_lowest(desk)
    desk.close_round()
    allocated(desk, audit_id)
    recorded(desk, audit_id, voice=RIGHT)
    assert the_follow_up(desk, audit_id).state is FollowUpState.DONE


# ---------------------------------------------------------------- lists and figures


def test_lists_show_what_is_open_overdue_and_done_and_pages_follow_each_other(desk: Desk, lena: Client) -> None:
    follow(desk)
    ids = [at_lowest(desk) for _ in range(3)]
    moderated(desk, ids[0])
    allocated(desk, ids[0])
    recorded(desk, ids[0], voice=NOT)
    found, after = [], ""
    while after is not None:
        page = lena.get("/api/v1/follow-ups", params={"limit": 1, **({"after": after} if after else {})}).json()
        found += [each["audit_id"] for each in page["items"]]
        after = page["after"]
    assert found == [str(each) for each in ids[1:]]
    assert lena.get("/api/v1/follow-ups", params={"show": "overdue"}).json()["items"] == []
    (done,) = lena.get("/api/v1/follow-ups", params={"show": "done"}).json()["items"]
    assert done["audit_id"] == str(ids[0])
    assert lena.get("/api/v1/follow-ups", params={"after": "xx"}).status_code == 422
    assert "No follow-ups match what you selected." in lena.get("/follow-ups?show=overdue").text


def figures_of(section: Any) -> list[dict[str, str]]:
    """The rows of a section's table, each by its columns."""
    columns = section["table"]["columns"]
    return [dict(zip(columns, [cell["text"] for cell in row], strict=True)) for row in section["table"]["rows"]]


@pytest.mark.both_databases
def test_the_report_of_the_round_has_the_share_put_right_and_the_median_days(desk: Desk, lena: Client) -> None:
    follow(desk, contact_id=desk.cast.mo.id)
    report = f"/api/v1/rounds/{desk.round_id}/report"
    ids = [at_lowest(desk, "voice", "planning") for _ in range(3)]
    for audit_id, planning in zip(ids[:2], (RIGHT, NOT), strict=True):
        moderated(desk, audit_id)
        allocated(desk, audit_id)
        recorded(desk, audit_id, voice=RIGHT, planning=planning)
    (section,) = [each for each in lena.get(report).json()["sections"] if each["heading"] == HEADING]
    (figures,) = figures_of(section)
    assert (figures["Audits at the lowest rating"], figures["Notified in time"], figures["Followed up"]) == (
        "3",
        "3",
        "2",
    )
    assert figures["Share of files corrected"] == "1 of 2 (50%)"
    assert figures["Themes corrected"] == "3 of 4 (75%)"
    assert figures["Median days"] == "0"
    for kind in ("csv", "xlsx", "docx", "pdf"):
        assert lena.get(f"{report}.{kind}").status_code == 200


def test_the_report_of_the_year_has_them_by_quarter_and_of_the_whole_year(desk: Desk, lena: Client) -> None:
    programme = a_programme(desk)
    a_line(desk, programme, cadence=Cadence.QUARTERLY, target_percent=90)
    make_rounds(desk.database, today=date(2027, 4, 1))
    first = rows_in(desk.database)[0].round_id
    assert first is not None
    desk.round_id = first
    follow(desk, contact_id=desk.cast.mo.id)
    by = an_actor(desk.cast.lena)
    audits = [desk.an_audit(round_id=first) for _ in range(2)]
    with desk.database.writing() as session:
        found = rounds.find_round(session, round_id=first, by=by)
        if found.opened_at is None:
            rounds.open_round(session, round_id=first, version=found.version, by=by)
    for audit_id in audits:
        at_lowest(desk, audit_id=audit_id)
    report = f"/api/v1/programmes/{programme}/report"
    assert HEADING not in lena.get(report).text, "the round is still open"
    desk.close_round()
    allocated(desk, audits[0])
    recorded(desk, audits[0], voice=PARTLY)
    (section,) = [each for each in lena.get(report).json()["sections"] if each["heading"] == HEADING]
    quarters = {row["Quarter"]: row for row in figures_of(section)}
    whole, of_first = quarters["Whole year"], next(iter(quarters.values()))
    counted = (whole["Audits at the lowest rating"], whole["Followed up"], whole["Files partly corrected"])
    assert counted == (
        "2",
        "1",
        "1",
    )
    assert whole["Share of files corrected"] == "0 of 1 (0%)"
    assert {**of_first, "Quarter": ""} == {**whole, "Quarter": ""}
    assert lena.get(f"{report}.docx").status_code == 200
