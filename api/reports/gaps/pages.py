"""The gap report as a page: chart, tables, what was counted, and the method."""

import uuid
from typing import Annotated
from urllib.parse import urlencode

from fastapi import Query, Request
from markupsafe import Markup
from starlette.responses import Response

from api.documents.document import Tone
from api.foundation.http.dependencies import Transaction, heavy_reading
from api.foundation.http.routing import Router
from api.foundation.pages.rendering import redirect, render
from api.foundation.permissions import Permission
from api.foundation.problems import Conflict, Fault, Invalid, NotFound, Problem
from api.reports.breakdowns import Breakdown
from api.reports.gaps.chart import NARROW, WIDE, gap_chart
from api.reports.gaps.columns import TONES
from api.reports.gaps.queries import MOST_ROUNDS, GapReport, gap_report
from api.reports.overall import overall_sentence
from api.rounds.queries import list_rounds
from checklists.reports.gaps import by_widest_gap
from models import RoundState

router = Router(include_in_schema=False)

Lead = Annotated[Transaction, heavy_reading(Permission.READ_REPORTS)]
Chosen = Annotated[list[str], Query(alias="round", max_length=MOST_ROUNDS, description="A round; several to add up.")]
By = Annotated[str, Query(max_length=20, description="What to split the report by.")]
Target = Annotated[str, Query(max_length=10, description="Another target, in percent.")]

TAG_COLOURS = {Tone.BAD: "red", Tone.UNSURE: "purple", Tone.GOOD: "green", Tone.FEW: "grey"}
ROUNDS_OFFERED = 60


@router.get("/reports/gaps")
def show_gaps(request: Request, acting: Lead, chosen: Chosen = [], by: By = "", target: Target = "") -> Response:  # noqa: B006 - FastAPI copies it
    rounds = list_rounds(
        acting.session, by=acting.actor, limit=ROUNDS_OFFERED, states=(RoundState.OPEN, RoundState.CLOSED)
    )
    if not chosen and rounds:
        # The round a lead most likely wants: the last one closed, else the newest.
        latest = next((audit_round for audit_round in rounds if audit_round.state is RoundState.CLOSED), rounds[0])
        return redirect(f"/reports/gaps?round={latest.id}")
    report: GapReport | None = None
    problem: Problem | None = None
    if chosen:
        try:
            report = _report(acting, chosen, by, target)
        except (Invalid, Conflict, NotFound) as refused:
            problem = refused
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
            {"value": each.value, "text": "Nothing: all audits together" if each is Breakdown.WHOLE else each.label}
            for each in Breakdown
        ],
        report=report,
        charts=[] if report is None else _charts(report),
        by_widest_gap=by_widest_gap,
        overall_sentence=overall_sentence,
        answers=[] if report is None else list(report.template.scale.answers),
        colours={state: TAG_COLOURS[tone] for state, tone in TONES.items()},
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
            faults.append(Fault("round", "Choose rounds from the list."))
    if by and by not in set(Breakdown):
        faults.append(Fault("by", "Choose what to split by from the list, one thing at a time."))
    percent = target.strip().removesuffix("%").strip()
    if percent and not (percent.isascii() and percent.isdecimal() and 1 <= int(percent) <= 100):
        faults.append(Fault("target", "The target must be a whole number from 1 to 100."))
    if faults:
        raise Invalid(faults[0].detail, faults=tuple(dict.fromkeys(faults)))
    return gap_report(
        acting.session,
        round_ids=identifiers,
        breakdown=Breakdown(by) if by else Breakdown.WHOLE,
        target_percent=int(percent) if percent else None,
        by=acting.actor,
    )


def _charts(report: GapReport) -> list[list[Markup]]:
    """A wide chart and a narrow one for phones for each group; the style sheet shows one of them."""
    return [
        [
            Markup(  # noqa: S704 - SVG of our own making; every text in it is escaped where it is made
                gap_chart(
                    group.themes,
                    target=report.target,
                    title=f"Share meeting the standard by theme: {group.label}",
                    layout=layout,
                    identifier=f"chart-{place}",
                )
            )
            for layout in (WIDE, NARROW)
        ]
        for place, group in enumerate(report.groups)
    ]
