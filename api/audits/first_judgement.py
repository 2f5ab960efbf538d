"""The overall judgement that an auditor chose first: kept as it was chosen, before any sum was shown."""

from sqlmodel import Session

from checklists.templates.template import Template as TemplateContent
from models import Audit, FirstJudgement


def keep_first_judgement(session: Session, audit: Audit, template: TemplateContent) -> None:
    """Keep the judgement that an audit has now as its auditor's first one. Changes nothing where there is one.

    Only where the template has the auditor judge the whole: elsewhere what the answers give is shown from the start.
    """
    if audit.overall_override and template.overall_rule.auditor_chooses and first_judgement_of(session, audit) is None:
        session.add(
            FirstJudgement(organisation_id=audit.organisation_id, audit_id=audit.id, overall=audit.overall_override)
        )


def first_judgement_of(session: Session, audit: Audit) -> FirstJudgement | None:
    """What the auditor judged first; None for an audit that another system recorded, or of an earlier version."""
    return session.get(FirstJudgement, (audit.organisation_id, audit.id))
