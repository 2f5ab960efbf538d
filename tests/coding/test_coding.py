"""What auditors wrote is coded by people who do not see each other's codes, counted, and written up as findings."""

import uuid
from collections.abc import Sequence
from typing import Any

import pytest

from api.audits.scoring import actions as scores
from api.audits.scoring.actions import NewScore
from api.coding.passages.reading import count_passages, read_passages
from api.coding.rules import coded_round
from models import Role
from tests.client import Client
from tests.desk import Desk
from tests.factories import MadePerson, a_key, a_person, an_actor
from tests.page_forms import SeenPage
from tests.writing_times import filling_for_a_test

NO_CHRONOLOGY = "The chronology was not used when the plan was made."


def written(desk: Desk, *texts: tuple[str, str]) -> list[uuid.UUID]:
    """Submitted audits, each with this rationale and impact of the theme planning."""
    made = []
    for rationale, impact in texts:
        audit_id = desk.an_audit()
        desk.answer(audit_id)
        with desk.database.writing() as session:
            new = NewScore("planning", "good", rationale=rationale, impact=impact)
            scores.score_themes(session, audit_id=audit_id, scores=[new], by=an_actor(desk.cast.asha))
        desk.submit(audit_id)
        made.append(audit_id)
    return made


def another_lead(desk: Desk, name: str = "Lou") -> MadePerson:
    return a_person(desk.database, desk.cast.organisation, name=name, roles={Role.QUALITY_LEAD})


def api(desk: Desk) -> str:
    return f"/api/v1/rounds/{desk.round_id}"


def added(client: Client, desk: Desk, name: str) -> dict[str, Any]:
    answer = client.post(f"{api(desk)}/codes", json={"name": name}, headers=a_key())
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


def digests(client: Client, desk: Desk) -> dict[tuple[str, str], str]:
    """Those of all passages of planning, as the person reads them."""
    items = client.get(f"{api(desk)}/passages/planning?limit=100").json()["items"]
    return {(audit["audit_id"], each["part"]): each["digest"] for audit in items for each in audit["passages"]}


def gives(
    client: Client, desk: Desk, passages: Sequence[tuple[uuid.UUID, str]], *codes: str, loses: Sequence[str] = ()
) -> int:
    read = digests(client, desk)
    body = {
        "passages": [
            {"audit_id": str(audit_id), "part": part, "digest": read[str(audit_id), part]}
            | {"gets": list(codes), "loses": list(loses)}
            for audit_id, part in passages
        ]
    }
    answer = client.post(f"{api(desk)}/passages/planning/codes", json=body)
    assert answer.status_code == 200, answer.text
    number: int = answer.json()["changed"]
    return number


def finishes(client: Client, desk: Desk) -> None:
    assert client.post(f"{api(desk)}/passages/planning/finished").status_code == 204


def counts(client: Client, desk: Desk) -> dict[str, Any]:
    found: dict[str, Any] = client.get(f"{api(desk)}/passages/planning/counts").json()
    return found


@pytest.mark.both_databases
def test_a_code_is_counted_by_audits_and_by_team_and_stands_beside_its_finding(desk: Desk) -> None:
    lena = desk.browser(desk.cast.lena)
    first, second, third = written(
        desk, (NO_CHRONOLOGY, "Nobody saw the pattern."), (NO_CHRONOLOGY, ""), ("A clear plan.", "")
    )
    code = added(lena, desk, "No chronology")
    assert gives(lena, desk, [(first, "rationale"), (first, "impact"), (second, "rationale")], code["id"]) == 3
    found = counts(lena, desk)
    (row,) = found["items"]
    assert row["count"] == {"audits": 2, "disputed": 0, "of": 3}, "an audit counts once, whatever it has"
    assert [*row["teams"].values()] == [{"audits": 2, "disputed": 0, "of": 3}]
    assert (found["passages"], found["audits"]) == (4, 3)
    new = {"theme": "planning", "words": "The chronology was not used in planning.", "code_id": code["id"]}
    finding = lena.post(f"{api(desk)}/findings", json=new, headers=a_key())
    assert finding.json()["count"] == {"audits": 2, "disputed": 0, "of": 3}
    page = lena.get(f"/rounds/{desk.round_id}/findings").text
    assert "The chronology was not used in planning." in page
    assert "In 2 of 3 audits." in page
    assert gives(lena, desk, [(second, "rationale")], loses=[code["id"]]) == 1
    assert lena.get(f"{api(desk)}/findings").json()["items"][0]["count"]["audits"] == 1
    assert str(third) not in str(counts(lena, desk)), "counts name no audit"


