"""An auditor says what is true of the case, once for the whole audit; what the case list knows is filled in."""

import uuid
from collections.abc import Iterator
from datetime import date
from typing import Any

import httpx2
import pytest
from sqlmodel import col, select, update

from models import Audit, AuditCase, AuditFact, Category, Round, StoredCaseFile
from tests.audits.beside_template import a_beside_template
from tests.client import Client
from tests.desk import Desk, a_desk
from tests.guards_aside import guards_aside
from tests.page_forms import SeenPage, page
from tests.reports.test_exports import exported, rows_of, text_of

NHS = "943 476 5919"
NAMED = "Seen with Mrs Quillfeather at home."
FACTS = {"open-for": "long", "category": "neglect"}
SYNOPSIS = "A boy of primary age.\n\nSeen at <b>school</b>."


@pytest.fixture
def desk(database_url: str) -> Iterator[Desk]:
    with a_desk(database_url, template=a_beside_template()) as made:
        yield made


def put(client: Client, audit: uuid.UUID, version: int = 0, **parts: Any) -> httpx2.Response:
    answer: httpx2.Response = client.put(
        f"/api/v1/audits/{audit}/case", json=parts, headers={"If-Match": f'"{version}"'}
    )
    return answer


def pointers(answer: httpx2.Response) -> list[str]:
    return [error["pointer"] for error in answer.json()["errors"]]


def submit(client: Client, desk: Desk, audit: uuid.UUID) -> httpx2.Response:
    version = desk.find(audit).audit.version
    answer: httpx2.Response = client.post(f"/api/v1/audits/{audit}/submit", headers={"If-Match": f'"{version}"'})
    return answer


def listed(desk: Desk, audit: uuid.UUID, **attributes: Any) -> None:
    """Let the case list say this of the case."""
    with desk.database.writing() as session:
        case = session.get_one(Audit, (desk.cast.organisation.id, audit)).case_file_id
        session.execute(update(StoredCaseFile).where(col(StoredCaseFile.id) == case).values(**attributes))


def a_submitted_audit(desk: Desk, client: Client, synopsis: str = SYNOPSIS) -> uuid.UUID:
    audit = desk.an_audit()
    desk.answer(audit)
    assert put(client, audit, facts=FACTS, synopsis=synopsis).status_code == 200
    assert submit(client, desk, audit).status_code == 200
    return audit


@pytest.mark.fast
@pytest.mark.both_databases
def test_facts_and_synopsis_are_written_over_rest_read_with_the_audit_and_changed(desk: Desk, asha: Client) -> None:
    audit = desk.an_audit()
    empty = asha.get(f"/api/v1/audits/{audit}/case")
    assert empty.json() == {"facts": [], "missing": ["open-for", "category"], "synopsis": "", "version": 0}
    assert empty.headers["etag"] == '"0"'
    first = put(asha, audit, facts=FACTS, synopsis=SYNOPSIS)
    assert first.status_code == 200, first.text
    version = first.json()["version"]
    assert first.json() == {
        "facts": [{"fact": fact, "choice": choice, "from_case_list": False} for fact, choice in FACTS.items()],
        "missing": [],
        "synopsis": SYNOPSIS,
        "version": version,
    }
    assert asha.get(f"/api/v1/audits/{audit}").json()["case"] == first.json()
    assert put(asha, audit, facts=FACTS, synopsis=SYNOPSIS).json()["version"] == version
    assert put(asha, audit, facts={"category": "abuse"}).status_code == 412
    changed = put(asha, audit, version, facts={"category": "abuse"})
    assert (changed.json()["missing"], changed.json()["synopsis"]) == (["open-for"], "")
    assert desk.details("audit.case-described") == [
        {"parts": "category open-for synopsis"},
        {"parts": "category open-for synopsis"},
    ]


@pytest.mark.both_in_trials
def test_an_audit_is_submitted_only_when_every_fact_is_known(desk: Desk, asha: Client) -> None:
    audit = desk.an_audit()
    desk.answer(audit)
    refused = submit(asha, desk, audit)
    assert (refused.status_code, pointers(refused)) == (422, ["/facts/open-for", "/facts/category"])
    put(asha, audit, facts={"open-for": "short"})
    assert pointers(submit(asha, desk, audit)) == ["/facts/category"]
    put(asha, audit, desk.find(audit).case.version, facts=FACTS)
    assert submit(asha, desk, audit).status_code == 200
    assert desk.find(audit).audit.case_facts == "long|neglect"


