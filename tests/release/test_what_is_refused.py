"""Snapshots that are refused, that are published again or read after others, and that were made by an older service."""

import json
import threading
import uuid
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import Session, col, select

from api.allocation.actions import Allocation, allocate
from api.foundation.http import running
from api.foundation.jobs.doing import run_next_job
from api.foundation.permissions import Permission
from api.foundation.problems import Conflict, Invalid, NotAllowed, NotFound
from api.foundation.text.sensitive_terms import use_key_of
from api.release.snapshots import actions as snapshots
from api.release.snapshots.actions import NewSnapshot
from api.release.snapshots.changes import released_change
from api.release.snapshots.collecting import collect_counts
from api.release.snapshots.long_work import MakeSnapshot
from api.release.snapshots.queries import read_released
from api.release.snapshots.splits import as_before
from checklists.characteristics import CaseGroup, Characteristic
from checklists.release.counting import digest_of
from checklists.templates.library import load_library_template
from models import Audit, Role, Round, Snapshot
from tests.client import Client
from tests.desk import Desk, a_desk
from tests.factories import a_key, a_person, an_actor
from tests.filling import fill_round, teams_of
from tests.guards_aside import guards_aside

NEW = NewSnapshot("For the board")


@pytest.fixture
def desk(database_url: str) -> Iterator[Desk]:
    with a_desk(database_url, fill=with_audits) as made:
        yield made


def with_audits(desk: Desk) -> None:
    fill_round(desk, teams_of(desk, "South"), audits=30, seed=4)


def make(desk: Desk, new: NewSnapshot = NEW, *, round_id: uuid.UUID | None = None) -> Snapshot:
    with desk.database.writing() as session:
        by = an_actor(desk.cast.lena)
        return snapshots.make_snapshot(session, round_id=round_id or desk.round_id, snapshot=new, by=by)


def as_an_older_service_made_it(desk: Desk, made: Snapshot, change: Callable[[dict[str, Any]], object]) -> None:
    """Give a snapshot another content, which the database itself refuses."""
    with desk.database.writing() as session:
        stored = session.get_one(Snapshot, (made.organisation_id, made.id))
        content = json.loads(stored.content)
        change(content)
        stored.content = json.dumps(content)
        session.add(stored)
        with guards_aside(session.connection()):
            session.flush()


@pytest.mark.parametrize(
    ("new", "pointers"),
    [
        (NewSnapshot(" "), ["/title"]),
        (NewSnapshot("x" * 1000), ["/title"]),
        (NewSnapshot("For the board", 9), ["/smallest"]),
        (NewSnapshot("", 101), ["/title", "/smallest"]),
    ],
)
def test_a_title_and_a_threshold_that_cannot_stand_are_refused(
    desk: Desk, new: NewSnapshot, pointers: list[str]
) -> None:
    with pytest.raises(Invalid) as refused:
        make(desk, new)
    assert [fault.pointer for fault in refused.value.faults] == pointers


def test_a_round_without_ratings_has_no_snapshot(database_url: str) -> None:
    review = load_library_template("learning-review").model_copy(update={"key": "without-ratings"})
    with a_desk(database_url, template=review) as desk, pytest.raises(Conflict, match="has no ratings"):
        make(desk)


