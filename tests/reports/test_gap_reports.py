"""The gap report: equal to a plain count of the rows, on both databases, whole and by every breakdown."""

import csv
import io
import json
import random
import uuid
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import nullcontext
from dataclasses import replace
from fractions import Fraction
from string import ascii_lowercase
from typing import Any

import pytest
from sqlmodel import Session, col, select

from api.allocation.actions import Allocation, allocate
from api.audit_templates import actions as templates
from api.audits import actions as audits
from api.audits.scoring import actions as scores
from api.audits.scoring.actions import NewScore
from api.audits.submission import actions as submissions
from api.case_files import actions as case_files
from api.case_files.actions import NewCaseFile
from api.documents.writers.csv import write_table
from api.documents.writers.printable import FORMULA_STARTS
from api.foundation.problems import Conflict, Invalid, Moved, NotFound
from api.reports import closing as reports_closing
from api.reports.breakdowns import Breakdown
from api.reports.gaps.document import flat_table
from api.reports.gaps.queries import GapReport, gap_report
from api.reports.tallies import ExclusionReason, Tallies
from api.rounds import actions as rounds
from api.rounds import closing
from checklists.templates.scale import MET_PARTLY_NOT
from models import (
    AgeBand,
    Audit,
    AuditHarm,
    AuditMode,
    AuditState,
    CaseStatus,
    Round,
    RoundState,
    RoundTally,
    Score,
    StoredTeam,
    now,
)
from tests.desk import THEMES, Desk, a_desk
from tests.factories import a_team, an_actor, client_for
from tests.guards_aside import guards_aside
from tests.writing_times import filling_for_a_test

ANSWERS = ("outstanding", "good", "requires-improvement", "inadequate", "not-evidenced", "not-applicable")
MEETS = {"outstanding", "good"}
# Not by team: each database has its own identifiers.
ALIKE = ("whole", "status", "age-band", "form-of-harm", "mode")


def fill(desk: Desk, *, cases: int, seed: int) -> None:
    """Case files of two teams, some read twice, in every state: the same for the same seed."""
    chance = random.Random(seed)
    lena, readers = an_actor(desk.cast.lena), (an_actor(desk.cast.asha), an_actor(desk.cast.ben))
    teams = (desk.team_id, a_team(desk.database, desk.cast.organisation, "South locality").id)
    for number in range(cases):
        new = NewCaseFile(
            chance.choice(teams),
            chance.choice(list(CaseStatus)),
            chance.choice(list(AgeBand)),
            tuple(harm for harm in ("neglect", "sexual-abuse") if chance.random() < 0.6),
            f"NW-{number:04d}",
        )
        with filling_for_a_test(), desk.database.writing() as session:
            case = case_files.create_case_file(session, case_file=new, by=lena).case_file
            for reader in readers[: 2 if chance.random() < 0.3 else 1]:
                made = allocate(
                    session,
                    round_id=desk.round_id,
                    allocation=Allocation(case.id, reader.id, mode=chance.choice(list(AuditMode))),
                    by=lena,
                )
                fate = chance.random()
                if fate < 0.1:
                    continue
                scores.score_themes(
                    session,
                    audit_id=made.id,
                    scores=[NewScore(theme, chance.choice(ANSWERS), "Seen in the case notes.") for theme in THEMES],
                    by=reader,
                )
                if fate < 0.2:
                    continue
                done = submissions.submit_audit(session, audit_id=made.id, version=2, by=reader)
                if fate < 0.3:
                    submissions.return_to_auditor(
                        session, audit_id=done.id, reason="Look again.", version=done.version, by=lena
                    )
                elif fate < 0.4:
                    submissions.withdraw(session, audit_id=done.id, reason="Twice.", version=done.version, by=lena)


def report_of(desk: Desk, breakdown: Breakdown = Breakdown.WHOLE, **options: Any) -> GapReport:
    with desk.database.reading() as session:
        return gap_report(
            session, round_ids=[desk.round_id], breakdown=breakdown, by=an_actor(desk.cast.lena), **options
        )


def groups_of(session: Session, audit: Audit, breakdown: Breakdown) -> list[str]:
    """The groups that an audit is in, read off its own row."""
    if breakdown is Breakdown.FORM_OF_HARM:
        return list(session.exec(select(AuditHarm.form_of_harm).where(AuditHarm.audit_id == audit.id)))
    column = {
        Breakdown.WHOLE: "",
        Breakdown.TEAM: str(audit.team_id),
        Breakdown.STATUS: audit.status,
        Breakdown.AGE_BAND: audit.age_band,
        Breakdown.MODE: audit.mode,
    }[breakdown]
    return [str(getattr(column, "value", column))]