@pytest.mark.both_in_trials
def test_what_the_case_list_knows_is_filled_in_until_the_auditor_says_otherwise(desk: Desk, asha: Client) -> None:
    audit = desk.an_audit()
    listed(desk, audit, category=Category.SEXUAL_ABUSE, started_in=date(2020, 1, 1))
    facts = asha.get(f"/api/v1/audits/{audit}/case").json()["facts"]
    assert facts == [
        {"fact": "open-for", "choice": "long", "from_case_list": True},
        {"fact": "category", "choice": "abuse", "from_case_list": True},
    ]
    path = f"/audits/{audit}/case"
    assert "From the case list: Abuse." in page(asha, path).words
    assert page(asha, path).form(path)["facts/category"] == "abuse"
    assert "Abuse (from the case list)" in page(asha, f"/audits/{audit}/check").words
    put(asha, audit, facts={"category": "neglect"})
    desk.answer(audit)
    desk.submit(audit)
    assert desk.find(audit).audit.case_facts == "long|neglect"
    with desk.database.reading() as session:
        assert {row.fact: row.choice for row in session.exec(select(AuditFact))} == FACTS
    # What the list says later changes no submitted audit.
    listed(desk, audit, started_in=None, category=None)
    assert desk.find(audit).case.facts == FACTS


def test_months_open_end_with_the_period_or_with_the_case(desk: Desk, asha: Client) -> None:
    audit = desk.an_audit()
    end = desk.find(audit).round.period_to
    month = end.replace(day=1)
    listed(desk, audit, started_in=month)
    assert desk.find(audit).case.facts == {"open-for": "short"}
    listed(desk, audit, started_in=date(month.year - 1, month.month, 1))
    assert desk.find(audit).case.facts == {"open-for": "long"}
    listed(desk, audit, closed_in=date(month.year - 1, month.month, 1))
    assert desk.find(audit).case.facts == {"open-for": "short"}
    listed(desk, audit, started_in=date(end.year + 1, 1, 1), closed_in=None)
    assert desk.find(audit).case.facts == {}


@pytest.mark.both_in_trials
@pytest.mark.parametrize(("listed_as", "expected"), [(True, "again"), (False, "first"), (None, None)])
def test_a_case_list_says_whether_the_case_is_a_re_referral(
    database_url: str, listed_as: bool | None, expected: str | None
) -> None:
    fact = {
        "key": "re-referral",
        "title": "Re-referral",
        "filled_from": "re-referral",
        "choices": [
            {"key": "again", "label": "Yes", "of_case_list": ["yes"]},
            {"key": "first", "label": "No", "of_case_list": ["no"]},
        ],
    }
    with a_desk(database_url, template=a_beside_template(case_facts=[fact])) as desk:
        audit = desk.an_audit()
        listed(desk, audit, re_referral=listed_as)
        assert desk.find(audit).case.facts == ({} if expected is None else {"re-referral": expected})


@pytest.mark.both_in_trials
def test_a_case_list_says_how_often_the_child_was_referred(database_url: str) -> None:
    fact = {
        "key": "referred",
        "title": "Referrals in the last 12 months",
        "filled_from": "referrals",
        "choices": [
            {"key": "once", "label": "Once", "at_least": 1, "below": 2},
            {"key": "again", "label": "More often", "at_least": 2},
        ],
    }
    with a_desk(database_url, template=a_beside_template(case_facts=[fact])) as desk:
        audit = desk.an_audit()
        for counts, expected in (("", {}), ("referrals:1", {"referred": "once"}), ("placements:3", {})):
            listed(desk, audit, counts=counts)
            assert desk.find(audit).case.facts == expected
        listed(desk, audit, counts="referrals:3 times-missing:1")
        asha = desk.browser(desk.cast.asha)
        assert "From the case list: More often." in page(asha, f"/audits/{audit}/case").words
        desk.answer(audit)
        assert submit(asha, desk, audit).status_code == 200
        listed(desk, audit, counts="")
        assert desk.find(audit).case.facts == {"referred": "again"}


