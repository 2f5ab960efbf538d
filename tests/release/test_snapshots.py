"""Snapshots: frozen, released by one rule at every exit, and never so alike that their difference tells of a child."""

import json
import random
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import update
from sqlmodel import Session, select

from api.foundation import events
from api.foundation.apart.computing import computing_apart
from api.foundation.permissions import Permission
from api.foundation.problems import Conflict, Moved, NotAllowed
from api.foundation.text.sensitive_terms import use_key_of
from api.release.snapshots import actions as snapshots
from api.release.snapshots import collecting, long_work
from api.release.snapshots.actions import NewSnapshot
from api.release.snapshots.queries import read_released
from checklists.audits.scoring import overall_judgement
from checklists.release.copied_counts import CopiedPart, Copies, ToCopy
from checklists.release.disclosure import ReleaseRule
from models import Audit, Event, Role, Round, Snapshot, now
from tests.client import Client
from tests.desk import Desk
from tests.factories import a_key, a_person, an_actor, an_integration, program_for
from tests.filling import Filled, fill_round, teams_of
from tests.guards_aside import guards_aside
from tests.page_forms import SeenPage

APPLIES = {"outstanding", "good", "requires-improvement", "inadequate", "not-evidenced"}
BELOW = {"requires-improvement", "inadequate", "not-evidenced"}


def make(desk: Desk, smallest: int = 10) -> Snapshot:
    with desk.database.writing() as session:
        new = NewSnapshot("For the board", smallest)
        return snapshots.make_snapshot(session, round_id=desk.round_id, snapshot=new, by=an_actor(desk.cast.lena))


def bands_of(said: Filled, teams: dict[str, uuid.UUID]) -> dict[str, tuple[str, ...]]:
    return {
        "team": (str(teams[said.team]),),
        "status": (said.status.value,),
        "age-band": (said.age_band.value,),
        "form-of-harm": said.harms,
        "mode": (said.mode.value,),
    }


@pytest.mark.both_in_trials
@pytest.mark.parametrize("audits", [12, 90, 400])
def test_every_cell_is_within_the_stated_number_of_the_truth_and_hides_what_is_few(desk: Desk, audits: int) -> None:
    teams = teams_of(desk, "South locality")
    filled = [(said, bands_of(said, teams)) for said in fill_round(desk, teams, audits=audits, seed=audits)]
    snapshot = make(desk)
    with desk.database.reading() as session:
        report = read_released(session, snapshot)
    rule = report.rule
    assert rule == ReleaseRule(10, 2)
    assert len(report.lattice.groups) > 200
    exact = 0
    for filters, group in report.lattice.groups.items():
        inside = [said for said, bands in filled if all(value in bands[name] for name, value in filters)]
        assert group.audits == (None if filters else audits)
        assert list(report.themes(group)) == list(desk.template.theme_keys)
        judged = [each for said in inside if (each := overall_judgement(desk.template, said.answers))]
        true = [[said.answers[theme] for said in inside] for theme in desk.template.theme_keys]
        for cell, answers in zip(group.themes, [*true, judged], strict=True):
            possible = report.possible(group, cell)
            applicable, below = sum(a in APPLIES for a in answers), sum(a in BELOW for a in answers)
            for span, number in zip(possible, (applicable, below, applicable - below), strict=True):
                assert span.least <= number <= span.most
            if cell.applicable is not None and cell.below is not None:
                assert cell.applicable >= rule.smallest
                assert abs(cell.applicable - applicable) <= 2
                assert abs(cell.below - below) <= 2
                exact += (cell.applicable, cell.below) == (applicable, below)
    shown = sum(cell.applicable is not None for group in report.lattice.groups.values() for cell in group.themes)
    assert exact < shown / 2