def plain_count(desk: Desk, breakdown: Breakdown) -> tuple[dict[str, int], dict[tuple[str, str], Counter[str]], int]:
    """Audits and answers of each group, and how many audits count: one row after another, as anybody would."""
    audits_of: dict[str, int] = defaultdict(int)
    answers: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    counted = 0
    with desk.database.reading() as session:
        rows = session.exec(select(Audit).where(Audit.round_id == desk.round_id)).all()
        first_in = {row.case_file_id for row in rows if row.reading == 1 and row.state is AuditState.SUBMITTED}
        for row in rows:
            if row.state is not AuditState.SUBMITTED or (row.reading == 2 and row.case_file_id in first_in):
                continue
            counted += 1
            given = session.exec(select(Score).where(Score.audit_id == row.id)).all()
            for group in groups_of(session, row, breakdown):
                audits_of[group] += 1
                for score in given:
                    answers[group, score.theme][score.answer] += 1
    return dict(audits_of), answers, counted


def sixty_cases(desk: Desk) -> None:
    fill(desk, cases=60, seed=7)


@pytest.fixture
def full_desk(database_url: str) -> Iterator[Desk]:
    with a_desk(database_url, fill=sixty_cases) as made:
        yield made


@pytest.mark.both_databases
def test_the_report_equals_a_plain_count_of_the_rows_by_every_breakdown(full_desk: Desk) -> None:
    for breakdown in Breakdown:
        check_against_a_plain_count(full_desk, breakdown)


def check_against_a_plain_count(desk: Desk, breakdown: Breakdown) -> None:
    report = report_of(desk, breakdown)
    audits_of, answers, counted = plain_count(desk, breakdown)
    assert report.counted == counted > 20
    assert {group.key: group.audits for group in report.groups} == audits_of, breakdown
    for group in report.groups:
        for gap in group.themes:
            plain = answers[group.key, gap.key]
            assert dict(gap.counts) == {answer: plain[answer] for answer in ANSWERS}, (breakdown, group.key, gap.key)
            applicable = sum(plain.values()) - plain["not-applicable"]
            meeting = sum(plain[answer] for answer in MEETS)
            assert (gap.applicable, gap.meeting, gap.below) == (applicable, meeting, applicable - meeting)
            if applicable:
                share = Fraction(meeting, applicable)
                assert gap.share_meeting == share
                assert gap.gap == max(Fraction(0), Fraction(90, 100) - share)


@pytest.mark.both_databases
@pytest.mark.fast
def test_every_audit_is_either_counted_or_left_out_for_a_reason(full_desk: Desk) -> None:
    report = report_of(full_desk)
    with full_desk.database.reading() as session:
        rows = session.exec(select(Audit).where(Audit.round_id == full_desk.round_id)).all()
    states = Counter(row.state for row in rows)
    assert report.left_out[ExclusionReason.WITHDRAWN] == states[AuditState.WITHDRAWN] > 0
    assert report.left_out[ExclusionReason.RETURNED] == states[AuditState.RETURNED] > 0
    assert report.left_out[ExclusionReason.NOT_SUBMITTED] == states[AuditState.DRAFT] > 0
    assert report.left_out[ExclusionReason.SECOND_READING] > 0
    assert report.counted + sum(report.left_out.values()) == len(rows)


@pytest.mark.both_databases
@pytest.mark.parametrize("database_kind", ["postgresql"], indirect=True)
def test_both_databases_answer_with_the_same_bytes(
    desk: Desk, tmp_path_factory: pytest.TempPathFactory, migrated_sqlite_file: Any
) -> None:
    other_file = tmp_path_factory.mktemp("other") / "other.sqlite3"
    other_file.write_bytes(migrated_sqlite_file.read_bytes())

    def bodies(of: Desk) -> dict[str, bytes]:
        fill(of, cases=25, seed=9)
        client = client_for(of.app, of.cast.lena)
        answers = {by: client.get(f"/api/v1/reports/gaps?round={of.round_id}&by={by}") for by in ALIKE}
        return {by: answer.content.replace(str(of.round_id).encode(), b"the-round") for by, answer in answers.items()}

    here = bodies(desk)
    with a_desk(f"sqlite:///{other_file}") as other:
        assert bodies(other) == here
    assert all(json.loads(body)["counted"] > 5 for body in here.values())


