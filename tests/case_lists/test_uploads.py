"""An export passes through the server's memory, and leaves nothing of anybody behind; a hostile one leaves nothing."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlmodel import select

from models import CaseList, StoredCaseFile
from models.storage.database import Database, open_database
from tests.case_lists import planting
from tests.case_lists.exports import ON, TABLE_CHOICES
from tests.case_lists.planting import Gardener
from tests.case_lists.readers.hostile_files import HOSTILE_FILES
from tests.live import Server, a_ground, serving
from tests.uploading import Uploader, everything_stored

EXPORTS: dict[str, Callable[[Gardener], bytes]] = {
    "annex-a": planting.annex_a,
    "census": planting.cin_census,
    "return": planting.ssda903,
    "table": planting.table,
}
ANSWERS = {f"choice:{key}": f"={answer}" for key, answer in TABLE_CHOICES.items()}
SOME_HOSTILE = HOSTILE_FILES[:: len(HOSTILE_FILES) // 8]


@dataclass(frozen=True, slots=True)
class Place:
    server: Server
    database: Database
    uploader: Uploader
    folder: Path
    url: str

    def left_behind(self) -> dict[str, bytes | str]:
        """Everywhere that something could have been left: by name, what stands there."""
        own = [self.url.removeprefix("sqlite:///")] if self.url.startswith("sqlite") else []
        beside = [file for path in own for file in Path(path).parent.iterdir()]
        files = {str(file): file.read_bytes() for file in (*self.folder.rglob("*"), *beside) if file.is_file()}
        return files | {"the tables": everything_stored(self.database)}


@pytest.fixture(scope="module")
def place(shared_database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """A server whose logs, temporary files and, if it is one file, database lie in a folder that is watched."""
    folder = tmp_path_factory.mktemp("watched")
    (folder / "temporary").mkdir()
    database = open_database(shared_database_url)
    ground = a_ground(database)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TMPDIR", str(folder / "temporary"))
        with serving(shared_database_url, folder, forked=True) as server:
            yield Place(server, database, Uploader(server, database, ground, folder), folder, shared_database_url)
    database.close()


@pytest.mark.both_databases
def test_a_thousand_planted_identifiers_pass_through_the_page_and_none_is_left(place: Place) -> None:
    gardener = Gardener()
    replies = []
    for make in EXPORTS.values():
        looked = place.uploader.look(make(gardener), on=ON, **ANSWERS)
        assert looked.status == 200, looked.body[:2000]
        taken = place.uploader.take(looked)
        assert taken.status == 303, taken.body[:2000]
        replies += [looked.body, taken.body]
    with place.database.reading() as session:
        assert len(session.exec(select(CaseList)).all()) == len(EXPORTS)
    assert len(gardener.planted.texts) >= 1_000
    left = place.left_behind() | {f"reply {number}": body for number, body in enumerate(replies)}
    assert {where: found for where, what in left.items() if (found := gardener.planted.found_in(what))} == {}
    assert [*(place.folder / "temporary").iterdir()] == []


@pytest.mark.both_in_trials
def test_the_same_search_finds_one_identifier_that_is_let_through(place: Place) -> None:
    gardener = Gardener(seed=8)
    place.uploader.take(place.uploader.look(planting.annex_a(gardener), on=ON))
    assert gardener.planted.found_in(str(place.left_behind()["the tables"])) == set()
    name = gardener.name()
    with place.database.writing() as session:
        case_file = session.exec(select(StoredCaseFile)).first()
        assert case_file is not None
        session.add(case_file.sqlmodel_update({"worker": name[:32]}))
    assert gardener.planted.found_in(str(place.left_behind()["the tables"])) == {name}


@pytest.mark.both_in_trials
def test_what_cannot_be_read_is_refused_without_a_word_of_what_it_holds(place: Place) -> None:
    gardener = Gardener()
    damaged = planting.annex_a(gardener)[:-200]
    refused = place.uploader.look(damaged, on=ON)
    assert refused.status == 422
    assert gardener.planted.found_in(refused.body) == set()


@pytest.mark.both_in_trials
def test_hostile_files_are_refused_and_leave_nothing(place: Place) -> None:
    before = place.left_behind()["the tables"]
    for name, make in SOME_HOSTILE:
        refused = place.uploader.look(make(), on=ON)
        assert refused.status in {413, 422}, name
    assert place.server.client().send("GET", "/api/v1/health/live").status == 200
    assert place.left_behind()["the tables"] == before
    assert [*(place.folder / "temporary").iterdir()] == []
