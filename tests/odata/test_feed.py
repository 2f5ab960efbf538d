"""The data feed holds the rows that an export holds for the same person, and of them those that are asked for."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest

from api.odata.catalogue import TABLES
from api.odata.shapes import LARGEST
from api.odata.tables import audited
from tests.client import Client
from tests.desk import Desk, a_desk
from tests.filling import fill_round, teams_of
from tests.odata.feed import a_feed, ask, pages, rows
from tests.reports.test_exports import agree, exported, rows_of

AUDITS = 22
THEMES = 4
Holds = Callable[[dict[str, Any]], bool]


def always(_: dict[str, Any]) -> bool:
    return True


def never(_: dict[str, Any]) -> bool:
    return False


# Each filter with what it means in Python, of rows whose columns may be empty.
FILTERS: dict[str, dict[str, Holds]] = {
    "Answers": {
        "CountedAnswer eq 'good'": lambda row: row["CountedAnswer"] == "good",
        "CountedAnswer ne 'good'": lambda row: row["CountedAnswer"] != "good",
        "AgreedAnswer eq 'good'": lambda row: row["AgreedAnswer"] == "good",
        "AgreedAnswer ne 'good'": lambda row: row["AgreedAnswer"] != "good",
        "not (AgreedAnswer eq 'good')": lambda row: row["AgreedAnswer"] != "good",
        "AgreedAnswer eq null": lambda row: row["AgreedAnswer"] is None,
        "null ne AgreedAnswer": lambda row: row["AgreedAnswer"] is not None,
        "Number ge 2 and Number lt 4": lambda row: 2 <= row["Number"] < 4,
        "2 gt Number": lambda row: row["Number"] < 2,
        "Number eq null": never,
        "Number ne null": always,
        "Number gt null": never,
        "Applicable": lambda row: row["Applicable"],
        "not Applicable": lambda row: not row["Applicable"],
        "MeetsStandard": lambda row: row["MeetsStandard"] is True,
        "not MeetsStandard": lambda row: row["MeetsStandard"] is not True,
        "MeetsStandard eq false": lambda row: row["MeetsStandard"] is False,
        "Changed ne true": lambda row: row["Changed"] is not True,
        "ThemeKey in ('voice', 'planning')": lambda row: row["ThemeKey"] in {"voice", "planning"},
        "not (ThemeKey in ('voice')) or Number eq 1": lambda row: row["ThemeKey"] != "voice" or row["Number"] == 1,
        "contains(ThemeKey, 'i')": lambda row: "i" in row["ThemeKey"],
        "contains(ThemeKey, 'I')": never,
        "contains(ThemeKey, '%')": never,
        "contains(ThemeKey, '')": always,
        "startswith(ThemeKey, 'd') or endswith(ThemeKey, 'ing')": lambda row: (
            row["ThemeKey"].startswith("d") or row["ThemeKey"].endswith("ing")
        ),
        "endswith(ThemeKey, 'a long text that is longer than any key')": never,
        "not contains(AgreedAnswer, 'oo')": lambda row: "oo" not in (row["AgreedAnswer"] or ""),
        "true and Number eq 1 or false": lambda row: row["Number"] == 1,
    },
    "Audits": {
        "SamplingWeight gt 2 and SamplingWeight le 2.5": lambda row: 2 < (row["SamplingWeight"] or 0) <= 2.5,
        "SamplingWeight eq null": lambda row: row["SamplingWeight"] is None,
        "AgreedAt gt 2020-01-01T00:00:00Z": lambda row: row["AgreedAt"] is not None,
        "AgreedAt le 2020-01-01T00:00:00+01:00": never,
        "SubmittedAt gt 2020-01-01T00:00:00.5Z": always,
        "contains(FormsOfHarm, 'sexual')": lambda row: "sexual" in row["FormsOfHarm"],
        "OverallMeetsStandard eq null": lambda row: row["OverallMeetsStandard"] is None,
        "State eq 'agreed'": lambda row: row["State"] == "agreed",
    },
    "Rounds": {
        "PeriodFrom lt 2100-01-01 and ReadFrom eq null": always,
        "ReadFrom gt 2000-01-01": never,
    },
}


def filled(desk: Desk) -> None:
    """Audits that differ, some with a weight, one of them agreed with a changed answer, one not submitted."""
    teams = teams_of(desk, "South locality")
    fill_round(desk, teams, audits=AUDITS // 2, seed=3, sampling_weight=2.5)
    fill_round(desk, teams, audits=AUDITS // 2 - 1, seed=4)
    audit_id = desk.an_audit(harms=("sexual-abuse", "neglect"))
    desk.answer(audit_id, "good", rationale="Seen on file.")
    desk.submit(audit_id)
    agree(desk, audit_id, {"voice": ("inadequate", "The child was not seen alone.")})
    desk.answer(desk.an_audit(), "good", rationale="Seen on file.")


@pytest.fixture
def full_desk(database_url: str) -> Iterator[Desk]:
    with a_desk(database_url, fill=filled) as made:
        yield made


@pytest.fixture
def feed(full_desk: Desk) -> Client:
    return a_feed(full_desk)


def of_export(row: dict[str, str], *names: str) -> tuple[str, ...]:
    return tuple(row[name] for name in names)


def of_feed(row: dict[str, Any], *names: str) -> tuple[str, ...]:
    return tuple(
        "" if row[name] is None else str(int(row[name])) if isinstance(row[name], bool) else str(row[name])
        for name in names
    )


@pytest.mark.fast
@pytest.mark.both_databases
def test_the_feed_holds_the_audits_and_answers_that_an_export_holds_for_the_same_person(
    full_desk: Desk, feed: Client
) -> None:
    file = exported(full_desk)
    answers = rows(feed, "Answers", 50)
    assert len(answers) == AUDITS * THEMES
    assert [
        of_feed(
            row,
            *("AuditId", "ThemeKey", "AuditorAnswer", "AgreedAnswer"),
            *("CountedAnswer", "CountedOutcome", "Applicable", "MeetsStandard"),
        )
        for row in answers
    ] == [
        of_export(
            row,
            *("audit_id", "theme_key", "auditor_answer", "agreed_answer"),
            *("counted_answer", "counted_outcome", "applicable", "meets_standard"),
        )
        for row in rows_of(file)
    ]
    assert [(row["AuditId"], row["ThemeKey"]) for row in answers if row["Changed"]] == [
        (row["audit_id"], row["theme_key"]) for row in rows_of(file) if row["changed"] == "yes"
    ]
    audits = rows(feed, "Audits", 7)
    teams = {row["TeamId"]: row["Name"] for row in rows(feed, "Teams")}
    assert [
        (
            teams[row["TeamId"]],
            " ".join(sorted(row["FormsOfHarm"].split())),
            *of_feed(
                row,
                *("AuditId", "CaseReference", "CaseStatus", "AgeBand", "Reading", "Mode", "State", "SamplingWeight"),
                *("OverallCalculated", "OverallOverride", "OverallAgreed", "OverallCounted", "OverallMeetsStandard"),
            ),
        )
        for row in audits
    ] == [
        (
            row["team"],
            " ".join(sorted(row["forms_of_harm"].split())),
            *of_export(
                row,
                *("audit_id", "case_reference", "case_status", "age_band", "reading", "audit_mode", "audit_state"),
                *("sampling_weight", "overall_calculated", "overall_override", "overall_agreed", "overall_counted"),
                "overall_meets_standard",
            ),
        )
        for row in rows_of(file, "audits.csv")
    ]
    themes = {row["ThemeId"]: row["ThemeKey"] for row in rows(feed, "Themes")}
    assert all(themes[row["ThemeId"]] == row["ThemeKey"] for row in answers)
    assert (
        {row["RoundId"] for row in answers}
        == {str(full_desk.round_id)}
        == {row["RoundId"] for row in rows(feed, "Rounds")}
    )


@pytest.mark.both_databases
def test_a_filter_chooses_the_rows_that_it_says(feed: Client) -> None:
    for table, filters in FILTERS.items():
        every = rows(feed, table)
        assert every
        for text_of_filter, holds in filters.items():
            wanted = [row for row in every if holds(row)]
            assert rows(feed, table, filter=text_of_filter) == wanted, text_of_filter
            number = feed.get(f"/odata/{table}/$count", params={"$filter": text_of_filter})
            assert (number.status_code, number.text) == (200, str(len(wanted))), text_of_filter
    assert any(0 < len(rows(feed, "Answers", filter=each)) < AUDITS * THEMES for each in FILTERS["Answers"])


@pytest.mark.both_databases
def test_rows_come_once_each_in_the_order_that_was_asked_for_however_small_the_pages_are(feed: Client) -> None:
    every = rows(feed, "Answers")
    for orderby in (
        "",
        "AgreedAnswer",
        "AgreedAnswer desc,Number desc",
        "MeetsStandard desc",
        "AuditId desc",
        "Number",
    ):
        options = {"orderby": orderby} if orderby else {}
        at_once = rows(feed, "Answers", None, **options)
        in_pages = list(pages(feed, "Answers", 13, **options))
        assert [len(page) for page in in_pages] == [13] * 6 + [10]
        assert [row for page in in_pages for row in page] == at_once
        assert sorted(map(str, at_once)) == sorted(map(str, every))
    agreed = [row["AgreedAnswer"] for row in rows(feed, "Answers", orderby="AgreedAnswer")]
    assert agreed[0] is None
    assert agreed[-4:] == ["good", "good", "good", "inadequate"]
    assert rows(feed, "Answers", 13, orderby="AgreedAnswer desc")[0]["AgreedAnswer"] == "inadequate"


@pytest.mark.both_databases
def test_top_skip_select_and_count_hold_over_pages(feed: Client) -> None:
    every = rows(feed, "Answers")
    assert rows(feed, "Answers", 10, top="25") == every[:25]
    assert rows(feed, "Answers", 10, top="25", skip="60") == every[60:]
    assert rows(feed, "Answers", top="0") == []
    assert rows(feed, "Answers", skip=str(len(every))) == []
    chosen = rows(feed, "Answers", 50, select="ThemeKey,Applicable", filter="Number eq 1")
    assert chosen == [{name: row[name] for name in ("ThemeKey", "Applicable")} for row in every if row["Number"] == 1]
    first = ask(feed, "Answers", 10, count="true", filter="Number eq 1", top="25", skip="2").json()
    assert first["@odata.count"] == AUDITS
    assert first["@odata.context"] == "http://testserver/odata/$metadata#Answers"
    assert "@odata.count" not in feed.get(first["@odata.nextLink"]).json()


@pytest.mark.both_databases
def test_a_table_that_is_read_in_parts_holds_the_same_rows(feed: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """As of thousands of audits: here a part has four."""
    asked: list[dict[str, str]] = [
        {},
        {"filter": "Number eq 3"},
        {"filter": "CountedAnswer eq 'nothing'"},
        {"filter": "AgreedAnswer ne null"},
        {"skip": "37", "top": "50"},
        {"filter": "Number eq 3", "skip": "7", "top": "20"},
        {"orderby": "ThemeKey desc", "top": "50"},
        {"top": "16"},
    ]
    at_once = [rows(feed, "Answers", None, **options) for options in asked]
    audits = rows(feed, "Audits")
    in_fours = audited._in_parts(audited._answers, audits=4, end=(LARGEST,))
    monkeypatch.setitem(TABLES, "Answers", replace(audited.ANSWERS, part_at=in_fours))
    in_fours = audited._in_parts(audited._audits, audits=4)
    monkeypatch.setitem(TABLES, "Audits", replace(audited.AUDITS, part_at=in_fours))
    for options, wanted in zip(asked, at_once, strict=True):
        for page in (None, 7):
            assert rows(feed, "Answers", page, **options) == wanted, options
    assert rows(feed, "Audits") == audits
    assert len(list(pages(feed, "Audits"))) > AUDITS // 4
    assert ask(feed, "Answers", count="true", filter="Number eq 3").json()["@odata.count"] == AUDITS
    assert ask(feed, "Answers/$count").text == str(AUDITS * THEMES)


def test_what_comes_in_while_pages_are_read_neither_repeats_nor_loses_a_row(full_desk: Desk, feed: Client) -> None:
    reading = pages(feed, "Audits", 10)
    seen = [row["AuditId"] for row in next(reading)]
    fill_round(full_desk, teams_of(full_desk), audits=5, seed=9)
    seen += [row["AuditId"] for page in reading for row in page]
    assert len(seen) == len(set(seen)) == AUDITS + 5


def test_no_text_and_no_name_of_a_person_is_in_any_table(full_desk: Desk, feed: Client) -> None:
    everything = " ".join(str(row) for table in TABLES for row in rows(feed, table))
    assert "Spring round" in everything
    cast = full_desk.cast
    for words in ("Seen", "not seen alone", cast.asha.name, str(cast.asha.id), str(cast.mo.id), str(cast.lena.id)):
        assert words not in everything
