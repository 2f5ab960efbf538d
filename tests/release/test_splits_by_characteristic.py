"""A snapshot is split by characteristics of cases only where a lead chose that, and then under disclosure control."""

import json
import uuid
from dataclasses import replace

import pytest
from sqlmodel import col, select

from api.case_files.characteristics import actions as characteristics
from api.case_files.characteristics.actions import NewCharacteristic
from api.foundation.problems import Invalid
from api.release.snapshots import actions as snapshots
from api.release.snapshots.actions import NewSnapshot
from api.release.snapshots.document import OF_CHARACTERISTICS
from api.release.snapshots.queries import read_released
from checklists.characteristics import CaseGroup
from models import Audit, Event, Snapshot, SnapshotAudit
from tests.client import Client
from tests.desk import Desk
from tests.factories import an_actor
from tests.filling import Filled, fill_round, teams_of
from tests.page_forms import SeenPage
from tests.writing_times import filling_for_a_test

SEX = NewCharacteristic("Zsex", (), (CaseGroup("zgirl", "Zgirl"), CaseGroup("zboy", "Zboy")))
APPLIES = {"outstanding", "good", "requires-improvement", "inadequate", "not-evidenced"}
BELOW = {"requires-improvement", "inadequate", "not-evidenced"}
BY_SEX = "characteristic:zsex"


def add(desk: Desk, *new: NewCharacteristic) -> None:
    with desk.database.writing() as session:
        for each in new:
            characteristics.add_characteristic(session, new=each, by=an_actor(desk.cast.lena))


def cases_in(desk: Desk) -> list[uuid.UUID]:
    """The cases of the round in the order in which their audits were recorded."""
    with desk.database.reading() as session:
        return list(session.exec(select(Audit.case_file_id).order_by(col(Audit.id))))


def put_in_groups(desk: Desk, cases: list[uuid.UUID], groups: list[str], *, version: int = 1) -> None:
    lena = an_actor(desk.cast.lena)
    with filling_for_a_test(), desk.database.writing() as session:
        for case, group in zip(cases, groups, strict=True):
            if group:
                given = {"zsex": group}
                characteristics.set_groups(session, case_file_id=case, groups=given, version=version, by=lena)


def fill(desk: Desk, audits: int, seed: int) -> list[tuple[Filled, str]]:
    """New audits with the group of the case: every third of it is not known."""
    before = len(cases_in(desk))
    said = fill_round(desk, teams_of(desk), audits=audits, seed=seed)
    groups = [("zgirl", "zboy", "")[at % 3] for at in range(audits)]
    put_in_groups(desk, cases_in(desk)[before:], groups)
    return list(zip(said, groups, strict=True))


def make(desk: Desk, *keys: str, as_before: bool = False) -> Snapshot:
    with desk.database.writing() as session:
        new = NewSnapshot("For the board", characteristics=None if as_before else keys)
        return snapshots.make_snapshot(session, round_id=desk.round_id, snapshot=new, by=an_actor(desk.cast.lena))


@pytest.mark.both_databases
def test_every_group_is_within_the_stated_number_of_the_truth_alone_and_with_a_status(desk: Desk) -> None:
    add(desk, SEX)
    filled = fill(desk, 120, seed=1)
    snapshot = make(desk, "zsex")
    with desk.database.reading() as session:
        report = read_released(session, snapshot)
        event = session.exec(select(Event).where(Event.kind == "snapshot.made")).one()
    assert json.loads(event.details)["characteristics"] == "zsex"
    cells = [filters for filters in report.lattice.groups if BY_SEX in dict(filters)]
    assert ((BY_SEX, "zgirl"),) in cells
    assert (("status", "child-in-need"), (BY_SEX, "zboy")) in cells
    exact = shown = 0
    for filters in cells:
        wanted = dict(filters)
        inside = [
            said
            for said, group in filled
            if group == wanted[BY_SEX] and wanted.get("status", said.status.value) == said.status.value
        ]
        if set(wanted) - {BY_SEX, "status"}:
            continue
        group = report.lattice.groups[filters]
        assert group.audits is None
        for theme, released in report.themes(group).items():
            answers = [said.answers[theme] for said in inside]
            applicable, below = sum(each in APPLIES for each in answers), sum(each in BELOW for each in answers)
            possible = report.possible(group, released)
            assert possible.applicable.least <= applicable <= possible.applicable.most
            assert possible.below.least <= below <= possible.below.most
            shown += released.applicable is not None
            exact += (released.applicable, released.below) == (applicable, below)
    assert shown > 0
    assert exact < shown


