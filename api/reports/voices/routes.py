"""Whose views there are in a round over REST, for people who may read every audit."""

import uuid
from typing import Annotated, Literal, Self

from pydantic import BaseModel, Field

from api.foundation.http.dependencies import Transaction, heavy_reading
from api.foundation.http.problem_details import refusals
from api.foundation.http.routing import Router
from api.foundation.permissions import Permission
from api.reports.voices.queries import VoicesReport, voices_report
from checklists.audits.family_views import FamilyMember, WhyNoView
from checklists.reports.voices import FamilyCounts
from checklists.templates.template import Template as TemplateContent

router = Router(prefix="/rounds/{round_id}", tags=["Reports"])


class BesideGradeOut(BaseModel):
    """Numbers of audits with an overall judgement on one side of the standard, and what the family said in them."""

    audits: int
    with_views: int
    family_answers: dict[str, dict[str, int]]


class VoicesOut(BaseModel):
    """Numbers of counted audits. Items that the round's template does not ask for are 0 or empty."""

    audits: int
    conversations: Annotated[int, Field(description="Audits with a conversation with the practitioner.")]
    obstacles: Annotated[dict[str, int], Field(description="Audits by obstacle, most frequent first.")]
    with_views: Annotated[int, Field(description="Audits with the views of at least 1 family member.")]
    views: Annotated[dict[FamilyMember, int], Field(description="Audits by family member whose views were recorded.")]
    no_view: Annotated[
        dict[WhyNoView, int], Field(description="Reasons why a family member’s views were not obtained.")
    ]
    family_answers: Annotated[
        dict[str, dict[str, int]], Field(description="Answers to the template's questions: by question and choice.")
    ]
    beside_grades: Annotated[
        dict[Literal["meeting", "below"], BesideGradeOut],
        Field(description="Family views in audits whose overall judgement meets the standard, and in those below it."),
    ]
    with_sources: Annotated[int, Field(description="Audits that record the sources of their answers.")]
    recording_gaps: Annotated[
        dict[str, int],
        Field(
            description=("Of those, by theme: audits where the answer meets the standard only on verbal information.")
        ),
    ]

    @classmethod
    def of(cls, report: VoicesReport) -> Self:
        found, template = report.counts, report.template
        return cls(
            audits=found.audits,
            conversations=found.conversations,
            obstacles=dict(found.obstacles),
            with_views=found.with_views,
            views=dict(found.family.views),
            no_view=dict(found.family.reasons),
            family_answers=_answers(template, found.family),
            beside_grades={
                "meeting" if is_met else "below": BesideGradeOut(
                    audits=each.audits, with_views=each.with_views, family_answers=_answers(template, each.family)
                )
                for is_met, each in found.beside_grades.items()
            },
            with_sources=found.with_sources,
            recording_gaps=dict(found.recording_gaps),
        )


def _answers(template: TemplateContent, found: FamilyCounts) -> dict[str, dict[str, int]]:
    return {
        question.key: {choice.key: found.answers[question.key, choice.key] for choice in question.choices}
        for question in template.family_questions
    }


@router.get("/voices", response_model=VoicesOut, responses=refusals(404))
def read_voices(
    acting: Annotated[Transaction, heavy_reading(Permission.READ_REPORTS)], round_id: uuid.UUID
) -> VoicesOut:
    """The family views recorded in a round's counted audits, obstacles, and recording gaps by theme."""
    return VoicesOut.of(voices_report(acting.session, round_id=round_id, by=acting.actor))
