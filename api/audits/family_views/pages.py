"""The page on which an auditor writes down family views."""

from typing import Any

from api.audits.actions import ReadAudit
from api.audits.beside.section_pages import SectionForm, TypedSection, add_section
from api.audits.family_views import actions
from api.audits.family_views.actions import NewView, version_of_views
from api.audits.family_views.parts import TITLE, family_section
from api.foundation.http.dependencies import Transaction
from api.foundation.http.routing import Router
from api.foundation.pages.choices import choices_of
from api.foundation.pages.forms import TypedForm
from checklists.audits.family_views import FamilyMember, HowAsked, WhyNoView, decode_family_answers

router = Router(include_in_schema=False)


def _typed(found: ReadAudit, form: TypedForm) -> TypedSection:
    """The views as they were typed; of those with nothing chosen and nothing typed, none."""
    views = {who.value: _typed_view(found, form, who.value) for who in FamilyMember}
    new = {who: view for who, view in views.items() if view != NewView(keep_names=view.keep_names)}

    def write(acting: Transaction) -> None:
        actions.write_family_views(
            acting.session, audit_id=found.audit.id, new=new, version=form.version, by=acting.actor
        )

    subject = found.template.own_words.subject
    return TypedSection(write, [(FamilyMember(who).label_for(subject), view.words) for who, view in new.items()])


def _typed_view(found: ReadAudit, form: TypedForm, who: str) -> NewView:
    how = form.text(f"{who}/how")
    answers = {
        question.key: answer
        for question in found.template.family_questions
        if (answer := form.text(f"{who}/answers/{question.key}"))
    }
    was = found.family_views[who].words if who in found.family_views else ""
    has_no_view = how in set(WhyNoView)
    return NewView(
        "" if has_no_view else how,
        how if has_no_view else "",
        answers,
        form.text_or_stored(f"{who}/words", was),
        form.keep_names(f"{who}/"),
    )


def _shown(found: ReadAudit) -> dict[str, Any]:
    return {
        "title": TITLE,
        "section": family_section(found),
        "family": list(FamilyMember),
        "answers": {
            who: decode_family_answers(found.template, view.answers) for who, view in found.family_views.items()
        },
        "how_choices": [
            {"value": "", "text": "No entry for this person"},
            *choices_of(tuple(HowAsked)),
            {"divider": "or their views were not sought:"},
            *choices_of(tuple(WhyNoView)),
        ],
    }


add_section(
    router,
    SectionForm(
        path="family-views",
        anchor="family-views",
        page="audits/family_views/family_views.html",
        changed="The family views were",
        saved="Family views saved.",
        is_asked=lambda found: found.template.further.family_views,
        version=lambda found: version_of_views(found.family_views),
        shown=_shown,
        typed=_typed,
    ),
)
