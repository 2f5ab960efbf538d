"""Run as a module: reads where to make a backup from standard input, as JSON, and writes what was wrong, or nothing."""

import json
import sys

from api.backup.actions import back_up, remove_old_backups
from api.backup.archive import BackupError, Keys
from api.foundation.own_process import let_requests_go_first
from api.foundation.settings import Settings


def back_up_here(task: dict[str, dict[str, str]]) -> str:
    """Make a backup with these settings and delete the old ones, in this process; what was wrong, or nothing."""
    settings = Settings.model_validate(task["settings"])
    assert settings.backup_folder is not None  # noqa: S101 - asked for only with a folder
    try:
        folder = settings.backup_folder.resolve(strict=True)
        back_up(settings, to=folder, keys=Keys(tuple(settings.backup_recipients.split())))
        remove_old_backups(folder)
    except BackupError as error:
        return str(error)
    except OSError as error:
        return f"{error.filename or settings.backup_folder} cannot be used: {error.strerror}."
    return ""


if __name__ == "__main__":
    let_requests_go_first()
    sys.stdout.write(json.dumps(back_up_here(json.loads(sys.stdin.buffer.read()))))
