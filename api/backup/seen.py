"""What this process last saw of the backups in each folder."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from api.foundation.settings import Settings
from checklists.backups import is_backup_missing


@dataclass(frozen=True, slots=True)
class BackupState:
    """What is known of the backups of a folder: when the newest was made, and why the last attempt failed.

    `failed_at`: when that was, in seconds of the monotonic clock.
    """

    newest: datetime | None
    problem: str = ""
    failed_at: float | None = None

    def is_missing(self, at: datetime) -> bool:
        """Whether there is no backup that is new enough."""
        return is_backup_missing(self.newest, at)


# What this process last saw of each folder, so that nobody waits for a folder on another machine.
_seen: dict[Path, BackupState] = {}


def note_seen(folder: Path, state: BackupState) -> None:
    """What this process saw of a folder just now."""
    _seen[folder] = state


def seen_in(folder: Path) -> BackupState | None:
    """What this process last saw of a folder; None before it looked."""
    return _seen.get(folder)


def last_seen(settings: Settings) -> BackupState | None:
    """The state of the backups as this process saw it a minute ago; None without a folder, or before it looked."""
    return seen_in(settings.backup_folder) if settings.backup_folder is not None else None


def missing(at: datetime) -> BackupState | None:
    """The state of the folder that this process watches, if it has no backup that is new enough."""
    return next((state for state in _seen.values() if state.is_missing(at)), None)
