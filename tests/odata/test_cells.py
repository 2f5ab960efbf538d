"""The released cells in the feed are what the snapshots show, and nothing else."""

from collections.abc import Iterator

import pytest
from sqlmodel import Session

from api.release.snapshots import actions as snapshots
from api.release.snapshots.actions import NewSnapshot
from api.release.snapshots.queries import ReleasedReport, read_released
from checklists.release.disclosure import Released, ReleasedGroup
from models import Snapshot
from tests.client import Client
from tests.desk import Desk, a_desk
from tests.factories import an_actor
from tests.filling import fill_round, teams_of
from tests.odata.feed import RELEASED, a_feed, ask, pages, rows


def two_snapshots(desk: Desk) -> None:
    teams = teams_of(desk, "South locality")
    lena = an_actor(desk.cast.lena)
    for seed in (1, 2):
        fill_round(desk, teams, audits=30, seed=seed)
        with desk.database.writing() as session:
            new = NewSnapshot(f"For board {seed}")
            snapshots.make_snapshot(session, round_id=desk.round_id, snapshot=new, by=lena)


@pytest.fixture
def desk(database_url: str) -> Iterator[Desk]:
    with a_desk(database_url, fill=two_snapshots) as made:
        yield made


@pytest.fixture
def feed(desk: Desk) -> Client:
    return a_feed(desk, desk.cast.asha, RELEASED)


def reports(desk: Desk, session: Session) -> list[tuple[Snapshot, ReleasedReport]]:
    made = snapshots.newest_first(session, limit=10, by=an_actor(desk.cast.asha))
    return [(snapshot, read_released(session, snapshot)) for snapshot in reversed(made)]


def overall_of(report: ReleasedReport, group: ReleasedGroup) -> Released:
    shown = report.overall(group)
    assert shown is not None
    return shown


@pytest.mark.both_databases
def test_every_released_cell_is_in_the_feed_and_what_is_hidden_is_empty(desk: Desk, feed: Client) -> None:
    found = rows(feed, "Cells")
    with desk.database.reading() as session:
        wanted = [
            (
                *(str(snapshot.id), snapshot.title, tuple(filters), group.audits, key),
                *(shown.applicable, shown.below, None if shown.share_meeting is None else float(shown.share_meeting)),
            )
            for snapshot, report in reports(desk, session)
            for filters, group in report.lattice.groups.items()
            for key, shown in [*report.themes(group).items(), ("overall-judgement", overall_of(report, group))]
        ]
    assert [
        (
            *(row["SnapshotId"], row["Snapshot"]),
            tuple((row[f"Breakdown{at}"], row[f"Group{at}"]) for at in (1, 2) if row[f"Breakdown{at}"] is not None),
            *(row["Audits"], row["ThemeKey"], row["Applicable"], row["Below"], row["ShareMeeting"]),
        )
        for row in found
    ] == wanted
    assert all(row["Hidden"] == (row["Below"] is None) for row in found)
    assert {row["Hidden"] for row in found} == {True, False}
    assert all(row["Smallest"] == 10 and row["Within"] >= 2 for row in found)
    assert ask(feed, "Cells/$count").text == str(len(wanted))


@pytest.mark.both_databases
def test_pages_of_cells_go_from_one_snapshot_to_the_next(feed: Client) -> None:
    every = rows(feed, "Cells")
    in_pages = list(pages(feed, "Cells", 700))
    assert [row for page in in_pages for row in page] == every
    assert len({row["SnapshotId"] for row in every}) == 2
    first = sum(row["SnapshotId"] == every[0]["SnapshotId"] for row in every)
    for skip in (first - 7, first, first + 3, len(every)):
        assert rows(feed, "Cells", skip=str(skip), top="10") == every[skip : skip + 10]
    assert rows(feed, "Cells", skip=str(first - 7)) == every[first - 7 :]
    whole = [row for row in every if row["Breakdown1"] is None]
    assert rows(feed, "Cells", filter="Breakdown1 eq null") == whole
    assert ask(feed, "Cells", filter="Breakdown1 eq null", count="true").json()["@odata.count"] == len(whole)
    assert rows(feed, "Cells", filter="Breakdown1 eq null", skip="6") == whole[6:]