@pytest.mark.parametrize(
    ("sent", "pointer", "words"),
    [
        ({"facts": {"shoe-size": "large"}}, "/facts/shoe-size", "template does not include this case fact"),
        ({"facts": {"open-for": "ages"}}, "/facts/open-for", ": select one of the options listed"),
        ({"synopsis": f"On file: {NHS}.", "keep_names": "worker"}, "/synopsis", "NHS number"),
        ({"synopsis": NAMED}, "/synopsis", "title with a name"),
        ({"synopsis": "word " * 151}, "/synopsis", "150 words or fewer. It has 151"),
    ],
)
def test_what_cannot_be_said_of_a_case_is_refused_with_its_place(
    desk: Desk, asha: Client, sent: dict[str, Any], pointer: str, words: str
) -> None:
    audit = desk.an_audit()
    refused = put(asha, audit, **sent)
    assert (refused.status_code, pointers(refused)) == (422, [pointer])
    assert words in refused.json()["errors"][0]["detail"]
    assert NHS not in refused.text
    with desk.database.reading() as session:
        assert session.exec(select(AuditCase)).all() == []


def test_a_synopsis_of_150_words_is_accepted_and_a_name_for_a_reason(desk: Desk, asha: Client) -> None:
    audit = desk.an_audit()
    assert put(asha, audit, synopsis="word " * 150).status_code == 200
    kept = put(asha, audit, desk.find(audit).case.version, synopsis=NAMED, keep_names="worker")
    assert kept.status_code == 200
    assert desk.details("name.kept") == [{"kept": "worker /synopsis title-and-name:10-26"}]


def test_a_template_that_asks_nothing_of_the_case_has_no_page_and_takes_nothing(database_url: str) -> None:
    with a_desk(database_url) as desk:
        asha, audit = desk.browser(desk.cast.asha), desk.an_audit()
        assert asha.get(f"/audits/{audit}/case").headers["location"] == f"/audits/{audit}#case-facts"
        assert f"/audits/{audit}/case" not in page(asha, f"/audits/{audit}").links
        assert pointers(put(asha, audit, synopsis="A boy.")) == ["/synopsis"]
        assert put(asha, audit, facts={}).json()["version"] == 0
        desk.answer(audit)
        desk.submit(audit)
        assert desk.find(audit).audit.case_facts == ""


def test_only_its_auditor_writes_it_and_only_while_the_audit_can_be_scored(
    desk: Desk, asha: Client, lena: Client
) -> None:
    audit, planned = desk.an_audit(), desk.an_audit(round_id=desk.a_round(title="Later", opened=False))
    assert put(lena, audit, facts=FACTS).status_code == 403
    assert put(desk.browser(desk.cast.ben), audit, facts=FACTS).status_code == 404
    assert put(asha, planned, facts=FACTS).status_code == 409
    submitted = a_submitted_audit(desk, asha)
    version = desk.find(submitted).case.version
    assert put(asha, submitted, version, facts=FACTS).status_code == 409
    desk.give_back(submitted, "Look at the category.")
    assert put(asha, submitted, version, facts={**FACTS, "category": "abuse"}).status_code == 200


@pytest.mark.fast
@pytest.mark.both_in_trials
def test_facts_are_chosen_on_a_page_first_and_missing_ones_lead_back_to_it(desk: Desk, asha: Client) -> None:
    audit = desk.an_audit()
    path = f"/audits/{audit}/case"
    start = page(asha, f"/audits/{audit}")
    assert path in start.links
    assert "0 of 2 answered" in start.words
    form = page(asha, path).form(path)
    sent = {**form, "facts/open-for": "long", "synopsis": SYNOPSIS, "do": "continue"}
    assert asha.post(path, data=sent).headers["location"] == f"/audits/{audit}/themes/voice"
    desk.answer(audit)
    check = page(asha, f"/audits/{audit}/check")
    assert "Category: select an option" in check.words
    assert f"{path}?from=check#facts/category" in check.links
    refused = asha.post(f"/audits/{audit}/submit", data=check.form("/check"))
    assert refused.status_code == 422
    assert "Category: select an option" in SeenPage(refused).words
    again = {**page(asha, f"{path}?from=check").form(path), "facts/category": "abuse", "do": "check"}
    assert asha.post(path, data=again).headers["location"] == f"/audits/{audit}/check"
    submitted = asha.post(f"/audits/{audit}/submit", data=page(asha, f"/audits/{audit}/check").form("/check"))
    assert submitted.headers["location"] == f"/audits/{audit}/submitted"
    assert desk.find(audit).case.synopsis == SYNOPSIS


