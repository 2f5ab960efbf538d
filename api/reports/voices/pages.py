"""Whose views there are in a round and what got in the way, as a page."""

import uuid
from collections.abc import Iterable, Mapping
from typing import Annotated, Any

from fastapi import Request
from starlette.responses import Response

from api.foundation.http.dependencies import Transaction, heavy_reading
from api.foundation.http.routing import Router
from api.foundation.pages.rendering import render
from api.foundation.permissions import Permission
from api.foundation.problems import is_allowed
from api.reports.voices.queries import (
    VoicesReport,
    asks_for_voices,
    check_can_read_voices,
    template_of_round,
    voices_report,
)
from api.reports.voices.sections import GRADE_LABELS, views_beside_grades
from api.rounds.hooks import ShownRound, Step
from models import RoundState

router = Router(include_in_schema=False)
TITLE = "Views recorded and barriers to the work"


@router.get("/rounds/{round_id}/voices")
def show_voices(
    request: Request, acting: Annotated[Transaction, heavy_reading(Permission.READ_REPORTS)], round_id: uuid.UUID
) -> Response:
    report = voices_report(acting.session, round_id=round_id, by=acting.actor)
    template, found = report.template, report.counts
    return render(
        request,
        "reports/voices/voices.html",
        acting=acting,
        found=found,
        audit_round=report.round,
        title=TITLE,
        asks=template.further,
        obstacles=_of(found.audits, ((each.label, found.obstacles[each.key]) for each in _by_number(report))),
        views=_of(
            found.audits,
            ((who.label_for(template.own_words.subject), number) for who, number in found.family.views.items()),
        ),
        reasons=_plain({why.label: number for why, number in found.family.reasons.items()}),
        questions=[
            (question.text, _plain({c.label: found.family.answers[question.key, c.key] for c in question.choices}))
            for question in template.family_questions
        ],
        grades=[GRADE_LABELS[is_met] for is_met in found.beside_grades],
        beside_grades=[
            (label, *(f"{number:,} of {of:,}" for number, of in figures.values()))
            for label, figures in views_beside_grades(template, found)
        ],
        gaps=_of(
            found.with_sources,
            ((template.theme(key).label, number) for key, number in found.recording_gaps.items()),
        ),
    )


def voices(seen: ShownRound) -> Step | None:
    """The step of reading whose views there are, in a round whose template asks."""
    if seen.round.state is RoundState.PLANNED or not is_allowed(check_can_read_voices, by=seen.actor):
        return None
    if not asks_for_voices(template_of_round(seen.session, seen.round)):
        return None
    return Step("Views recorded", f"/rounds/{seen.round.id}/voices", 6)


def _by_number(found: VoicesReport) -> Iterable[Any]:
    known = {each.key: each for each in found.template.obstacles}
    return (known[key] for key in found.counts.obstacles)


def _of(total: int, rows: Iterable[tuple[str, int]]) -> list[tuple[str, str]]:
    """Numbers of all, in words: shares of few cases would say more than they know."""
    return [(label, f"{number:,} of {total:,}") for label, number in rows]


def _plain(rows: Mapping[str, int]) -> list[tuple[str, str]]:
    return [(label, f"{number:,}") for label, number in rows.items()]
