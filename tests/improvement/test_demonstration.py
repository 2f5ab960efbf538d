"""The demonstration shows the whole chain: from a gap to a measured change, and from an audit to what was corrected."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from rich.console import Console
from sqlmodel import Session, col, select

from api.audits.actions import find_audit
from api.demo import demonstration
from api.demo.council import FIRST_ROUND, RE_AUDIT
from api.demo.year import LAST_YEARS_ROUND
from api.feedback.sheets.queries import ChangedThemes, changed_themes
from api.follow_ups.counting import counts_of_rounds
from api.foundation.local_time import local_date
from api.foundation.permissions import Actor
from api.foundation.settings import Settings
from api.improvement.impact.queries import impact_report, period_of
from api.programme.year.queries import year_report
from api.release.snapshots.actions import newest_first
from checklists.audits.follow_up import FollowUpOutcome, FollowUpState
from checklists.reports.carried_over import Course
from checklists.reports.change import Change
from models import Action, ActionKind, Audit, FeedbackSheet, FollowUp, Programme, Recommendation, Round, now
from models.storage.database import Database, open_database
from tests.browser import NewPage, look
from tests.site_in_browser import served, sign_in

PHONE = 320


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory, demonstration_file: Path) -> Iterator[Database]:
    file = tmp_path_factory.mktemp("chain") / "demo.sqlite3"
    file.write_bytes(demonstration_file.read_bytes())
    opened = open_database(f"sqlite:///{file}")
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def lead(database: Database) -> Actor:
    return demonstration.set_up_demonstration(database, Console(quiet=True), settings=Settings())


def round_called(session: Session, title: str) -> Round:
    return session.exec(select(Round).where(col(Round.title) == title)).one()


def test_a_newcomer_finds_a_snapshot_and_feedback_that_moderation_changed(database: Database, lead: Actor) -> None:
    with database.reading() as session:
        (snapshot,) = newest_first(session, limit=9, by=lead)
        last_years = round_called(session, LAST_YEARS_ROUND)
        sheets = session.exec(select(FeedbackSheet)).all()
        changed = [changed_themes(find_audit(session, audit_id=each.audit_id, by=lead), each) for each in sheets]
    assert snapshot.round_id == last_years.id
    (found,) = [each for each in changed if each != ChangedThemes()]
    assert found.newly_short
    assert found.no_longer_short


def test_a_gap_leads_to_actions_a_recommendation_and_a_re_audit_with_three_different_changes(
    database: Database, lead: Actor
) -> None:
    with database.reading() as session:
        report = impact_report(session, period=period_of(None, None, today=local_date(now())), by=lead)
        first, re_audit = round_called(session, FIRST_ROUND), round_called(session, RE_AUDIT)
        actions = session.exec(select(Action)).all()
        recommendations = session.exec(select(Recommendation)).all()
    (found,) = [each for each in report.findings if each.round.id == first.id]
    assert found.answered
    assert set(found.answered) <= set(found.gaps)
    of_gaps = [each for each in actions if each.round_id == first.id and each.kind is ActionKind.PRACTICE]
    assert len(of_gaps) == 3
    assert sum(each.kind is ActionKind.CHILD_LEVEL for each in actions) >= 2
    assert recommendations
    (change,) = [each.change for each in report.changes if each.round.id == re_audit.id]
    assert {each.change for each in change.themes} == {Change.IMPROVED, Change.NO_CLEAR_CHANGE, Change.NOT_COMPARABLE}


def test_audits_at_the_lowest_rating_were_told_of_and_followed_up(database: Database, lead: Actor) -> None:
    with database.reading() as session:
        counts = counts_of_rounds(session, [round_called(session, FIRST_ROUND).id], by=lead)
        of_round = select(FollowUp).join(Audit).where(col(Audit.round_id) == round_called(session, FIRST_ROUND).id)
        states = [each.state for each in session.exec(of_round)]
    assert counts.found == counts.notified_in_time == len(states)
    assert counts.files == {FollowUpOutcome.CORRECTED: 1, FollowUpOutcome.PARTLY: 1, FollowUpOutcome.NOT: 0}
    assert states.count(FollowUpState.ALLOCATED) == 1
    assert states.count(FollowUpState.WAITING) >= 1


def test_its_programme_has_a_year_with_figures(database: Database, lead: Actor) -> None:
    with database.reading() as session:
        (programme,) = session.exec(select(Programme)).all()
        report = year_report(session, programme_id=programme.id, by=lead)
    whole = report.progress.table.whole
    assert (whole.done, whole.late, whole.exempt) == (108, 12, 12)
    (series,) = report.series
    assert all(each.report is not None for each in series.quarters)
    assert {each.course for each in series.areas} >= {Course.ON_TARGET, Course.IMPROVED, Course.CONTINUES, Course.NEW}
    _, counts = report.follow_ups[-1]
    assert set(counts.files.values()) == {1, 2}


def test_its_pages_are_accessible_and_fit_a_phone(database: Database, lead: Actor, new_page: NewPage) -> None:
    with database.reading() as session:
        re_audit = round_called(session, RE_AUDIT).id
        done = session.exec(select(FollowUp.audit_id).where(col(FollowUp.state) == FollowUpState.DONE)).first()
        action = session.exec(select(Action.id).where(col(Action.kind) == ActionKind.PRACTICE)).first()
    page = new_page()
    page.set_viewport_size({"width": PHONE, "height": 800})
    with served(database) as address:
        sign_in(page, address, database, lead)
        for path in (
            *("/reports/changed", f"/rounds/{re_audit}/change", f"/actions/{action}", "/recommendations"),
            *("/follow-ups", f"/audits/{done}/follow-up"),
        ):
            answer = page.goto(f"{address}{path}")
            assert answer is not None
            assert answer.status == 200, path
            look(page)


def test_the_demonstration_says_which_database_to_delete() -> None:
    said = demonstration.how_to_clear(Settings(database_url="sqlite:////srv/trial.db"))
    assert said == "delete /srv/trial.db and the files created with it"
    assert "delete" not in demonstration.how_to_clear(Settings(database_url="postgresql://host/trial"))
