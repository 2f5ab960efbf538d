"""A round's report: equal to a straightforward count, the same on both databases, the audits behind every figure."""

import hashlib
from collections import Counter
from fractions import Fraction

import pytest

from api.reports.breakdowns import SPLITS, Breakdown
from api.reports.round_report.queries import RoundReport, round_report
from checklists.reports.change import Change
from checklists.reports.gaps import GapState
from tests.client import Client
from tests.desk import Desk
from tests.factories import an_actor
from tests.filling import Filled, fill_round, teams_of
from tests.page_forms import SeenPage
from tests.thorough import many

MEETS, APPLIES = (
    {"outstanding", "good"},
    {
        "outstanding",
        "good",
        "requires-improvement",
        "inadequate",
        "not-evidenced",
    },
)


def report_of(desk: Desk) -> RoundReport:
    with desk.database.reading() as session:
        return round_report(session, round_id=desk.round_id, splits=SPLITS, by=an_actor(desk.cast.lena))


def groups_of(said: Filled, breakdown: Breakdown) -> tuple[str, ...]:
    """The labels of the groups that an audit is in."""
    return {
        Breakdown.TEAM: (said.team,),
        Breakdown.STATUS: (said.status.label,),
        Breakdown.AGE_BAND: (said.age_band.label,),
        Breakdown.FORM_OF_HARM: tuple(harm.replace("-", " ").capitalize() for harm in said.harms),
        Breakdown.MODE: (said.mode.label,),
    }[breakdown]


SEEN: dict[str, str] = {}


@pytest.mark.both_in_trials
def test_many_audits_are_reported_as_a_straightforward_count_has_them(desk: Desk, database_kind: str) -> None:
    """Thousands where everything is asked."""
    audits = many(1_000, thorough=10_000)
    filled = fill_round(desk, teams_of(desk, "South locality", "Care leavers"), audits=audits, seed=5)
    report = report_of(desk)
    labels = {harm.key: harm.label for harm in desk.template.forms_of_harm}
    assert report.whole.counted == report.all_audits.audits == audits
    for breakdown in SPLITS:
        audits_of, answers = Counter[str](), Counter[tuple[str, str, str]]()
        for said in filled:
            names = (
                tuple(labels[harm] for harm in said.harms)
                if breakdown is Breakdown.FORM_OF_HARM
                else groups_of(said, breakdown)
            )
            for name in names:
                audits_of[name] += 1
                answers.update((name, theme, answer) for theme, answer in said.answers.items())
        groups = report.splits[breakdown].groups
        assert {group.label: group.audits for group in groups} == audits_of
        for group in groups:
            for gap in group.themes:
                assert dict(gap.counts) == {
                    answer: answers[group.label, gap.key, answer] for answer in desk.template.scale.answers
                }
                applicable = sum(answers[group.label, gap.key, answer] for answer in APPLIES)
                meeting = sum(answers[group.label, gap.key, answer] for answer in MEETS)
                assert (gap.applicable, gap.meeting) == (applicable, meeting)
                assert gap.gap == max(Fraction(0), Fraction(9, 10) - Fraction(meeting, applicable))
    # The document holds no identifier of this database, so that the two may be compared byte by byte.
    answer = desk.browser(desk.cast.lena).get(f"/api/v1/rounds/{desk.round_id}/report")
    assert answer.status_code == 200
    SEEN[database_kind] = hashlib.sha256(answer.content).hexdigest()
    assert len(set(SEEN.values())) == 1


@pytest.mark.fast
def test_the_report_says_in_short_what_the_numbers_say(desk: Desk, lena: Client) -> None:
    for place in range(8):
        audit = desk.an_audit()
        desk.answer(audit, "good", "daily-life", "planning", "challenge")
        desk.answer(audit, "good" if place < 2 else "inadequate", "voice", rationale="Never seen alone.")
        desk.submit(audit)
    page = lena.get(f"/rounds/{desk.round_id}/report")
    assert page.status_code == 200
    words = SeenPage(page).words
    assert "8 audits counted. 1 of 4 themes is below the 90% target." in words
    assert (
        "The largest gap is in “Voice of the child”: 2 of 8 (25%) met the standard, "
        "65 percentage points below the target." in words
    )
    assert "Daily life: 8 of 8 answers (100%)" in words
    assert "Internal: true counts" in words


