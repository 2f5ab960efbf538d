"""Case lists are taken in whole or not at all, and keep what was true on their day."""

import random
from dataclasses import replace
from datetime import date, timedelta

import pytest
from sqlmodel import col, func, select

from api.case_lists import actions as case_lists
from api.case_lists.teams import MAKE_A_TEAM
from api.foundation.problems import AlreadyExists, Invalid, NotAllowed
from api.people.teams import actions as teams
from checklists.case_list import CaseList as CaseListContent
from checklists.case_list import ListedCase
from checklists.cases import AgeBand, CaseStatus, Category
from checklists.privacy.references import reference_from
from models import CaseFile, CaseList, CaseListEntry, Event, Team, now
from models.storage.database import Database
from tests.factories import Cast, a_team, an_actor
from tests.importing import import_list

ON = date(2026, 9, 1)


def a_case(seed: int, **other: object) -> ListedCase:
    reference = reference_from(random.Random(seed).randbytes(10))
    case = ListedCase(reference, "North", CaseStatus.CHILD_IN_NEED, AgeBand.FROM_5_TO_9, Category.NEGLECT)
    return replace(case, **other)  # type: ignore[arg-type]


def a_list(*cases: ListedCase, on: date = ON, key_id: str = "1a2b3c4d") -> CaseListContent:
    return CaseListContent(on, key_id, "annex-a", cases or tuple(a_case(seed) for seed in range(5)))


def take(database: Database, cast: Cast, content: CaseListContent, **teams_of_list: object) -> CaseList:
    with database.writing() as session:
        lena = an_actor(cast.lena)
        checked = case_lists.check_list(content, by=lena)
        return import_list(session, checked=checked, teams=teams_of_list, by=lena)  # type: ignore[arg-type]


@pytest.mark.fast
@pytest.mark.both_databases
def test_a_list_makes_its_case_files_and_keeps_them_as_they_stood(database: Database, cast: Cast) -> None:
    north = a_team(database, cast.organisation, "North")
    first, second = a_case(1, started=date(2026, 3, 1), worker=reference_from(b"w" * 10)), a_case(2)
    made = take(database, cast, a_list(first, second))
    assert (made.cases, made.made) == (2, 2)
    with database.reading() as session:
        files = session.exec(select(CaseFile).order_by(col(CaseFile.id))).all()
        entries = session.exec(select(CaseListEntry)).all()
    assert [(file.reference, file.team_id, file.category, file.started_in) for file in files] == [
        (first.reference, north.id, Category.NEGLECT, date(2026, 3, 1)),
        (second.reference, north.id, Category.NEGLECT, None),
    ]
    assert {entry.reference for entry in entries} == {first.reference, second.reference}
    later = take(database, cast, a_list(replace(first, status=CaseStatus.CLOSED), on=ON + timedelta(days=30)))
    assert (later.cases, later.made) == (1, 0)
    with database.reading() as session:
        file = session.exec(select(CaseFile).where(col(CaseFile.reference) == first.reference)).one()
        entry = session.exec(select(CaseListEntry).where(col(CaseListEntry.case_list_id) == made.id)).first()
    assert (file.status, file.version) == (CaseStatus.CLOSED, 2)
    assert entry is not None
    assert entry.status == CaseStatus.CHILD_IN_NEED


def test_the_effect_is_told_before_anything_is_stored(database: Database, cast: Cast) -> None:
    a_team(database, cast.organisation, "North")
    take(database, cast, a_list(a_case(1), a_case(2), a_case(3)))
    lena = an_actor(cast.lena)
    next_list = a_list(a_case(1), a_case(2, age_band=AgeBand.FROM_10_TO_15), a_case(4, team="East"))
    with database.reading() as session:
        effect = case_lists.effect_of(session, checked=case_lists.check_list(next_list, by=lena), by=lena)
        assert session.execute(select(func.count()).select_from(CaseListEntry)).scalar_one() == 3
    assert (effect.new, effect.changed, effect.same, effect.absent) == (1, 1, 1, 1)
    assert [(team.name, team.cases, team.team_id is None) for team in effect.teams] == [
        ("East", 1, True),
        ("North", 2, False),
    ]


def test_a_team_that_is_not_known_is_asked_about_and_never_guessed(database: Database, cast: Cast) -> None:
    north = a_team(database, cast.organisation, "North")
    content = a_list(a_case(1, team="The North"), a_case(2, team="East"), a_case(3, team="EAST"))
    with pytest.raises(Invalid) as refused:
        take(database, cast, content)
    assert {fault.pointer for fault in refused.value.faults} == {f"/cases/{place}/team" for place in range(3)}
    take(database, cast, content, **{"The North": north.id, "East": MAKE_A_TEAM, "EAST": MAKE_A_TEAM})
    with database.reading() as session:
        names = session.exec(select(Team.name).where(col(Team.organisation_id) == cast.organisation.id)).all()
    assert sorted(name.casefold() for name in names) == ["east", "north"]


