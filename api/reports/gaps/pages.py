"""The gap report of several rounds, of a split, or against another target, as a page; of one round it is its report."""

import uuid
from collections.abc import Sequence
from typing import Annotated
from urllib.parse import urlencode

from fastapi import Query, Request
from starlette.responses import Response

from api.documents.document import Document
from api.foundation.http.dependencies import Transaction, heavy_reading
from api.foundation.http.routing import Router
from api.foundation.local_time import local_date
from api.foundation.pages.rendering import redirect, render
from api.foundation.permissions import Permission
from api.foundation.problems import Conflict, Fault, Invalid, NotFound, Problem
from api.reports.breakdowns import SPLITS, AnyBreakdown, Breakdown, splits_of
from api.reports.gaps.document import gap_document, origin_of
from api.reports.gaps.queries import MOST_ROUNDS, GapReport, gap_report
from api.reports.questions.children import cases_of
from api.reports.recording_gaps import recording_gaps_of
from api.rounds.queries import list_rounds
from checklists.templates.template import Template as TemplateContent
from models import RoundState, now

router = Router(include_in_schema=False)

Lead = Annotated[Transaction, heavy_reading(Permission.READ_REPORTS)]
Chosen = Annotated[
    list[str], Query(alias="round", max_length=MOST_ROUNDS, description="A round. Select several to combine them.")
]
By = Annotated[str, Query(max_length=80, description="The breakdown of the report.")]
Target = Annotated[str, Query(max_length=10, description="A different target (%).")]

ROUNDS_OFFERED = 60


@router.get("/reports/gaps")
def show_gaps(request: Request, acting: Lead, chosen: Chosen = [], by: By = "", target: Target = "") -> Response:  # noqa: B006 - FastAPI copies it
    rounds = list_rounds(
        acting.session, by=acting.actor, limit=ROUNDS_OFFERED, states=(RoundState.OPEN, RoundState.CLOSED)
    )
    if not chosen and rounds:
        # The round a lead most likely wants: the newest that is closed and about all themes, else closed, else newest.
        latest = min(rounds, key=lambda each: (each.state is not RoundState.CLOSED, each.scope != ""))
        return redirect(f"/rounds/{latest.id}/report")
    document: Document | None = None
    problem: Problem | None = None
    splits: Sequence[AnyBreakdown] = SPLITS
    template: TemplateContent | None = None
    if chosen:
        try:
            report = _report(acting, chosen, by, target)
        except (Invalid, Conflict, NotFound) as refused:
            problem = refused
        else:
            if len(report.rounds) == 1 and report.breakdown is Breakdown.WHOLE and not target.strip():
                return redirect(f"/rounds/{report.rounds[0].id}/report")
            origin = origin_of(acting.session, report, by=acting.actor)
            cases = cases_of(acting.session, report, by=acting.actor) if report.split_by_nothing else ()
            recording = recording_gaps_of(report) if report.split_by_nothing else None
            document = gap_document(report, made_on=local_date(now()), origin=origin, cases=cases, recording=recording)
            template = report.template
            splits = splits_of(template)
    return render(
        request,
        "reports/gaps/gaps.html",
        acting=acting,
        status=200 if problem is None else problem.status,
        faults=() if problem is None else problem.faults or (Fault("", problem.detail),),
        typed={"round": chosen, "by": [by or "whole"], "target": [target]},
        rounds=[
            {"value": str(audit_round.id), "text": audit_round.title, "hint": audit_round.state.value.capitalize()}
            for audit_round in rounds
        ],
        breakdowns=[
            {"value": Breakdown.WHOLE.value, "text": "No split: all audits together"},
            *({"value": each.value, "text": each.label_in(template) if template else each.label} for each in splits),
        ],
        document=document,
        has_questions=template is not None and bool(template.questions),
        query=urlencode(
            [*(("round", each) for each in chosen), ("by", by or "whole")] + [("target", target)] * bool(target)
        ),
    )


def _report(acting: Transaction, chosen: list[str], by: str, target: str) -> GapReport:
    """The report for a query. Raises Invalid with a fault for each wrong field."""
    faults = []
    identifiers = []
    for each in chosen:
        try:
            identifiers.append(uuid.UUID(each))
        except ValueError:
            faults.append(Fault("round", "Select rounds from the list."))
    percent = target.strip().removesuffix("%").strip()
    if percent and not (percent.isascii() and percent.isdecimal() and 1 <= int(percent) <= 100):
        faults.append(Fault("target", "Target must be a whole number from 1 to 100."))
    if faults:
        raise Invalid(faults[0].detail, faults=tuple(dict.fromkeys(faults)))
    return gap_report(
        acting.session,
        round_ids=identifiers,
        breakdown=by or Breakdown.WHOLE,
        target_percent=int(percent) if percent else None,
        by=acting.actor,
    )
