"""Fields of answers and of the overall judgement over REST."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Self

from pydantic import BaseModel, Field

from api.foundation.text.fields import FreeText
from models import FirstJudgement

OwnOverall = Annotated[
    str,
    Field(
        max_length=40,
        description="The auditor's overall judgement: a rating, or `cannot-be-judged` in format 2 "
        "templates. Required if the template says that the auditor chooses it. "
        "Otherwise, leave empty to keep the calculated judgement.",
    ),
]
CapReason = Annotated[
    FreeText,
    Field(description="The reason the judgement is above the template’s limit. Required if it is."),
]
QuestionAnswerText = Annotated[
    str,
    Field(
        min_length=1,
        max_length=60,
        description="A choice, a whole number, a month as `2026-03`, `not-evidenced`, or `not-applicable`.",
    ),
]
QuestionKey = Annotated[str, Field(max_length=60)]
Questions = Annotated[dict[QuestionKey, QuestionAnswerText], Field(max_length=200)]
# Null takes an answer back.
ChangedQuestions = Annotated[dict[QuestionKey, QuestionAnswerText | None], Field(max_length=200)]


class FirstJudgementOut(BaseModel):
    """The overall judgement that the auditor chose before they saw what their answers give."""

    overall: str
    judged_at: datetime

    @classmethod
    def of(cls, found: FirstJudgement | None) -> Self | None:
        return None if found is None else cls(overall=found.overall, judged_at=found.judged_at)


def without_nulls(answers: Mapping[str, str | None]) -> dict[str, str]:
    return {key: answer or "" for key, answer in answers.items()}
