"""What is sent and answered about codes, passages and findings over REST."""

import uuid
from datetime import datetime
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field

from api.coding.codes.actions import LONGEST_NAME, MOST_CODES
from api.coding.findings.actions import LONGEST_SENTENCE, NewFinding
from api.coding.findings.queries import FoundFinding
from api.coding.passages.actions import MOST_CHANGES, Coding
from api.coding.passages.agreeing import Figures
from api.coding.passages.counts import EarlierCount, ThemeCounts
from api.coding.passages.queries import CodingPage
from api.coding.passages.reading import DIGEST_LENGTH
from api.coding.rules import slug_of
from api.foundation.text.fields import FreeText, KeepNames
from checklists.passages.counting import CodeCount
from checklists.reliability.agreement import AgreementState
from checklists.reliability.coefficients import Measure
from models import PassageCode


class CodeIn(BaseModel):
    model_config = ConfigDict(extra="forbid")

    name: Annotated[str, Field(max_length=LONGEST_NAME)]
    meaning: FreeText = ""
    keep_names: KeepNames = None


class MergeIn(BaseModel):
    model_config = ConfigDict(extra="forbid")

    into: Annotated[uuid.UUID, Field(description="The code that remains.")]


class CarryIn(BaseModel):
    model_config = ConfigDict(extra="forbid")

    from_round: Annotated[uuid.UUID, Field(description="The round to take the codes from.")]


class CodeOut(BaseModel):
    id: uuid.UUID
    name: str
    meaning: str
    carried_from_id: uuid.UUID | None
    version: int

    @classmethod
    def of(cls, code: PassageCode) -> Self:
        return cls(**{name: getattr(code, name) for name in cls.model_fields})


class CodeList(BaseModel):
    items: list[CodeOut]


class PassageOut(BaseModel):
    part: str
    label: str
    text: str
    digest: Annotated[str, Field(description="Of the text, to send with the codes that you give it.")]
    codes: Annotated[list[uuid.UUID], Field(description="The codes that you gave it.")]
    has_changed: Annotated[bool, Field(description="Whether the text has changed since you coded it.")]


class CodedAuditOut(BaseModel):
    audit_id: uuid.UUID
    reference: str
    passages: list[PassageOut]


class PassageList(BaseModel):
    theme: str
    has_finished: bool
    items: list[CodedAuditOut]
    after: str | None

    @classmethod
    def of(cls, page: CodingPage) -> Self:
        return cls(
            theme=slug_of(page.theme),
            has_finished=page.has_finished,
            items=[
                CodedAuditOut(
                    audit_id=audit.audit_id,
                    reference=audit.reference,
                    passages=[
                        PassageOut(
                            part=each.part,
                            label=each.label,
                            text=each.text,
                            digest=each.digest,
                            codes=sorted(each.codes),
                            has_changed=each.has_changed,
                        )
                        for each in audit.passages
                    ],
                )
                for audit in page.audits
            ],
            after=None if page.after is None else str(page.after),
        )


class CodingIn(BaseModel):
    """What changes about the codes of one passage."""

    model_config = ConfigDict(extra="forbid")

    audit_id: Annotated[uuid.UUID, Field(description="The audit with the passage.")]
    part: Annotated[str, Field(max_length=40)]
    digest: Annotated[
        str, Field(min_length=DIGEST_LENGTH, max_length=DIGEST_LENGTH, description="Of the text that you read.")
    ]
    gets: Annotated[list[uuid.UUID], Field(max_length=MOST_CODES)] = []
    loses: Annotated[list[uuid.UUID], Field(max_length=MOST_CODES)] = []

    def coding(self) -> Coding:
        """The change, for the action."""
        return Coding(self.audit_id, self.part, self.digest, frozenset(self.gets), frozenset(self.loses))


class CodingsIn(BaseModel):
    model_config = ConfigDict(extra="forbid")

    passages: Annotated[list[CodingIn], Field(max_length=MOST_CHANGES)]


