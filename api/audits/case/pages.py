"""The page on which an auditor chooses the facts about the case, and writes its synopsis."""

from typing import Any

from api.audits.actions import ReadAudit
from api.audits.beside.section_pages import SectionForm, TypedSection, add_section
from api.audits.case import actions
from api.audits.case.actions import NewCase
from api.audits.case.parts import TITLE, case_section
from api.audits.parts import audit_path_of, next_step
from api.foundation.http.dependencies import Transaction
from api.foundation.http.routing import Router
from api.foundation.pages.forms import TypedForm
from checklists.audits.facts import MOST_WORDS_OF_A_SYNOPSIS

router = Router(include_in_schema=False)

# What the button asks for that leads back to the check of the audit.
CHECK = "check"


def _typed(found: ReadAudit, form: TypedForm) -> TypedSection:
    chosen = {fact.key: form.text(f"facts/{fact.key}") for fact in found.template.case_facts}
    facts = {fact: choice for fact, choice in chosen.items() if choice}
    new = NewCase(facts, form.text_or_stored("synopsis", found.case.synopsis), form.keep_names())

    def write(acting: Transaction) -> None:
        actions.describe_case(acting.session, audit_id=found.audit.id, new=new, version=form.version, by=acting.actor)

    return TypedSection(write, [("Synopsis", new.synopsis)])


def _shown(found: ReadAudit) -> dict[str, Any]:
    return {"title": TITLE, "section": case_section(found), "most_words": MOST_WORDS_OF_A_SYNOPSIS}


add_section(
    router,
    SectionForm(
        path="case",
        anchor="case-facts",
        page="audits/case/case.html",
        changed="The case facts were",
        saved="Case facts saved.",
        is_asked=lambda found: found.case.is_asked,
        version=lambda found: found.case.version,
        shown=_shown,
        typed=_typed,
        next_page=lambda found, form: (
            audit_path_of(found, "check") if form.text("do") == CHECK else next_step(found, facts=False)
        ),
    ),
)