@pytest.mark.both_databases
def test_every_figure_leads_to_as_many_answers_as_it_says(desk: Desk, lena: Client) -> None:
    fill_round(desk, teams_of(desk, "South locality"), audits=60, seed=3)
    report = report_of(desk)
    links = [
        link for link in SeenPage(lena.get(f"/rounds/{desk.round_id}/report?by=team")).links if "/answers?" in link
    ]
    assert len(links) > 30
    for link in links:
        assert lena.get(link).status_code == 200
    south = next(group for group in report.splits[Breakdown.TEAM].groups if group.label == "South locality")
    for group, query in ((report.all_audits, {}), (south, {"by": "team", "group": south.key})):
        for gap in group.themes:
            for answer, number in {**gap.counts, "below": gap.below, "applicable": gap.applicable}.items():
                params = {"theme": gap.key, "answer": answer, "limit": "100", **query}
                found = lena.get(f"/api/v1/rounds/{desk.round_id}/answers", params=params).json()
                assert found["number"] == len(found["items"]) == number


@pytest.mark.both_in_trials
def test_the_answers_behind_a_figure_are_paged_and_hold_what_was_written(desk: Desk, lena: Client) -> None:
    fill_round(desk, teams_of(desk), audits=25, seed=4)
    seen: list[str] = []
    after = ""
    while after is not None:
        query = {"theme": "voice", "answer": "all", "limit": "10"} | ({"after": after} if after else {})
        found = lena.get(f"/api/v1/rounds/{desk.round_id}/answers", params=query).json()
        seen += [item["audit_id"] for item in found["items"]]
        assert all(item["rationale"] == f"Seen: {item['answer']}." for item in found["items"])
        after = found["after"]
    assert len(set(seen)) == len(seen) == 25


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ({"theme": "no-such-theme"}, 422),
        ({"theme": "voice", "answer": "excellent"}, 422),
        ({"theme": "voice", "by": "colour"}, 422),
        ({"theme": "voice", "by": "team", "group": "not-a-team"}, 422),
        ({"theme": "voice", "by": "status", "group": "adopted"}, 422),
        ({}, 422),
    ],
)
def test_a_question_that_cannot_be_answered_is_refused(
    desk: Desk, lena: Client, query: dict[str, str], status: int
) -> None:
    assert lena.get(f"/api/v1/rounds/{desk.round_id}/answers", params=query).status_code == status
    assert lena.get(f"/rounds/{desk.round_id}/answers", params=query).status_code == status


@pytest.mark.both_in_trials
def test_a_round_is_compared_with_the_one_it_follows(desk: Desk, lena: Client) -> None:
    def play(good: int, bad: int) -> None:
        for place in range(good + bad):
            audit = desk.an_audit()
            desk.answer(audit, "good", "daily-life", "planning", "challenge")
            desk.answer(audit, "good" if place < good else "inadequate", "voice", rationale="As the record has it.")
            desk.submit(audit)

    play(4, 16)
    desk.close_round()
    desk.round_id = desk.a_round(title="Summer round", follows_id=desk.round_id)
    play(17, 3)
    comparison = report_of(desk).comparison
    assert comparison is not None
    changes = {change.key: change for change in comparison.changes}
    assert changes["voice"].change is Change.IMPROVED
    assert changes["voice"].difference == Fraction(17, 20) - Fraction(4, 20)
    assert changes["planning"].change is Change.NO_CLEAR_CHANGE
    words = SeenPage(lena.get(f"/rounds/{desk.round_id}/report")).words
    assert "Change since the previous round: Spring round" in words
    assert "Change in 4 themes: 1 improved, 3 no clear change." in words


@pytest.mark.both_in_trials
def test_an_empty_round_has_a_report_that_says_so(desk: Desk, lena: Client) -> None:
    report = report_of(desk)
    assert all(gap.state is GapState.TOO_FEW for gap in report.all_audits.themes)
    assert (
        "0 audits counted, too few to draw a conclusion about any theme."
        in lena.get(f"/rounds/{desk.round_id}/report").text
    )
    for kind in ("pdf", "docx", "xlsx", "csv"):
        assert lena.get(f"/api/v1/rounds/{desk.round_id}/report.{kind}").status_code == 200


