"""Looking at settings, files, disk, mail, the proxy and backups. Nothing is changed, and no email is sent."""

import os
import shutil
import stat
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from pydantic import ValidationError

from api.backup.actions import newest_backup
from api.backup.archive import BackupError, check_recipients
from api.foundation.health.findings import Finding, good, look, wrong
from api.foundation.outbox.mail import ServerAwayError, check_server
from api.foundation.outgoing.posting import addresses_of
from api.foundation.outgoing.targets import hosts_in
from api.foundation.settings import Settings
from api.people.single_sign_on.provider.client import provider_of
from api.people.single_sign_on.provider.examining import examine
from checklists.backups import is_backup_missing
from checklists.public_addresses import is_public
from models import now

PREFIX: Final = "CASEAUDIT_"
LEAST_FREE_BYTES: Final = 1024**3
ANSWER_SECONDS: Final = 10
_OTHERS: Final = stat.S_IRWXG | stat.S_IRWXO
_GIGABYTE: Final = 1024**3


def read_settings() -> tuple[Settings | None, list[Finding]]:
    """The settings of the environment, and what is wrong with them."""
    try:
        settings = Settings()
    except ValidationError as error:
        faults = [
            f"{PREFIX}{str(fault['loc'][0]).upper()}: {fault['msg']}." if fault["loc"] else f"{fault['msg']}."
            for fault in error.errors(include_input=False, include_url=False)
        ]
        return None, [wrong("settings", " ".join(faults), "Correct them: docs/configuration.md lists every setting.")]
    known = {f"{PREFIX}{name.upper()}" for name in Settings.model_fields}
    unknown = sorted(name for name in os.environ if name.upper().startswith(PREFIX) and name.upper() not in known)
    if unknown:
        to_do = "Correct the names: docs/configuration.md lists every setting. The service ignores these."
        return settings, [look("settings", f"Unknown settings: {', '.join(unknown)}.", to_do)]
    return settings, [good("settings", "Every setting can be used.")]


def look_at_system(settings: Settings) -> Iterator[Finding]:
    """Which of the service's limits and checks hold on this operating system."""
    about, to_do = "system", "Read docs/deployment.md: what holds on Windows and macOS."
    if sys.platform == "linux":
        yield good(about, "Linux, where every limit holds.")
        return
    limits = (
        "What reads files and computes has a limit of time here. Limits of memory and processor time hold on Linux."
    )
    if sys.platform != "win32":
        yield look(about, limits, to_do)
        return
    yield look(about, f"Windows, on which the service has not been run. It has one worker. {limits}", to_do)
    folder = (settings.sqlite_path or settings.trail_key_path).parent
    yield look(
        "rights of files",
        "Windows has access lists, which are not checked here.",
        f'Run: icacls "{folder}". The user of the service, SYSTEM and Administrators may use it, and nobody else.',
    )


def look_at_keys(settings: Settings) -> Iterator[Finding]:
    """The key files: there, readable, and readable by nobody else."""
    key = settings.trail_key_path
    if not key.exists():
        yield look(
            "trail key", f"There is none at {key}.", "The first start creates it. After a restore, put yours back."
        )
    files = {
        "database key": settings.database_key_path,
        "trail key": key,
        "newest checkpoint": settings.trail_memory_path,
        "second checkpoints file": settings.trail_checkpoints_path,
        "key for sensitive terms": settings.risky_terms_key_path,
        "file of erased cases": settings.erased_cases_path,
    }
    for about, path in files.items():
        if path.exists():
            yield _rights_of(about, path)
    database = settings.sqlite_path
    if database is not None and database.exists():
        yield _rights_of("database file", database)
        for about in ("database key", "trail key", "second checkpoints file", "file of erased cases"):
            if files[about].exists() and files[about].parent.stat().st_dev == database.parent.stat().st_dev:
                yield look(
                    f"place of the {about}",
                    "It is on the same disk as the database.",
                    "Put it on another disk or machine: docs/operating.md says which setting.",
                )


def _rights_of(about: str, path: Path, *, written: bool = True) -> Finding:
    if not os.access(path, os.R_OK | (os.W_OK if written else 0)):
        used = "read and written" if written else "read"
        to_do = f"Run: chown $(id -u) {path}" if os.name == "posix" else f'Give this user rights: icacls "{path}"'
        return wrong(about, f"{path} cannot be {used} by this user.", to_do)
    if os.name != "posix":  # see look_at_system
        return good(about, f"{path} can be used by this user.")
    if path.stat().st_mode & _OTHERS:
        mode = stat.S_IMODE(path.stat().st_mode)
        return look(about, f"Other users have rights to {path} ({mode:o}).", f"Run: chmod 600 {path}")
    return good(about, f"{path} can be used by this user alone.")


def look_at_disk(settings: Settings) -> Iterator[Finding]:
    """Room where the database and the backups are."""
    folders = {"disk of the service": (settings.sqlite_path or Path.cwd() / "x").parent}
    if settings.backup_folder is not None:
        folders["disk of the backups"] = settings.backup_folder
    # A backup is made from a copy of the database beside it.
    size = (
        settings.sqlite_path.stat().st_size if settings.sqlite_path is not None and settings.sqlite_path.exists() else 0
    )
    needed = max(LEAST_FREE_BYTES, 2 * size)
    for about, folder in folders.items():
        try:
            free = shutil.disk_usage(folder).free
        except OSError as error:
            yield wrong(about, f"{folder} cannot be used: {error.strerror}.", "Mount it, or correct the setting.")
            continue
        said = f"{free / _GIGABYTE:,.1f} GB free in {folder}."
        if free < needed:
            yield look(about, said, f"Make room: at least {needed / _GIGABYTE:,.1f} GB.")
        else:
            yield good(about, said)


