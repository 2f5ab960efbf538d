"""A long case list is stored in pieces: whoever looks sees all of it or nothing, whatever happens in between."""

import pickle
import random
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from sqlmodel import Session, SQLModel, col, select, update

from api.case_files import actions as case_files
from api.case_files import settling, unsettled
from api.case_files.actions import NewCaseFile
from api.case_files.unsettled import SILENT_SECONDS, StalledImports
from api.case_lists import actions as case_lists
from api.case_lists import importing
from api.case_lists.importing import PreparedImport
from api.case_lists.teams import MAKE_A_TEAM
from api.foundation.http.limits import Limiter
from api.foundation.problems import AlreadyExists, Conflict, Invalid, Moved, Stale
from api.people.teams import actions as teams
from checklists.case_list import CaseList as CaseListContent
from checklists.case_list import ListedCase
from checklists.cases import AgeBand, CaseStatus, Category
from checklists.privacy.references import reference_from
from models import (
    CaseFile,
    CaseFileChange,
    CaseFileHarm,
    CaseList,
    CaseListEntry,
    Event,
    ImportState,
    StoredCaseFile,
    StoredCaseList,
    Team,
)
from models.storage.bulk import table_of
from tests.client import Client
from tests.desk import Desk, a_desk
from tests.factories import a_team, an_actor
from tests.importing import import_list
from tests.page_forms import SeenPage
from tests.thorough import some_of

ON = date(2026, 9, 1)


@pytest.fixture
def desk(database_url: str) -> Iterator[Desk]:
    with a_desk(database_url) as made:
        made.app.state.limiter = Limiter(rate=10_000, burst=10_000)
        a_team(made.database, made.cast.organisation, "North")
        yield made


