"""Everything of an organisation leaves as open files: all of it, as it is stored, without secrets or another's data."""

import base64
import gc
import io
import json
import re
import uuid
from collections.abc import Callable, Mapping
from datetime import date, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlmodel import SQLModel

from api.foundation import events
from api.foundation.key_files import key_at
from api.foundation.keys.database import open_own
from api.foundation.settings import Settings
from api.moving import describing, exporting, left_out
from api.moving.copying import copy_everything
from api.moving.exporting import CannotExportError, export_everything, exported_tables
from checklists.templates.template_file import read_template
from models import Event, Organisation
from models.storage.bulk import table_of
from models.storage.database import Database, open_database
from tests.desk import Desk, a_desk
from tests.moving.test_copying import an_empty_postgresql
from tests.whole_service.test_command_line import run

# A column with one of these in its name is left out, or named here with what it holds.
SUSPICIOUS = re.compile(r"secret|hash|sealed|password|token|key|code|digest|signature|signed|credential|fingerprint")
HARMLESS = {
    *(("access_request", "kind"), ("event", "token_id"), ("event", "hash"), ("trail", "hash"), ("token", "scopes")),
    *(("audit", "signature"), ("audit", "signed_at"), ("audit", "signed_by_id"), ("checkpoint", "signed")),
    *(("reopening", "voided_signature"), ("reopening", "signed_at"), ("reopening", "signed_by_id")),
    *(("case_file", "key_id"), ("case_file_change", "key_id"), ("case_list", "key_id"), ("case_list", "digest")),
    *(("characteristic", "key"), ("reading_choice", "key"), ("template", "key"), ("sample", "frame_hash")),
    *(("coded_passage", "code_id"), ("coded_passage", "coder_id"), ("coded_passage", "digest")),
    *(("finished_coding", "coder_id"), ("written_finding", "code_id"), ("web_session", "needs_second_factor")),
    *(("single_sign_on", "passwords"),),
}
READ_BACK: Mapping[str, Callable[[Any], Any]] = {
    "identifier": uuid.UUID,
    "time in UTC (ISO 8601)": datetime.fromisoformat,
    "day (ISO 8601)": date.fromisoformat,
    "bytes in base64": base64.b64decode,
}


def answered(desk: Desk) -> None:
    """What all tests here begin with: an audit with an answer."""
    desk.answer(desk.an_audit(), rationale="The plan of April – “the first” – was not reviewed.\nNor was that of May.")


def files_of(folder: Path) -> dict[str, bytes]:
    return {str(file.relative_to(folder)): file.read_bytes() for file in folder.rglob("*") if file.is_file()}


def own(desk: Desk) -> int:
    return desk.cast.organisation.id


def check_it_reads_back(database: Database, organisation_id: int, folder: Path) -> int:
    """Assert that every file has the rows of its table with their values; how many there are."""
    described = {table["table"]: table for table in json.loads((folder / "dictionary.json").read_text("utf-8"))}
    number = 0
    with database.engine.connect() as connection:
        for table in exported_tables():
            kinds = {each["column"]: each["kind"] for each in described[table.name]["columns"]}
            columns = [table.c[name] for name in kinds]
            owner = table.c.id if table.name == "organisation" else table.c.organisation_id
            stored = [
                dict(row) for row in connection.execute(select(*columns).where(owner == organisation_id)).mappings()
            ]
            lines = (folder / "data" / f"{table.name}.jsonl").read_text("utf-8").split("\n")[:-1]
            read = [
                {
                    name: value if value is None else READ_BACK.get(kinds[name], lambda same: same)(value)
                    for name, value in json.loads(line).items()
                }
                for line in lines
            ]
            assert sorted(map(repr, map(plainly, read))) == sorted(map(repr, map(plainly, stored))), table.name
            number += len(read)
    return number


def plainly(row: Mapping[str, Any]) -> dict[str, Any]:
    """Words of closed lists as texts, and bytes as bytes, to compare rows by."""
    return {
        name: bytes(value) if isinstance(value, memoryview) else str(value) if isinstance(value, str) else value
        for name, value in row.items()
    }


