"""What is said of the daily backup in readiness and on the home page."""

from collections.abc import Sequence
from datetime import datetime

from sqlmodel import Session

from api.backup.seen import last_seen, missing
from api.foundation.health.metrics import Family, gauge
from api.foundation.health.readiness import Check
from api.foundation.local_time import day_in_words, local_date
from api.foundation.pages.home_page import Task
from api.foundation.permissions import Actor, Permission
from api.foundation.settings import Settings
from models import now


def check_backups(settings: Settings) -> Check | None:
    """Whether the newest backup is new enough. The service goes on working without: it only warns."""
    state = last_seen(settings)
    if state is None:
        return None
    is_missing = state.is_missing(now())
    said = "No backup yet." if state.newest is None else f"Newest backup: {state.newest:%Y-%m-%dT%H:%M:%SZ}."
    failed = f" The last attempt failed: {state.problem}" if state.problem else ""
    return Check("backups", ok=True, detail=said + failed, warns=is_missing or bool(state.problem))


def age_of_newest(settings: Settings) -> Family | None:
    """How old the newest backup is, in seconds; nothing without a backup, or if the service makes none."""
    state = last_seen(settings)
    if state is None or state.newest is None:
        return None
    seconds = (now() - state.newest).total_seconds()
    return gauge("caseaudit_newest_backup_age_seconds", "How old the newest backup is.", [("", {}, seconds)])


def missing_backup(_: Session, by: Actor) -> Sequence[Task]:
    """For those who answer for the evidence: that there is no backup that is new enough."""
    state = missing(now()) if by.may(Permission.VERIFY_EVIDENCE) else None
    if state is None:
        return []
    hint = "Ask the people who run the service to correct this today."
    return [Task(since_in_words(state.newest), "/backups", hint, status="Missing", colour="red")]


def since_in_words(newest: datetime | None) -> str:
    """Since when there is no backup."""
    return "No backup yet" if newest is None else f"No backup since {day_in_words(local_date(newest))}"