@pytest.mark.both_in_trials
def test_beside_a_snapshot_under_the_former_rule_no_new_one_is_made_and_it_reads_as_it_was(
    desk: Desk, lena: Client
) -> None:
    fill_round(desk, teams_of(desk, "South locality"), audits=40, seed=1)
    made = make(desk)
    content = json.loads(made.content)
    content["groups"] = [
        [
            filters,
            40 if not filters else None,
            [[40, 10, False], [40, None, True], *([[None, None, False]] * (len(themes) - 2))],
        ]
        for filters, _, themes in content["groups"]
    ]
    del content["domains"], content["minimum"]
    content["left_out"] = {"withdrawn": None}
    with desk.database.writing() as session:
        former = session.get_one(Snapshot, (made.organisation_id, made.id))
        former.content, former.within = json.dumps(content), None
        session.add(former)
        with guards_aside(session.connection()):
            session.flush()
    fill_round(desk, teams_of(desk), audits=40, seed=2)
    with pytest.raises(Conflict, match=r"under a different rule.* snapshot “For the board”"):
        make(desk)
    page = lena.get(f"/rounds/{desk.round_id}/snapshot").text
    assert f'<a class="govuk-link" href="/snapshots/{made.id}">For the board</a>' in page
    assert "Create snapshot</button>" not in page
    found = lena.get(f"/api/v1/snapshots/{made.id}/report").json()
    assert found["marking"].endswith("others rounded to the nearest 5.")
    themes = next(each for each in found["sections"] if each["table"] and each["table"]["key"] == "themes")["table"]
    shown = {row[0]["text"]: [cell["text"] for cell in row[4:]] for row in themes["rows"]}
    first, second = (desk.template.theme(key).label for key in desk.template.theme_keys[:2])
    assert shown[first] == ["75%", "68% to 81%", "53% to 90%", "10", "40"]
    assert shown[second][-2:] == ["40 less c", "40"]
    assert lena.get(f"/api/v1/snapshots/{made.id}").json()["rounding"] == 5


@pytest.mark.both_databases
def test_a_snapshot_never_changes_whatever_becomes_of_the_round(desk: Desk, lena: Client) -> None:
    teams = teams_of(desk, "South locality")
    fill_round(desk, teams, audits=40, seed=1)
    snapshot = make(desk)
    paths = [f"/api/v1/snapshots/{snapshot.id}/report{ending}" for ending in ("", ".csv", ".pdf")]
    before = [lena.get(path).content for path in paths]
    fill_round(desk, teams, audits=100, seed=2)
    desk.close_round()
    assert [lena.get(path).content for path in paths] == before


@pytest.mark.both_in_trials
def test_a_new_snapshot_waits_for_ten_newly_counted_audits(desk: Desk) -> None:
    teams = teams_of(desk)
    fill_round(desk, teams, audits=20, seed=1)
    make(desk)
    fill_round(desk, teams, audits=9, seed=2)
    with pytest.raises(Conflict, match="Too few audits have been counted since"):
        make(desk)
    fill_round(desk, teams, audits=1, seed=3)
    make(desk)
    with pytest.raises(Conflict, match="Too few audits have been counted since"):
        make(desk)


def test_too_few_audits_make_no_snapshot_and_nothing_is_kept(desk: Desk) -> None:
    fill_round(desk, teams_of(desk), audits=9, seed=1)
    with pytest.raises(Conflict, match="at least 10 counted audits"):
        make(desk)
    with desk.database.reading() as session:
        assert session.exec(select(Snapshot)).all() == []
    assert "snapshot.made" not in desk.events()


def test_a_round_that_was_never_opened_has_nothing_to_share(desk: Desk, lena: Client) -> None:
    planned = desk.a_round(title="Later", opened=False)
    answer = lena.post(
        "/api/v1/snapshots",
        json={"round_id": str(planned), "title": "For the board"},
        headers={"Idempotency-Key": "one"},
    )
    assert answer.status_code == 409


def test_the_smallest_number_shown_is_raised_and_never_lowered(desk: Desk, lena: Client) -> None:
    fill_round(desk, teams_of(desk), audits=20, seed=1)
    body = {"round_id": str(desk.round_id), "title": "For the board", "smallest": 9}
    answer = lena.post("/api/v1/snapshots", json=body, headers={"Idempotency-Key": "one"})
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == "/smallest"
    page = lena.post(f"/rounds/{desk.round_id}/snapshot", data={"title": "For the board", "smallest": "9"})
    assert page.status_code == 422
    assert 'id="smallest-error"' in page.text
    raised = make(desk, smallest=20)
    with desk.database.reading() as session:
        assert read_released(session, raised).rule == ReleaseRule(20, 2)