@pytest.mark.both_databases
def test_every_table_is_there_with_every_row_as_it_is_stored(database_url: str, tmp_path: Path) -> None:
    with a_desk(database_url, fill=answered) as desk:
        folder = tmp_path / "out"
        exported = export_everything(desk.database, folder, organisation_id=own(desk))
        assert check_it_reads_back(desk.database, own(desk), folder) == exported.rows > 30
        manifest = json.loads((folder / "manifest.json").read_text("utf-8"))
        assert {each["table"] for each in manifest["tables"]} | set(left_out.TABLES) == set(SQLModel.metadata.tables)
        with desk.database.engine.connect() as connection:
            events_stored = connection.execute(
                select(func.count()).select_from(table_of(Event)).filter_by(organisation_id=own(desk))
            ).scalar_one()
        assert {each["table"]: each["rows"] for each in manifest["tables"]}["event"] == events_stored > 5


def test_the_manifest_has_the_hash_of_every_file_but_its_own_and_texts_of_people(
    database_url: str, tmp_path: Path
) -> None:
    with a_desk(database_url, fill=answered) as desk:
        export_everything(desk.database, tmp_path / "out", organisation_id=own(desk))
    files = files_of(tmp_path / "out")
    manifest = json.loads(files["manifest.json"])
    listed = {each["file"]: each for each in (*manifest["tables"], *manifest["templates"])}
    assert set(files) == {*listed, "manifest.json", "dictionary.json", "README.txt"}
    for name, each in listed.items():
        assert (each["sha256"], each["size"]) == (sha256(files[name]).hexdigest(), len(files[name]))


def test_the_same_data_makes_the_same_files_on_both_databases(
    request: pytest.FixtureRequest, database_url: str, tmp_path: Path
) -> None:
    with a_desk(database_url, fill=answered) as desk:
        there = an_empty_postgresql(request, tmp_path)
        copy_everything(desk.database, there)
        copied = open_database(there)
        export_everything(desk.database, tmp_path / "here", organisation_id=own(desk))
        export_everything(copied, tmp_path / "there", organisation_id=own(desk))
        copied.close()
    here, others = files_of(tmp_path / "here"), files_of(tmp_path / "there")
    manifests = [json.loads(each.pop("manifest.json")) | {"made_at": ""} for each in (here, others)]
    assert here == others
    assert manifests[0] == manifests[1]


def test_no_secret_is_in_any_file_and_every_column_that_might_be_one_is_decided(
    database_url: str, tmp_path: Path
) -> None:
    with a_desk(database_url, fill=answered) as desk:
        export_everything(desk.database, tmp_path / "out", organisation_id=own(desk))
        with desk.database.engine.connect() as connection:
            secrets = [
                str(value)
                for table, name in left_out.COLUMNS
                for value in connection.execute(select(SQLModel.metadata.tables[table].c[name])).scalars()
                if isinstance(value, str) and len(value) > 20
            ]
    assert len(secrets) > 3
    everything = b"\n".join(files_of(tmp_path / "out").values())
    assert [secret for secret in secrets if secret.encode() in everything] == []
    open_ones = {
        (table.name, column.name)
        for table in exported_tables()
        for column in left_out.kept_columns(table)
        if SUSPICIOUS.search(column.name)
    }
    assert open_ones - HARMLESS == set(), "leave it out, or say that it is harmless"


def test_what_is_left_out_exists_and_is_said_in_the_index(database_url: str, tmp_path: Path) -> None:
    tables = SQLModel.metadata.tables
    assert set(left_out.TABLES) <= set(tables)
    assert [place for place in left_out.COLUMNS if place[1] not in tables[place[0]].c] == []
    with a_desk(database_url) as desk:
        export_everything(desk.database, tmp_path / "out", organisation_id=own(desk))
    index = (tmp_path / "out" / "README.txt").read_text("utf-8")
    for table, why in left_out.TABLES.items():
        assert f"  {table}: {why}" in index
    for (table, column), why in left_out.COLUMNS.items():
        assert f"  {table}, column {column}: {why}" in index
    assert all(f"  {table.name} (" in index for table in exported_tables())
    assert ": \n" not in index, "every model says what a row is"


def test_nothing_of_another_organisation_is_there(database_url: str, tmp_path: Path) -> None:
    with a_desk(database_url, fill=answered) as desk:
        export_everything(desk.database, tmp_path / "out", organisation_id=own(desk))
        everything = b"\n".join(files_of(tmp_path / "out").values())
        assert desk.cast.lena.email.encode() in everything
        assert desk.cast.omar.email.encode() not in everything
        assert json.loads(files_of(tmp_path / "out")["data/organisation.jsonl"])["id"] == own(desk)