@pytest.mark.both_in_trials
def test_a_submission_a_return_and_a_withdrawal_show_in_the_next_report(desk: Desk) -> None:
    lena, asha = an_actor(desk.cast.lena), an_actor(desk.cast.asha)
    audit = desk.an_audit()
    desk.answer(audit)
    assert report_of(desk).counted == 0
    desk.submit(audit)
    assert report_of(desk).counted == 1
    assert report_of(desk, Breakdown.TEAM).groups[0].audits == 1
    desk.give_back(audit, "Look again.")
    assert report_of(desk).counted == 0
    assert report_of(desk, Breakdown.TEAM).groups == ()
    with desk.database.writing() as session:
        version = audits.find_audit(session, audit_id=audit, by=asha).audit.version
        submissions.withdraw(session, audit_id=audit, reason="Twice.", version=version, by=lena)
    assert report_of(desk).left_out == {ExclusionReason.WITHDRAWN: 1}


@pytest.mark.both_in_trials
def test_a_closed_round_reports_the_same_when_its_cases_have_moved_on(desk: Desk) -> None:
    fill(desk, cases=12, seed=10)
    desk.close_round()
    before = {breakdown: report_of(desk, breakdown).groups for breakdown in Breakdown}
    lena = an_actor(desk.cast.lena)
    elsewhere = a_team(desk.database, desk.cast.organisation, "Elsewhere")
    with desk.database.writing() as session:
        for case_id in session.exec(select(Audit.case_file_id).where(Audit.reading == 1)).all():
            found = case_files.find_case_file(session, case_file_id=case_id, by=lena)
            case_files.change_case_file(
                session,
                case_file_id=case_id,
                team_id=elsewhere.id,
                status=CaseStatus.CLOSED,
                age_band=AgeBand.UNBORN,
                forms_of_harm=(),
                version=found.case_file.version,
                by=lena,
            )
    assert {breakdown: report_of(desk, breakdown).groups for breakdown in Breakdown} == before


@pytest.mark.both_in_trials
def test_a_round_that_an_earlier_version_closed_has_its_overall_judgements_too(desk: Desk) -> None:
    fill(desk, cases=12, seed=10)
    desk.close_round()
    before = {breakdown: report_of(desk, breakdown).groups for breakdown in Breakdown}
    assert before[Breakdown.WHOLE][0].overall.judged > 5
    with desk.database.writing() as session:
        for stored in session.exec(select(RoundTally)):
            counts = json.loads(stored.counts)
            del counts["overall"]
            stored.counts = json.dumps(counts)
            session.add(stored)
        with guards_aside(session.connection()):
            session.flush()
    assert {breakdown: report_of(desk, breakdown).groups for breakdown in Breakdown} == before


@pytest.mark.both_databases
@pytest.mark.parametrize(("most_counted_again", "counted"), [(reports_closing.MOST_COUNTED_AGAIN, {"": 2}), (1, None)])
def test_what_is_submitted_while_a_round_is_counted_is_counted_too_or_the_round_stays_open(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, most_counted_again: int, counted: dict[str, int] | None
) -> None:
    monkeypatch.setattr(reports_closing, "MOST_COUNTED_AGAIN", most_counted_again)
    lena, round_id = an_actor(desk.cast.lena), desk.a_round()
    first, second = (desk.an_audit(round_id=round_id) for _ in range(2))
    desk.answer(first)
    desk.submit(first)
    desk.answer(second)
    with desk.database.reading() as session:
        version = rounds.find_round(session, round_id=round_id, by=lena).version
        prepared = closing.prepare_closing(
            session, round_id=round_id, version=version, reason="The figures are needed.", by=lena
        )
    desk.submit(second)
    refused = pytest.raises(Moved, match="while the figures were calculated")
    with nullcontext() if counted else refused, desk.database.writing() as session:
        closing.store_closing(session, prepared, round_id=round_id, by=lena)
    with desk.database.reading() as session:
        audit_round = rounds.find_round(session, round_id=round_id, by=lena)
        stored = session.get(RoundTally, (audit_round.organisation_id, round_id, Breakdown.WHOLE.value))
    assert audit_round.state is (RoundState.CLOSED if counted else RoundState.OPEN)
    assert (stored and Tallies.from_json(stored.counts).audits) == counted


@pytest.mark.both_in_trials
def test_two_rounds_are_added_up_and_different_targets_want_one_to_be_named(desk: Desk) -> None:
    for round_id in (desk.round_id, desk.a_round(title="Another")):
        audit = desk.an_audit(round_id=round_id)
        desk.answer(audit)
        desk.submit(audit)
    lena = an_actor(desk.cast.lena)
    with desk.database.reading() as session:
        both = [row.id for row in session.exec(select(Round).order_by(col(Round.id)))]
        report = gap_report(session, round_ids=both, by=lena)
        assert report.counted == 2
        assert report.groups[0].themes[0].counts["good"] == 2
    with desk.database.writing() as session, guards_aside(session.connection()):
        session.get_one(Round, (lena.organisation_id, both[1])).target_percent = 80
        session.flush()
    with desk.database.reading() as session:
        with pytest.raises(Invalid, match="different targets"):
            gap_report(session, round_ids=both, by=lena)
        assert gap_report(session, round_ids=both, target_percent=85, by=lena).target == Fraction(85, 100)
        with pytest.raises(NotFound):
            gap_report(session, round_ids=[*both, uuid.uuid4()], by=lena)