@pytest.fixture(autouse=True)
def small_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two cases are a piece, and a list of more than two is stored in pieces."""
    monkeypatch.setattr(importing, "CASES_OF_A_PIECE", 2)
    monkeypatch.setattr(importing, "MOST_AT_ONCE", 2)
    monkeypatch.setattr(settling, "CASES_AT_ONCE", 2)


def reference(seed: int) -> str:
    return reference_from(random.Random(seed).randbytes(10))


def a_case(seed: int, **other: Any) -> ListedCase:
    case = ListedCase(reference(seed), "North", CaseStatus.CHILD_IN_NEED, AgeBand.FROM_5_TO_9, Category.NEGLECT)
    return replace(case, **other)


def a_list(*cases: ListedCase, key_id: str = "1a2b3c4d") -> CaseListContent:
    return CaseListContent(ON, key_id, "annex-a", cases)


FIRST = a_list(a_case(1), a_case(2), a_case(3), a_case(4))
# One case as it was, one with another band, one in a new team, one under another key, and three that are new.
SECOND = a_list(
    a_case(1),
    a_case(2, age_band=AgeBand.FROM_10_TO_15, category=None, started=date(2026, 3, 1)),
    a_case(3, team="East"),
    a_case(14, formerly=reference(4)),
    a_case(5),
    a_case(6, team="East"),
    a_case(7),
)


def take(desk: Desk, content: CaseListContent) -> None:
    with desk.database.writing() as session:
        lena = an_actor(desk.cast.lena)
        import_list(session, checked=case_lists.check_list(content, by=lena), teams=new_teams(content), by=lena)


def new_teams(content: CaseListContent) -> dict[str, Any]:
    return {case.team: MAKE_A_TEAM for case in content.cases if case.team == "East"}


def prepared(desk: Desk, content: CaseListContent = SECOND) -> PreparedImport:
    lena = an_actor(desk.cast.lena)
    with desk.database.reading() as session:
        checked = case_lists.check_list(content, by=lena)
        return importing.prepare_import(session, checked=checked, teams=new_teams(content), by=lena)


def in_pieces(desk: Desk, taking: PreparedImport) -> Iterator[None]:
    """Stores the list piece by piece, and stops after each."""
    for piece in importing.pieces_of(taking):
        with desk.database.writing() as session:
            piece(session, an_actor(desk.cast.lena))
        yield


def begun(desk: Desk, taking: PreparedImport, pieces: int = 3) -> PreparedImport:
    """The list as a crash leaves it after so many pieces."""
    for _, _ in zip(range(pieces), in_pieces(desk, taking), strict=False):
        pass
    return taking


def finish(desk: Desk, taking: PreparedImport) -> None:
    with desk.database.writing() as session:
        importing.complete_import(session, taking, by=an_actor(desk.cast.lena))


def give_up(desk: Desk, taking: PreparedImport) -> None:
    for piece in importing.give_up_pieces(taking):
        with desk.database.writing() as session:
            piece(session, an_actor(desk.cast.lena))


def stored(desk: Desk) -> dict[str, list[str]]:
    """Every row of every table."""
    with desk.database.reading() as session:
        return {
            table.name: sorted(map(repr, session.connection().execute(table.select()).all()))
            for table in SQLModel.metadata.sorted_tables
            if table.name not in {"trail", "event", "web_session", "checkpoint"}
        }


def states(desk: Desk) -> list[ImportState]:
    with desk.database.reading() as session:
        return [each.state for each in session.exec(select(StoredCaseList).order_by(col(StoredCaseList.id)))]


def file_of(desk: Desk, its_reference: str) -> CaseFile:
    with desk.database.reading() as session:
        return session.exec(select(CaseFile).where(col(CaseFile.reference) == its_reference)).one()


def an_edit(desk: Desk, its_reference: str) -> None:
    """Somebody changes this case file by hand."""
    file = file_of(desk, its_reference)
    with desk.database.writing() as session:
        case_files.change_case_file(
            session,
            case_file_id=file.id,
            team_id=file.team_id,
            status=CaseStatus.CARE_LEAVER,
            age_band=AgeBand.OVER_17,
            forms_of_harm=(),
            version=file.version,
            by=an_actor(desk.cast.lena),
        )


def a_file_by_hand(session: Session, desk: Desk, its_reference: str) -> None:
    new = NewCaseFile(desk.team_id, CaseStatus.CHILD_IN_NEED, AgeBand.FROM_1_TO_4, (), its_reference)
    case_files.create_case_file(session, case_file=new, by=an_actor(desk.cast.lena))


class Onlooker:
    """Looks at all that a lead, an auditor and a program can see of case files, teams and lists."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.lena, self.asha = desk.browser(desk.cast.lena), desk.browser(desk.cast.asha)
        self.ada = desk.browser(desk.cast.ada)
        files = self.lena.get("/api/v1/case-files").json()["items"]
        self.of_lena = [
            "/api/v1/case-lists",
            "/api/v1/case-files?limit=100",
            "/api/v1/case-files?status=child-in-need",
            *(f"/api/v1/case-files/{file['id']}" for file in files),
            *(f"/case-files/{file['id']}/edit" for file in files),
            "/api/v1/teams",
            "/api/v1/audits",
            f"/api/v1/rounds/{desk.round_id}/report",
            "/case-lists",
            "/case-files",
            "/case-files/new",
            f"/rounds/{desk.round_id}/allocate",
            f"/rounds/{desk.round_id}/audits",
            f"/rounds/{desk.round_id}/report",
            f"/rounds/{desk.round_id}/samples/new",
        ]

    def sees(self) -> dict[str, str]:
        looked = {path: self._words(self.lena, path) for path in self.of_lena}
        return looked | {
            "teams of Ada": self._words(self.ada, "/teams"),
            "audits of Asha": self._words(self.asha, "/audits"),
            "sums": repr(self._sums()),
        }

    def _words(self, client: Client, path: str) -> str:
        answer = client.get(path)
        assert answer.status_code == 200, (path, answer.text)
        return answer.text if path.startswith("/api/") else SeenPage(answer).words

    def _sums(self) -> list[Any]:
        with self.desk.database.reading() as session:
            read = [
                session.connection().execute(table_of(table).select()).all() for table in (CaseFile, Team, CaseList)
            ]
        return [sorted(map(repr, rows)) for rows in read]