def test_a_round_has_no_more_snapshots_than_can_be_read(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(snapshots, "MOST_OF_A_ROUND", 1)
    make(desk)
    fill_round(desk, teams_of(desk), audits=20, seed=5)
    with pytest.raises(Conflict, match="This round has 1 snapshot, which is the maximum"):
        make(desk)


def test_a_program_that_may_not_read_audits_makes_no_snapshot_of_them(desk: Desk) -> None:
    by = replace(an_actor(desk.cast.lena), scopes=frozenset({Permission.WRITE_SNAPSHOTS}))
    with desk.database.writing() as session, pytest.raises(NotAllowed, match="can read all audits"):
        snapshots.make_snapshot(session, round_id=desk.round_id, snapshot=NEW, by=by)


def test_where_no_copy_fits_what_was_released_before_no_snapshot_is_made(desk: Desk) -> None:
    with desk.database.reading() as session, pytest.raises(Conflict, match="could reveal information about individual"):
        snapshots.prepare_snapshot(
            session, round_id=desk.round_id, snapshot=NEW, by=an_actor(desk.cast.lena), copies=lambda _: None
        )


def test_who_still_reads_a_case_learns_from_no_refusal_that_another_has_read_it(desk: Desk) -> None:
    """Of ten counted audits one is of a case that they read too: to them there are nine."""
    lee = a_person(desk.database, desk.cast.organisation, name="Lee", roles={Role.AUDITOR, Role.QUALITY_LEAD})
    desk.round_id = desk.a_round(title="Summer round")
    fill_round(desk, teams_of(desk), audits=9, seed=6)
    other = desk.an_audit()
    desk.answer(other)
    with desk.database.writing() as session:
        case = session.get_one(Audit, (desk.cast.organisation.id, other)).case_file_id
        allocate(session, round_id=desk.round_id, allocation=Allocation(case, lee.id), by=an_actor(desk.cast.lena))
    desk.submit(other)
    leads_only = replace(an_actor(lee), roles=frozenset({Role.QUALITY_LEAD}))
    with desk.database.writing() as session, pytest.raises(Conflict, match="at least 10 counted audits"):
        snapshots.make_snapshot(session, round_id=desk.round_id, snapshot=NEW, by=leads_only)
    make(desk)


def test_a_snapshot_is_published_once_and_others_are_read_after_it(desk: Desk) -> None:
    first = make(desk)
    fill_round(desk, teams_of(desk), audits=20, seed=7)
    second = make(desk)
    by = an_actor(desk.cast.lena)
    published = []
    for _ in range(2):
        with desk.database.writing() as session:
            published.append(snapshots.publish_snapshot(session, snapshot_id=second.id, by=by).published_at)
    assert published[0] == published[1] is not None
    assert desk.events().count("snapshot.published") == 1
    with desk.database.reading() as session:
        pages = [snapshots.newest_first(session, limit=1, after=after, by=by) for after in (None, second.id, first.id)]
    assert [[each.id for each in page] for page in pages] == [[second.id], [first.id], []]


def test_a_choice_that_cannot_be_answered_is_said_beside_the_whole_report(desk: Desk, lena: Client) -> None:
    made = make(desk)
    page = lena.get(f"/snapshots/{made.id}?team=nowhere")
    assert (page.status_code, "Value for team must be one of" in page.text) == (422, True)
    assert "30 audits counted" in page.text


def test_a_snapshot_that_takes_long_is_made_as_a_job_and_shown_to_who_waits_for_it(
    desk: Desk, lena: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(MakeSnapshot, "most_at_once", 0)
    monkeypatch.setattr(running, "WAIT_FOR_JOB_SECONDS", 60)
    over = threading.Event()

    def work() -> None:
        while not over.wait(0.05):
            run_next_job(desk.database, desk.app.state.settings)

    worker = threading.Thread(target=work)
    worker.start()
    try:
        made = lena.post(
            "/api/v1/snapshots", json={"round_id": str(desk.round_id), "title": "For the board"}, headers=a_key()
        )
    finally:
        over.set()
        worker.join()
    assert (made.status_code, made.json()["title"]) == (201, "For the board")
    assert made.headers["location"] == f"/api/v1/snapshots/{made.json()['id']}"
    (job,) = lena.get("/api/v1/jobs").json()["items"]
    assert (job["state"], job["made_id"]) == ("done", made.json()["id"])
    assert f'href="/snapshots/{job["made_id"]}"' in lena.get(f"/jobs/{job['id']}").text


def test_a_job_prepares_what_a_request_does(desk: Desk, tmp_path: Path) -> None:
    work, by = MakeSnapshot(desk.round_id, NEW), an_actor(desk.cast.lena)
    with desk.database.reading() as session:
        use_key_of(session, lambda: tmp_path / "key")
        in_job, in_request = work.prepare(session, by), work.prepare_at_once(session, by)
    assert in_job.content == in_request.content
    assert (in_job.mark, in_job.newest_event) == (in_request.mark, in_request.newest_event)


def test_of_a_template_version_that_is_gone_nothing_is_counted_or_read(desk: Desk, lena: Client) -> None:
    made = make(desk)
    as_an_older_service_made_it(desk, made, lambda content: content.update(template=[str(uuid.uuid4()), 1]))
    assert lena.get(f"/api/v1/snapshots/{made.id}/report").status_code == 404
    with desk.database.reading() as session:
        of_another = session.get_one(Round, (desk.cast.organisation.id, desk.round_id))
        session.expunge(of_another)
        of_another.template_version = 99
        with pytest.raises(NotFound, match="template version"):
            collect_counts(session, of_another)


def test_a_snapshot_made_without_overall_judgements_and_domains_is_read_as_it_was(desk: Desk, lena: Client) -> None:
    made = make(desk)
    themes = len(desk.template.theme_keys)
    with desk.database.reading() as session:
        own = read_released(session, made)
    shown = [own.themes(own.group({})[1])[key] for key in ("voice", "daily-life")]

    def change(content: dict[str, Any]) -> None:
        content["groups"] = [[filters, number, cells[:themes]] for filters, number, cells in content["groups"]]
        del content["domains"]

    as_an_older_service_made_it(desk, made, change)
    with desk.database.reading() as session:
        report = read_released(session, session.get_one(Snapshot, (made.organisation_id, made.id)))
    assert report.overall(report.group({})[1]) is None
    domain = report.domains()[0]
    assert (domain.shown.applicable, domain.shown.below) == tuple(
        sum(getattr(each, name) for each in shown) for name in ("applicable", "below")
    )
    headings = [each["heading"] for each in lena.get(f"/api/v1/snapshots/{made.id}/report").json()["sections"]]
    assert not [heading for heading in headings if heading.startswith("Overall")]


def test_a_group_under_the_former_rule_says_that_its_audits_are_few(desk: Desk, lena: Client) -> None:
    made = make(desk)

    def change(content: dict[str, Any]) -> None:
        content["groups"] = [
            [filters, None if filters else 30, [[None, None, False] for _ in cells]]
            for filters, _, cells in content["groups"]
        ]

    as_an_older_service_made_it(desk, made, change)
    with desk.database.writing() as session, guards_aside(session.connection()):
        session.connection().exec_driver_sql("UPDATE snapshot SET within = NULL")
    report = f"/api/v1/snapshots/{made.id}/report"
    assert lena.get(report).json()["origin"]["counted"] == "About 30 audits, rounded to the nearest 5."
    of_group = lena.get(report, params={"status": "child-in-need"}).json()
    assert of_group["origin"]["counted"] == "Fewer than 10 audits."


def test_without_a_target_no_theme_is_said_to_be_a_strength(desk: Desk, lena: Client) -> None:
    desk.round_id = desk.a_round(title="Without a target", target_percent=None)
    fill_round(desk, teams_of(desk), audits=30, seed=8)
    report = lena.get(f"/api/v1/snapshots/{make(desk).id}/report").json()
    (strengths,) = [each for each in report["sections"] if each["heading"] == "Strengths"]
    assert strengths["paragraphs"] == ["There is no target yet."]


def test_an_audit_whose_own_bands_changed_is_counted_as_it_is_now() -> None:
    sex = Characteristic("sex", "Sex", (CaseGroup("girl", "Girl"), CaseGroup("boy", "Boy")))
    split = "characteristic:sex"
    then = {"status": ("child-in-need",), split: ("girl",)}
    assert as_before({**then, split: ("boy",)}, digest_of(then), [sex]) == then
    now = {"status": ("child-protection-plan",), split: ("boy",)}
    assert as_before(now, digest_of(then), [sex]) == now


def change_of(desk: Desk, snapshot: Snapshot) -> tuple[str, dict[str, Any]]:
    with desk.database.reading() as session:
        return _changes(session, snapshot)


def _changes(session: Session, snapshot: Snapshot) -> tuple[str, dict[str, Any]]:
    found = session.exec(select(Round).where(col(Round.id) == snapshot.round_id)).one()
    title, changes = released_change(session, found, read_released(session, snapshot))
    return title, {each.label: each for each in changes}


def test_what_changed_since_the_round_before_is_said_of_themes_that_both_show(desk: Desk) -> None:
    better, worse = (1, 30, 0, 0, 0, 0), (0, 1, 0, 30, 0, 0)
    first = desk.a_round(title="Before")
    second = desk.a_round(title="After", follows_id=first)
    fill_round(desk, teams_of(desk), audits=60, seed=1, round_id=first, weights=worse)
    fill_round(desk, teams_of(desk), audits=60, seed=2, round_id=second, weights=better)
    later = make(desk, round_id=second)
    assert change_of(desk, later) == ("", {})
    earlier = make(desk, round_id=first)
    assert change_of(desk, earlier) == ("", {})
    title, changes = change_of(desk, later)
    assert (title, len(changes)) == ("Before", len(desk.template.theme_keys))
    voice = changes["Voice of the child"]
    assert voice.is_certain
    assert voice.between[0] > 0.5
    assert voice.in_words.startswith("the share that met the standard rose from about")
    backwards = replace(voice, now=voice.before, before=voice.now, between=(-voice.between[1], -voice.between[0]))
    assert backwards.is_certain
    assert backwards.in_words.startswith("the share that met the standard fell from about")
    assert not replace(voice, between=(-voice.between[0], voice.between[1])).is_certain

    def hide(content: dict[str, Any]) -> None:
        whole = next(cells for filters, _, cells in content["groups"] if not filters)
        whole[0] = [None]

    as_an_older_service_made_it(desk, earlier, hide)
    assert change_of(desk, later)[1].keys() == changes.keys() - {"Voice of the child"}