@pytest.mark.both_in_trials
def test_a_team_of_another_organisation_is_none(database: Database, cast: Cast) -> None:
    theirs = a_team(database, cast.elsewhere, "South")
    with pytest.raises(Invalid):
        take(database, cast, a_list(a_case(1, team="East")), East=theirs.id)


@pytest.mark.both_in_trials
def test_a_retired_team_of_the_list_is_not_made_again(database: Database, cast: Cast) -> None:
    north = a_team(database, cast.organisation, "North")
    with database.writing() as session:
        teams.retire_team(session, team_id=north.id, version=1, by=an_actor(cast.ada))
    with pytest.raises(Invalid, match="restore"):
        take(database, cast, a_list(), North=MAKE_A_TEAM)


@pytest.mark.both_databases
def test_the_same_list_is_taken_once_whatever_the_order_of_its_lines(database: Database, cast: Cast) -> None:
    a_team(database, cast.organisation, "North")
    content = a_list()
    take(database, cast, content)
    with pytest.raises(AlreadyExists):
        take(database, cast, replace(content, cases=content.cases[::-1]))


@pytest.mark.both_databases
def test_after_a_rotation_of_the_key_a_case_is_known_by_its_former_reference(database: Database, cast: Cast) -> None:
    a_team(database, cast.organisation, "North")
    before = a_case(1)
    take(database, cast, a_list(before))
    after = a_case(2, formerly=before.reference)
    made = take(database, cast, a_list(after, key_id="5e6f7a8b"))
    assert made.made == 0
    with database.reading() as session:
        (file,) = session.exec(select(CaseFile)).all()
        old, new = session.exec(select(CaseListEntry).order_by(col(CaseListEntry.case_list_id))).all()
    assert (file.reference, file.key_id) == (after.reference, "5e6f7a8b")
    assert (old.case_file_id, new.case_file_id) == (file.id, file.id)
    assert (old.reference, new.reference) == (before.reference, after.reference)


@pytest.mark.parametrize(
    ("broken", "pointer"),
    [
        ({"reference": "9434765919"}, "/cases/1/reference"),
        ({"reference": "AB-12-03-2019"}, "/cases/1/reference"),
        ({"worker": "Mo Jones"}, "/cases/1/worker"),
        ({"formerly": "x"}, "/cases/1/formerly"),
        ({"team": "  "}, "/cases/1/team"),
        ({"started": date(2026, 3, 2)}, "/cases/1/started"),
        ({"closed": date(2026, 3, 31)}, "/cases/1/closed"),
    ],
)
def test_a_line_that_might_tell_a_child_apart_refuses_the_whole_list(
    database: Database, cast: Cast, broken: dict[str, object], pointer: str
) -> None:
    a_team(database, cast.organisation, "North")
    with pytest.raises(Invalid) as refused:
        take(database, cast, a_list(a_case(1), a_case(2, **broken)))
    assert pointer in {fault.pointer for fault in refused.value.faults}
    assert all(str(value) not in fault.detail for fault in refused.value.faults for value in broken.values() if value)
    with database.reading() as session:
        assert session.exec(select(CaseFile)).first() is None


def test_a_reference_stands_on_a_list_once(database: Database, cast: Cast) -> None:
    a_team(database, cast.organisation, "North")
    for twice in (a_list(a_case(1), a_case(1)), a_list(a_case(1), a_case(2, formerly=a_case(1).reference))):
        with pytest.raises(Invalid, match="The case list was not imported"):
            take(database, cast, twice)


def test_a_list_of_tomorrow_or_of_nobody_is_refused(database: Database, cast: Cast) -> None:
    a_team(database, cast.organisation, "North")
    for content in (a_list(on=now().date() + timedelta(days=1)), replace(a_list(), cases=())):
        with pytest.raises(Invalid):
            take(database, cast, content)


def test_only_whoever_writes_case_files_takes_lists_in(database: Database, cast: Cast) -> None:
    with pytest.raises(NotAllowed):
        case_lists.check_list(a_list(), by=an_actor(cast.asha))


@pytest.mark.both_databases
def test_one_event_tells_of_a_whole_list(database: Database, cast: Cast) -> None:
    a_team(database, cast.organisation, "North")
    made = take(database, cast, a_list())
    with database.reading() as session:
        told = session.exec(select(Event.kind).where(col(Event.subject_id) == made.id)).all()
    assert list(told) == ["case-list.taken"]