@pytest.mark.both_databases
def test_nobody_sees_others_codes_before_they_have_finished_themselves(desk: Desk) -> None:
    lou = another_lead(desk)
    one, two = desk.browser(desk.cast.lena), desk.browser(lou)
    (audit_id,) = written(desk, (NO_CHRONOLOGY, ""))
    code = added(one, desk, "No chronology")
    path = f"/rounds/{desk.round_id}/findings/planning"

    def seen() -> tuple[str, dict[str, Any]]:
        page = two.get(path).text
        return page[page.index("<h1") : page.index("New code")], counts(two, desk)

    before = seen()
    gives(one, desk, [(audit_id, "rationale")], code["id"])
    finishes(one, desk)
    assert seen() == before, "what another gave, and that they have finished, changes nothing"
    finishes(two, desk)
    page, found = seen()
    assert "Lena: No chronology" in " ".join(page.split())
    assert found["items"][0]["count"] == {"audits": 0, "disputed": 1, "of": 1}
    assert found["differing"] == 1
    assert "Lou: no code" in " ".join(one.get(path).text.split())


def test_agreement_is_of_the_codes_as_they_stood_before_anybody_saw_the_others(desk: Desk) -> None:
    """Two coders, 50 passages: both 20, first only 5, second only 10, neither 15: kappa 0.4 (J. Cohen's formula)."""
    lou = another_lead(desk)
    one, two = desk.browser(desk.cast.lena), desk.browser(lou)
    with filling_for_a_test():
        audits = written(
            desk, *((f"What was seen in visit {number}.", f"What it meant, {number}.") for number in range(25))
        )
    passages = [(audit_id, part) for audit_id in audits for part in ("rationale", "impact")]
    code = added(one, desk, "Visits")
    gives(one, desk, passages[:25], code["id"])
    gives(two, desk, [*passages[:20], *passages[25:35]], code["id"])
    finishes(one, desk)
    finishes(two, desk)

    def kappa() -> float:
        found = {each["measure"]: each["value"] for each in counts(one, desk)["items"][0]["agreement"]}
        assert found["exact"] == pytest.approx(0.7)
        value: float = found["kappa"]
        return value

    assert kappa() == pytest.approx(0.4)
    assert counts(one, desk)["differing"] == 15
    gives(two, desk, passages[25:35], loses=[code["id"]])
    gives(two, desk, passages[20:25], code["id"])
    assert counts(one, desk)["differing"] == 0, "they have talked about it"
    assert kappa() == pytest.approx(0.4), "which makes the blind coding no better"


@pytest.mark.both_databases
def test_merging_codes_keeps_what_either_said_and_moves_findings(desk: Desk) -> None:
    lena = desk.browser(desk.cast.lena)
    first, second, third = written(desk, ("One.", ""), ("Two.", ""), ("Three.", ""))
    old, new = added(lena, desk, "No chronology"), added(lena, desk, "Chronology missing")
    gives(lena, desk, [(first, "rationale"), (second, "rationale")], old["id"])
    gives(lena, desk, [(second, "rationale"), (third, "rationale")], new["id"])
    body = {"theme": "planning", "words": "Chronologies are missing.", "code_id": old["id"]}
    lena.post(f"{api(desk)}/findings", json=body, headers=a_key())
    version = {"If-Match": f'"{old["version"]}"'}
    merged = lena.post(f"{api(desk)}/codes/{old['id']}/merge", json={"into": new["id"]}, headers=version)
    assert merged.status_code == 200, merged.text
    (row,) = counts(lena, desk)["items"]
    assert (row["name"], row["count"]["audits"]) == ("Chronology missing", 3)
    (finding,) = lena.get(f"{api(desk)}/findings").json()["items"]
    assert (finding["code"], finding["count"]["audits"]) == ("Chronology missing", 3)
    refused = lena.delete(f"{api(desk)}/codes/{new['id']}", headers={"If-Match": '"1"'})
    assert refused.status_code == 409


def test_codes_are_carried_over_to_the_next_round_once(desk: Desk) -> None:
    lena = desk.browser(desk.cast.lena)
    added(lena, desk, "No chronology")
    added(lena, desk, "Child not seen")
    later = desk.a_round(title="Autumn round")
    path, body = f"/api/v1/rounds/{later}/codes/carried-over", {"from_round": str(desk.round_id)}
    for _ in range(2):
        items = lena.post(path, json=body, headers=a_key()).json()["items"]
        assert [each["name"] for each in items] == ["Child not seen", "No chronology"]
        assert all(each["carried_from_id"] for each in items)
    (audit_id,) = written(desk, (NO_CHRONOLOGY, ""))
    code = lena.get(f"{api(desk)}/codes").json()["items"][1]
    gives(lena, desk, [(audit_id, "rationale")], code["id"])
    assert "In an earlier round" not in lena.get(f"/rounds/{later}/findings/planning/counts").text
    finishes(lena, desk)
    rows = lena.get(f"/api/v1/rounds/{later}/passages/planning/counts").json()["items"]
    assert {row["name"]: row["earlier"]["count"]["audits"] for row in rows} == {"Child not seen": 0, "No chronology": 1}
    assert "Spring round: 1 of 1" in " ".join(lena.get(f"/rounds/{later}/findings/planning/counts").text.split())
    assert "No chronology (" not in lena.get(f"/rounds/{later}/findings").text