def look_at_mail(settings: Settings) -> Iterator[Finding]:
    """Whether the mail server answers and lets this service in."""
    if not settings.smtp_host:
        yield look("mail", "No mail server is set, so nobody is sent an email.", f"Set {PREFIX}SMTP_HOST.")
        return
    place = f"{settings.smtp_host}:{settings.smtp_port}"
    try:
        check_server(settings)
    except ServerAwayError as error:
        to_do = f"Check the settings {PREFIX}SMTP_…, the firewall and the certificate of the mail server."
        yield wrong("mail", f"{place} cannot be used: {error}.", to_do)
    else:
        yield good("mail", f"{place} answers and lets the service in.")
    if settings.smtp_security == "none" and settings.smtp_host not in {"localhost", "127.0.0.1", "::1"}:
        yield wrong(
            "security of mail", "Emails leave this machine unencrypted.", f"Set {PREFIX}SMTP_SECURITY=starttls."
        )


def look_at_webhooks(settings: Settings) -> Iterator[Finding]:
    """Whether the hosts that webhooks may be sent to have public addresses, and no others. None is connected to."""
    for host in sorted(hosts_in(settings.webhook_hosts), key=str):
        about = f"webhooks to {host}"
        try:
            found = addresses_of(host)
        except (OSError, UnicodeError):
            yield look(about, "The name is not found.", f"Correct {PREFIX}WEBHOOK_HOSTS, or the name server.")
            continue
        inside = [address for address in found if not is_public(address)]
        if inside:
            to_do = "Give it a public address, such as that of a gateway: webhooks are sent to no other."
            yield wrong(about, f"{', '.join(inside)} is not public.", to_do)
        else:
            yield good(about, "It has a public address.")


def look_at_proxy(settings: Settings) -> Iterator[Finding]:
    """Whether people reach the service by HTTPS, and the proxy passes its headers on."""
    address = settings.public_address
    if not address:
        to_do = f"Set {PREFIX}PUBLIC_ADDRESS to the address that people open."
        yield look("public address", "None is set, so links in emails and on pages lead to this machine.", to_do)
        return
    is_https = urlsplit(address).scheme == "https"
    if is_https != settings.behind_https:
        to_do = f"Set {PREFIX}BEHIND_HTTPS={str(is_https).lower()}, or correct {PREFIX}PUBLIC_ADDRESS."
        yield wrong("HTTPS", f"{address} and {PREFIX}BEHIND_HTTPS do not fit together.", to_do)
    elif not is_https:
        yield wrong("HTTPS", f"{address} is not encrypted.", "Put a proxy with a certificate in front of the service.")
    try:
        with urllib.request.urlopen(  # noqa: S310 - the operator's own address
            f"{address.rstrip('/')}/api/v1/health/live", timeout=ANSWER_SECONDS
        ) as answer:
            headers = {name.lower() for name in answer.headers}
    except (OSError, ValueError) as error:
        said = f"{address} does not answer: {getattr(error, 'reason', '') or type(error).__name__}."
        yield look("proxy", said, "Start the service and the proxy, then run this again.")
        return
    missing = {"x-request-id", "content-security-policy"} - headers
    if missing:
        to_do = "Let the proxy pass the headers of the service on, unchanged."
        yield wrong("proxy", f"These headers of the service do not arrive: {', '.join(sorted(missing))}.", to_do)
    else:
        yield good("proxy", f"{address} answers with the headers of the service.")


def look_at_single_sign_on(settings: Settings) -> Iterator[Finding]:
    """Whether people can sign in with the provider; nothing without a provider."""
    provider = provider_of(settings)
    secret = settings.oidc_client_secret_file
    if secret is not None and secret.exists():
        yield _rights_of("client secret", secret, written=False)
    if provider is not None:
        for each in examine(provider):
            yield replace(each, about=f"single sign-on, {each.about}")


def look_at_backups(settings: Settings) -> Iterator[Finding]:
    """Whether there is a backup that is new enough, and its recipients are valid."""
    folder = settings.backup_folder
    if folder is None:
        to_do = f"Set {PREFIX}BACKUP_FOLDER and {PREFIX}BACKUP_RECIPIENTS, or run caseaudit backup from a timer."
        yield look("backups", "The service makes none.", to_do)
        return
    try:
        check_recipients(settings.backup_recipients.split())
        newest = newest_backup(folder)
    except BackupError as error:
        yield wrong("backups", str(error), f"Correct {PREFIX}BACKUP_RECIPIENTS.")
        return
    except OSError as error:
        yield wrong(
            "backups", f"{folder} cannot be used: {error.strerror}.", "Mount it, and let this user write to it."
        )
        return
    said = "There is none yet." if newest is None else f"The newest is of {newest:%Y-%m-%d %H:%M} UTC."
    if is_backup_missing(newest, now()):
        yield wrong("backups", said, "Read the log for “no backup was made”, and docs/backups.md for what to do.")
    elif not os.access(folder, os.W_OK):
        yield wrong("backups", f"This user cannot write to {folder}.", "Give this user the right to write there.")
    else:
        yield good("backups", said)
