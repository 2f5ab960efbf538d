"""A figure of a report is the same wherever it is read, and it is the one that the rows of the data feed give."""

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from typing import Any, Final

import pytest
from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st

from api.documents.document import Document, Origin
from api.reports.gaps.document import terminal_document
from api.reports.gaps.queries import gap_report
from api.reports.measured_change import document as measured_change
from api.reports.round_report import document as round_report
from checklists.templates.template import Template
from checklists.templates.template_file import check_template
from models import now
from tests.checklists.full_template import full_template
from tests.checklists.small_template import theme
from tests.client import Client
from tests.desk import Desk, a_desk
from tests.documents.every_form import check_every_form
from tests.documents.read_back import from_page
from tests.factories import an_actor
from tests.filling import teams_of
from tests.odata.feed import a_feed, rows
from tests.reports.awkward_rounds import (
    GRADES,
    JUDGEMENTS,
    WEIGHTS,
    Recount,
    Said,
    awkward_audits,
    difference_of,
    interval_of,
    percent_of,
    points_of,
    record,
    recount,
    recount_overall,
    share_with_numbers,
    wilson_of,
)
from tests.thorough import many

AUDITS: Final = 42
TARGET: Final = Fraction(80, 100)
PRECISELY: Final = pytest.approx


def a_template(*more: dict[str, Any], history: str = "History") -> Template:
    """Themes that are asked of everybody but one, which is asked of children with a protection plan."""
    content = full_template(
        key="awkward",
        forms_of_harm=[{"key": "neglect", "label": "Neglect"}],
        case_facts=[],
        learning_domains=[
            {"key": "child", "title": "Child", "themes": [theme("voice"), theme("history", title=history)]},
            {
                "key": "practice",
                "title": "Practice",
                "themes": [
                    theme("plan", applies_when={"statuses": ["child-protection-plan"]}),
                    theme("review"),
                    theme("challenge"),
                    *more,
                ],
            },
        ],
    )
    for name in ("compliance", "asks", "family_questions", "obstacles"):
        content.pop(name)
    return check_template(content)


FIRST, SECOND = a_template(), a_template(theme("supervision"), history="What went before")


def three_rounds(desk: Desk) -> dict[str, Any]:
    """A round of a first version, one of a second that follows it, both of strata; and a re-audit of the same cases."""
    teams = [*teams_of(desk, "South locality", "One-audit team").values()]
    rounds = {"first": desk.round_id}
    record(desk, FIRST, desk.round_id, awkward_audits(FIRST, teams, audits=AUDITS, seed=1))
    desk.close_round()
    desk.publish_next_version(SECOND)
    rounds["second"] = desk.round_id = desk.a_round(
        title="Summer round", follows_id=desk.round_id, template_version=2, target_percent=80
    )
    said = awkward_audits(SECOND, teams, audits=AUDITS + 20, seed=2)
    cases = record(desk, SECOND, desk.round_id, said)
    desk.close_round()
    rounds["again"] = desk.round_id = desk.a_round(
        title="The same cases", follows_id=desk.round_id, template_version=2, target_percent=80
    )
    again = awkward_audits(SECOND, teams, audits=AUDITS, seed=3)
    record(desk, SECOND, desk.round_id, [_of_case(each, case) for each, case in zip(again, cases, strict=False)])
    desk.close_round()
    return rounds


def _of_case(said: Said, case: Any) -> Said:
    return Said(said.answers, said.agreed, said.overall, None, said.team, said.age_band, said.harms, case)


@pytest.fixture
def desk(database_url: str) -> Iterator[Desk]:
    with a_desk(database_url, template=FIRST, fill=three_rounds) as made:
        yield made


def document_of(desk: Desk, kind: str, round_id: Any) -> Document:
    make = {"report": round_report.document_of, "change": measured_change.document_of}[kind]
    with desk.database.reading() as session:
        return make(session, round_id=round_id, by=an_actor(desk.cast.lena))


@pytest.mark.parametrize(("kind", "name"), [("report", "second"), ("change", "again")])
def test_every_form_of_a_report_holds_the_same_figures(desk: Desk, lena: Client, kind: str, name: str) -> None:
    round_id = desk.filled[name]
    check_every_form(lena, document_of(desk, kind, round_id), f"/rounds/{round_id}/{kind}")