def test_words_and_likeness_find_passages(desk: Desk) -> None:
    lena = desk.browser(desk.cast.lena)
    chronology, visit, late = written(
        desk,
        (NO_CHRONOLOGY, ""),
        ("The child was seen alone at home.", ""),
        ("Planning did not use the chronology of referrals.", ""),
    )
    path = f"{api(desk)}/passages/planning"

    def found(**query: str) -> list[str]:
        return [each["audit_id"] for each in lena.get(path, params=query).json()["items"]]

    assert found(words="chronologies plan") == [str(chronology), str(late)]
    assert found(words="seen alone") == [str(visit)]
    assert found(words="nothing like it") == []
    assert found(like_audit=str(chronology), like_part="rationale") == [str(chronology), str(late)]
    code = added(lena, desk, "No chronology")
    gives(lena, desk, [(chronology, "rationale")], code["id"])
    assert found(show="not-coded") == [str(visit), str(late)]
    assert found(code=code["id"]) == [str(chronology)]


def test_a_text_that_changed_after_it_was_coded_is_shown_as_changed_until_its_codes_are_saved_again(desk: Desk) -> None:
    lena = desk.browser(desk.cast.lena)
    (audit_id,) = written(desk, (NO_CHRONOLOGY, ""))
    code, other = added(lena, desk, "No chronology"), added(lena, desk, "Late")
    gives(lena, desk, [(audit_id, "rationale")], code["id"], other["id"])
    path = f"/rounds/{desk.round_id}/findings/planning"

    def seen() -> dict[str, str]:
        return next(form.fields for form in SeenPage(lena.get(path)).forms if "passage" in form.fields)

    before = seen() | {f"was {audit_id} rationale": ""}
    desk.give_back(audit_id, "Say which plan.")
    with desk.database.writing() as session:
        new = NewScore("planning", "good", rationale="The plan of May used it.")
        scores.score_themes(session, audit_id=audit_id, scores=[new], by=an_actor(desk.cast.asha))
    desk.submit(audit_id)

    def changed() -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = lena.get(f"{api(desk)}/passages/planning?show=changed").json()["items"]
        return found

    assert changed()[0]["passages"][0]["has_changed"]
    assert "This text has changed since you coded it" in lena.get(path).text
    assert lena.post(path, data=before).status_code == 303
    assert changed(), "a page that was opened before showed the earlier text"
    now = seen() | {f"codes {audit_id} rationale": code["id"]}
    assert lena.post(path, data=now).status_code == 303
    assert changed() == []
    (shown,) = lena.get(f"{api(desk)}/passages/planning").json()["items"]
    assert shown["passages"][0]["codes"] == [code["id"]], "and what was unticked is gone"


def test_what_is_wrong_is_said_at_its_place_and_nothing_is_half_stored(desk: Desk) -> None:
    lena = desk.browser(desk.cast.lena)
    (audit_id,) = written(desk, (NO_CHRONOLOGY, ""))
    code = added(lena, desk, "No chronology")
    twice = lena.post(f"{api(desk)}/codes", json={"name": "no  Chronology"}, headers=a_key())
    assert (twice.status_code, twice.json()["errors"][0]["pointer"]) == (422, "/name")
    body = {
        "passages": [
            {"audit_id": str(audit_id), "part": part, "digest": "0" * 16, "gets": [code["id"]]}
            for part in ("rationale", "impact")
        ]
    }
    refused = lena.post(f"{api(desk)}/passages/planning/codes", json=body)
    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, "/passages/1")
    assert counts(lena, desk)["items"][0]["count"]["audits"] == 0
    short = lena.post(f"{api(desk)}/findings", json={"theme": "planning", "words": "Bad"}, headers=a_key())
    assert (short.status_code, short.json()["errors"][0]["pointer"]) == (422, "/words")
    named = {"theme": "planning", "words": "Mr Thompson was not asked about the plan."}
    assert lena.post(f"{api(desk)}/findings", json=named, headers=a_key()).status_code == 422
    page = lena.post(
        f"/rounds/{desk.round_id}/written-findings/new", data={"key": "one", "theme": "planning", "words": "Bad"}
    )
    assert page.status_code == 422
    assert page.text.count("Enter the finding in one sentence") >= 2
    assert ">\nBad</textarea>" in page.text


