"""The audit programme of the demonstration: monthly audits and a thematic one, of which no round is due for a month."""

import uuid
from datetime import timedelta

from api.foundation.local_time import local_date
from api.foundation.permissions import Actor
from api.programme import actions
from api.programme.actions import NewLine, NewProgramme
from checklists.programme.dates import Cadence, months_after
from models import LineKind, now
from models.storage.database import Database


def make_programme(database: Database, lead: Actor, *, template_id: uuid.UUID) -> None:
    """Plan a year of audits from the month after next."""
    if lead.person_id is None:
        return
    first = months_after(local_date(now()).replace(day=1), 2)
    new = NewProgramme("Audit programme", first, months_after(first, 12) - timedelta(days=1), lead.person_id)
    with database.writing() as session:
        programme = actions.create_programme(session, new=new, by=lead)
        for title, kind, cadence, size in (
            ("Monthly case audits", LineKind.MONTHLY, Cadence.MONTHLY, 12),
            ("Neglect", LineKind.THEMATIC, Cadence.QUARTERLY, 8),
        ):
            line = NewLine(
                title=title,
                kind=kind,
                template_id=template_id,
                template_version=1,
                cadence=cadence,
                first_on=first,
                size=size,
                each_auditor=2,
                target_percent=80,
                lowest_percent=10,
            )
            actions.add_line(session, programme_id=programme.id, new=line, by=lead)