def test_a_snapshot_for_which_nothing_was_chosen_has_nothing_of_them(desk: Desk, lena: Client) -> None:
    add(desk, SEX)
    fill(desk, 60, seed=2)
    path = f"/snapshots/{make(desk).id}"
    answers = [lena.get(path), lena.get(f"/api/v1{path}/report"), *(lena.get(f"{path}/report.{k}") for k in ("csv",))]
    for answer in answers:
        assert answer.status_code == 200
        assert "zsex" not in answer.text.lower()
        assert "zgirl" not in answer.text.lower()
    refused = lena.get(f"/api/v1{path}/report", params={BY_SEX: "zgirl"})
    assert refused.status_code == 422


@pytest.mark.fast
@pytest.mark.both_databases
def test_a_lead_chooses_on_the_form_and_the_page_and_files_show_the_groups(desk: Desk, lena: Client) -> None:
    add(desk, SEX)
    fill(desk, 90, seed=3)
    seen = SeenPage(lena.get(f"/rounds/{desk.round_id}/snapshot"))
    assert "Characteristics are not part of a snapshot unless you select them." in seen.words
    made = lena.post(f"/rounds/{desk.round_id}/snapshot", data=seen.form("/snapshot") | {"characteristics": "zsex"})
    assert made.status_code == 303
    path = made.headers["location"]
    page = SeenPage(lena.get(path))
    assert "By zsex" in page.words
    assert OF_CHARACTERISTICS in page.words
    part = SeenPage(lena.get(path, params={BY_SEX: "zgirl", "mode": "observation"}))
    assert "Filtered: only audit method" in part.words
    assert "and zsex Zgirl." in part.words
    assert "Zgirl" in lena.get(f"{path}/report.csv").text
    for kind in ("pdf", "docx", "xlsx"):
        assert lena.get(f"{path}/report.{kind}").status_code == 200
    again = SeenPage(lena.get(f"/rounds/{desk.round_id}/snapshot"))
    assert "split by characteristics of cases, as the earlier snapshot is: Zsex." in again.words


@pytest.mark.both_databases
def test_all_snapshots_of_a_round_are_split_alike_also_when_cases_change_their_group(desk: Desk, lena: Client) -> None:
    add(desk, SEX, replace(SEX, title="Zplacement"))
    fill(desk, 40, seed=4)
    make(desk, "zsex")
    put_in_groups(desk, cases_in(desk)[:1], ["zboy"], version=2)
    fill(desk, 12, seed=5)
    for other in ((), ("zplacement",), ("zsex", "zplacement")):
        with pytest.raises(Invalid, match="Select the same characteristics as in the earlier snapshot"):
            make(desk, *other)
    body = {"round_id": str(desk.round_id), "title": "For the board", "characteristics": []}
    refused = lena.post("/api/v1/snapshots", json=body, headers={"Idempotency-Key": "one"})
    assert refused.status_code == 422
    assert refused.json()["errors"][0]["pointer"] == "/characteristics"
    with desk.database.writing() as session:
        lena_acts = an_actor(desk.cast.lena)
        characteristics.change_characteristic(session, key="zsex", new=SEX, active=False, version=1, by=lena_acts)
    second = make(desk, as_before=True)
    assert second.within == 3
    with desk.database.reading() as session:
        report = read_released(session, second)
        counted = dict[uuid.UUID, list[tuple[str | None, str | None]]]()
        for each in session.exec(select(SnapshotAudit)):
            counted.setdefault(each.audit_id, []).append((each.bands, each.copied))
    assert [split.label for split in report.splits if split.is_characteristic] == ["Zsex"]
    # Also the audit whose case is in another group now: it is in the group, and has the letters, of the first copy.
    twice = [each for each in counted.values() if len(each) == 2]
    assert len(twice) == 40
    assert all(first == second for first, second in twice)


def test_a_snapshot_is_never_split_by_what_was_not_chosen_for_the_first_one(desk: Desk) -> None:
    add(desk, SEX)
    fill(desk, 40, seed=6)
    make(desk)
    fill(desk, 12, seed=7)
    with pytest.raises(Invalid, match="Select the same characteristics"):
        make(desk, "zsex")
    with desk.database.reading() as session:
        assert read_released(session, make(desk, as_before=True)).characteristics == {}


@pytest.mark.parametrize(
    ("keys", "words"),
    [
        (("nothing",), "Select only characteristics that are in use"),
        (("zsex", "za", "zb"), "Select no more than 2 characteristics"),
    ],
)
def test_what_cannot_be_chosen_is_refused_beside_the_choice(
    desk: Desk, lena: Client, keys: tuple[str, ...], words: str
) -> None:
    add(desk, SEX, replace(SEX, title="Za"), replace(SEX, title="Zb"))
    fill(desk, 12, seed=8)
    form = SeenPage(lena.get(f"/rounds/{desk.round_id}/snapshot")).form("/snapshot")
    page = lena.post(f"/rounds/{desk.round_id}/snapshot", data=form | {"characteristics": list(keys)})
    assert page.status_code == 422
    assert 'id="characteristics-error"' in page.text
    assert words in SeenPage(page).words
    with desk.database.reading() as session:
        assert session.exec(select(Snapshot)).all() == []
