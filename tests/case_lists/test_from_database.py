"""A case list straight from the database of the Standard Safeguarding Dataset: the same list as from its files."""

import csv
import io
import json
import stat
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import URL, Dialect, Engine, create_engine, event, make_url, text
from sqlalchemy.dialects import mssql
from typer.testing import CliRunner, Result

from api.case_lists.databases import reading
from api.case_lists.databases.reading import DRIVERS, database_of, export_of, statement_of
from api.case_lists.pseudonyms import key_file
from api.case_lists.pseudonyms.list_file import read_case_list
from api.case_lists.readers.formats.standard_dataset import TABLES
from api.cli import cli
from api.documents.reading.refusals import UnreadableError
from models.storage.sqlite_engine import sqlite_driver
from tests.case_lists import exports
from tests.case_lists.exports import ON

CHILDREN = 60
SCHEMA = "ssd_development"
# The tables as the dataset's specification defines them: names of columns, those of a time with a mark.
DEFINITIONS: Mapping[str, str] = {
    "ssd_person": """pers_legacy_id pers_person_id pers_upn pers_forename pers_surname pers_sex pers_gender
        pers_ethnicity pers_dob@ pers_single_unique_id pers_upn_unknown pers_send_flag pers_expected_dob@
        pers_death_date@ pers_is_mother pers_nationality""",
    "ssd_early_help_episodes": """earl_episode_id earl_person_id earl_episode_start_date@ earl_episode_end_date@
        earl_episode_reason earl_episode_end_reason earl_episode_organisation earl_episode_worker_id""",
    "ssd_cin_episodes": """cine_referral_id cine_person_id cine_referral_date@ cine_cin_primary_need_code
        cine_referral_source_code cine_referral_source_desc cine_referral_outcome_json cine_referral_nfa
        cine_close_reason cine_close_date@ cine_referral_team cine_referral_worker_id""",
    "ssd_cp_plans": """cppl_cp_plan_id cppl_referral_id cppl_icpc_id cppl_person_id cppl_cp_plan_start_date@
        cppl_cp_plan_end_date@ cppl_cp_plan_ola cppl_cp_plan_initial_category cppl_cp_plan_latest_category""",
    "ssd_cla_episodes": """clae_cla_episode_id clae_person_id clae_cla_placement_id clae_cla_episode_start_date@
        clae_cla_episode_start_reason clae_cla_primary_need_code clae_cla_episode_ceased@
        clae_cla_episode_ceased_reason clae_cla_id clae_referral_id clae_cla_last_iro_contact_date@
        clae_entered_care_date@""",
    "ssd_care_leavers": """clea_table_id clea_person_id clea_care_leaver_eligibility clea_care_leaver_in_touch
        clea_care_leaver_latest_contact@ clea_care_leaver_accommodation clea_care_leaver_accom_suitable
        clea_care_leaver_activity clea_pathway_plan_review_date@ clea_care_leaver_personal_advisor
        clea_care_leaver_allocated_team clea_care_leaver_worker_id""",
    "ssd_involvements": """invo_involvements_id invo_professional_id invo_professional_role_id invo_professional_team
        invo_person_id invo_involvement_start_date@ invo_involvement_end_date@ invo_worker_change_reason
        invo_referral_id""",
}
SECRET = "QXNAMEQX"
SQL_SERVER: Dialect = mssql.dialect()  # type: ignore[no-untyped-call]


@dataclass(frozen=True)
class CaseSystem:
    """A database of a case system, which a login that may only read can read."""

    address: str
    schema: str
    files: Mapping[str, bytes]
    owner: Engine


def columns_of(table: str) -> dict[str, bool]:
    """The columns of a table, and whether each is a time."""
    return {each.removesuffix("@"): each.endswith("@") for each in DEFINITIONS[table].split()}


def filled(owner: Engine, schema: str, files: Mapping[str, bytes]) -> None:
    """Make the tables, with what the files say of the same children, and a name in every other column of words."""
    of = f"{schema}." if schema else ""
    with owner.begin() as connection:
        if schema:
            connection.execute(text(f"CREATE SCHEMA {schema}"))
        for table in DEFINITIONS:
            columns = columns_of(table)
            defined = ", ".join(
                f"{name} {'timestamp' if is_time else 'varchar(255)'}" for name, is_time in columns.items()
            )
            connection.execute(text(f"CREATE TABLE {of}{table} ({defined})"))
            heads, *rows = csv.reader(io.StringIO(files[f"{table}.csv"].decode()))
            assert set(heads) <= columns.keys()
            for row in rows:
                said = dict.fromkeys((name for name, is_time in columns.items() if not is_time), SECRET)
                said |= dict(zip(heads, row, strict=True))
                values = {name: said[name] or None for name in columns if name in said}
                named = ", ".join(values)
                marks = ", ".join(f":{name}" for name in values)
                connection.execute(
                    text(f"INSERT INTO {of}{table} ({named}) VALUES ({marks})"),
                    {name: _as_time(value) if columns[name] else value for name, value in values.items()},
                )


