"""How far readers agree, and how generous auditors are, over REST: for people who may read every audit."""

import uuid
from typing import Annotated, Self

from pydantic import BaseModel, Field
from starlette.responses import Response

from api.agreement.document import document_of, headline
from api.agreement.queries import AgreementReport, Figures, Part, ShiftOf, agreement_report
from api.documents.files import FileKind, render_file
from api.documents.json_document import FILE_ANSWER
from api.feedback.representations.queries import RepresentationCounts
from api.foundation.http.dependencies import Transaction, heavy_reading
from api.foundation.http.problem_details import refusals
from api.foundation.http.replies import file_answer
from api.foundation.http.routing import Router
from api.foundation.permissions import Permission
from checklists.reliability.agreement import MINIMUM_CASES, AgreementState, Coefficient
from checklists.reliability.agreement_words import in_words, shift_in_words
from checklists.reliability.coefficients import Measure
from checklists.reliability.optimism import MINIMUM_TO_NAME, Shift, ShiftState

router = Router(tags=["Reports"])
Lead = Annotated[Transaction, heavy_reading(Permission.READ_REPORTS)]


class FigureOut(BaseModel):
    """One measure of agreement; a value of none is not defined, and `state` says why."""

    measure: Measure
    value: float | None
    low: float | None
    high: float | None
    readings: int
    cases: int
    state: AgreementState
    words: str

    @classmethod
    def of(cls, found: Coefficient) -> "FigureOut":
        low, high = found.interval or (None, None)
        return FigureOut(
            measure=found.measure,
            value=None if found.value is None else float(found.value),
            low=low,
            high=high,
            readings=found.n_units,
            cases=found.n_cases,
            state=found.state,
            words=in_words(found),
        )


class AgreementPartOut(BaseModel):
    key: str
    label: str
    figures: list[FigureOut]

    @classmethod
    def of(cls, part: Part) -> Self:
        return cls(key=part.key, label=part.label, figures=figures_of(part.figures))


class ShiftOut(BaseModel):
    """Auditors' grades less the agreed ones, in grades; above 0 the auditor was more generous."""

    key: str
    label: str
    shift: float | None
    low: float | None
    high: float | None
    audits: int
    answers: int
    lowered: int
    same: int
    raised: int
    state: ShiftState
    words: str

    @classmethod
    def of(cls, key: str, label: str, found: Shift) -> Self:
        low, high = found.interval or (None, None)
        return cls(
            key=key,
            label=label,
            # Under the minimum nothing is said, so that nobody reads it all the same.
            shift=float(found.mean) if found.mean is not None and found.may_name else None,
            low=low,
            high=high,
            audits=found.n_cases,
            answers=found.n_answers,
            lowered=found.lowered,
            same=found.same,
            raised=found.raised,
            state=found.state,
            words=shift_in_words(found),
        )


class OptimismOut(BaseModel):
    headline: str
    overall: ShiftOut
    themes: list[ShiftOut]
    teams: list[ShiftOut]
    auditors: list[ShiftOut] = Field(description="Only auditors with enough audits to be named.")
    unnamed_auditors: int
    minimum_audits: int = MINIMUM_TO_NAME


class RepresentationCountsOut(BaseModel):
    """How many representations of teams were made, answered and upheld, with the share upheld of those answered."""

    made: int
    answered: int
    upheld: int
    share_upheld: float | None = Field(description="Null while none is answered.")
    low: float | None
    high: float | None

    @classmethod
    def of(cls, found: RepresentationCounts) -> Self:
        low, high = found.interval or (None, None)
        share = found.upheld / found.decided if found.decided else None
        return cls(made=found.made, answered=found.decided, upheld=found.upheld, share_upheld=share, low=low, high=high)


class AgreementOut(BaseModel):
    rounds: list[uuid.UUID]
    left_out_rounds: list[uuid.UUID] = Field(description="Excluded because they use a different rating scale.")
    pairs: int = Field(description="Cases of which both readings are submitted, each of them blind by the record.")
    pairs_not_blind: int = Field(
        description="Not counted: a reader had seen another audit of the case, or could have, before submitting theirs."
    )
    pairs_without_record: int = Field(description="Not counted: submitted before it was recorded who had seen what.")
    minimum_cases: int = MINIMUM_CASES
    overall: list[FigureOut]
    overall_judgements: AgreementPartOut = Field(
        description="Agreement between the overall judgements of the 2 readers."
    )
    themes: list[AgreementPartOut]
    kinds: list[AgreementPartOut]
    by_round: list[AgreementPartOut]
    over_optimism: OptimismOut
    representations: RepresentationCountsOut

    @classmethod
    def of(cls, report: AgreementReport) -> Self:
        optimism = report.optimism
        return cls(
            rounds=[audit_round.id for audit_round in report.rounds],
            left_out_rounds=[audit_round.id for audit_round in report.left_out],
            pairs=report.pairs,
            pairs_not_blind=report.not_blind,
            pairs_without_record=report.without_record,
            overall=figures_of(report.whole),
            overall_judgements=AgreementPartOut.of(report.judgements),
            themes=[AgreementPartOut.of(part) for part in report.themes],
            kinds=[AgreementPartOut.of(part) for part in report.kinds],
            by_round=[AgreementPartOut.of(part) for part in report.by_round],
            over_optimism=OptimismOut(
                headline=headline(optimism.whole),
                overall=ShiftOut.of("all", "All audits", optimism.whole),
                themes=_shifts(optimism.themes),
                teams=_shifts(optimism.teams),
                auditors=_shifts(optimism.auditors),
                unnamed_auditors=optimism.unnamed,
            ),
            representations=RepresentationCountsOut.of(report.representations),
        )


def figures_of(figures: Figures) -> list[FigureOut]:
    return [FigureOut.of(found) for found in figures.values()]


def _shifts(found: tuple[ShiftOf, ...]) -> list[ShiftOut]:
    return [ShiftOut.of(each.key, each.label, each.shift) for each in found]


@router.get("/rounds/{round_id}/agreement", response_model=AgreementOut, responses=refusals(404))
def read_agreement_of_round(acting: Lead, round_id: uuid.UUID) -> AgreementOut:
    """How far the two readings of a case agree in a round, and how far auditors stand from what was agreed."""
    return AgreementOut.of(agreement_report(acting.session, round_id=round_id, by=acting.actor))


@router.get("/rounds/{round_id}/agreement.{kind}", response_class=Response, responses={**refusals(404), **FILE_ANSWER})
def read_agreement_as_file(acting: Lead, round_id: uuid.UUID, kind: FileKind) -> Response:
    """The same as a file, marked internal."""
    report = agreement_report(acting.session, round_id=round_id, by=acting.actor)
    file = render_file(document_of(acting.session, report, by=acting.actor), kind)
    return file_answer(acting, file, "round.agreement-fetched", round_id)


@router.get("/reports/agreement", response_model=AgreementOut)
def read_agreement_of_all(acting: Lead) -> AgreementOut:
    """The same over all rounds of the organisation that score alike, newest first."""
    return AgreementOut.of(agreement_report(acting.session, by=acting.actor))