def test_two_windows_of_one_person_take_no_code_from_each_other(desk: Desk) -> None:
    lena = desk.browser(desk.cast.lena)
    (audit_id,) = written(desk, (NO_CHRONOLOGY, ""))
    one, two = added(lena, desk, "No chronology"), added(lena, desk, "Late")
    path = f"/rounds/{desk.round_id}/findings/planning"
    name = f"{audit_id} rationale"
    for code in (one, two):  # each window showed the passage without a code
        read = digests(lena, desk)[str(audit_id), "rationale"]
        sent = {"passage": name, f"read {name}": read, f"was {name}": "", f"codes {name}": code["id"]}
        assert lena.post(path, data=sent).status_code == 303
    (shown,) = lena.get(f"{api(desk)}/passages/planning").json()["items"]
    assert set(shown["passages"][0]["codes"]) == {one["id"], two["id"]}


def test_only_who_reads_every_audit_codes_and_not_in_a_planned_round(desk: Desk) -> None:
    path = f"{api(desk)}/passages/planning"
    assert desk.browser(desk.cast.mo).get(path).status_code == 403
    assert desk.browser(desk.cast.asha).get(path).status_code == 403
    assert desk.browser(desk.cast.omar).get(path).status_code == 404
    planned = desk.a_round(title="Later", opened=False)
    assert desk.browser(desk.cast.lena).get(f"/api/v1/rounds/{planned}/passages/planning").status_code == 409


def test_a_finding_is_in_the_report_in_every_file_and_begins_an_action(desk: Desk) -> None:
    lena = desk.browser(desk.cast.lena)
    first, *_ = written(desk, (NO_CHRONOLOGY, ""), ("A clear plan.", ""))
    code = added(lena, desk, "No chronology")
    gives(lena, desk, [(first, "rationale")], code["id"])
    body = {
        "theme": "planning",
        "words": "The chronology was not used.",
        "code_id": code["id"],
        "example": "A plan of May.",
    }
    made = lena.post(f"{api(desk)}/findings", json=body, headers=a_key()).json()
    path = f"/rounds/{desk.round_id}"
    report = lena.get(f"{path}/report").text
    assert "Planning: The chronology was not used. (1 of 2 audits)" in report
    assert "The chronology was not used. (1 of 2 audits)" in lena.get(f"{path}/report.csv").text
    seen = SeenPage(lena.get(f"{path}/written-findings/{made['id']}"))
    (way,) = [link for link in seen.links if link.startswith("/actions/new")]
    assert SeenPage(lena.get(way)).form("/actions/new")["why"] == "The chronology was not used."


def test_a_finding_has_one_number_for_everybody_but_who_still_codes_its_theme(desk: Desk) -> None:
    lou = another_lead(desk)
    one, two = desk.browser(desk.cast.lena), desk.browser(lou)
    first, second = written(desk, (NO_CHRONOLOGY, ""), ("A clear plan.", ""))
    code = added(one, desk, "No chronology")
    gives(one, desk, [(first, "rationale")], code["id"])
    body = {"theme": "planning", "words": "The chronology was not used.", "code_id": code["id"]}
    one.post(f"{api(desk)}/findings", json=body, headers=a_key())

    def count(client: Client) -> Any:
        return client.get(f"{api(desk)}/findings").json()["items"][0]["count"]

    assert count(one) == count(two) == {"audits": 1, "disputed": 0, "of": 2}
    gives(two, desk, [(second, "rationale")], code["id"])
    assert (count(one), count(two)) == ({"audits": 1, "disputed": 0, "of": 2}, None)
    gives(two, desk, [(second, "rationale")], loses=[code["id"]])
    finishes(one, desk)
    assert count(two) == {"audits": 1, "disputed": 0, "of": 2}, "a lead who codes nothing reads the same report"
    gives(two, desk, [(second, "rationale")], code["id"])
    assert count(two) is None
    assert "(1 of 2 audits)" not in two.get(f"/rounds/{desk.round_id}/report").text
    finishes(two, desk)
    assert count(one) == count(two) == {"audits": 0, "disputed": 2, "of": 2}


@pytest.mark.both_databases
def test_the_numbers_of_passages_are_those_of_the_pages(desk: Desk) -> None:
    written(desk, ("One.", "Two."), ("Three.", ""), ("   ", " "))
    (audit_id,) = written(desk, ("Four.", "Five."))
    desk.give_back(audit_id, "Say which plan.")  # a draft again: not counted
    lead = an_actor(desk.cast.lena)
    with desk.database.reading() as session:
        coded = coded_round(session, desk.round_id, by=lead)
        counted = count_passages(session, coded, by=lead)
        for theme in coded.themes:
            read = read_passages(session, coded, theme, by=lead)
            assert counted[theme] == sum(len(audit.passages) for audit in read), theme
    assert counted["planning"] == 3
