"""The doctor finds what an operator set up wrong, says what to do, and finds nothing where all is well."""

import os
import socket
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import time_machine
from sqlalchemy import make_url, text
from typer.testing import CliRunner

from api.cli import cli
from api.doctor import database as looking_at_database
from api.doctor import looking
from api.doctor.database import look_at_database, of_connection, of_storing
from api.foundation.health.findings import Finding, State
from api.foundation.outgoing.targets import Host
from api.foundation.settings import Settings
from api.moving.encrypting import encrypt
from api.trail.checkpoint_signer import CheckpointSigner
from models import now
from models.evidence.guards import drop_guards
from models.storage import row_security
from models.storage.database import Database, open_database
from models.storage.encryption.rewriting import unfinished_copy
from tests.cast import Site
from tests.factories import Cast
from tests.mail_server import a_mail_server
from tests.site_in_browser import served

RECIPIENT = "age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p"


@pytest.fixture(autouse=True)
def settings_of_the_test(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in [name for name in os.environ if name.startswith("CASEAUDIT_")]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)


def states(found: Iterator[Finding]) -> dict[str, State]:
    return {each.about: each.state for each in found}


def the(found: Iterator[Finding], about: str) -> Finding:
    (one,) = [each for each in found if each.about == about]
    return one


def test_whatever_is_not_good_says_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CASEAUDIT_DATABASE_URL", f"sqlite:///{tmp_path / 'none.sqlite3'}")
    monkeypatch.setenv("CASEAUDIT_PORTT", "80")
    settings, found = looking.read_settings()
    assert settings is not None
    every = [
        *found,
        *look_at_database(settings),
        *looking.look_at_keys(settings),
        *looking.look_at_mail(settings),
        *looking.look_at_proxy(settings),
        *looking.look_at_backups(settings),
    ]
    assert {each.about for each in every if each.state is State.LOOK} >= {"settings", "database", "mail", "backups"}
    assert all(bool(each.to_do) == (each.state is not State.GOOD) for each in every)
    assert "CASEAUDIT_PORTT" in found[0].said


def test_a_setting_that_cannot_be_used_is_named_without_its_value(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CASEAUDIT_SMTP_PORT", "secret-value")
    settings, found = looking.read_settings()
    assert settings is None
    assert "CASEAUDIT_SMTP_PORT" in found[0].said
    assert "secret-value" not in found[0].said


@pytest.mark.both_databases
def test_a_database_that_is_up_to_date_is_good_and_a_missing_guard_is_wrong(database_url: str) -> None:
    settings = Settings(database_url=database_url)
    found = states(look_at_database(settings))
    assert found["database"] is found["guards"] is found["clock"] is State.GOOD
    opened = open_database(database_url)
    with opened.engine.execution_options(writes=True).begin() as connection:
        drop_guards(connection)
    opened.close()
    assert states(look_at_database(settings))["guards"] is State.WRONG


@pytest.mark.both_databases
def test_an_older_and_a_newer_database_are_told_apart(database_url: str) -> None:
    settings = Settings(database_url=database_url)
    for revision, words in (("access_on_the_host", "older migration"), ("of_the_future", "newer version")):
        opened = open_database(database_url)
        with opened.engine.execution_options(writes=True).begin() as connection:
            connection.execute(text("UPDATE alembic_version SET version_num = :new"), {"new": revision})
        opened.close()
        (found,) = look_at_database(settings)
        assert (found.state, words in found.said) == (State.WRONG, True)


def test_a_server_that_is_away_is_wrong_and_its_password_is_not_told() -> None:
    settings = Settings(database_url="postgresql://someone:pass-word@127.0.0.1:9/none")
    (found,) = look_at_database(settings)
    assert found.state is State.WRONG
    assert "pass-word" not in found.said + found.to_do


@pytest.mark.parametrize("database_kind", ["postgresql"], indirect=True, scope="session")
def test_a_role_that_may_change_events_is_told(database_url: str) -> None:
    found = the(look_at_database(Settings(database_url=database_url)), "rights in the database")
    assert (found.state, "superuser" in found.said) == (State.LOOK, True)


@pytest.mark.parametrize("database_kind", ["postgresql"], indirect=True, scope="session")
def test_a_database_that_confirms_what_it_has_not_stored_is_wrong(database_url: str) -> None:
    """The server of the tests is quick rather than durable."""
    found = the(look_at_database(Settings(database_url=database_url)), "storing")
    assert (found.state, "fsync and synchronous_commit and full_page_writes off" in found.said) == (State.WRONG, True)


@pytest.mark.parametrize(
    ("off", "state"), [("fsync", State.WRONG), ("synchronous_commit", State.WRONG), ("", State.GOOD)]
)
def test_one_setting_without_which_audits_can_be_lost_is_enough_to_be_wrong(off: str, state: State) -> None:
    settings = {"fsync": "on", "synchronous_commit": "remote_apply", "full_page_writes": "on"}
    found = of_storing(settings | ({off: "off"} if off else {}))
    assert (found.state, off in found.said) == (state, True)


@pytest.mark.parametrize("database_kind", ["postgresql"], indirect=True, scope="session")
def test_separation_of_organisations_is_asked_for_where_there_are_several_and_checked_where_it_is_on(
    database: Database, cast: Cast, database_url: str
) -> None:
    def looked() -> list[Finding]:
        found = look_at_database(Settings(database_url=database_url))
        return [each for each in found if each.about == "separation of organisations"]

    assert cast.elsewhere.id != cast.organisation.id
    (off,) = looked()
    assert (off.state, "separate-organisations" in off.to_do) == (State.LOOK, True)
    with database.engine.execution_options(writes=True).begin() as connection:
        row_security.switch_on(connection)
    (of_superuser,) = looked()
    assert (of_superuser.state, "not subject" in of_superuser.said) == (State.WRONG, True)
    through = the(look_at_database(Settings(database_url=database_url, pgbouncer_url=database_url)), "PgBouncer")
    assert (through.state, "not subject" in through.said) == (State.WRONG, True)
    with database.engine.execution_options(writes=True).begin() as connection:
        connection.execute(text("ALTER TABLE team DISABLE ROW LEVEL SECURITY"))
    (partly,) = looked()
    assert (partly.state, "team" in partly.said) == (State.WRONG, True)


def test_an_event_of_the_future_says_that_the_clock_is_wrong(database: Database, cast: Cast, database_url: str) -> None:
    assert cast.organisation.name
    with database.engine.execution_options(writes=True).begin() as connection:
        drop_guards(connection)
        connection.execute(text("DROP TRIGGER event_refuses_update"))
        later = (now() + timedelta(days=1)).strftime("%Y-%m-%d %H:%M:%S.%f")
        connection.execute(text("UPDATE event SET at = :later"), {"later": later})
    assert the(look_at_database(Settings(database_url=database_url)), "clock").state is State.WRONG


@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)  # PostgreSQL's clock is the right one here
def test_a_year_in_which_nobody_used_the_service_is_doubted(cast: Cast, database_url: str) -> None:
    assert cast.organisation.name
    for days, state in ((36, State.GOOD), (365, State.LOOK)):
        with time_machine.travel(now() + timedelta(days=days)):
            assert the(look_at_database(Settings(database_url=database_url)), "clock").state is state


