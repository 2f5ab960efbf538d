"""Pages for allocating case files of a round: the first reading, and a second one by another person."""

import uuid
from itertools import cycle
from typing import Annotated

from fastapi import Query, Request
from starlette.responses import Response

from api.allocation.actions import Allocation, allocate_many
from api.allocation.opening import may_open, open_if_asked
from api.allocation.queries import case_files_to_allocate
from api.audits import actions as audits
from api.case_files.words import plain_choices, words_in_use
from api.foundation.http.dependencies import Page, PageQuery, Transaction, reading, writing
from api.foundation.http.routing import Router
from api.foundation.pages.forms import PostedForm, TypedForm, submit_once
from api.foundation.pages.rendering import redirect, render
from api.foundation.permissions import Permission
from api.foundation.problems import AlreadyExists, Conflict, Fault, Invalid, Problem, Stale
from api.people.key_holder.queries import key_holder_of
from api.people.teams.queries import team_choices
from api.rounds import actions as rounds
from checklists.plurals import plural
from models import AuditMode, RoundState

router = Router(include_in_schema=False)

ReadingLead = Annotated[Transaction, reading(Permission.ALLOCATE_AUDITS)]
WritingLead = Annotated[Transaction, writing(Permission.ALLOCATE_AUDITS)]
Filter = Annotated[str, Query(max_length=40)]
Previous = Annotated[str, Query(max_length=3, description="`yes` for case files read in the previous round only.")]
Reading = Annotated[
    int, Query(ge=1, le=2, description="1 for case files with no reader; 2 for case files with 1 reader.")
]


@router.get("/rounds/{round_id}/allocate")
def choose(
    request: Request,
    acting: ReadingLead,
    round_id: uuid.UUID,
    page: Page,
    reading: Reading = 1,
    team: Filter = "",
    status: Filter = "",
    previous: Previous = "",
) -> Response:
    return _page(request, acting, round_id, page, reading=reading, team=team, status=status, previous=previous == "yes")


@router.post("/rounds/{round_id}/allocate")
def allocate(
    request: Request,
    acting: WritingLead,
    round_id: uuid.UUID,
    page: Page,
    form: PostedForm,
    reading: Reading = 1,
    team: Filter = "",
    status: Filter = "",
    previous: Previous = "",
) -> Response:
    """Allocates the selected files, all or none; among several auditors, in turn down the list."""

    def make() -> Response:
        allocations = _typed_allocations(form, reading)
        made = allocate_many(acting.session, round_id=round_id, allocations=allocations, by=acting.actor)
        allocated = f"{plural(len(made), 'case file')} allocated."
        return redirect(f"/rounds/{round_id}", notice=f"{allocated}{open_if_asked(acting, round_id, form)}")

    try:
        with acting.attempt():
            return submit_once(acting, form, make)
    except (Invalid, Conflict, AlreadyExists, Stale) as problem:
        return _page(
            request,
            acting,
            round_id,
            page,
            reading=reading,
            team=team,
            status=status,
            previous=previous == "yes",
            problem=problem,
            form=form,
        )


def _typed_allocations(form: TypedForm, reading: int) -> list[Allocation]:
    files = _identifiers(form, "case_files", "Select at least one case file")
    auditors = _identifiers(form, "auditors", "Select at least one auditor")
    mode = form.text("mode")
    if mode not in set(AuditMode):
        form.faults.append(Fault("mode", "Select an audit method"))
    form.check()
    return [
        Allocation(case_file_id, auditor_id, reading, AuditMode(mode))
        for case_file_id, auditor_id in zip(files, cycle(auditors), strict=False)
    ]


def _identifiers(form: TypedForm, name: str, words: str) -> list[uuid.UUID]:
    try:
        found = [uuid.UUID(text) for text in form.texts(name)]
    except ValueError:
        found = []
    if not found:
        form.faults.append(Fault(name, words))
    return found


def _page(
    request: Request,
    acting: Transaction,
    round_id: uuid.UUID,
    page: PageQuery,
    *,
    reading: int,
    team: str,
    status: str,
    previous: bool = False,
    problem: Problem | None = None,
    form: TypedForm | None = None,
) -> Response:
    session, actor = acting.session, acting.actor
    audit_round = rounds.find_round(session, round_id=round_id, by=actor)
    if audit_round.state is RoundState.CLOSED:
        raise Conflict("This round is closed, so no more audits can be allocated.")
    teams = team_choices(session, actor, retired=True)
    words = words_in_use(session, actor.organisation_id)
    found = case_files_to_allocate(
        session,
        audit_round,
        by=actor,
        reading=reading,
        team_id=uuid.UUID(team) if team in {choice["value"] for choice in teams} else None,
        status=status if status in words.statuses else None,
        previous=previous,
        limit=page.to_fetch,
        after=page.after_id,
    )
    shown, after = page.cut(found, key=lambda each: each.id)
    names = {choice["value"]: choice["text"] for choice in teams}
    return render(
        request,
        "allocation/allocate.html",
        acting=acting,
        key_holder=key_holder_of(acting.session, acting.actor.organisation_id),
        refusal=problem,
        form=form,
        on_field=_on_a_field,
        audit_round=audit_round,
        may_open=may_open(actor, audit_round),
        reading=reading,
        case_files=[
            {
                "value": str(case_file.id),
                "text": case_file.reference,
                "hint": f"{names[str(case_file.team_id)]}, {words.status_label(case_file.status).lower()},"
                f" {words.age_label(case_file.age_band).lower()}",
            }
            for case_file in shown
        ],
        auditors=[{"value": str(key), "text": name} for key, name in audits.active_auditors(session, actor).items()],
        modes=[{"value": mode.value, "text": mode.label} for mode in AuditMode],
        teams=teams,
        statuses=plain_choices(words.statuses),
        chosen={"team": team, "status": status, "previous": "yes" if previous else ""},
        after=after,
        first=page.after is None,
    )


def _on_a_field(fault: Fault) -> Fault:
    """A fault of one allocation, at the field of the page that it belongs to."""
    if fault.pointer.endswith("/auditor_id"):
        return Fault("auditors", fault.detail)
    return Fault("case_files", fault.detail) if fault.pointer else fault