def test_a_page_keeps_what_was_typed_when_it_is_refused(desk: Desk, asha: Client) -> None:
    audit = desk.an_audit()
    path = f"/audits/{audit}/case"
    typed = {**page(asha, path).form(path), "facts/open-for": "long", "synopsis": NAMED}
    refused = asha.post(path, data=typed)
    assert refused.status_code == 422
    shown = SeenPage(refused)
    assert shown.form(path)["synopsis"] == NAMED
    assert shown.form(path)["facts/open-for"] == "long"
    assert "#synopsis" in shown.links
    assert asha.post(path, data={**typed, "keep_names": "worker"}).status_code == 303
    forged = asha.post(path, data={**page(asha, path).form(path), "facts/open-for": "ages"})
    assert forged.status_code == 422
    assert "#facts/open-for" in SeenPage(forged).links


@pytest.mark.both_in_trials
def test_a_page_shows_what_another_window_saved_beside_what_was_typed(desk: Desk, asha: Client) -> None:
    audit = desk.an_audit()
    path = f"/audits/{audit}/case"
    form = page(asha, path).form(path)
    assert asha.post(path, data={**form, "synopsis": "From one window."}).status_code == 303
    answer = asha.post(path, data={**form, "synopsis": "From the other."})
    assert answer.status_code == 409
    shown = SeenPage(answer)
    assert "From one window." in shown.words
    assert shown.form(path)["synopsis"] == "From the other."
    assert asha.post(path, data=shown.form(path)).status_code == 303
    assert desk.find(audit).case.synopsis == "From the other."


def test_what_was_typed_while_the_audit_was_submitted_elsewhere_is_shown_to_be_copied(desk: Desk, asha: Client) -> None:
    audit = desk.an_audit()
    desk.answer(audit)
    put(asha, audit, facts=FACTS)
    path = f"/audits/{audit}/case"
    form = page(asha, path).form(path)
    desk.submit(audit)
    answer = asha.post(path, data={**form, "synopsis": "Every word of this."})
    assert answer.status_code == 409
    assert "Every word of this." in SeenPage(answer).words


def test_people_who_may_read_the_audit_see_its_case_on_its_pages(desk: Desk, asha: Client, lena: Client) -> None:
    audit = a_submitted_audit(desk, asha)
    for client in (asha, lena, desk.browser(desk.cast.mo)):
        for path in (f"/audits/{audit}", f"/audits/{audit}/print", f"/audits/{audit}/moderation"):
            words = page(client, path).words
            for told in ("How long the case has been open", "6 months or more", "Neglect", " ".join(SYNOPSIS.split())):
                assert told in words, path
    assert desk.browser(desk.cast.ben).get(f"/api/v1/audits/{audit}/case").status_code == 404


def test_a_blank_checklist_has_a_box_for_each_choice_and_no_answer(desk: Desk, asha: Client) -> None:
    audit = desk.an_audit()
    put(asha, audit, facts=FACTS, synopsis=SYNOPSIS)
    words = page(asha, f"/audits/{audit}/print?blank=1").words
    for told in ("How long the case has been open", "Under 6 months", "6 months or more", "Abuse"):
        assert told in words
    assert "primary age" not in words