def test_only_whoever_may_read_every_audit_makes_a_snapshot_and_it_is_in_the_trail(desk: Desk) -> None:
    fill_round(desk, teams_of(desk), audits=20, seed=1)
    asha, new = an_actor(desk.cast.asha), NewSnapshot("Mine")
    with desk.database.writing() as session, pytest.raises(NotAllowed):
        snapshots.make_snapshot(session, round_id=desk.round_id, snapshot=new, by=asha)
    made = make(desk)
    with desk.database.reading() as session:
        event = session.exec(select(Event).where(Event.kind == "snapshot.made")).one()
    assert (event.subject_id, event.person_id) == (made.id, desk.cast.lena.id)


@pytest.mark.both_in_trials
def test_an_integration_with_the_scope_reads_what_is_released_and_no_true_count(desk: Desk) -> None:
    fill_round(desk, teams_of(desk), audits=43, seed=1)
    snapshot = make(desk)
    token = an_integration(desk.database, desk.cast.organisation, scopes=frozenset({Permission.READ_SNAPSHOTS}))
    program = program_for(desk.app, token)
    found = program.get(f"/api/v1/snapshots/{snapshot.id}/report").json()
    counted = next(section for section in found["sections"] if section["heading"] == "Audits counted")
    assert counted["table"]["rows"][0][1] == {"text": "43", "kind": "count", "number": 43}
    for path in (f"/api/v1/rounds/{desk.round_id}/report", f"/api/v1/reports/gaps?round={desk.round_id}"):
        assert program.get(path).status_code == 403


@pytest.mark.both_in_trials
def test_filters_answer_one_value_or_two_and_refuse_every_other_question(desk: Desk, lena: Client) -> None:
    teams = teams_of(desk, "South locality")
    fill_round(desk, teams, audits=200, seed=1)
    snapshot = make(desk)
    base, south = f"/api/v1/snapshots/{snapshot.id}/report", str(teams["South locality"])
    for good in ({"team": south}, {"team": south, "status": "child-in-need"}, {"mode": "observation"}):
        assert lena.get(base, params=good).status_code == 200
        assert lena.get(f"/snapshots/{snapshot.id}", params=good).status_code == 200
        assert lena.get(f"{base}.csv", params=good).status_code == 200
    chance = random.Random(6)
    values = {
        "team": [south, str(desk.team_id), "South locality", f"{south},{desk.team_id}"],
        "status": ["child-in-need", "closed", "adopted", "*", "closed|child-in-need"],
        "age-band": ["5-to-9", "5-to-15", "unborn..5-to-9"],
        "mode": ["observation", "not observation", "records-only or observation"],
        "theme": ["voice"],
        "submitted_at": ["2026-01-01..2026-02-01"],
    }
    refused = 0
    for _ in range(120):
        names = chance.sample(sorted(values), chance.choice((1, 2, 3)))
        query: list[tuple[str, str | int | float | bool | None]] = [
            (name, chance.choice(values[name])) for name in names for _ in range(chance.choice((1, 1, 2)))
        ]
        known = {"team": {south, str(desk.team_id)}, "status": {"child-in-need", "closed"}}
        known |= {"age-band": {"5-to-9"}, "mode": {"observation"}}
        is_good = (
            len(query) <= 2
            and len({name for name, _ in query}) == len(query)
            and all(value in known.get(name, ()) for name, value in query)
        )
        answer = lena.get(base, params=query)
        assert answer.status_code == (200 if is_good else 422), query
        if not is_good:
            refused += 1
            assert answer.json()["detail"]
    assert refused > 90


