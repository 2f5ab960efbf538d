"""Briefings: written from a snapshot, and edited before they are shared."""

import json
import uuid
from collections.abc import Mapping, Sequence

from sqlalchemy import update
from sqlmodel import Session, col, select

from api.foundation import events
from api.foundation.permissions import Actor, Permission, check_may
from api.foundation.problems import Fault, NotFound, Place, Stale
from api.foundation.text.free_text import KeepReason, NameCheck, raise_if_any
from api.foundation.text.names import check_title
from api.release.briefings.document import parts_of, since_of, words_of
from api.release.snapshots import actions as snapshots
from api.release.snapshots.queries import read_released
from checklists.privacy.small_numbers import find_small_numbers
from models import Briefing, new_id
from models.storage.database import rows_changed

LONGEST_TITLE = 120
SMALL_NUMBER = "small-number"


def create_briefing(session: Session, *, snapshot_id: uuid.UUID, title: str, by: Actor) -> Briefing:
    """Create a briefing of a snapshot, without text of its own yet. Raises NotFound, Invalid."""
    check_may(by, Permission.WRITE_SNAPSHOTS)
    snapshot = snapshots.find_snapshot(session, snapshot_id=snapshot_id, by=by)
    raise_if_any(_faults_of_title(title))
    made = Briefing(organisation_id=by.organisation_id, id=new_id(), snapshot_id=snapshot.id, title=title.strip())
    session.add(made)
    session.flush()
    events.record(session, "briefing.made", made.id, by=by, details={"snapshot": str(snapshot_id)})
    return made


def change_briefing(
    session: Session,
    *,
    briefing_id: uuid.UUID,
    title: str,
    words: Mapping[str, str],
    version: int,
    by: Actor,
    keep_names: KeepReason | None = None,
    share_numbers: bool = False,
) -> Briefing:
    """Change the title and the text of the parts. Raises NotFound, Invalid, Stale.

    Small numbers of children or cases in a new text are refused at first; `share_numbers` confirms them, and that is
    recorded.
    """
    check_may(by, Permission.WRITE_SNAPSHOTS)
    briefing = find_briefing(session, briefing_id=briefing_id, by=by)
    snapshot = snapshots.find_snapshot(session, snapshot_id=briefing.snapshot_id, by=by)
    report = read_released(session, snapshot)
    known = {part.key for part in parts_of(report, since_of(session, snapshot, report))}
    faults = _faults_of_title(title)
    names, existing = NameCheck.of(session, by), words_of(briefing)
    numbers: list[Fault] = []
    for key, text in words.items():
        if key not in known:
            faults.append(Fault(f"/words/{key}", "This briefing does not have this section."))
        else:
            faults += names.check(f"/words/{key}", text, keep=keep_names, was=existing.get(key, ""))
            numbers += _faults_of_numbers(f"/words/{key}", text) if text != existing.get(key, "") else []
    raise_if_any([*faults, *([] if share_numbers else numbers)])
    stored = json.dumps({key: text for key, text in words.items() if text.strip()}, ensure_ascii=False)
    changed = rows_changed(
        session,
        update(Briefing)
        .where(
            col(Briefing.organisation_id) == by.organisation_id,
            col(Briefing.id) == briefing_id,
            col(Briefing.version) == version,
        )
        .values(title=title.strip(), words=stored, version=version + 1),
    )
    if not changed:
        raise Stale
    session.refresh(briefing)
    events.record(session, "briefing.changed", briefing_id, by=by)
    names.record(session, briefing_id, by=by)
    if numbers:
        where = " ".join(fault.pointer for fault in numbers)
        events.record(session, "briefing.numbers-confirmed", briefing_id, by=by, details={"where": where})
    return briefing


def find_briefing(session: Session, *, briefing_id: uuid.UUID, by: Actor) -> Briefing:
    """Find a briefing. Raises NotFound."""
    check_may(by, Permission.READ_SNAPSHOTS)
    found = session.get(Briefing, (by.organisation_id, briefing_id))
    if found is None:
        raise NotFound("briefing")
    return found


def of_snapshot(session: Session, *, snapshot_id: uuid.UUID, by: Actor) -> Sequence[Briefing]:
    """The briefings written from a snapshot, oldest first. Raises NotFound."""
    snapshots.find_snapshot(session, snapshot_id=snapshot_id, by=by)
    return session.exec(
        select(Briefing)
        .where(col(Briefing.organisation_id) == by.organisation_id, col(Briefing.snapshot_id) == snapshot_id)
        .order_by(col(Briefing.id))
    ).all()


def _faults_of_numbers(pointer: str, text: str) -> list[Fault]:
    """Small numbers of children or cases in a text."""
    places = tuple(Place(SMALL_NUMBER, each.start, each.end) for each in find_small_numbers(text))
    told = (
        "The text contains a small number of children or cases that could identify someone. Remove the number, "
        "or confirm that it can be shared."
    )
    return [Fault(pointer, told, places)] if places else []


def _faults_of_title(title: str) -> list[Fault]:
    return check_title("/title", title.strip(), called="the briefing", longest=LONGEST_TITLE)