def _as_time(value: str | None) -> str | datetime | None:
    return None if value is None else datetime.fromisoformat(value)


@pytest.fixture(params=["sqlite", "postgresql"])
def case_system(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[CaseSystem]:
    files = exports.standard_dataset(exports.made_children(CHILDREN))
    for table in TABLES:
        # A column that no file of a test has says nothing in the database either.
        heads, *rows = csv.reader(io.StringIO(files[f"{table}.csv"].decode()))
        read = dict.fromkeys(heading for of_field in TABLES[table].headings.values() for heading in of_field)
        more = [name for name in read if name in columns_of(table) and name not in heads]
        files[f"{table}.csv"] = exports.delimited([[*heads, *more], *([*row, *("" for _ in more)] for row in rows)])
    if request.param == "sqlite":
        file = tmp_path / "case system.db"
        owner = create_engine("sqlite://", creator=lambda: sqlite_driver().connect(file), module=sqlite_driver())
        filled(owner, "", files)
        file.chmod(0o400)
        yield CaseSystem(f"sqlite:///{file}", "", files, owner)
    else:
        cluster = request.getfixturevalue("postgres_cluster")
        name = f"case_system_{tmp_path.name}".replace("-", "_").lower()[:60]
        url = make_url(cluster.create(name)).set(drivername="postgresql+psycopg")
        owner = create_engine(url)
        filled(owner, SCHEMA, files)
        with owner.begin() as connection:
            reader = f"reader_{name}"[:60]
            connection.execute(text(f"CREATE ROLE {reader} LOGIN"))
            connection.execute(text(f"GRANT USAGE ON SCHEMA {SCHEMA} TO {reader}"))
            connection.execute(text(f"GRANT SELECT ON ALL TABLES IN SCHEMA {SCHEMA} TO {reader}"))
        address = url.set(drivername="postgresql", username=reader).render_as_string()
        yield CaseSystem(address, SCHEMA, files, owner)
    owner.dispose()


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of the council, where the commands run, with a key in it."""
    made = tmp_path / "council"
    made.mkdir()
    monkeypatch.chdir(made)
    key_file.create_key_file(made / "key.json", on=date(2026, 4, 1))
    return made


def run(*words: str, password: str = "") -> Result:
    environment = {"CASEAUDIT_DATABASE_URL": "sqlite:////nowhere/none.db", "COLUMNS": "300"}
    if password:
        environment["CASEAUDIT_CASE_SYSTEM_PASSWORD"] = password
    return CliRunner().invoke(cli, ["pseudonymise", *words, "--on", f"{ON}"], env=environment)


def test_the_list_from_the_database_is_the_list_from_its_files(case_system: CaseSystem, folder: Path) -> None:
    (folder / "files.zip").write_bytes(exports.zipped(case_system.files))
    done = run("files.zip", "--key", "key.json", "--out", "from-files.csv")
    assert done.exit_code == 0, done.output
    done = run("--from-database", case_system.address, "--key", "key.json", "--out", "from-database.csv")
    assert done.exit_code == 0, done.output
    ours = read_case_list((folder / "from-database.csv").read_bytes())
    differ = {*ours.cases} ^ {*read_case_list((folder / "from-files.csv").read_bytes()).cases}
    print(f"{len(ours.cases)} cases from the database, {len(differ)} differ from those of its files")
    assert len(ours.cases) == CHILDREN
    assert differ == set()
    assert "Standard Safeguarding Dataset" in done.stdout
    assert SECRET not in done.output


def test_only_columns_that_a_list_is_made_of_are_selected_and_nothing_is_written(case_system: CaseSystem) -> None:
    said: list[str] = []

    def note(_: Any, __: Any, statement: str, *___: Any) -> None:
        said.append(statement)

    event.listen(Engine, "before_cursor_execute", note)
    try:
        content = export_of(database_of(case_system.address), schema=case_system.schema)
    finally:
        event.remove(Engine, "before_cursor_execute", note)
    assert {statement.split()[0] for statement in said} <= {"SELECT", "SAVEPOINT", "RELEASE", "SET", "SHOW"}
    with zipfile.ZipFile(io.BytesIO(content)) as files:
        read = {name: files.read(name).decode() for name in files.namelist()}
    assert read.keys() == {f"{table}.csv" for table in TABLES}
    assert all(SECRET not in content for content in read.values())
    for table, part in TABLES.items():
        head = next(csv.reader(io.StringIO(read[f"{table}.csv"])))
        assert set(head) <= {heading for headings in part.headings.values() for heading in headings}


def test_a_table_that_is_missing_is_named_and_no_list_is_made_without_it(case_system: CaseSystem, folder: Path) -> None:
    where = f"{case_system.schema}.ssd_cp_plans" if case_system.schema else "ssd_cp_plans"
    if case_system.schema:
        with case_system.owner.begin() as connection:
            connection.execute(text(f"ALTER TABLE {where} RENAME TO put_away"))
    else:
        Path(make_url(case_system.address).database or "").chmod(0o600)
        with case_system.owner.begin() as connection:
            connection.execute(text(f"ALTER TABLE {where} RENAME TO put_away"))
    done = run("--from-database", case_system.address, "--key", "key.json")
    assert (done.exit_code, f"There is no table or view {where}" in done.stderr) == (1, True), done.output
    assert [it.name for it in folder.iterdir()] == ["key.json"]


def test_a_profile_makes_it_one_line_and_holds_no_secret(case_system: CaseSystem, folder: Path) -> None:
    (folder / "password").write_text("not asked for\n")
    (folder / "password").chmod(0o600)
    words = ("--from-database", case_system.address, "--key", "key.json", "--password-file", "password")
    done = run(*words, "--save-profile", "nightly.json", "--out", "first.csv")
    assert done.exit_code == 0, done.output
    saved = folder / "nightly.json"
    assert stat.S_IMODE(saved.stat().st_mode) == 0o600
    assert "not asked for" not in saved.read_text()
    assert json.loads(saved.read_text())["from_database"] == case_system.address
    done = run("--profile", "nightly.json", "--out", "second.csv")
    assert done.exit_code == 0, done.output
    assert (folder / "second.csv").read_bytes() == (folder / "first.csv").read_bytes()
    saved.write_text(saved.read_text().replace("caseaudit-profile/1", "another"))
    assert "is not a profile" in run("--profile", "nightly.json", "--out", "third.csv").stderr


@pytest.mark.parametrize(
    ("address", "says"),
    [
        ("postgresql://reader:secret@host/name", "has a password in it"),
        ("mysql://reader@host/name", "Enter the address of the database"),
        ("nonsense", "Enter the address of the database"),
        ("sqlite://", "Enter the address of the database"),
        ("sqlite:////nowhere/none.db", "The database cannot be read."),
        ("postgresql://reader@127.0.0.1:1/name", "The database cannot be read."),
        ("mssql://reader@host/name", "install the package mssql-python"),
    ],
)
def test_a_database_that_cannot_be_read_is_refused_in_a_sentence(folder: Path, address: str, says: str) -> None:
    done = run("--from-database", address, "--key", "key.json")
    assert (done.exit_code, says in done.stderr) == (1, True), done.output
    assert "secret" not in done.output
    assert [it.name for it in folder.iterdir()] == ["key.json"]


def test_it_is_either_files_or_a_database_and_always_a_key(folder: Path) -> None:
    assert "and not both" in run("x.csv", "--from-database", "sqlite:///x.db", "--key", "key.json").stderr
    assert "and not both" in run("--key", "key.json").stderr
    assert "Enter the key file" in run("--from-database", "sqlite:///x.db").stderr


def test_for_sql_server_its_own_dialect_compiles_every_statement() -> None:
    """The driver is not here: what would be sent to SQL Server is compared, and no server is asked."""
    url = database_of("mssql://reader@host/name?Encrypt=yes", "a secret")
    assert (url.drivername, url.password) == (DRIVERS["mssql"], "a secret")
    for table, part in TABLES.items():
        columns = [heading for headings in part.headings.values() for heading in headings]
        said = str(statement_of(table, columns, SCHEMA).compile(dialect=SQL_SERVER))
        assert " ".join(said.split()) == f"SELECT {', '.join(columns)} FROM {SCHEMA}.{table}"
    odd = str(statement_of("a table", ["a column"], "a schema").compile(dialect=SQL_SERVER))
    assert " ".join(odd.split()) == "SELECT [a column] FROM [a schema].[a table]"


def test_a_database_that_is_too_large_is_refused(case_system: CaseSystem, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "LARGEST_FILE", 2_000)
    with pytest.raises(UnreadableError, match="MB of values"):
        export_of(database_of(case_system.address), schema=case_system.schema)


def test_times_numbers_and_nothing_are_written_as_the_reader_reads_them() -> None:
    values = (datetime.fromisoformat("2026-03-01T12:30:00"), date(2026, 3, 1), None, 7_000_001, "0012")
    assert [reading._cell(value) for value in values] == ["2026-03-01T12:30:00", "2026-03-01", "", "7000001", "0012"]


def test_the_password_goes_into_the_connection_and_nowhere_else() -> None:
    url: URL = database_of("postgresql://reader@host/name", "p@ss word")
    assert url.password == "p@ss word"
    assert "p@ss" not in url.render_as_string()