@pytest.mark.both_databases
def test_whoever_looks_sees_nothing_of_a_list_before_its_last_piece_and_all_of_it_after(desk: Desk) -> None:
    take(desk, FIRST)
    desk.an_audit()
    onlooker = Onlooker(desk)
    before, taking, pieces = onlooker.sees(), prepared(desk), 0
    for _ in in_pieces(desk, taking):
        pieces += 1
        assert onlooker.sees() == before
    assert pieces == 1 + 4
    finish(desk, taking)
    after = onlooker.sees()
    assert {path for path in after if after[path] == before[path]} <= {
        "/api/v1/audits",
        f"/api/v1/rounds/{desk.round_id}/report",
        f"/rounds/{desk.round_id}/report",
        f"/rounds/{desk.round_id}/audits",
        *(path for path in after if file_of(desk, reference(1)).id.hex in path.replace("-", "")),
        *(path for path in after if path.startswith(("/api/v1/case-files/", "/case-files/"))),
        "audits of Asha",
    }
    with desk.database.reading() as session:
        files = {file.reference: file for file in session.exec(select(CaseFile)).all()}
        names = {team.id: team.name for team in session.exec(select(Team)).all()}
    shown = {case.reference: files[case.reference] for case in SECOND.cases}
    assert [
        (names[file.team_id], file.age_band, file.category, file.started_in, file.version) for file in shown.values()
    ] == [
        ("North", AgeBand.FROM_5_TO_9, Category.NEGLECT, None, 1),
        ("North", AgeBand.FROM_10_TO_15, None, date(2026, 3, 1), 2),
        ("East", AgeBand.FROM_5_TO_9, Category.NEGLECT, None, 2),
        ("North", AgeBand.FROM_5_TO_9, Category.NEGLECT, None, 2),
        ("North", AgeBand.FROM_5_TO_9, Category.NEGLECT, None, 1),
        ("East", AgeBand.FROM_5_TO_9, Category.NEGLECT, None, 1),
        ("North", AgeBand.FROM_5_TO_9, Category.NEGLECT, None, 1),
    ]
    assert reference(4) not in files


@pytest.mark.both_databases
def test_to_settle_a_list_changes_nothing_that_anybody_sees(desk: Desk) -> None:
    take(desk, FIRST)
    desk.an_audit()
    taking = prepared(desk)
    for _ in in_pieces(desk, taking):
        pass
    finish(desk, taking)
    onlooker = Onlooker(desk)
    before, pieces, more = onlooker.sees(), 0, True
    while more:
        with desk.database.writing() as session:
            more = settling.clear_some(session, desk.cast.organisation.id)
        pieces += 1
        assert onlooker.sees() == before
    assert pieces == 3
    assert states(desk) == [ImportState.SETTLED, ImportState.SETTLED]
    with desk.database.reading() as session:
        assert session.exec(select(CaseFileChange)).all() == []
        kept = session.exec(select(StoredCaseFile).where(col(StoredCaseFile.reference) == reference(14))).one()
    assert (kept.version, kept.key_id) == (2, "1a2b3c4d")


@pytest.mark.both_databases
def test_a_list_that_is_given_up_leaves_nothing_and_can_be_sent_again_at_once(desk: Desk) -> None:
    take(desk, FIRST)
    before = stored(desk)
    for pieces in range(1, 6):
        give_up(desk, begun(desk, prepared(desk), pieces))
        assert stored(desk) == before
    taking = prepared(desk)
    for _ in in_pieces(desk, taking):
        pass
    finish(desk, taking)
    give_up(desk, taking)
    assert states(desk) == [ImportState.SETTLED, ImportState.SETTLING]


