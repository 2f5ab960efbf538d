"""The pages on which an auditor writes the conclusion of an audit, and from which feedback is printed."""

import uuid
from typing import Annotated, Any

from fastapi import Request
from starlette.responses import Response

from api.audits import actions as audits
from api.audits.actions import ReadAudit
from api.audits.beside.section_pages import SectionForm, TypedSection, add_section
from api.audits.conclusion import actions
from api.audits.conclusion.actions import NewConclusion
from api.audits.parts import audit_path_of
from api.foundation.http.dependencies import Transaction, reading
from api.foundation.http.routing import Router
from api.foundation.pages.forms import TypedForm
from api.foundation.pages.rendering import render
from api.foundation.permissions import Permission
from checklists.audits.conclusion import MOST_MINUTES, ConclusionPart

router = Router(include_in_schema=False)

Reader = Annotated[Transaction, reading(Permission.READ_AUDITS)]


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


@router.get("/audits/{audit_id}/feedback")
def show_feedback(request: Request, acting: Reader, audit_id: uuid.UUID) -> Response:
    """What is given to the practitioner, for paper: no grade, and nothing of what worries the auditor."""
    found = audits.find_audit(acting.session, audit_id=audit_id, by=acting.actor)
    return render(
        request,
        "audits/conclusion/feedback.html",
        acting=acting,
        found=found,
        audit_path=audit_path_of(found),
        texts=found.conclusion.for_practitioner,
    )
