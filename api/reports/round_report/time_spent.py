"""How long the counted audits of a round took. For the working report only: nothing of it is released."""

from typing import Any

from sqlalchemy import select
from sqlmodel import Session, col

from api.access.blindness import visible_under_blind_reading
from api.documents.document import NOTHING, Column, Section, Table, count, text
from api.foundation.permissions import Actor
from api.reports.tallies import is_counted
from checklists.reports.time_spent import FEWEST, TimeSpent, time_spent
from checklists.templates.template import Template as TemplateContent
from models import Audit, Conclusion, Round
from models.storage.joins import linked


def time_of_round(session: Session, audit_round: Round, template: TemplateContent, *, by: Actor) -> TimeSpent | None:
    """How long the counted audits took; None where the template does not ask."""
    if not template.further.minutes:
        return None
    minutes: Any = select(col(Conclusion.minutes)).select_from(Audit)
    query = minutes.join(Conclusion, linked(Conclusion.audit_id, Audit.id)).where(
        col(Audit.organisation_id) == audit_round.organisation_id,
        col(Audit.round_id) == audit_round.id,
        is_counted(Audit),
        visible_under_blind_reading(by.person_id),
        col(Conclusion.minutes).is_not(None),
    )
    return time_spent(session.execute(query).scalars().all())


def time_section(found: TimeSpent | None, template: TemplateContent, version: int) -> Section | None:
    """The median and the range; None where the template does not ask or no audit says."""
    if found is None or not found.audits:
        return None
    row = (
        text(f"{template.title}, version {version}"),
        count(found.audits),
        *(
            NOTHING if number is None else count(round(number))
            for number in (found.middle, found.shortest, found.longest)
        ),
    )
    few = f" Fewer than {FEWEST} audits record this, so no other figures are shown." if found.middle is None else ""
    columns = ("Template", "Audits that record this", "Median", "Shortest", "Longest")
    return Section(
        "Time spent",
        paragraphs=(f"The number of minutes that auditors say they spent on an audit.{few}",),
        table=Table(
            "time-spent",
            "Minutes spent on an audit",
            (Column(columns[0]), *(Column(name, numeric=True) for name in columns[1:])),
            (row,),
        ),
        sheet="audits",
    )
