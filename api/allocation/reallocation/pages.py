"""Pages of reallocation: who has audits to finish in a round, and giving one person's audits to others."""

import uuid
from collections.abc import Collection
from typing import Annotated

from fastapi import Query, Request
from starlette.responses import Response

from api.allocation.reallocation import actions, queries
from api.allocation.reallocation.actions import CLOSED, PreparedReallocation, Reallocation, ReallocationRequest
from api.audits import actions as audits
from api.foundation.http.dependencies import ActorRequest, Computed, Transaction, computing, reading
from api.foundation.http.routing import Router
from api.foundation.pages.forms import PostedForm, TypedForm, key_of
from api.foundation.pages.rendering import redirect, render
from api.foundation.permissions import Permission
from api.foundation.problems import Conflict, Fault, Invalid, Problem
from api.people import actions as people
from api.rounds import actions as rounds
from checklists.plurals import plural
from models import RoundState

router = Router(include_in_schema=False)

ReadingLead = Annotated[Transaction, reading(Permission.ALLOCATE_AUDITS)]
Chosen = Annotated[str, Query(max_length=40)]
WAYS = (
    {
        "value": "answers",
        "text": "Keep the answers so far",
        "hint": "The new auditor continues from the existing answers.",
    },
    {
        "value": "afresh",
        "text": "Start again",
        "hint": "The new auditor gets a blank audit. The existing audit is withdrawn and kept.",
    },
)


@router.get("/rounds/{round_id}/reallocate")
def choose(
    request: Request, acting: ReadingLead, round_id: uuid.UUID, auditor: Chosen = "", audit: Chosen = ""
) -> Response:
    """The audits of one auditor; without one, the people who have audits to finish."""
    person_id = _identifier(auditor)
    if person_id is None:
        return _people_page(request, acting, round_id)
    chosen = _identifier(audit)
    return _page(request, acting, round_id, person_id, only=() if chosen is None else (chosen,))


@router.post("/rounds/{round_id}/reallocate", response_model=None)
def reallocate(
    asking: Annotated[ActorRequest, computing(Permission.ALLOCATE_AUDITS)],  # noqa: ARG001 - declares what it needs
    request: Request,
    round_id: uuid.UUID,
    form: PostedForm,
) -> Computed:
    person_id = _identifier(form.text("auditor"))

    def prepare(acting: Transaction) -> PreparedReallocation:
        if person_id is None:
            raise Invalid.at("auditor", "Select an auditor whose audits you want to reallocate")
        asked = _asked(form, person_id)
        return actions.prepare_reallocation(acting.session, round_id=round_id, asked=asked, by=acting.actor)

    def store(acting: Transaction, prepared: PreparedReallocation) -> Response:
        done = actions.store_reallocation(acting.session, prepared, by=acting.actor)
        return redirect(f"/rounds/{round_id}", notice=_said(done))

    def refused(acting: Transaction, problem: Problem) -> Response:
        if person_id is None:
            return _people_page(request, acting, round_id, problem=problem)
        return _page(request, acting, round_id, person_id, problem=problem, form=form)

    return Computed(prepare, store, key=key_of(form), refused=refused)


def _asked(form: TypedForm, person_id: uuid.UUID) -> ReallocationRequest:
    form.faults.clear()  # it is read again when the data has changed meanwhile
    chosen = tuple(found for text in form.texts("audits") if (found := _identifier(text)) is not None)
    to, way = form.text("to"), form.text("way")
    if not chosen:
        form.faults.append(Fault("audits", "Select at least one audit"))
    if way not in {each["value"] for each in WAYS}:
        form.faults.append(Fault("way", "Select whether to keep the answers so far"))
    if to != "spread" and _identifier(to) is None:
        form.faults.append(Fault("to", "Select an auditor, or select “Share evenly using the allocation rules”"))
    form.check()
    return ReallocationRequest(
        person_id,
        chosen,
        to=_identifier(to),
        afresh=way == "afresh",
        reason=form.text("reason"),
        keep_names=form.keep_names(),
    )


def _said(done: Reallocation) -> str:
    said = f"{plural(len(done.moved), 'audit')} reallocated."
    if done.left:
        stay = "was not reallocated" if len(done.left) == 1 else "were not reallocated"
        said += f" {plural(len(done.left), 'audit')} {stay} because the rules allow no other auditor to read the case."
    return said


def _people_page(
    request: Request, acting: Transaction, round_id: uuid.UUID, *, problem: Problem | None = None
) -> Response:
    audit_round = rounds.find_round(acting.session, round_id=round_id, by=acting.actor)
    _check_open(audit_round.state)
    return render(
        request,
        "allocation/reallocation/people.html",
        acting=acting,
        refusal=problem,
        audit_round=audit_round,
        people=queries.people_with_open_audits(acting.session, audit_round, by=acting.actor),
    )


def _page(
    request: Request,
    acting: Transaction,
    round_id: uuid.UUID,
    person_id: uuid.UUID,
    *,
    only: Collection[uuid.UUID] = (),
    problem: Problem | None = None,
    form: TypedForm | None = None,
) -> Response:
    session, actor = acting.session, acting.actor
    audit_round = rounds.find_round(session, round_id=round_id, by=actor)
    _check_open(audit_round.state)
    person = people.find_person(session, person_id=person_id, by=actor).person
    found = queries.open_audits_of(session, audit_round, person_id, by=actor)
    others = audits.active_auditors(session, actor)
    return render(
        request,
        "allocation/reallocation/reallocate.html",
        acting=acting,
        refusal=problem,
        form=form,
        audit_round=audit_round,
        person=person,
        hindrance=queries.hindrance_words_of(session, person_id, by=actor),
        audits=[
            {"value": str(each.audit.id), "text": each.reference, "hint": each.audit.state.label} for each in found
        ],
        ticked=[str(each.audit.id) for each in found if each.audit.id in only or (not only and each.is_with_auditor)],
        is_full=len(found) == queries.MOST_AT_ONCE,
        ways=WAYS,
        auditors=[
            {"value": "spread", "text": "Share evenly using the allocation rules"},
            *({"value": str(each), "text": name} for each, name in others.items() if each != person_id),
        ],
    )


def _check_open(state: RoundState) -> None:
    if state is RoundState.CLOSED:
        raise Conflict(CLOSED)


def _identifier(text: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(text)
    except ValueError:
        return None
