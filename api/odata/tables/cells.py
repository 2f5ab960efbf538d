"""The released cells of snapshots: what may be shown of each theme, in all and by every breakdown and pair of them.

A part of the table is one snapshot, so that a page computes no more than the cells of one.
"""

import uuid
from collections.abc import Iterator
from typing import Any, Final

from sqlalchemy import Boolean, Date, Float, Integer, String, select, true
from sqlmodel import Session, col

from api.foundation.permissions import Actor, Permission
from api.odata.shapes import LARGEST, Column, Kind, Part, Start, Table
from api.odata.tables.computed import rows_as_table
from api.release.snapshots.queries import ReleasedReport, read_released
from api.reports.overall import KEY, LABEL
from checklists.release.disclosure import Filters, Released
from models import Snapshot

_TYPES: Final = {
    "Cell": Integer(),
    "Round": String(),
    "PeriodFrom": Date(),
    "PeriodTo": Date(),
    "Breakdown1": String(),
    "Group1": String(),
    "Label1": String(),
    "Breakdown2": String(),
    "Group2": String(),
    "Label2": String(),
    "Audits": Integer(),
    "ThemeKey": String(),
    "Theme": String(),
    "Applicable": Integer(),
    "Below": Integer(),
    "AllButFew": Boolean(),
    "ShareMeeting": Float(),
    "Hidden": Boolean(),
}


def _part_at(session: Session, by: Actor, start: Start | None) -> Part:
    """The cells of one snapshot: the one that `start` is in, or the next one when `start` is its end."""
    own = col(Snapshot.organisation_id) == by.organisation_id
    query = select(Snapshot).where(own).order_by(col(Snapshot.id)).limit(2)
    if start is not None and start.values:
        snapshot_id, cell = start.values
        query = query.where(col(Snapshot.id) > snapshot_id if cell == LARGEST else col(Snapshot.id) >= snapshot_id)
    found = session.execute(query).scalars().all()
    rows = _rows_of(read_released(session, found[0])) if found else iter(())
    snapshot_id = found[0].id if found else uuid.UUID(int=0)
    cells = rows_as_table(session, "cell", rows, _TYPES)
    select_rows = (
        select(
            col(Snapshot.id).label("SnapshotId"),
            col(Snapshot.title).label("Snapshot"),
            col(Snapshot.made_at).label("MadeAt"),
            col(Snapshot.smallest).label("Smallest"),
            col(Snapshot.within).label("Within"),
            *(cells.c[name] for name in _TYPES),
        )
        .join(cells, true())
        .where(own, col(Snapshot.id) == snapshot_id)
    )
    return Part(select_rows, Start((snapshot_id, LARGEST)) if len(found) > 1 else None)


def _rows_of(report: ReleasedReport) -> Iterator[dict[str, Any]]:
    labels = {theme.key: theme.label for theme in report.template.themes}
    number = 0
    for filters, group in report.lattice.groups.items():
        about = _about(report, filters)
        shown = [(key, labels[key], released) for key, released in report.themes(group).items()]
        if (overall := report.overall(group)) is not None:
            shown.append((KEY, LABEL, overall))
        for key, label, released in shown:
            number += 1
            yield {
                "Cell": number,
                "Round": report.round_title,
                "PeriodFrom": report.period_from.isoformat(),
                "PeriodTo": report.period_to.isoformat(),
                **about,
                "Audits": group.audits,
                "ThemeKey": key,
                "Theme": label,
                **_numbers(released),
            }


def _about(report: ReleasedReport, filters: Filters) -> dict[str, str | None]:
    """What a cell is about: at most two breakdowns, each with its group."""
    about: dict[str, str | None] = {}
    for place in (1, 2):
        name, value = filters[place - 1] if place <= len(filters) else (None, None)
        about |= {f"Breakdown{place}": name, f"Group{place}": value}
        about[f"Label{place}"] = None if name is None or value is None else report.labels[name][value]
    return about


def _numbers(released: Released) -> dict[str, Any]:
    share = released.share_meeting
    return {
        "Applicable": released.applicable,
        "Below": released.below,
        "AllButFew": released.all_but_few,
        "ShareMeeting": None if share is None else float(share),
        "Hidden": released.applicable is None or released.below is None,
    }


CELLS: Final = Table(
    "Cells",
    "Cell",
    "A number of a snapshot: a theme, for all audits or for a group of them.",
    Permission.READ_FEED,
    (
        Column("SnapshotId", Kind.IDENTIFIER),
        Column("Cell", Kind.WHOLE),
        Column("Snapshot", Kind.TEXT),
        Column("MadeAt", Kind.MOMENT),
        Column("Smallest", Kind.WHOLE),
        Column("Within", Kind.WHOLE, nullable=True),
        Column("Round", Kind.TEXT),
        Column("PeriodFrom", Kind.DAY),
        Column("PeriodTo", Kind.DAY),
        Column("Breakdown1", Kind.TEXT, nullable=True),
        Column("Group1", Kind.TEXT, nullable=True),
        Column("Label1", Kind.TEXT, nullable=True),
        Column("Breakdown2", Kind.TEXT, nullable=True),
        Column("Group2", Kind.TEXT, nullable=True),
        Column("Label2", Kind.TEXT, nullable=True),
        Column("Audits", Kind.WHOLE, nullable=True),
        Column("ThemeKey", Kind.TEXT),
        Column("Theme", Kind.TEXT),
        Column("Applicable", Kind.WHOLE, nullable=True),
        Column("Below", Kind.WHOLE, nullable=True),
        Column("AllButFew", Kind.YES_NO),
        Column("ShareMeeting", Kind.NUMBER, nullable=True),
        Column("Hidden", Kind.YES_NO),
    ),
    key=("SnapshotId", "Cell"),
    order=("SnapshotId", "Cell"),
    part_at=_part_at,
    sortable=False,
)
