"""The daily backup: made in a process of its own when it is due, and watched."""

import json
import logging
import os
import time
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import gettempdir
from typing import Final

from api.backup.actions import newest_backup
from api.backup.lease import Lease
from api.backup.seen import BackupState, note_seen, seen_in
from api.foundation.local_time import LOCAL_TIME
from api.foundation.own_process import connection_environment, own_process
from api.foundation.settings import Settings
from checklists.backups import is_backup_due
from models import now
from models.storage.database import Database
from models.storage.encryption.key import DatabaseKey

LOG: Final = logging.getLogger("caseaudit")
LONGEST: Final = timedelta(hours=6)
PROCESS: Final = "api.backup.process"
RETRY_SECONDS: Final = 600
NOT_COMPLETED: Final = "The backup was not completed: its process was ended, or took more than 6 hours."
# What the copy of a database is made with.
_GIVEN: Final = ("PATH", "SYSTEMROOT")


def back_up_when_due(database: Database, settings: Settings) -> int:
    """Look at the folder, and make the day's backup if it is due; how many were made. Call every minute.

    A failure is logged, and shown until a backup is made; the next attempt is after RETRY_SECONDS.
    """
    folder = settings.backup_folder
    if folder is None:
        return 0
    before = seen_in(folder) or BackupState(None)
    try:
        newest = newest_backup(folder)
        state = _state_after_attempt(folder, settings, before, database.key) if _is_due(newest) else BackupState(newest)
    except OSError as error:
        newest = before.newest
        state = BackupState(newest, f"{folder} cannot be used: {error.strerror}.")
    note_seen(folder, state)
    if state.problem and state != before:
        LOG.error("no backup was made: %s", state.problem)
    return int(state.newest != newest)


def _is_due(newest: datetime | None) -> bool:
    return is_backup_due(newest and newest.astimezone(LOCAL_TIME), now().astimezone(LOCAL_TIME))


def _state_after_attempt(folder: Path, settings: Settings, before: BackupState, key: DatabaseKey | None) -> BackupState:
    """Make a backup, unless the last attempt failed a short time ago or another process is making one."""
    if before.failed_at is not None and time.monotonic() - before.failed_at < RETRY_SECONDS:
        return replace(before, newest=newest_backup(folder))
    lease = Lease.claim(folder)
    if lease is None:
        return replace(before, newest=newest_backup(folder))
    try:
        problem = _back_up_elsewhere(lease, settings, key)
    finally:
        lease.give_back()
    return BackupState(newest_backup(folder), problem, time.monotonic() if problem else None)


def _back_up_elsewhere(lease: Lease, settings: Settings, key: DatabaseKey | None) -> str:
    """Make it in a process of its own with a low priority, so that people can go on working; returns what was wrong, or
    "".

    That process renews the lease, so that nobody overtakes it when it goes on after this process is killed.
    """
    keys = ("trail_key_file", "trail_checkpoints_file", "risky_terms_key_file", "erased_cases_file")
    given = {name: str(path) for name in keys if (path := getattr(settings, name)) is not None}
    if key is not None:
        given["database_key"] = key.digits
    task = {
        "folder": str(lease.folder),
        "owner": lease.owner,
        "recipients": settings.backup_recipients.split(),
        "settings": {"database_url": settings.database_url, **given},
    }
    environment = {
        **connection_environment(),
        "TMPDIR": gettempdir(),
        **{name: os.environ[name] for name in _GIVEN if name in os.environ},
    }
    with own_process(PROCESS, seconds=LONGEST.total_seconds(), environment=environment) as worker:
        said, _ = worker.communicate(json.dumps(task).encode())
    try:
        found: str = json.loads(said)
    except ValueError:
        return NOT_COMPLETED
    return found