def table_of(document: Mapping[str, Any], key: str) -> dict[str, dict[str, str]]:
    """The rows of a table by their first cell, each by the headings of its columns."""
    (table,) = (each["table"] for each in document["sections"] if each["table"] and each["table"]["key"] == key)
    return {
        row[0]["text"]: dict(zip(table["columns"], (cell["text"] for cell in row), strict=True))
        for row in table["rows"]
    }


class Feed:
    """The rows of the data feed, read once."""

    def __init__(self, desk: Desk) -> None:
        feed = a_feed(desk)
        self.audits = rows(feed, "Audits")
        self.answers = rows(feed, "Answers")

    def of_round(self, round_id: Any) -> list[dict[str, Any]]:
        return [row for row in self.audits if row["RoundId"] == str(round_id)]


@pytest.mark.parametrize("name", ["second", "again"])
def test_a_report_says_what_the_rows_of_the_feed_say(desk: Desk, lena: Client, name: str) -> None:
    check_against_the_feed(lena, Feed(desk), desk.filled[name])


def test_every_breakdown_and_its_file_say_what_the_rows_of_the_feed_say(desk: Desk, lena: Client) -> None:
    feed, round_id = Feed(desk), desk.filled["second"]
    for by, column in (("team", "TeamId"), ("age-band", "AgeBand"), ("form-of-harm", "FormsOfHarm")):
        query = f"round={round_id}&by={by}"
        groups = lena.get(f"/api/v1/reports/gaps?{query}").json()["groups"]
        of_file = list(csv.DictReader(io.StringIO(lena.get(f"/api/v1/reports/gaps.csv?{query}").text)))
        heat = table_of(lena.get(f"/api/v1/rounds/{round_id}/report").json(), f"by-{by}")
        for group in groups:
            audits = [row for row in feed.of_round(round_id) if group["key"] in row[column].split()]
            assert group["audits"] == len(audits) > 0
            found = recount(audits, feed.answers)
            for gap in group["themes"]:
                check_gap(gap, found[gap["key"]])
                shown = heat[gap["label"]][f"{group['label']} ({len(audits)})"]
                check_heat(shown, found[gap["key"]], len(audits))
                of_theme = (group["label"], gap["key"])
                (line,) = (row for row in of_file if ([*row.values()][1], row["Key"]) == of_theme)
                check_line(line, found[gap["key"]])
            check_overall(group["overall"], recount_overall(audits))


def check_against_the_feed(client: Client, feed: Feed, round_id: Any) -> None:
    audits = feed.of_round(round_id)
    found = recount(audits, feed.answers)
    report = client.get(f"/api/v1/reports/gaps?round={round_id}").json()
    document = client.get(f"/api/v1/rounds/{round_id}/report").json()
    assert report["counted"] == len(audits)
    (whole,) = report["groups"]
    themes = table_of(document, "themes")
    for gap in whole["themes"]:
        theme_found = found.get(gap["key"], Recount())
        check_gap(gap, theme_found)
        row = themes[gap["label"]]
        assert row["Meets the standard"] == share_with_numbers(theme_found, len(audits))
        assert row["95% interval"] == (interval_of(theme_found.interval) if theme_found.n else "")
        assert (row["Applicable"], row["Answers below"]) == (
            str(theme_found.n),
            str(theme_found.n - theme_found.meeting),
        )
    check_states(whole["themes"], report["target_percent"], report["minimum_applicable"])
    check_domains(whole["learning_domains"], found)
    overall = recount_overall(audits)
    check_overall(whole["overall"], overall)
    check_judgements(document, whole["overall"], overall, without=len(audits) - overall.n)
    check_weights(document, found, whole["themes"])


def check_gap(gap: Mapping[str, Any], found: Recount) -> None:
    assert {answer: number for answer, number in gap["counts"].items() if number} == found.answers
    assert (gap["applicable"], gap["meeting"], gap["below"]) == (found.n, found.meeting, found.n - found.meeting)
    if found.share is None:
        assert {gap[name] for name in ("share_meeting", "share_below", "gap", "rank")} == {None}
        assert gap["state"] == "too-few-to-say"
        return
    assert gap["share_meeting"] == PRECISELY(float(found.share), abs=1e-6)
    assert gap["share_below"] == PRECISELY(float(1 - found.share), abs=1e-6)
    assert gap["meeting_interval"] == PRECISELY(found.interval, abs=1e-6)
    assert gap["below_interval"] == PRECISELY(wilson_of(found.n - found.meeting, found.n), abs=1e-6)


