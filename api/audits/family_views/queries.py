"""Family views in an audit."""

from sqlmodel import Session, col, select

from checklists.audits.family_views import FamilyMember
from checklists.templates.template import Template as TemplateContent
from models import Audit, FamilyView


def family_views_of(session: Session, audit: Audit, template: TemplateContent) -> dict[str, FamilyView]:
    """What is said of each member of the family, by who they are; empty if the template does not ask."""
    if not template.further.family_views:
        return {}
    rows = session.exec(
        select(FamilyView)
        .where(col(FamilyView.organisation_id) == audit.organisation_id, col(FamilyView.audit_id) == audit.id)
        .execution_options(populate_existing=True)
    )
    found = {row.who: row for row in rows}
    return {who.value: found[who] for who in FamilyMember if who in found}
