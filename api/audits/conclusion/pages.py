"""The pages on which an auditor writes the conclusion of an audit."""

from typing import Any

from api.audits.actions import ReadAudit
from api.audits.beside.section_pages import SectionForm, TypedSection, add_section
from api.audits.conclusion import actions
from api.audits.conclusion.actions import NewConclusion
from api.foundation.http.dependencies import Transaction
from api.foundation.http.routing import Router
from api.foundation.pages.forms import TypedForm
from checklists.audits.conclusion import MOST_MINUTES, ConclusionPart

router = Router(include_in_schema=False)


def typed_conclusion(found: ReadAudit, form: TypedForm) -> NewConclusion:
    """The conclusion in a form. A fault of the minutes is added to those of the form."""
    stored = found.conclusion.texts
    texts = [form.text_or_stored(part.value, stored.get(part, "")) for part in ConclusionPart]
    minutes = form.whole_number("minutes", "The minutes", least=1, most=MOST_MINUTES, needed=False)
    return NewConclusion(texts, form.keep_names(), minutes)


def _typed(found: ReadAudit, form: TypedForm) -> TypedSection:
    new = typed_conclusion(found, form)

    def write(acting: Transaction) -> None:
        form.check()
        actions.write_conclusion(
            acting.session, audit_id=found.audit.id, new=new, version=form.version, by=acting.actor
        )

    return TypedSection(write, [(part.label, new.text(part)) for part in ConclusionPart])


def _shown(_found: ReadAudit) -> dict[str, Any]:
    return {"title": "Conclusion"}


add_section(
    router,
    SectionForm(
        path="conclusion",
        anchor="conclusion",
        page="audits/conclusion/conclusion.html",
        changed="The conclusion was",
        saved="Conclusion saved.",
        is_asked=lambda _: True,
        version=lambda found: found.conclusion.version,
        shown=_shown,
        typed=_typed,
    ),
)