def test_a_database_that_is_not_encrypted_is_told_with_the_command_that_encrypts_it(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = Settings(database_url=database_url)
    found = the(look_at_database(settings), "encryption")
    assert (found.state, "caseaudit encrypt-database" in found.to_do) == (State.LOOK, True)
    with monkeypatch.context() as patch:
        patch.setattr(looking_at_database, "can_encrypt", lambda: False)
        without = the(look_at_database(settings), "encryption")
        assert (without.state, "no sqlcipher3" in without.said) == (State.LOOK, True)
    encrypt(settings)
    assert the(look_at_database(settings), "encryption").state is State.GOOD
    assert the(looking.look_at_keys(settings), "database key").state is State.GOOD
    left = unfinished_copy(Path(database_url.removeprefix("sqlite:///")))
    left.touch()
    assert the(look_at_database(settings), "encryption").state is State.WRONG
    left.unlink()
    settings.database_key_path.chmod(0o644)
    (refused,) = look_at_database(settings)
    assert (refused.about, refused.state, "chmod 600" in refused.said) == ("encryption", State.WRONG, True)
    settings.database_key_path.unlink()
    (lost,) = look_at_database(settings)
    assert (lost.state, "there is no key at" in lost.said) == (State.WRONG, True)


@pytest.mark.parametrize(
    ("host", "is_encrypted", "mode", "state"),
    [
        ("/run/postgresql", False, "", State.GOOD),
        ("127.0.0.1", False, "", State.GOOD),
        ("::1", False, "disable", State.GOOD),
        ("db.example.org", False, "", State.WRONG),
        ("10.0.0.5", False, "prefer", State.WRONG),
        ("db.example.org", True, "", State.WRONG),
        ("db.example.org", True, "require", State.WRONG),
        ("db.example.org", True, "verify-ca", State.LOOK),
        ("db.example.org", True, "verify-full", State.GOOD),
    ],
)
def test_only_a_connection_that_is_encrypted_to_a_server_whose_name_is_checked_is_good(
    host: str, is_encrypted: bool, mode: str, state: State
) -> None:
    found = of_connection(host=host, is_encrypted=is_encrypted, mode=mode)
    assert found.state is state
    assert ("sslmode=verify-full" in found.to_do) is (state is not State.GOOD)


@pytest.mark.parametrize("database_kind", ["postgresql"], indirect=True, scope="session")
def test_what_the_connection_to_postgresql_does_is_asked_of_the_driver(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So wherever the host and the mode come from: the address, its options or the environment."""
    asked: list[dict[str, object]] = []

    def ask(**given: Any) -> Finding:
        asked.append(given)
        return of_connection(**given)

    monkeypatch.setattr(looking_at_database, "of_connection", ask)
    monkeypatch.setenv("PGSSLMODE", "allow")
    found = the(look_at_database(Settings(database_url=database_url)), "connection to the database")
    assert found.state is State.GOOD
    assert asked == [{"host": make_url(database_url).query["host"], "is_encrypted": False, "mode": "allow"}]


def test_keys_that_others_can_read_are_told(database_url: str) -> None:
    settings = Settings(database_url=database_url)
    CheckpointSigner.of(settings)
    settings.trail_key_path.chmod(0o600)
    assert the(looking.look_at_keys(settings), "trail key").state is State.GOOD
    settings.trail_key_path.chmod(0o644)
    found = the(looking.look_at_keys(settings), "trail key")
    assert (found.state, "chmod 600" in found.to_do) == (State.LOOK, True)


@pytest.mark.parametrize(
    ("platform", "said"),
    [
        ("linux", {"system": State.GOOD}),
        ("darwin", {"system": State.LOOK}),
        ("win32", {"system": State.LOOK, "rights of files": State.LOOK}),
    ],
)
def test_what_does_not_hold_on_another_system_is_told(
    platform: str, said: dict[str, State], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(looking, "sys", SimpleNamespace(platform=platform))
    assert states(looking.look_at_system(Settings())) == said


def test_mail_that_answers_is_good_and_no_email_is_sent() -> None:
    with a_mail_server() as server:
        assert the(looking.look_at_mail(server.settings), "mail").state is State.GOOD
        away = server.settings.model_copy(update={"smtp_port": 9})
        assert the(looking.look_at_mail(away), "mail").state is State.WRONG
        assert not server.messages


def test_a_proxy_that_answers_with_our_headers_is_good(site: Site) -> None:
    with served(site.database) as address:
        settings = Settings(public_address=address)
        found = states(looking.look_at_proxy(settings))
        assert found == {"HTTPS": State.WRONG, "proxy": State.GOOD}
    assert states(looking.look_at_proxy(settings))["proxy"] is State.LOOK
    https = Settings(public_address="https://127.0.0.1:9")
    assert states(looking.look_at_proxy(https))["HTTPS"] is State.WRONG


def test_an_old_backup_and_a_recipient_that_is_none_are_wrong(tmp_path: Path) -> None:
    settings = Settings(backup_folder=tmp_path, backup_recipients=RECIPIENT)
    assert the(looking.look_at_backups(settings), "backups").state is State.WRONG
    (tmp_path / f"caseaudit-{now():%Y%m%dT%H%M%SZ}.backup").write_bytes(b"")
    assert the(looking.look_at_backups(settings), "backups").state is State.GOOD
    with time_machine.travel(now() + timedelta(days=3)):
        assert the(looking.look_at_backups(settings), "backups").state is State.WRONG
    none = Settings(backup_folder=tmp_path, backup_recipients="age1nobody")
    assert the(looking.look_at_backups(none), "backups").state is State.WRONG


def test_a_host_of_webhooks_that_leads_inside_is_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    known = {"good.example.org": ["93.184.215.14"], "bad.example.org": ["93.184.215.14", "10.0.0.7"]}

    def resolve(host: Host) -> list[str]:
        if host.name not in known:
            raise socket.gaierror
        return known[host.name]

    monkeypatch.setattr(looking, "addresses_of", resolve)
    found = states(looking.look_at_webhooks(Settings(webhook_hosts=f"{' '.join(known)} gone.example.org")))
    assert found == {
        "webhooks to good.example.org": State.GOOD,
        "webhooks to bad.example.org": State.WRONG,
        "webhooks to gone.example.org": State.LOOK,
    }
    assert list(looking.look_at_webhooks(Settings())) == []


def test_a_full_disk_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = Settings(backup_folder=tmp_path / "not-mounted", backup_recipients=RECIPIENT)
    found = states(looking.look_at_disk(settings))
    assert found["disk of the backups"] is State.WRONG
    monkeypatch.setattr(looking, "LEAST_FREE_BYTES", 2**60)
    assert states(looking.look_at_disk(settings))["disk of the service"] is State.LOOK


def test_the_command_ends_with_one_when_something_is_wrong(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CASEAUDIT_DATABASE_URL", database_url)
    well = CliRunner().invoke(cli, ["doctor"])
    assert well.exit_code == 0, well.output
    assert "0 wrong" in well.output
    monkeypatch.setenv("CASEAUDIT_PUBLIC_ADDRESS", "http://127.0.0.1:9")
    ill = CliRunner().invoke(cli, ["doctor"])
    assert ill.exit_code == 1
    assert "WRONG  HTTPS" in ill.output
