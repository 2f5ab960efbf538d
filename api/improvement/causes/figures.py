"""The figures behind an action that urgent concerns or agreement between readers are the cause of."""

import uuid
from collections.abc import Collection

from sqlalchemy import and_, case, func, literal
from sqlalchemy import select as select_columns
from sqlmodel import Session, col

from api.access.audits import readable_audits
from api.agreement.queries import agreement_report
from api.documents.document import decimal
from api.foundation.local_time import local_date
from api.foundation.permissions import Actor
from api.improvement.findings import Fact, Finding, FoundTheme
from api.reports.gaps.coefficients import value_of
from checklists.audits.audit_states import SUBMITTED_STATES
from checklists.plurals import plural
from checklists.reliability.agreement import AgreementState, Coefficient
from checklists.reliability.coefficients import Measure
from checklists.templates.template import Template as TemplateContent
from models import Audit, ConcernState, UrgentConcern, now
from models.storage.joins import linked


def finding_of_concerns(
    session: Session, *, round_id: uuid.UUID, template: TemplateContent, themes: Collection[str], by: Actor
) -> Finding:
    """The urgent concerns about the audits of a round as they are now; of each theme, how many name it."""
    of_round = (readable_audits(by), col(Audit.round_id) == round_id)
    audits: int = session.execute(
        select_columns(func.count()).select_from(Audit).where(*of_round, col(Audit.state).in_(SUBMITTED_STATES))
    ).scalar_one()
    is_open = col(UrgentConcern.state) != ConcernState.CLOSED
    raised, opened, escalated = session.execute(
        select_columns(
            func.count(),
            func.coalesce(func.sum(case((is_open, 1), else_=0)), 0),
            func.count(col(UrgentConcern.escalated_at)),
        )
        .select_from(UrgentConcern)
        .join(Audit, linked(Audit.id, UrgentConcern.audit_id))
        .where(*of_round)
    ).one()
    facts = [Fact("Urgent concerns raised", f"{raised:,}"), Fact("Still open", f"{opened:,}")]
    facts.append(Fact("Escalated, because nobody acknowledged them in time", f"{escalated:,}"))
    named = [theme for theme in template.themes if theme.key in themes]
    for theme in named:
        padded = literal(" ").concat(col(UrgentConcern.themes)).concat(" ")
        number: int = session.execute(
            select_columns(func.count())
            .select_from(UrgentConcern)
            .join(Audit, linked(Audit.id, UrgentConcern.audit_id))
            .where(and_(*of_round), padded.contains(f" {theme.key} ", autoescape=True))
        ).scalar_one()
        facts.append(Fact(f"Concerns about {theme.label}", f"{number:,}"))
    found = tuple(FoundTheme(theme.key, theme.label) for theme in named)
    return Finding(found, local_date(now()), audits, facts=tuple(facts))


def finding_of_agreement(session: Session, *, round_id: uuid.UUID, themes: Collection[str], by: Actor) -> Finding:
    """How far readers of a round agree as it is now, and how far auditors' ratings differ from the agreed ones.

    Raises NotAllowed and NotFound as the agreement report does.
    """
    report = agreement_report(session, round_id=round_id, by=by)
    shift = report.optimism.whole
    facts = [
        Fact("Cases read twice, blind", f"{report.pairs:,}"),
        Fact(Measure.EXACT.label, _value(report.whole[Measure.EXACT])),
        Fact(Measure.ALPHA_ORDINAL.label, _value(report.whole[Measure.ALPHA_ORDINAL])),
        Fact("Audits with agreed answers", f"{shift.n_cases:,}"),
        Fact("Shift in ratings", decimal(shift.mean, signed=True).text if shift.may_name else "Too few to say"),
        Fact("Representations answered", f"{report.representations.decided:,}"),
        Fact("Representations upheld", f"{report.representations.upheld:,}"),
    ]
    named = [part for part in report.themes if part.key in themes]
    facts += [Fact(f"{Measure.EXACT.label}: {part.label}", _value(part.figures[Measure.EXACT])) for part in named]
    found = tuple(FoundTheme(part.key, part.label) for part in named)
    return Finding(found, local_date(now()), shift.n_cases, facts=tuple(facts))


def _value(found: Coefficient) -> str:
    """A figure with the number of cases it is from."""
    if found.value is None:
        return "Not defined" if found.state is AgreementState.NO_VARIATION else "No data"
    return f"{value_of(found).text} ({plural(found.n_cases, 'case')})"