def check_overall(shown: Mapping[str, Any], found: Recount) -> None:
    assert {key: number for key, number in shown["counts"].items() if number} == found.answers
    assert (shown["judged"], shown["meeting"]) == (found.n, found.meeting)
    if found.n:
        assert shown["meeting_interval"] == PRECISELY(found.interval, abs=1e-6)


def check_states(gaps: Sequence[Mapping[str, Any]], target_percent: int, minimum: int) -> None:
    """Gaps, states and ranks as the definitions under a report have them."""
    target, sizes = Fraction(target_percent, 100), []
    for gap in gaps:
        if gap["applicable"] < minimum:
            assert (gap["state"], gap["rank"]) == ("too-few-to-say", None)
            continue
        share = Fraction(gap["meeting"], gap["applicable"])
        is_under = gap["meeting_interval"][1] < target
        state = "on-target" if share >= target else "gap" if is_under else "possible-gap"
        assert gap["state"] == state
        assert gap["gap"] == PRECISELY(float(max(Fraction(0), target - share)), abs=1e-6)
        sizes.append(max(Fraction(0), target - share))
    for gap, size in zip((each for each in gaps if each["rank"] is not None), sizes, strict=True):
        assert gap["rank"] == 1 + sum(other > size for other in sizes)


def check_domains(domains: Sequence[Mapping[str, Any]], found: Mapping[str, Recount]) -> None:
    """The answers of its themes together, with the interval of as many as the theme with the most has."""
    for domain in domains:
        (content,) = (each for each in SECOND.learning_domains if each.key == domain["key"])
        themes = [found.get(each.key, Recount()) for each in content.themes]
        applicable, meeting = sum(each.n for each in themes), sum(each.meeting for each in themes)
        assert (domain["applicable"], domain["meeting"]) == (applicable, meeting)
        if applicable:
            most = max(each.n for each in themes)
            expected = wilson_of(most * meeting / applicable, most)
            assert domain["meeting_interval"] == PRECISELY(expected, abs=1e-6)


def check_judgements(document: Mapping[str, Any], overall: Mapping[str, Any], found: Recount, *, without: int) -> None:
    """The distribution of overall judgements, and the sentence with which a report begins."""
    rows = [*table_of(document, "overall").values()]
    assert overall["not_judged"] == without
    assert [row["Audits"] for row in rows[len(overall["counts"]) + 1 :]] == [str(without)] * bool(without)
    (summary,) = (section for section in document["sections"] if section["heading"] == "Summary")
    if not found.n:
        assert summary["paragraphs"][0] == "No audit has an overall judgement yet."
        return
    *ratings, meeting = rows[: len(overall["counts"]) + 1]
    for row, (rating, number) in zip(ratings, overall["counts"].items(), strict=True):
        assert number == found.answers[rating]
        assert (row["Audits"], row["Share of audits judged"]) == (str(number), percent_of(Fraction(number, found.n)))
    assert meeting["Share of audits judged"] == percent_of(found.share)
    share, ends = percent_of(found.share), interval_of(found.interval)
    said = f"{found.meeting} of {found.n} audit{'' if found.n == 1 else 's'} ({share}, 95% interval {ends})"
    assert summary["paragraphs"][0].startswith(said)


def check_heat(shown: str, found: Recount, audits: int) -> None:
    if found.n and found.n < 5:
        assert shown == f"({found.meeting} of {found.n})"
    else:
        assert shown == share_with_numbers(found, audits)


def check_line(line: Mapping[str, str], found: Recount) -> None:
    """A line of the file for programs: percentages with one decimal and no sign."""
    ends = (line["95% interval from (%)"], line["95% interval to (%)"])
    if found.share is None:
        assert (line["Meets the standard (%)"], *ends) == ("", "", "")
        return
    assert line["Meets the standard (%)"] == one_decimal(found.share)
    assert ends == (one_decimal(found.interval[0]), one_decimal(found.interval[1]))
    assert line["Gap (points)"] == one_decimal(max(Fraction(0), TARGET - found.share))