def test_each_template_can_be_imported_again(database_url: str, tmp_path: Path) -> None:
    with a_desk(database_url) as desk:
        exported = export_everything(desk.database, tmp_path / "out", organisation_id=own(desk))
        assert len(exported.templates) >= 1
        for file in exported.templates:
            content = (tmp_path / "out" / file.file).read_bytes()
            assert read_template(content, kind="json").key in file.file


def test_a_folder_that_is_not_empty_is_refused_and_stays_as_it_was(database_url: str, tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    with a_desk(database_url) as desk, pytest.raises(CannotExportError, match="not empty"):
        export_everything(desk.database, tmp_path, organisation_id=own(desk))
    assert [each.name for each in tmp_path.iterdir() if each.suffix == ".txt"] == ["notes.txt"]
    assert not (tmp_path / "manifest.json").exists()


def test_an_export_that_fails_leaves_no_file(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_: object) -> str:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(describing, "dictionary", full)
    with a_desk(database_url) as desk, pytest.raises(CannotExportError, match="No space left"):
        export_everything(desk.database, tmp_path / "out", organisation_id=own(desk))
    assert list((tmp_path / "out").iterdir()) == []


def test_on_a_full_disk_nothing_else_is_said_and_no_file_is_left(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    class Full(io.BytesIO):
        def write(self, _: object) -> int:
            raise OSError(28, "No space left on device")

    opened = Path.open
    monkeypatch.setattr(exporting, "ROWS_AT_ONCE", 1)  # so that rows are left to read
    with a_desk(database_url, fill=answered) as desk, monkeypatch.context() as patch:
        patch.setattr(Path, "open", lambda self, *how: Full() if self.name == "event.jsonl" else opened(self, *how))
        with pytest.raises(CannotExportError, match="Nothing was exported: No space left on device") as told:
            export_everything(desk.database, tmp_path / "out", organisation_id=own(desk))
    del told  # and what it held, after the database was closed
    gc.collect()
    assert caplog.text == ""
    assert list((tmp_path / "out").iterdir()) == []


def test_rows_are_read_a_few_at_a_time(database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As many rows as there are at once make the same files."""
    with a_desk(database_url, fill=answered) as desk:
        export_everything(desk.database, tmp_path / "many", organisation_id=own(desk))
        monkeypatch.setattr(exporting, "ROWS_AT_ONCE", 1)
        export_everything(desk.database, tmp_path / "one", organisation_id=own(desk))
    many, one = files_of(tmp_path / "many"), files_of(tmp_path / "one")
    assert {name: many[name] for name in many if name != "manifest.json"} == {
        name: one[name] for name in one if name != "manifest.json"
    }


def test_the_command_writes_the_files_for_their_owner_alone_and_the_trail_says_so(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'here.db'}"
    assert run("migrate", url=url).returncode == 0
    refused = run("export-everything", "--to", str(tmp_path / "out"), url=url)
    assert (refused.returncode, "There is no key at" in refused.stderr) == (1, True)
    key_at(Settings(database_url=url).trail_key_path)
    missing = run("export-everything", "--to", str(tmp_path / "out"), url=url)
    assert (missing.returncode, "Traceback" in missing.stderr) == (1, False)
    database = open_own(Settings(database_url=url))
    with database.writing() as session:
        session.add(Organisation(name="Northshire"))
        session.flush()
        session.add(Organisation(name="Southshire"))
    several = run("export-everything", "--to", str(tmp_path / "out"), url=url)
    assert (several.returncode, "--organisation" in several.stderr) == (1, True)
    done = run("export-everything", "--to", str(tmp_path / "out"), "--organisation", "Northshire", url=url)
    assert (done.returncode, done.stderr) == (0, "")
    assert all(file.stat().st_mode & 0o077 == 0 for file in (tmp_path / "out").rglob("*"))
    again = run("export-everything", "--to", str(tmp_path / "out"), "--organisation", "Northshire", url=url)
    assert (again.returncode, "is not empty" in again.stderr) == (1, True)
    with database.engine.connect() as connection:
        recorded = connection.execute(select(table_of(Event).c.kind, table_of(Event).c.subject_id)).all()
    assert [tuple(row) for row in recorded] == [("organisation.exported", events.THE_ORGANISATION)]
    exported = [json.loads(line)["kind"] for line in (tmp_path / "out/data/event.jsonl").read_text().splitlines()]
    assert exported == ["organisation.exported"]
    database.close()