@pytest.mark.both_in_trials
def test_a_change_that_lasts_over_many_rounds_is_told_from_chance(desk: Desk, lena: Client) -> None:
    teams, before = teams_of(desk), None
    for place in range(14):
        if before is not None:
            desk.round_id = desk.a_round(title=f"Round {place + 1}", follows_id=before)
        good = 2 if place < 7 else 40
        fill_round(desk, teams, audits=30, seed=place, weights=(good, good, 9, 9, 1, 1))
        desk.close_round()
        before = desk.round_id
    words = SeenPage(lena.get(f"/rounds/{desk.round_id}/trend")).words
    assert "Rounds 14 rounds, from Spring round to Round 14" in words
    found = lena.get(f"/api/v1/rounds/{desk.round_id}/trend").json()
    summary = found["sections"][0]
    assert [row[4]["text"] for row in summary["table"]["rows"]] == ["Improving by more than chance"] * 5
    assert all(len(section["table"]["rows"]) == 14 for section in found["sections"][1:6])
    early = lena.get(f"/api/v1/rounds/{desk.round_id}/trend.xlsx")
    assert early.status_code == 200


def test_few_rounds_are_not_enough_points(desk: Desk, lena: Client) -> None:
    fill_round(desk, teams_of(desk), audits=12, seed=1)
    words = SeenPage(lena.get(f"/rounds/{desk.round_id}/trend")).words
    assert "There is only 1 round, so there is no earlier round to compare it with." in words
    found = lena.get(f"/api/v1/rounds/{desk.round_id}/trend").json()
    assert [(section["heading"], section["table"]) for section in found["sections"]] == [("Summary", None)]
    desk.round_id = desk.a_round(title="Spring round", follows_id=desk.round_id)
    fill_round(desk, teams_of(desk), audits=12, seed=2)
    page = lena.get(f"/rounds/{desk.round_id}/trend")
    assert "A control chart needs 13 rounds to distinguish change from chance. There are 2." in SeenPage(page).words
    assert 'role="img"' not in page.text
    (section,) = lena.get(f"/api/v1/rounds/{desk.round_id}/trend").json()["sections"]
    assert len(set(section["table"]["columns"])) == 3
    assert all("%" in cell["text"] for row in section["table"]["rows"] for cell in row[1:])


@pytest.mark.both_databases
def test_a_sample_drawn_unevenly_has_its_weighted_share_beside_the_raw_one(desk: Desk, lena: Client) -> None:
    teams = teams_of(desk)
    assert report_of(desk).weighted is None
    fill_round(desk, teams, audits=20, seed=1, weights=(1, 1, 0, 0, 0, 0), sampling_weight=9.0)
    fill_round(desk, teams, audits=20, seed=2, weights=(0, 0, 1, 1, 0, 0), sampling_weight=1.0)
    report = report_of(desk)
    assert report.weighted is not None
    voice = report.weighted.themes["voice"]
    assert (report.all_audits.themes[0].share_meeting, voice.share) == (Fraction(1, 2), Fraction(9, 10))
    assert voice.effective_n == pytest.approx(200**2 / (81 * 20 + 20))
    words = SeenPage(lena.get(f"/rounds/{desk.round_id}/report")).words
    assert "Weighted for the sample" in words
    fill_round(desk, teams, audits=3, seed=3)
    assert "3 of the counted audits have no weight" in lena.get(f"/rounds/{desk.round_id}/report").text


@pytest.mark.parametrize("weight", [0, -1, "many", 1e9])
def test_a_weight_that_cannot_be_is_refused(desk: Desk, lena: Client, weight: object) -> None:
    body = {
        "round_id": str(desk.round_id),
        "case_file_id": str(desk.round_id),
        "auditor_id": str(desk.cast.asha.id),
        "sampling_weight": weight,
    }
    answer = lena.post("/api/v1/audits", json=body, headers={"Idempotency-Key": "one"})
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == "/sampling_weight"


def test_a_report_answers_before_it_offers_files_and_describes_the_sample(desk: Desk) -> None:
    fill_round(desk, teams_of(desk, "South locality"), audits=12, seed=3)
    page = desk.browser(desk.cast.lena).get(f"/rounds/{desk.round_id}/report").text
    in_order = (
        ">Summary</h2>",
        "Period under review",
        "Download as",
        "against the target</caption>",
        ">The children</h2>",
    )
    assert [page.count(words) for words in in_order] == [1] * len(in_order)
    assert sorted(in_order, key=page.index) == list(in_order)
    assert '<a class="govuk-link" href="#section-1">' in page