def one_decimal(share: Fraction | float) -> str:
    return points_of(share).removeprefix("+")


def check_weights(document: Mapping[str, Any], found: Mapping[str, Recount], gaps: list[dict[str, Any]]) -> None:
    if not any(weight is not None for each in found.values() for weight, _ in each.applicable):
        return
    weighted = table_of(document, "weighted")
    for gap in gaps:
        row = weighted[gap["label"]]
        expected = found.get(gap["key"], Recount()).weighted
        if expected is None:
            assert (row["Weighted"], row["95% interval"], row["Effective number"]) == ("", "", "")
            continue
        share, size = expected
        assert row["Weighted"] == percent_of(share)
        assert row["95% interval"] == interval_of(wilson_of(float(share * size), float(size)))
        assert float(row["Effective number"]) == PRECISELY(float(size), abs=0.5)


def check_change(
    client: Client,
    round_id: Any,
    labels: Mapping[str, str],
    found: Mapping[str, Recount],
    before: Mapping[str, Recount],
) -> None:
    """Shares, their difference and its interval, of different cases: weighted where all have a weight."""
    document = client.get(f"/api/v1/rounds/{round_id}/report").json()
    changes = table_of(document, "changes")
    has_areas = any(each["table"] and each["table"]["key"] == "carried-over" for each in document["sections"])
    areas = table_of(document, "carried-over") if has_areas else {}
    is_weighted = all(
        weight is not None for side in (found, before) for each in side.values() for weight, _ in each.applicable
    )
    for key, label in labels.items():
        row, sides = changes[label], [found.get(key, Recount()), before.get(key, Recount())]
        shares = [each.weighted if is_weighted else each.plain for each in sides]
        now, was = ((each[0], float(each[1])) if each else None for each in shares)
        if now is None or was is None or not all(each.n for each in sides):
            continue
        assert row["Difference (points)"] == points_of(now[0] - was[0]), label
        ends = difference_of(now, was)
        assert row["95% interval"] == " to ".join(map(points_of, ends)), label
        for column, side in (("Current", now), ("Previous", was)):
            assert percent_of(side[0]) in row[column], label
        if label in areas:
            said = f"{row['Previous']} met the standard in the previous round, and {row['Current']} in this round."
            assert areas[label]["In words"] == said


def test_a_change_is_the_difference_of_the_two_shares_beside_it(desk: Desk, lena: Client) -> None:
    feed, filled = Feed(desk), desk.filled
    found, before = (recount(feed.of_round(filled[name]), feed.answers) for name in ("second", "first"))
    labels = {each.key: each.label for each in SECOND.themes if FIRST.has_theme(each.key)}
    check_change(lena, filled["second"], labels, found, before)
    for kind in ("report", "change"):
        document = lena.get(f"/api/v1/rounds/{filled['again']}/{kind}").json()
        check_same_cases(table_of(document, {"report": "changes", "change": "change-themes"}[kind]), feed, filled)


def check_same_cases(changes: Mapping[str, Mapping[str, str]], feed: Feed, filled: Mapping[str, Any]) -> None:
    """Of cases that both rounds count, only those with an applicable answer in both are compared."""
    sides = [feed.of_round(filled[name]) for name in ("again", "second")]
    case_of = {row["AuditId"]: row["CaseReference"] for side in sides for row in side}
    for key in SECOND.theme_keys:
        meets: list[dict[str, bool]] = [
            {
                case_of[row["AuditId"]]: row["MeetsStandard"]
                for row in feed.answers
                if row["ThemeKey"] == key and row["Applicable"] and row["AuditId"] in {each["AuditId"] for each in side}
            }
            for side in sides
        ]
        both = meets[0].keys() & meets[1].keys()
        row = list(changes[SECOND.theme(key).label].values())
        if not both:
            continue
        now, was = (Fraction(sum(side[case] for case in both), len(both)) for side in meets)
        previous, of_previous, current, of_current, difference = row[2:7]
        assert (of_previous, of_current, difference) == (str(len(both)), str(len(both)), points_of(now - was))
        assert percent_of(was) in previous
        assert percent_of(now) in current