def test_words_are_taken_out_of_a_synopsis_for_good(desk: Desk, asha: Client, lena: Client) -> None:
    audit = a_submitted_audit(desk, asha, "Lives with Quillfeather. A dog.")
    path = f"/audits/{audit}/redact"
    form = page(lena, path).form(path)
    typed = {"text": "synopsis", "how_much": "words", "words": "Quillfeather", "reason": "child-or-family"}
    assert lena.post(path, data={**form, **typed}).status_code == 303
    assert desk.find(audit).case.synopsis == "Lives with [redacted]. A dog."
    version = f'"{desk.find(audit).audit.version}"'
    body = {"field": "synopsis", "reason": "child-or-family"}
    answer = lena.post(f"/api/v1/audits/{audit}/redactions", json=body, headers={"If-Match": version})
    assert answer.json()["case"]["synopsis"] == "[redacted]"


@pytest.mark.both_in_trials
def test_an_audit_done_elsewhere_brings_its_facts_and_synopsis(desk: Desk, lena: Client) -> None:
    items = [
        desk.complete(facts=FACTS, synopsis=SYNOPSIS),
        desk.complete(facts=FACTS),
        desk.complete(),
        desk.complete(facts={**FACTS, "open-for": "ages"}),
        desk.complete(facts=FACTS, synopsis=f"On file: {NHS}."),
        desk.complete(facts=FACTS, synopsis=NAMED, keep_names="worker"),
    ]
    many = lena.post("/api/v1/complete-audits/batch", json=items, headers={"Idempotency-Key": "many"}).json()["items"]
    assert [item["status"] for item in many] == [201, 201, 422, 422, 422, 201]
    wrong = [[error["pointer"] for error in item["problem"]["errors"]] for item in many if item["problem"]]
    assert wrong == [["/facts/open-for", "/facts/category"], ["/facts/open-for"], ["/synopsis"]]
    found = [desk.find(uuid.UUID(item["recorded"]["audit_id"])) for item in many if item["recorded"]]
    assert [each.case.facts for each in found] == [FACTS] * 3
    assert [each.audit.case_facts for each in found] == ["long|neglect"] * 3
    assert [each.case.synopsis for each in found] == [SYNOPSIS, "", NAMED]


def test_an_export_has_a_column_for_each_fact_and_the_synopsis(desk: Desk, asha: Client) -> None:
    a_submitted_audit(desk, asha)
    content = exported(desk)
    (row,) = rows_of(content, "audits.csv")
    assert (row["fact_open_for"], row["fact_category"], row["synopsis"]) == ("long", "neglect", SYNOPSIS)
    book = {line["column"]: line for line in rows_of(content, "codebook.csv") if line["file"] == "audits.csv"}
    assert (
        book["fact_open_for"]["values"] == "short: Under 6 months; long: 6 months or more; not-evidenced: Not on file"
    )
    assert "How long the case has been open" in text_of(content, "README.txt")


def test_history_says_who_described_the_case(desk: Desk, asha: Client) -> None:
    audit = desk.an_audit()
    put(asha, audit, facts=FACTS)
    assert "Case facts recorded by Asha" in page(asha, f"/audits/{audit}/history").words


def test_every_page_of_an_audit_says_what_period_is_read_and_judged(desk: Desk, asha: Client) -> None:
    audit = desk.an_audit()
    begins, ends = (
        f"{day.day} {day:%B %Y}" for day in (desk.find(audit).round.period_from, desk.find(audit).round.period_to)
    )
    pages = ("", "/check", "/print", "/print?blank=1", "/case", "/conclusion", "/themes/voice", "/domains/practice")
    for path in pages:
        assert f"Rate practice in the period from {begins} to {ends}." in page(asha, f"/audits/{audit}{path}").words, (
            path
        )
    with desk.database.writing() as session, guards_aside(session.connection()):
        session.execute(update(Round).values(read_from=date(2024, 2, 29)))
    told = f"Read the case file from 29 February 2024. Rate practice in the period from {begins} to {ends}."
    for path in pages:
        assert told in page(asha, f"/audits/{audit}{path}").words, path
    assert asha.get(f"/api/v1/audits/{audit}").json()["read_from"] == "2024-02-29"
    put(asha, audit, facts=FACTS)
    desk.answer(audit)
    desk.submit(audit)
    lena = desk.browser(desk.cast.lena)
    for path in ("", "/moderation"):
        assert told in page(lena, f"/audits/{audit}{path}").words, path
    assert rows_of(exported(desk))[0]["read_from"] == "2024-02-29"