@pytest.mark.both_databases
@pytest.mark.parametrize("pieces", some_of((1, 2, 5), 1, of="pieces before a crash"))
def test_what_a_crash_leaves_is_seen_by_nobody_and_taken_out_at_the_next_start(desk: Desk, pieces: int) -> None:
    take(desk, FIRST)
    onlooker, before = Onlooker(desk), stored(desk)
    seen = onlooker.sees()
    begun(desk, prepared(desk), pieces)
    assert onlooker.sees() == seen
    unsettled.give_up_interrupted(desk.database)
    assert onlooker.sees() == seen
    unsettled.clear_all(desk.database)
    assert stored(desk) == before


@pytest.mark.both_databases
def test_a_list_that_was_given_up_by_a_start_is_cleared_away_by_the_same_list_sent_again(desk: Desk) -> None:
    take(desk, FIRST)
    begun(desk, prepared(desk))
    unsettled.give_up_interrupted(desk.database)
    again = prepared(desk)
    for _ in in_pieces(desk, again):
        pass
    finish(desk, again)
    assert states(desk) == [ImportState.SETTLED, ImportState.SETTLING]


@pytest.mark.both_databases
def test_a_list_of_which_nothing_more_is_stored_is_given_up_by_whichever_process_watches(desk: Desk) -> None:
    moment = [0.0]
    watch = StalledImports(desk.database, monotonic=lambda: moment[0])
    pieces = in_pieces(desk, prepared(desk, FIRST))
    for step in range(3):
        next(pieces)
        watch.look()
        moment[0] += SILENT_SECONDS - 1
        assert states(desk) == [ImportState.STORING], step
    watch.look()
    moment[0] += 2
    watch.look()
    assert states(desk) == [ImportState.GIVEN_UP]
    unsettled.clear_all(desk.database)
    assert states(desk) == []


@pytest.mark.both_databases
def test_a_piece_of_a_list_that_was_given_up_meanwhile_is_not_stored(desk: Desk) -> None:
    pieces = in_pieces(desk, prepared(desk, FIRST))
    next(pieces)
    next(pieces)
    unsettled.give_up_interrupted(desk.database)
    with pytest.raises(Moved, match="no progress was made"):
        next(pieces)