@pytest.mark.both_in_trials
def test_rounds_on_different_scales_are_not_added(desk: Desk) -> None:
    lena = an_actor(desk.cast.lena)
    other = desk.template.model_copy(update={"key": "other-scale", "scale": MET_PARTLY_NOT})
    themes = [theme.model_copy(update={"descriptors": {}}) for theme in other.themes]
    domains = (other.learning_domains[0].model_copy(update={"themes": tuple(themes)}),)
    other = other.model_copy(update={"learning_domains": domains})
    with desk.database.writing() as session:
        made = templates.create_template(session, content=other, by=lena)
        templates.publish_version(
            session, template_id=made.template.id, number=1, version=made.version.version, by=lena
        )
        desk.template_id = made.template.id
    second = desk.a_round(title="On another scale")
    with desk.database.reading() as session, pytest.raises(Conflict, match="different rating scales"):
        gap_report(session, round_ids=[desk.round_id, second], by=lena)


@pytest.mark.both_in_trials
def test_the_csv_holds_the_same_counts_and_no_cell_that_a_spreadsheet_would_run(desk: Desk) -> None:
    fill(desk, cases=20, seed=11)
    with desk.database.writing() as session:
        for team in session.exec(select(StoredTeam)):
            team.name = f"=HYPERLINK({team.name})"
    client = client_for(desk.app, desk.cast.lena)
    answer = client.get(f"/api/v1/reports/gaps.csv?round={desk.round_id}&by=team")
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    assert not any(cell.startswith(FORMULA_STARTS) for row in rows for cell in row.values())
    report = report_of(desk, Breakdown.TEAM)
    shown = {(row["Team"], row["Key"]): row for row in rows if row["Level"] == "Theme"}
    assert len(shown) == len(report.groups) * len(THEMES)
    for group in report.groups:
        for gap in group.themes:
            row = shown[f"'{group.label}", gap.key]
            assert [int(row[label]) for label in ("Audits", "Applicable")] == [gap.audits, gap.applicable]
            assert int(row["Not evidenced"]) == gap.counts["not-evidenced"]
            assert (int(row["Answers meeting"]), int(row["Answers below"])) == (gap.meeting, gap.below)


@pytest.mark.both_in_trials
def test_no_title_or_label_in_the_csv_becomes_a_formula(desk: Desk) -> None:
    fill(desk, cases=3, seed=11)
    report = report_of(desk, Breakdown.WHOLE)
    scale = report.template.scale
    ratings = tuple(rating.model_copy(update={"label": f"={rating.label}"}) for rating in scale.ratings)
    groups = [
        replace(group, label="=1", themes=tuple(replace(gap, label="=2") for gap in group.themes))
        for group in report.groups
    ]
    hostile = replace(
        report,
        rounds=tuple(each.model_copy(update={"title": "=3"}) for each in report.rounds),
        groups=tuple(groups),
        template=report.template.model_copy(update={"scale": scale.model_copy(update={"ratings": ratings})}),
    )
    rows = list(csv.reader(io.StringIO(write_table(flat_table(hostile)))))
    assert not [cell for row in rows for cell in row if cell.startswith("=")]
    assert {cell for row in rows for cell in row if cell.startswith("'=")} >= {"'=1", "'=2", "'=3", "'=Good"}


@pytest.mark.both_in_trials
def test_where_an_answer_was_agreed_otherwise_the_agreed_one_counts(desk: Desk) -> None:
    audit = desk.an_audit()
    desk.answer(audit)
    desk.submit(audit)
    ratings = report_of(desk).template.scale.ratings
    with desk.database.writing() as session:
        found = session.exec(select(Audit)).one()
        worst = ascii_lowercase[len(ratings) - 1]
        found.agreed_answers, found.agreed_at, found.state = worst * len(found.answers), now(), AuditState.AGREED
        session.add(found)
    agreed = report_of(desk)
    assert agreed.counted == 1
    assert {gap.counts[ratings[-1].key] for gap in agreed.groups[0].themes} == {1}
    path = f"/api/v1/rounds/{desk.round_id}/answers?theme={agreed.template.theme_keys[0]}"
    behind = client_for(desk.app, desk.cast.lena).get(path).json()
    assert [item["answer"] for item in behind["items"]] == [ratings[-1].key]
