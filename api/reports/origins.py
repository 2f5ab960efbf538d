"""Where a working report comes from: whose practice, which rounds, what was counted, and who made it."""

from collections.abc import Mapping, Sequence

from sqlmodel import Session

from api.documents.document import Origin
from api.foundation.permissions import Actor
from api.reports.tallies import ExclusionReason
from checklists.plurals import plural
from models import Organisation, Round


def working_origin(session: Session, rounds: Sequence[Round], *, counted: str, by: Actor) -> Origin:
    """The origin of a report of these rounds that `by` makes. It names them, so it is for internal reports only."""
    period = (min(each.period_from for each in rounds), max(each.period_to for each in rounds)) if rounds else None
    return Origin(
        organisation=name_of_organisation(session, by.organisation_id),
        rounds=tuple(audit_round.title for audit_round in rounds),
        period=period,
        made_by=", ".join([by.name, *sorted(role.label.lower() for role in by.roles)]) if by.name else "",
        counted=counted,
    )


def name_of_organisation(session: Session, organisation_id: int) -> str:
    return session.get_one(Organisation, organisation_id).name


def counted_audits(counted: int, left_out: Mapping[ExclusionReason, int]) -> str:
    """How many of the audits are counted, the states that this includes, and why the others are left out."""
    every = counted + sum(left_out.values())
    words = f"{counted:,} of {plural(every, 'audit')}"
    if every:
        words += ": submitted, in moderation, agreed or signed off. If a case has 2 readings, the first is counted"
    reasons = ", ".join(f"{number:,} {reason.label.lower()}" for reason, number in left_out.items() if number)
    return f"{words}. Excluded: {reasons}." if reasons else f"{words}."