@pytest.mark.both_databases
def test_a_list_that_cannot_be_settled_holds_up_no_other(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    omar, clear_some = an_actor(desk.cast.omar), settling.clear_some
    a_team(desk.database, desk.cast.elsewhere, "North")
    begun(desk, prepared(desk, FIRST))
    with desk.database.reading() as session:
        checked = case_lists.check_list(SECOND, by=omar)
        theirs = importing.prepare_import(session, checked=checked, teams=new_teams(SECOND), by=omar)
    with desk.database.writing() as session:
        importing.begin_import(session, theirs, by=omar)
    unsettled.give_up_interrupted(desk.database)

    def failing(session: Session, organisation_id: int) -> bool:
        if organisation_id == desk.cast.organisation.id:
            raise OSError("the disk is full")
        return clear_some(session, organisation_id)

    monkeypatch.setattr(settling, "clear_some", failing)
    with pytest.raises(ExceptionGroup, match="could not be settled"):
        unsettled.clear_all(desk.database)
    assert states(desk) == [ImportState.GIVEN_UP]


@pytest.mark.both_databases
def test_a_second_list_is_told_of_the_first_and_taken_in_when_that_is_there(desk: Desk) -> None:
    other = a_list(a_case(21), a_case(22), a_case(23))
    late, first = prepared(desk, other), begun(desk, prepared(desk, FIRST), 2)
    with pytest.raises(Conflict, match="Another case list is being imported: 2 of 4 cases so far"):
        prepared(desk, other)
    with pytest.raises(Conflict, match="This list"):
        prepared(desk, FIRST)
    with pytest.raises(Conflict, match="Another"):
        next(in_pieces(desk, late))
    with desk.database.writing() as session:
        importing.store_piece(session, first, 1, by=an_actor(desk.cast.lena))
    finish(desk, first)
    with pytest.raises(AlreadyExists):
        prepared(desk, FIRST)
    again = prepared(desk, other)
    for _ in in_pieces(desk, again):
        pass
    finish(desk, again)
    assert states(desk) == [ImportState.SETTLED] * 2


@pytest.mark.both_databases
def test_another_organisations_list_waits_for_nobody(desk: Desk) -> None:
    begun(desk, prepared(desk, FIRST))
    omar = an_actor(desk.cast.omar)
    a_team(desk.database, desk.cast.elsewhere, "North")
    with desk.database.writing() as session:
        import_list(session, checked=case_lists.check_list(SECOND, by=omar), teams=new_teams(SECOND), by=omar)
    assert sorted(states(desk)) == [ImportState.SETTLED, ImportState.STORING]


@pytest.mark.both_databases
def test_a_case_file_made_by_hand_cannot_take_a_reference_of_a_list_that_is_being_stored(desk: Desk) -> None:
    take(desk, FIRST)
    taking = prepared(desk)
    for _ in in_pieces(desk, taking):
        pass
    for its_reference in (reference(5), reference(14)):
        with desk.database.writing() as session, pytest.raises(Invalid, match="Another case file has this reference"):
            a_file_by_hand(session, desk, its_reference)
    finish(desk, taking)
    for its_reference in (reference(5), reference(14)):
        with desk.database.writing() as session, pytest.raises(Invalid, match="Another case file has this reference"):
            a_file_by_hand(session, desk, its_reference)


@pytest.mark.both_databases
def test_a_reference_taken_before_its_piece_is_stored_moves_the_list(desk: Desk) -> None:
    pieces = in_pieces(desk, taking := prepared(desk, FIRST))
    next(pieces)
    with desk.database.writing() as session:
        a_file_by_hand(session, desk, reference(4))
    with pytest.raises(Moved):
        list(pieces)
    give_up(desk, taking)
    again = prepared(desk, FIRST)
    assert (again.made, again.changed) == (3, 1)


# On SQLite nobody else has the writer while a piece is stored.
@pytest.mark.both_databases
@pytest.mark.writes_long("One transaction is held open so that the other is seen to wait for it.")
@pytest.mark.parametrize("database_kind", ["postgresql"], indirect=True)
def test_the_last_piece_waits_for_whoever_is_taking_a_reference_at_that_moment(desk: Desk) -> None:
    take(desk, FIRST)
    taking = prepared(desk)
    with ThreadPoolExecutor(1) as others:
        with desk.database.writing() as session:
            a_file_by_hand(session, desk, reference(14))
            for _ in in_pieces(desk, taking):
                pass
            finished = others.submit(finish, desk, taking)
            with pytest.raises(TimeoutError):
                finished.result(0.5)
        with pytest.raises(Moved):
            finished.result(10)


def a_lookalike(desk: Desk) -> None:
    """A reference that a known case file is about to get, taken as nobody can who goes through the actions."""
    with desk.database.writing() as session:
        file = file_of(desk, reference(1))
        session.add(
            StoredCaseFile(**file.model_dump(exclude={"id", "reference"}), id=uuid.uuid4(), reference=reference(14))
        )


def a_retired_team(desk: Desk) -> None:
    with desk.database.writing() as session:
        north = session.exec(select(Team).where(col(Team.name) == "North")).one()
        teams.retire_team(session, team_id=north.id, version=1, by=an_actor(desk.cast.ada))


@pytest.mark.both_databases
@pytest.mark.parametrize(
    "moves",
    some_of(
        [
            pytest.param(lambda desk: an_edit(desk, reference(1)), id="a case that stays"),
            pytest.param(lambda desk: an_edit(desk, reference(2)), id="a case that changes"),
            pytest.param(a_lookalike, id="a reference"),
            pytest.param(a_retired_team, id="a team"),
        ],
        2,
        of="what changes before a list is finished",
    ),
)
def test_a_list_is_not_finished_on_what_has_changed_since_it_was_prepared(
    desk: Desk, moves: Callable[[Desk], None]
) -> None:
    take(desk, FIRST)
    taking = prepared(desk)
    for _ in in_pieces(desk, taking):
        pass
    moves(desk)
    seen = Onlooker(desk).sees()
    with pytest.raises(Moved):
        finish(desk, taking)
    give_up(desk, taking)
    assert Onlooker(desk).sees() == seen


@pytest.mark.both_databases
def test_a_team_of_a_list_that_nobody_sees_yet_keeps_its_name(desk: Desk) -> None:
    begun(desk, prepared(desk, SECOND), 1)
    with desk.database.writing() as session, pytest.raises(AlreadyExists):
        teams.create_team(session, name="EAST", by=an_actor(desk.cast.ada))


@pytest.mark.both_databases
def test_an_edit_of_a_case_file_that_is_not_settled_yet_stands_on_what_the_list_says(desk: Desk) -> None:
    take(desk, FIRST)
    stale = file_of(desk, reference(2))
    taking = prepared(desk)
    for _ in in_pieces(desk, taking):
        pass
    finish(desk, taking)
    with desk.database.writing() as session, pytest.raises(Stale):
        case_files.change_case_file(
            session,
            case_file_id=stale.id,
            team_id=stale.team_id,
            status=stale.status,
            age_band=stale.age_band,
            forms_of_harm=(),
            version=stale.version,
            by=an_actor(desk.cast.lena),
        )
    an_edit(desk, reference(2))
    unsettled.clear_all(desk.database)
    file = file_of(desk, reference(2))
    assert (file.version, file.status, file.started_in) == (3, CaseStatus.CARE_LEAVER, date(2026, 3, 1))


@pytest.mark.both_in_trials
def test_what_was_prepared_is_plain_and_may_come_from_another_process(desk: Desk) -> None:
    take(desk, FIRST)
    taking = prepared(desk)
    brought = pickle.loads(pickle.dumps(taking))  # noqa: S301 - our own
    assert brought == taking
    for _ in in_pieces(desk, brought):
        pass
    finish(desk, brought)
    with desk.database.reading() as session:
        assert len(session.exec(select(CaseListEntry)).all()) == 4 + 7


@pytest.mark.both_in_trials
def test_events_tell_of_a_list_and_its_teams_when_it_is_taken_in_and_not_before(desk: Desk) -> None:
    taking = prepared(desk)
    before = desk.events()
    for _ in in_pieces(desk, taking):
        assert desk.events() == before
    finish(desk, taking)
    assert desk.events() == [*before, "team.made", "case-list.taken"]
    with desk.database.reading() as session:
        told = session.exec(select(Event).where(col(Event.subject_id) == taking.case_list_id)).one()
    assert '"cases":7,"made":7,"changed":0' in told.details


# The same over HTTP.


def body_of(content: CaseListContent) -> dict[str, Any]:
    return {
        "listed_on": str(content.on),
        "source": content.source,
        "key_id": content.key_id,
        "teams": new_teams(content),
        "cases": [
            {
                "reference": case.reference,
                "team": case.team,
                "status": case.status,
                "age_band": case.age_band,
                "category": case.category,
                "started": case.started and str(case.started),
                "formerly": case.formerly,
            }
            for case in content.cases
        ],
    }


def send(desk: Desk, content: CaseListContent = SECOND, key: str = "one") -> Any:
    lena = desk.browser(desk.cast.lena)
    return lena.post("/api/v1/case-lists", json=body_of(content), headers={"Idempotency-Key": key})


@pytest.mark.both_in_trials
def test_a_long_list_is_taken_in_over_rest_once(desk: Desk) -> None:
    take(desk, FIRST)
    taken = send(desk)
    assert (taken.status_code, taken.json()["cases"], taken.json()["made"]) == (201, 7, 3), taken.text
    again = send(desk)
    assert (again.status_code, again.json()) == (201, taken.json())
    assert again.headers["Idempotency-Replayed"] == "true"
    assert send(desk, key="two").status_code == 409
    assert states(desk) == [ImportState.SETTLED, ImportState.SETTLING]


@pytest.mark.both_in_trials
def test_counts_reach_a_case_file_over_rest_and_are_those_of_the_next_list(desk: Desk) -> None:
    lena = desk.browser(desk.cast.lena)
    body = body_of(a_list(a_case(1), a_case(2)))
    body["cases"][0]["counts"] = {"times-missing": 10, "referrals": 2}
    taken = lena.post("/api/v1/case-lists", json=body, headers={"Idempotency-Key": "one"})
    assert taken.status_code == 201, taken.text
    assert file_of(desk, reference(1)).counts == "referrals:2 times-missing:10"
    assert file_of(desk, reference(2)).counts == ""
    for wrong in ({"referrals": 11}, {"referrals": -1}, {"referrals": True}, {"visits": 1}):
        body["cases"][0]["counts"] = wrong
        refused = lena.post("/api/v1/case-lists", json=body, headers={"Idempotency-Key": str(wrong)})
        assert refused.status_code == 422
        assert "/cases/0/counts" in str(refused.json()["errors"])
    take(desk, a_list(a_case(1, counts="referrals:3"), a_case(3)))
    for _ in range(2):
        file = file_of(desk, reference(1))
        assert (file.counts, file.version) == ("referrals:3", 2)
        unsettled.clear_all(desk.database)


@pytest.mark.both_databases
@pytest.mark.parametrize("fails_at", [0, 2, 3])
def test_a_request_that_fails_in_the_middle_leaves_nothing(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, fails_at: int
) -> None:
    take(desk, FIRST)
    before, store_piece = stored(desk), importing.store_piece

    def failing(session: Session, taking: PreparedImport, place: int, **by: Any) -> None:
        if place == fails_at:
            raise OSError("the disk is full")
        store_piece(session, taking, place, **by)

    with monkeypatch.context() as broken:
        broken.setattr(importing, "store_piece", failing)
        assert send(desk).status_code == 500
    after = stored(desk)
    assert {name: rows for name, rows in after.items() if rows != before[name]} == {}
    assert send(desk).status_code == 201


def moved_by(desk: Desk, monkeypatch: pytest.MonkeyPatch, times: int) -> list[int]:
    """Somebody changes a case file of the list before its last piece, so many times; how often it was finished."""
    tried, finish_taking = [0], importing.finish_import

    def finishing(session: Session, taking: PreparedImport, **by: Any) -> CaseList:
        tried[0] += 1
        if tried[0] <= times:
            # As an edit by somebody else, which is committed in between.
            mine = col(StoredCaseFile.reference) == reference(1)
            session.execute(update(StoredCaseFile).where(mine).values(version=StoredCaseFile.version + 1))
        return finish_taking(session, taking, **by)

    monkeypatch.setattr(importing, "finish_import", finishing)
    return tried


@pytest.mark.both_in_trials
def test_a_list_that_moved_is_prepared_again_and_taken_in(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    take(desk, FIRST)
    tried = moved_by(desk, monkeypatch, 2)
    assert send(desk).status_code == 201
    assert tried == [3]


@pytest.mark.both_in_trials
def test_a_list_that_moves_every_time_is_given_up_with_what_to_do(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    take(desk, FIRST)
    before = stored(desk)
    moved_by(desk, monkeypatch, 99)
    refused = send(desk)
    assert (refused.status_code, "Send the list again" in refused.json()["detail"]) == (409, True)
    assert stored(desk) == before


@pytest.mark.both_in_trials
def test_a_second_list_over_rest_is_told_when_to_come_again(desk: Desk) -> None:
    begun(desk, prepared(desk, FIRST))
    refused = send(desk)
    assert (refused.status_code, refused.headers["Retry-After"]) == (409, "5")
    assert "Another case list is being imported" in refused.json()["detail"]


def tags(desk: Desk) -> set[tuple[str, str]]:
    """The tags that are stored, also of case files that nobody sees yet."""
    with desk.database.reading() as session:
        rows = session.exec(
            select(StoredCaseFile.reference, CaseFileHarm.form_of_harm).join(
                CaseFileHarm, col(CaseFileHarm.case_file_id) == col(StoredCaseFile.id)
            )
        )
        return set(rows)


@pytest.mark.both_in_trials
def test_imported_cases_take_what_they_involve_from_their_category(desk: Desk) -> None:
    take(desk, a_list(a_case(1), a_case(2, category=Category.MULTIPLE), a_case(3, category=None)))
    assert tags(desk) == {(reference(1), "neglect")}
    take(desk, a_list(a_case(1, category=Category.SEXUAL_ABUSE), a_case(2), a_case(3, category=None)))
    assert tags(desk) == {(reference(1), "neglect"), (reference(1), "sexual-abuse"), (reference(2), "neglect")}
    with desk.database.writing() as session:
        for tag in session.exec(select(CaseFileHarm)):
            session.delete(tag)
    # A case that is as it was before gets a tag that its category gives and that it does not have.
    take(desk, a_list(a_case(2), a_case(3, category=None)))
    assert tags(desk) == {(reference(2), "neglect")}


def retag(desk: Desk, number: int, *forms_of_harm: str) -> None:
    """What a lead does on the page of a case file."""
    lead = an_actor(desk.cast.lena)
    with desk.database.writing() as session:
        found = session.exec(select(CaseFile).where(col(CaseFile.reference) == reference(number))).one()
        case_files.change_case_file(
            session,
            case_file_id=found.id,
            team_id=found.team_id,
            status=found.status,
            age_band=found.age_band,
            forms_of_harm=forms_of_harm,
            version=found.version,
            by=lead,
        )


@pytest.mark.both_in_trials
def test_a_tag_that_a_lead_removed_is_not_put_back_by_a_later_list(desk: Desk) -> None:
    take(desk, a_list(a_case(1), a_case(2)))
    retag(desk, 1)
    assert tags(desk) == {(reference(2), "neglect")}
    later = a_list(a_case(1), a_case(2), a_case(3))
    with desk.database.reading() as session:
        effect = case_lists.effect_of(
            session, checked=case_lists.check_list(later, by=an_actor(desk.cast.lena)), by=an_actor(desk.cast.lena)
        )
    assert (effect.new, effect.changed, effect.same) == (1, 0, 2)
    take(desk, later)
    # Also when the list changes the case, and when its category changed in between.
    take(desk, a_list(a_case(1, status=CaseStatus.CLOSED)))
    take(desk, a_list(a_case(1, category=Category.SEXUAL_ABUSE)))
    take(desk, a_list(a_case(1)))
    kept = {(reference(2), "neglect"), (reference(3), "neglect")}
    assert tags(desk) == {*kept, (reference(1), "sexual-abuse")}
    # A lead who gives it again takes it back.
    retag(desk, 1, "neglect")
    take(desk, a_list(a_case(1), a_case(4)))
    assert tags(desk) == {*kept, (reference(1), "neglect"), (reference(4), "neglect")}


@pytest.mark.both_in_trials
def test_an_abandoned_list_leaves_no_tag(desk: Desk) -> None:
    take(desk, a_list(a_case(1, category=None)))
    taking = prepared(desk, a_list(a_case(1), a_case(2), a_case(3)))
    for _ in in_pieces(desk, taking):
        pass
    assert tags(desk) == {(reference(2), "neglect"), (reference(3), "neglect")}
    for piece in importing.give_up_pieces(taking):
        with desk.database.writing() as session:
            piece(session, an_actor(desk.cast.lena))
    assert tags(desk) == set()
