"""Questions, facts and cases of a report over REST. Shares are fractions of 1, rounded to six places."""

from collections.abc import Mapping
from fractions import Fraction
from typing import Annotated, Self

from pydantic import BaseModel, BeforeValidator, Field

from api.reports.questions.children import CaseTrait
from checklists.reports.questions import ComplianceShare, QuestionCounts

# A share of 1, a median or a quartile, exact or not.
Figure = Annotated[float, BeforeValidator(lambda figure: round(float(figure), 6))]


class QuestionOut(BaseModel):
    """The answers to one question."""

    key: str
    theme: str
    text: str
    kind: str
    standard: str = Field(description="The answers that meet the standard, in words; empty if none is set.")
    counts: dict[str, int] = Field(
        description="Number of audits with each answer, with `not-asked` counted separately."
    )
    asked: int = Field(description="Audits where the question was asked.")
    applicable: int = Field(description="Asked and not answered `not-applicable`.")
    meeting: int | None
    share_meeting: Figure | None
    meeting_interval: tuple[Figure, Figure] | None = Field(
        description="Wilson 95% interval of the share meeting the standard."
    )
    median: Figure | None = Field(description="For numbers only.")
    quartiles: tuple[Figure, Figure] | None = Field(description="Null for fewer than 5 numbers.")
    range: tuple[int, int] | None = Field(description="Null for fewer than 10 numbers.")
    years: dict[str, int] | None = Field(description="For months: number in each year.")
    oldest: str | None = Field(description="The earliest month; null for fewer than 10.")
    newest: str | None = Field(description="The latest month; null for fewer than 10.")

    @classmethod
    def of(cls, found: QuestionCounts, theme: str) -> Self:
        numbers, months = found.numbers, found.months
        oldest, newest = (None, None) if months is None or months.ends is None else months.ends
        return cls(
            key=found.question.key,
            theme=theme,
            text=found.question.text,
            kind=found.question.kind.value,
            standard=found.question.standard_in_words,
            counts=dict(found.counts),
            asked=found.asked,
            applicable=found.applicable,
            meeting=found.meeting,
            share_meeting=_figure(found.share_meeting),
            meeting_interval=found.meeting_interval,
            median=None if numbers is None else _figure(numbers.median),
            quartiles=None if numbers is None or numbers.quartiles is None else _two(numbers.quartiles),
            range=None if numbers is None else numbers.ends,
            years=None if months is None else {str(year): number for year, number in months.years.items()},
            oldest=oldest,
            newest=newest,
        )


def _figure(exact: Fraction | None) -> float | None:
    return None if exact is None else float(exact)


def _two(exact: tuple[Fraction, Fraction]) -> tuple[float, float]:
    return float(exact[0]), float(exact[1])


class ComplianceOut(BaseModel):
    """Of all applicable answers to questions with a standard, the ones that meet it."""

    applicable: int
    meeting: int
    share: Figure | None
    band: str = Field(description="The template's name for a share of this size; empty below its lowest band.")

    @classmethod
    def of(cls, found: ComplianceShare) -> Self:
        return cls.model_validate(found, from_attributes=True)


class FactOut(BaseModel):
    """The number of audits with one value of a fact about the case."""

    fact: str
    choice: str
    number: int

    @classmethod
    def of_group(cls, counts: Mapping[tuple[str, str], int]) -> list[Self]:
        return [cls(fact=fact, choice=choice, number=number) for (fact, choice), number in sorted(counts.items())]


class CaseKindOut(BaseModel):
    key: str
    label: str
    number: int


class CaseTraitOut(BaseModel):
    """A fact about the cases, and the number with each value."""

    key: str
    label: str
    audits: int = Field(description="Number of audits where the fact is known.")
    kinds: list[CaseKindOut]

    @classmethod
    def of(cls, trait: CaseTrait) -> Self:
        return cls(
            key=trait.key,
            label=trait.label,
            audits=trait.audits,
            kinds=[CaseKindOut(key=kind.key, label=kind.label, number=kind.number) for kind in trait.kinds],
        )
