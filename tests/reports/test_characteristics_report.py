"""Who practice is worse for: two groups of cases side by side, in the organisation's own reports only."""

import uuid
from dataclasses import replace
from typing import Any

import pytest

from api.audits.complete import actions as complete_audits
from api.audits.complete.known import CompleteAudit, RecordedAudit
from api.audits.scoring.actions import NewScore
from api.case_files.actions import NewCaseFile
from api.case_files.characteristics import actions as characteristics
from api.case_files.characteristics.actions import NewCharacteristic
from api.release.snapshots import actions as snapshots
from api.release.snapshots.actions import NewSnapshot
from checklists.characteristics import CaseGroup
from models import AgeBand, CaseStatus
from tests.client import Client
from tests.desk import THEMES, Desk
from tests.factories import an_actor
from tests.page_forms import SeenPage
from tests.writing_times import filling_for_a_test

GROUPS = (CaseGroup("zgirl", "Zgirl"), CaseGroup("zboy", "Zboy"))
SEX = NewCharacteristic("Zsex", ("Gender",), GROUPS)
CANARIES = ("zgirl", "zboy", "zsex")


def audits(desk: Desk, *groups: tuple[str, int, str], theme: str = "voice") -> None:
    """Complete audits: for each group how many, and the answer to one theme; all others are good."""
    lena = an_actor(desk.cast.lena)
    bands = NewCaseFile(desk.team_id, CaseStatus.CHILD_IN_NEED, AgeBand.FROM_5_TO_9)
    for group, number, answer in groups:
        done = tuple(NewScore(each, answer if each == theme else "good", "Seen.") for each in THEMES)
        with filling_for_a_test(), desk.database.writing() as session:
            wanted = [CompleteAudit(desk.round_id, desk.cast.asha.id, replace(bands), done)] * number
            made = complete_audits.record_audits(session, audits=wanted, by=lena)
            for each in (each for each in made if isinstance(each, RecordedAudit) and group):
                characteristics.set_groups(
                    session, case_file_id=each.case_file_id, groups={"zsex": group}, version=1, by=lena
                )


def added(desk: Desk) -> None:
    with desk.database.writing() as session:
        characteristics.add_characteristic(session, new=SEX, by=an_actor(desk.cast.lena))


def said(document: dict[str, Any], heading: str) -> str:
    section = next(each for each in document["sections"] if each["heading"] == heading)
    return " ".join(section["paragraphs"])


@pytest.mark.both_databases
@pytest.mark.fast
def test_a_group_that_fares_worse_is_named_with_its_shares_and_chance_is_allowed_for(desk: Desk, lena: Client) -> None:
    added(desk)
    audits(desk, ("zgirl", 20, "inadequate"), ("zboy", 20, "good"), ("", 3, "good"))
    report = lena.get(f"/api/v1/rounds/{desk.round_id}/characteristics").json()
    summary = said(report, "Summary")
    assert "“Voice of the child” is clearly worse for “Zgirl”: 0% met the standard, against 100%" in summary
    assert "There is no clear difference in 3 themes." in summary
    # Four themes of one pair of groups.
    assert "4 comparisons of two groups can be made" in said(report, "Before you read this")
    page = SeenPage(lena.get(f"/rounds/{desk.round_id}/characteristics?by=zsex&one=zboy&other=zgirl"))
    assert "Voice of the child 100% 20 0% 20 +100.0" in page.words
    assert "Clear difference" in page.words
    assert "Zsex Zgirl: 20; Zboy: 20 3" in page.words


def test_where_nothing_differs_a_sentence_says_so(desk: Desk, lena: Client) -> None:
    added(desk)
    audits(desk, ("zgirl", 12, "good"), ("zboy", 12, "good"))
    summary = said(lena.get(f"/api/v1/rounds/{desk.round_id}/characteristics").json(), "Summary")
    assert (
        "No clear difference between “Zgirl” (12 audits) and “Zboy” (12 audits) was found in any of 4 themes" in summary
    )
    assert "does not show that there is none" in summary