class ChangedOut(BaseModel):
    changed: Annotated[int, Field(description="How many passages have other codes now.")]


class CountOut(BaseModel):
    """In how many audits a code is: given by every coder, or by some of them only, of those with a passage."""

    audits: int
    disputed: int
    of: int

    @classmethod
    def of_count(cls, count: CodeCount) -> Self:
        return cls(audits=count.audits, disputed=count.disputed, of=count.of)


class EarlierCountOut(BaseModel):
    """The count of a code in the round that it was carried over from."""

    round_title: str
    count: CountOut

    @classmethod
    def of_count(cls, found: EarlierCount | None) -> "EarlierCountOut | None":
        return None if found is None else cls(round_title=found.title, count=CountOut.of_count(found.count))


class CoderAgreementOut(BaseModel):
    measure: Measure
    value: float | None
    low: float | None
    high: float | None
    state: AgreementState

    @classmethod
    def of_figures(cls, found: Figures) -> list[Self]:
        return [
            cls(
                measure=each.measure,
                value=None if each.value is None else float(each.value),
                low=each.interval[0] if each.interval else None,
                high=each.interval[1] if each.interval else None,
                state=each.state,
            )
            for each in found.values()
        ]


class CodeCountOut(BaseModel):
    code_id: uuid.UUID
    name: str
    count: CountOut
    teams: dict[str, CountOut]
    earlier: EarlierCountOut | None
    agreement: list[CoderAgreementOut]


class CodeCountsOut(BaseModel):
    theme: str
    coders: Annotated[list[str], Field(description="Who has finished the theme; you alone until you have.")]
    has_finished: bool
    audits: int
    passages: int
    differing: Annotated[int, Field(description="Passages to which the coders gave different codes.")]
    agreement: Annotated[
        list[CoderAgreementOut],
        Field(description="On all codes at once; empty where somebody gave a passage several, or one person coded."),
    ]
    items: list[CodeCountOut]

    @classmethod
    def of(cls, found: ThemeCounts) -> Self:
        return cls(
            theme=slug_of(found.theme),
            coders=list(found.coders),
            has_finished=found.has_finished,
            audits=found.audits,
            passages=found.passages,
            differing=found.differing,
            agreement=CoderAgreementOut.of_figures(found.agreement),
            items=[
                CodeCountOut(
                    code_id=row.code.id,
                    name=row.code.name,
                    count=CountOut.of_count(row.count),
                    earlier=EarlierCountOut.of_count(row.earlier),
                    teams={team: CountOut.of_count(count) for team, count in row.teams.items()},
                    agreement=CoderAgreementOut.of_figures(row.agreement),
                )
                for row in found.rows
            ],
        )


class FindingIn(BaseModel):
    model_config = ConfigDict(extra="forbid")

    words: Annotated[str, Field(max_length=LONGEST_SENTENCE, description="The finding in one sentence.")]
    code_id: Annotated[uuid.UUID | None, Field(description="The code whose count is shown with it.")] = None
    example: Annotated[FreeText, Field(description="An example in your own words.")] = ""
    keep_names: KeepNames = None

    def new(self) -> NewFinding:
        """The finding to write."""
        return NewFinding(self.words, self.code_id, self.example, self.keep_names)


class NewFindingIn(FindingIn):
    theme: Annotated[str, Field(max_length=60, description="The key of a theme, or whole-audit.")]


class FindingOut(BaseModel):
    id: uuid.UUID
    theme: str
    words: str
    example: str
    code_id: uuid.UUID | None
    code: str
    count: CountOut | None
    created_at: datetime
    version: int

    @classmethod
    def of(cls, found: FoundFinding) -> Self:
        finding = found.finding
        return cls(
            theme=slug_of(finding.theme),
            code=found.code,
            count=None if found.count is None else CountOut.of_count(found.count),
            **{name: getattr(finding, name) for name in ("id", "words", "example", "code_id", "created_at", "version")},
        )


class FindingList(BaseModel):
    items: list[FindingOut]