@pytest.mark.fast
@pytest.mark.both_databases
def test_the_form_makes_one_snapshot_and_its_page_shows_hidden_as_hidden(desk: Desk, lena: Client) -> None:
    fill_round(desk, teams_of(desk, "South locality"), audits=30, seed=1)
    form = SeenPage(lena.get(f"/rounds/{desk.round_id}/snapshot")).form("/snapshot")
    first, second = (lena.post(f"/rounds/{desk.round_id}/snapshot", data=form) for _ in range(2))
    assert first.status_code == second.status_code == 303
    assert first.headers["location"] == second.headers["location"]
    page = lena.get(first.headers["location"])
    words = SeenPage(page).words
    assert "Released under disclosure control: every number of answers may be up to 2 more or fewer" in words
    assert "c (hidden)" in words
    assert "30 audits counted" in words
    assert "/answers?" not in page.text
    assert first.headers["location"] in lena.get("/snapshots").text
    again = lena.post(f"/rounds/{desk.round_id}/snapshot", data=form | {"key": "another"})
    assert again.status_code == 409
    assert "Too few audits have been counted since an earlier snapshot" in again.text
    published = lena.post(f"{first.headers['location']}/publish")
    assert published.status_code == 303
    assert "Since" in lena.get("/snapshots").text


def test_a_snapshot_says_where_it_comes_from_and_names_nobody(desk: Desk, lena: Client) -> None:
    fill_round(desk, teams_of(desk, "South locality"), audits=43, seed=1)
    path = f"/api/v1/snapshots/{make(desk).id}/report"
    assert lena.get(path).json()["origin"] == {
        "organisation": desk.cast.organisation.name,
        "rounds": ["Spring round"],
        "period_from": (now().date() - timedelta(days=100)).isoformat(),
        "period_to": (now().date() - timedelta(days=60)).isoformat(),
        "made_by": "A quality lead",
        "counted": "43 audits.",
    }
    for kind in ("csv", "pdf", "docx", "xlsx"):
        file = lena.get(f"{path}.{kind}")
        assert file.headers["content-disposition"].startswith('attachment; filename="snapshot-spring-round-20')
    assert desk.cast.lena.name not in lena.get(f"{path}.csv").text


def test_what_a_snapshot_shows_nothing_of_has_no_column_and_few_look_like_none(desk: Desk, lena: Client) -> None:
    teams = teams_of(desk, "Empty team", "Small team", "South locality")
    few = {"Small team": teams["Small team"]}
    fill_round(desk, {name: teams[name] for name in ("North locality", "South locality")}, audits=80, seed=1)
    fill_round(desk, few, audits=3, seed=2)
    sections = lena.get(f"/api/v1/snapshots/{make(desk).id}/report").json()["sections"]
    by_team = next(section for section in sections if section["heading"] == "By team")
    assert "Hidden because the numbers are small or 0: Empty team; Small team." in by_team["paragraphs"]
    assert [column.partition(" (")[0] for column in by_team["table"]["columns"]] == [
        "Theme",
        "North locality",
        "South locality",
    ]
    assert all(any(cell["kind"] != "hidden" for cell in row[1:]) for row in by_team["table"]["rows"])


def test_a_release_is_the_same_from_everybody_who_may_make_it(desk: Desk, lena: Client, tmp_path: Path) -> None:
    """Also from a person with every role that one may have, who read a case of the round."""
    lee = a_person(desk.database, desk.cast.organisation, name="Lee", roles={*Role} - {Role.ADMINISTRATOR})
    fill_round(desk, teams_of(desk), audits=40, seed=1)
    own = desk.an_audit(lee)
    desk.answer(own, by=lee)
    desk.submit(own, by=lee)
    prepared = []
    for person in (desk.cast.lena, lee):
        with desk.database.writing() as session:
            use_key_of(session, lambda: tmp_path / "key")
            new, by = NewSnapshot("For the board"), an_actor(person)
            prepared.append(snapshots.prepare_snapshot(session, round_id=desk.round_id, snapshot=new, by=by))
    first, second = prepared
    assert first.content == second.content
    rows, others = (repr(each.audits).replace(each.id.hex, "").replace(str(each.id), "") for each in prepared)
    assert rows == others, "the same letters in the copy"
    with desk.database.writing() as session:
        made = snapshots.store_snapshot(session, second, by=an_actor(lee))
    for ending in ("", ".csv"):
        files = [each.get(f"/api/v1/snapshots/{made.id}/report{ending}") for each in (lena, desk.browser(lee))]
        assert files[0].status_code == 200
        assert files[0].content == files[1].content


