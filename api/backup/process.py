"""Run as a module: reads where to make a backup from standard input, as JSON, and writes what was wrong, or nothing."""

import json
import sys
from collections.abc import Sequence
from pathlib import Path

from api.backup.actions import back_up, remove_old_backups
from api.backup.archive import BackupError, Keys
from api.backup.lease import Lease
from api.foundation.own_process import let_requests_go_first
from api.foundation.settings import Settings


def back_up_here(folder: Path, recipients: Sequence[str], settings: Settings) -> str:
    """Make a backup and delete the old ones, in this process; what was wrong, or nothing."""
    try:
        folder = folder.resolve(strict=True)
        back_up(settings, to=folder, keys=Keys(tuple(recipients)))
        remove_old_backups(folder)
    except BackupError as error:
        return str(error)
    except OSError as error:
        return f"{error.filename or folder} cannot be used: {error.strerror}."
    except Exception as error:  # noqa: BLE001 - nobody reads what this process writes elsewhere
        return f"The backup failed: {type(error).__qualname__}. Run caseaudit backup, which says more."
    return ""


if __name__ == "__main__":
    let_requests_go_first()
    task = json.loads(sys.stdin.buffer.read())
    settings = Settings.model_validate(task["settings"])
    lease = Lease(Path(task["folder"]), task["owner"])
    with lease.renewed():
        said = back_up_here(lease.folder, task["recipients"], settings)
    sys.stdout.write(json.dumps(said))