def test_few_audits_say_nothing(desk: Desk, lena: Client) -> None:
    added(desk)
    audits(desk, ("zgirl", 4, "inadequate"), ("zboy", 12, "good"))
    report = lena.get(f"/api/v1/rounds/{desk.round_id}/characteristics").json()
    assert "too few answers to compare" in said(report, "Summary")
    assert "Clear" not in str([section["table"] for section in report["sections"]])


def test_a_closed_round_is_split_by_what_case_files_say_today(desk: Desk, lena: Client) -> None:
    audits(desk, ("", 8, "good"))
    desk.close_round()
    empty = lena.get(f"/api/v1/rounds/{desk.round_id}/characteristics").json()
    assert "uses no characteristics of cases" in said(empty, "Summary")
    added(desk)
    report = lena.get(f"/api/v1/rounds/{desk.round_id}/characteristics").json()
    assert "Fewer than 2 groups" in said(report, "Summary")
    assert "Fewer than 2 groups" in SeenPage(lena.get(f"/rounds/{desk.round_id}/characteristics")).words


@pytest.mark.parametrize("kind", ["csv", "xlsx", "docx", "pdf"])
def test_it_is_a_file_of_every_kind_and_marked_internal(desk: Desk, lena: Client, kind: str) -> None:
    added(desk)
    audits(desk, ("zgirl", 6, "inadequate"), ("zboy", 6, "good"))
    found = lena.get(f"/rounds/{desk.round_id}/characteristics.{kind}")
    assert found.status_code == 200
    assert "by-characteristic" in found.headers["Content-Disposition"]
    assert lena.get(f"/api/v1/rounds/{desk.round_id}/characteristics.{kind}").status_code == 200
    if kind == "csv":
        assert "Internal" in found.text


@pytest.mark.parametrize("query", ["?by=nothing", "?by=zsex&one=nobody", "?one=zgirl&other=zgirl"])
def test_what_there_is_not_is_refused_and_the_page_shows_the_rest(desk: Desk, lena: Client, query: str) -> None:
    added(desk)
    audits(desk, ("zgirl", 6, "good"), ("zboy", 6, "good"))
    assert lena.get(f"/api/v1/rounds/{desk.round_id}/characteristics{query}").status_code == 422
    page = lena.get(f"/rounds/{desk.round_id}/characteristics{query}")
    assert page.status_code == 422
    assert "Side by side" in SeenPage(page).words


@pytest.mark.both_in_trials
def test_nothing_that_leaves_has_a_characteristic(desk: Desk, lena: Client) -> None:
    added(desk)
    audits(desk, ("zgirl", 30, "inadequate"), ("zboy", 30, "good"))
    desk.close_round()
    lead = an_actor(desk.cast.lena)
    with desk.database.reading() as session:
        prepared = snapshots.prepare_snapshot(
            session, round_id=desk.round_id, snapshot=NewSnapshot("What we found"), by=lead
        )
    with desk.database.writing() as session:
        snapshot_id: uuid.UUID = snapshots.store_snapshot(session, prepared, by=lead).id
    for address in (
        f"/snapshots/{snapshot_id}",
        f"/api/v1/snapshots/{snapshot_id}",
        f"/api/v1/snapshots/{snapshot_id}/report.csv",
        f"/api/v1/rounds/{desk.round_id}/report.csv",
        f"/api/v1/reports/gaps.csv?round={desk.round_id}",
    ):
        found = lena.get(address)
        assert found.status_code == 200, address
        assert not [word for word in CANARIES if word in found.text.lower()], address


def test_without_characteristics_the_report_says_so_and_nothing_is_divided_by_0(lena: Client, desk: Desk) -> None:
    page = SeenPage(lena.get(f"/rounds/{desk.round_id}/characteristics")).words
    assert "Your organisation uses no characteristics of cases, so there is nothing to compare." in page
    assert "Add a characteristic of cases" in page
    assert "divided by" not in page
    assert "What is known" not in page