@pytest.mark.parametrize("database_kind", ["postgresql"], indirect=True, scope="session")
def test_a_database_that_finds_audits_in_another_order_makes_the_same_copy(desk: Desk, tmp_path: Path) -> None:
    fill_round(desk, teams_of(desk), audits=40, seed=1)
    contents = []
    with desk.database.writing() as session:
        session.connection().exec_driver_sql("CREATE INDEX shuffled ON audit (md5(id::text))")
        session.connection().exec_driver_sql("CLUSTER audit USING shuffled")
    for without in (("seqscan",), ("indexscan", "indexonlyscan", "bitmapscan")):
        with desk.database.writing() as session:
            for way in without:
                session.connection().exec_driver_sql(f"SET LOCAL enable_{way} = off")
            use_key_of(session, lambda: tmp_path / "key")
            new, by = NewSnapshot("For the board"), an_actor(desk.cast.lena)
            contents.append(snapshots.prepare_snapshot(session, round_id=desk.round_id, snapshot=new, by=by).content)
    assert contents[0] == contents[1]


@pytest.mark.both_databases
def test_the_copy_of_many_audits_is_computed_in_another_process_as_in_the_request(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(long_work, "COPIED_APART", 40)
    computed = list[ToCopy]()

    @contextmanager
    def noted(function: Copies) -> Iterator[Copies]:
        def compute(wanted: ToCopy) -> Sequence[CopiedPart] | None:
            computed.append(wanted)
            return there(wanted)

        with computing_apart(function) as there:
            yield compute

    monkeypatch.setattr(long_work, "computing_apart", noted)
    fill_round(desk, teams_of(desk, "South"), audits=40, seed=5)
    with desk.database.reading() as session:
        use_key_of(session, lambda: desk.app.state.settings.risky_terms_key_path)
        here = snapshots.prepare_snapshot(
            session, round_id=desk.round_id, snapshot=NewSnapshot("Spring"), by=an_actor(desk.cast.lena)
        )
    body = {"round_id": str(desk.round_id), "title": "Spring"}
    made = desk.browser(desk.cast.lena).post("/api/v1/snapshots", json=body, headers=a_key())
    assert made.status_code == 201
    assert len(computed) == 1
    with desk.database.reading() as session:
        snapshot = session.exec(select(Snapshot)).one()
        assert snapshot.content == here.content


class UndoneError(Exception):
    """What was written is rolled back."""


@pytest.mark.both_databases
def test_while_it_is_stored_counted_audits_are_read_again_only_if_one_may_have_changed(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = list[int]()
    mark = collecting.mark_of_counted

    def noted(session: Session, audit_round: Round) -> str:
        read.append(1)
        return mark(session, audit_round)

    monkeypatch.setattr(snapshots, "mark_of_counted", noted)
    lead = an_actor(desk.cast.lena)

    def stored(kind: str | None, *, changed: bool = False) -> int:
        """How often they were read, when such an event came after the audits had been counted."""
        read.clear()
        with desk.database.reading() as session:
            use_key_of(session, lambda: desk.app.state.settings.risky_terms_key_path)
            prepared = snapshots.prepare_snapshot(
                session, round_id=desk.round_id, snapshot=NewSnapshot("Spring"), by=lead
            )
        with desk.database.writing() as session:
            if kind is not None:
                events.record(session, kind, desk.round_id, by=lead)
            if changed:
                session.execute(update(Audit).values(version=Audit.version + 1))
        with suppress(UndoneError), desk.database.writing() as session:
            snapshots.store_snapshot(session, prepared, by=lead)
            raise UndoneError
        return len(read)

    fill_round(desk, teams_of(desk, "South"), audits=30, seed=5)
    assert stored(None) == 0
    assert stored("audit.scored") == 0
    assert stored("audit.submitted") == 1
    with pytest.raises(Moved):
        stored("audit.submitted", changed=True)