def test_rounds_added_up_say_what_their_rows_say_together_on_the_page_and_in_a_terminal(
    desk: Desk, lena: Client
) -> None:
    feed, chosen = Feed(desk), [desk.filled[name] for name in ("second", "again")]
    audits = [row for round_id in chosen for row in feed.of_round(round_id)]
    found, query = recount(audits, feed.answers), "&".join(f"round={round_id}" for round_id in chosen)
    (whole,) = lena.get(f"/api/v1/reports/gaps?{query}").json()["groups"]
    page = from_page(lena.get(f"/reports/gaps?{query}").text)["Every theme against the target"]
    shown = {row[0]: dict(zip(page[0], row, strict=True)) for row in page[1:]}
    with desk.database.reading() as session:
        report = gap_report(session, round_ids=chosen, by=an_actor(desk.cast.lena))
    terminal = terminal_document(report, made_on=now().date(), origin=Origin()).tables[0]
    heads = [column.label for column in terminal.columns]
    printed = {row[1].text: dict(zip(heads, (cell.text for cell in row), strict=True)) for row in terminal.rows}
    for gap in whole["themes"]:
        theme_found = found.get(gap["key"], Recount())
        check_gap(gap, theme_found)
        assert shown[gap["label"]]["Meets the standard"] == share_with_numbers(theme_found, len(audits))
        interval = interval_of(theme_found.interval) if theme_found.n else ""
        short = "" if theme_found.share is None else one_decimal(max(Fraction(0), TARGET - theme_found.share))
        for row, points in ((shown[gap["label"]], "Gap (points)"), (printed[gap["label"]], "Gap")):
            assert (row["95% interval"], row[points]) == (interval, short)
    check_overall(whole["overall"], recount_overall(audits))


some_answers = st.fixed_dictionaries({key: st.sampled_from(GRADES) for key in FIRST.theme_keys if key != "plan"})


@st.composite
def some_audits(draw: st.DrawFn) -> list[Said]:
    """Audits of one round, each of them once or, as strata are, many times alike."""
    weighted = draw(st.booleans())
    kinds = draw(st.lists(some_answers, min_size=1, max_size=4))
    said = []
    for answers in kinds:
        weight = draw(st.sampled_from(WEIGHTS)) if weighted else None
        agreed = draw(st.just({}) | st.fixed_dictionaries({"review": st.sampled_from(GRADES)}))
        overall = draw(st.sampled_from(JUDGEMENTS))
        ordered = {key: answers.get(key, "not-asked") for key in FIRST.theme_keys}
        said += [Said(ordered, agreed, overall, weight)] * draw(st.integers(1, 9))
    return said


def alike(number: int, meeting: int, weight: float | None = None) -> list[Said]:
    """So many audits of which so many meet the standard in everything."""
    return [
        Said(
            {
                key: "not-asked" if key == "plan" else "good" if place < meeting else "inadequate"
                for key in FIRST.theme_keys
            },
            overall="good" if place < meeting else "inadequate",
            weight=weight,
        )
        for place in range(number)
    ]


def test_what_a_report_says_of_any_round_is_what_its_answers_say(database_url: str) -> None:
    with a_desk(database_url, template=FIRST) as desk:
        client = desk.browser(desk.cast.lena)

        # To look for the smallest round that fails would take minutes, each example with two rounds of its own.
        @settings(
            max_examples=many(4, thorough=60),
            phases=(Phase.explicit, Phase.generate),
            suppress_health_check=list(HealthCheck),
        )
        @given(some_audits(), some_audits())
        # Halves: 23 of 40 is 57.5%, and 5 of 8 is 62.5%.
        @example(alike(40, 23), alike(8, 5))
        # Strata in the earlier round only.
        @example(alike(6, 5, 16.0), alike(3, 3, 2.5) + alike(4, 0, 16.0))
        def check(now: list[Said], before: list[Said]) -> None:
            earlier = desk.a_round(title="Before", target_percent=80)
            record(desk, FIRST, earlier, before)
            later = desk.a_round(title="Now", target_percent=80, follows_id=earlier)
            record(desk, FIRST, later, now)
            feed = Feed(desk)
            for round_id in (earlier, later):
                check_against_the_feed(client, feed, round_id)
            found, was = (recount(feed.of_round(each), feed.answers) for each in (later, earlier))
            check_change(client, later, {each.key: each.label for each in FIRST.themes}, found, was)

        check()
