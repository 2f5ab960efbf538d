"""Family views as the pages of an audit show them."""

from collections.abc import Iterator

from api.audits.actions import ReadAudit
from api.audits.beside.section import BlankLine, Section
from checklists.audits.family_views import (
    FamilyMember,
    HowAsked,
    WhyNoView,
    answer_label,
    decode_family_answers,
)
from models import FamilyView

TITLE = "Family views"


def family_section(found: ReadAudit) -> Section | None:
    """Whose views there are and what they say; None where the template does not ask."""
    template, views = found.template, found.family_views
    if not template.further.family_views:
        return None
    number = sum(bool(view.how) for view in views.values())
    return Section(
        key="family-views",
        title=TITLE,
        rows=[row for view in views.values() for row in _rows(found, view)],
        blank=(
            BlankLine("Whose views were sought", [who.label_for(template.own_words.subject) for who in FamilyMember]),
            BlankLine("How", [how.label for how in HowAsked]),
            BlankLine("If nobody’s views were sought, why not", [why.label for why in WhyNoView]),
            *(BlankLine(each.text, [choice.label for choice in each.choices]) for each in template.family_questions),
            BlankLine("Summary of their views"),
        ),
        path=f"/audits/{found.audit.id}/family-views",
        status=f"{number} recorded" if number else "No views sought" if views else "Optional",
        hint="Whose views were sought, whose were not, and why. These do not affect any rating",
        is_begun=bool(views),
    )


def _rows(found: ReadAudit, view: FamilyView) -> Iterator[tuple[str, str]]:
    who = FamilyMember(view.who).label_for(found.template.own_words.subject)
    if view.no_view:
        yield who, f"Views not sought: {_lower(WhyNoView(view.no_view).label)}"
        return
    yield who, f"Views sought: {_lower(HowAsked(view.how).label)}"
    answers = decode_family_answers(found.template, view.answers)
    for question in found.template.family_questions:
        if question.key in answers:
            yield f"{who}: {question.text}", answer_label(question, answers[question.key])
    if view.words:
        yield f"{who}, in the auditor’s words", view.words


def _lower(label: str) -> str:
    return label[:1].lower() + label[1:]
