"""Pages on which a quality lead plans a practice action, and changes what it says."""

import uuid
from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Any, Final, TypeVar

from fastapi import Query, Request
from starlette.responses import Response

from api.coding.findings.queries import sentence_of
from api.foundation.http.dependencies import (
    ActorRequest,
    Computed,
    Transaction,
    computing,
    heavy_reading,
    reading,
    writing,
)
from api.foundation.http.routing import Router
from api.foundation.pages.forms import PostedForm, TypedForm, key_of
from api.foundation.pages.rendering import redirect, render
from api.foundation.permissions import Permission
from api.foundation.problems import Conflict, Fault, Invalid, NotAllowed, NotFound, Problem, Stale
from api.improvement import actions, choosing, rules
from api.improvement.findings import Finding, FoundTheme
from api.improvement.planning import MOST_STEPS, ActionPlan
from api.improvement.queries import possible_owners
from api.people.teams.queries import team_choices
from models import ActionCause, EvidenceKind, Round

router = Router(include_in_schema=False)
Word = TypeVar("Word", bound=StrEnum)

Planner = Annotated[Transaction, heavy_reading(Permission.WRITE_ACTIONS)]
ReadingPlanner = Annotated[Transaction, reading(Permission.WRITE_ACTIONS)]
WritingPlanner = Annotated[Transaction, writing(Permission.WRITE_ACTIONS)]
FIELDS_OF_STEPS: Final = 5
CAUSES: Final = [{"value": cause.value, "text": cause.label} for cause in ActionCause if cause is not ActionCause.AUDIT]
EVIDENCE: Final = [{"value": kind.value, "text": kind.label} for kind in EvidenceKind]
# The fields at which the page shows faults whose place has another name.
_FIELDS: Final = {"round_id": "round", "recommendation_id": "recommendation"}


@dataclass(frozen=True, slots=True)
class Origin:
    """What a new action comes from, as the page was asked for it."""

    cause: str
    round_id: str
    follows: str
    recommendation: str


@router.get("/actions/new")
def ask_what_is_planned(
    request: Request,
    acting: Planner,
    cause: Annotated[str, Query(max_length=40, description="What the action comes from.")] = "",
    round_id: Annotated[str, Query(alias="round", max_length=40, description="The round of the finding.")] = "",
    theme: Annotated[list[str], Query(max_length=200, description="Themes of the finding.")] = [],  # noqa: B006 - FastAPI copies it
    follows: Annotated[str, Query(max_length=40, description="The action without impact that it follows.")] = "",
    recommendation: Annotated[str, Query(max_length=40, description="The recommendation that it is about.")] = "",
    finding: Annotated[str, Query(max_length=40, description="The written finding that it is about.")] = "",
) -> Response:
    rules.check_can_plan(acting.actor)
    if not cause:
        return _choose_page(request, acting)
    if cause == ActionCause.RECOMMENDATION and not recommendation:
        return redirect("/recommendations", notice="Select a recommendation, then plan an action.")
    where = Origin(cause, round_id, follows, recommendation)
    return _form_page(request, acting, where, themes=theme, why=_sentence_of(acting, round_id, finding))


@router.post("/actions/new", response_model=None)
def propose_action(
    request: Request,
    asking: Annotated[ActorRequest, computing(Permission.WRITE_ACTIONS)],  # noqa: ARG001 - declares what it needs
    form: PostedForm,
) -> Computed:
    def prepare(acting: Transaction) -> tuple[ActionPlan, Finding]:
        plan = _plan_of(form)
        return plan, actions.prepare_action(acting.session, plan=plan, by=acting.actor)

    def store(acting: Transaction, prepared: tuple[ActionPlan, Finding]) -> Response:
        plan, finding = prepared
        made = actions.propose_action(acting.session, plan=plan, finding=finding, by=acting.actor)
        return redirect(f"/actions/{made.id}", notice="Action proposed.")

    def refused(acting: Transaction, problem: Problem) -> Response:
        where = Origin(*(form.text(name) for name in ("cause", "round", "follows", "recommendation")))
        return _form_page(request, acting, where, themes=form.texts("themes"), problem=problem, form=form)

    return Computed(prepare, store, key=key_of(form), refused=refused)


@router.get("/actions/{action_id}/edit")
def ask_what_changes(request: Request, acting: ReadingPlanner, action_id: uuid.UUID) -> Response:
    return _edit_page(request, acting, action_id)


@router.post("/actions/{action_id}/edit")
def change_action(request: Request, acting: WritingPlanner, action_id: uuid.UUID, form: PostedForm) -> Response:
    try:
        with acting.attempt():
            actions.change_action(
                acting.session, action_id=action_id, plan=_plan_of(form), version=form.version, by=acting.actor
            )
    except (Invalid, Stale) as problem:
        return _edit_page(request, acting, action_id, problem=problem, form=form)
    return redirect(f"/actions/{action_id}", notice="Action changed.")


def _choose_page(request: Request, acting: Transaction) -> Response:
    rounds = choosing.rounds_to_choose(acting.session, acting.actor)
    return render(
        request,
        "improvement/choose.html",
        acting=acting,
        causes=CAUSES,
        rounds=[{"value": str(each.id), "text": each.title} for each in rounds],
    )


def _form_page(
    request: Request,
    acting: Transaction,
    origin: Origin,
    *,
    themes: Collection[str],
    why: str = "",
    problem: Problem | None = None,
    form: TypedForm | None = None,
) -> Response:
    chosen = one_of(ActionCause, origin.cause) or ActionCause.OTHER
    audit_round, found = _themes_to_choose(acting, chosen, origin.round_id)
    recommendation = choosing.recommendation_to_plan(
        acting.session, recommendation_id=identifier_in(origin.recommendation), by=acting.actor
    )
    return render(
        request,
        "improvement/plan.html",
        acting=acting,
        refusal=problem,
        form=form,
        on_field=on_field,
        cause=chosen,
        round=audit_round,
        themes=[{"value": each.key, "text": each.label, "hint": _figures(each)} for each in found],
        chosen_themes=list(themes),
        why=why,
        follows=identifier_in(origin.follows) or "",
        recommendation=recommendation,
        found=None,
        **_choices(acting),
    )


def _edit_page(
    request: Request,
    acting: Transaction,
    action_id: uuid.UUID,
    *,
    problem: Problem | None = None,
    form: TypedForm | None = None,
) -> Response:
    rules.check_can_plan(acting.actor)
    found = actions.find_action(acting.session, action_id=action_id, by=acting.actor)
    rules.check_can_change(acting.actor, found.action, decides=found.decides)
    return render(
        request,
        "improvement/edit.html",
        acting=acting,
        refusal=problem,
        form=form,
        on_field=on_field,
        found=found,
        is_stale=isinstance(problem, Stale),
        **_choices(acting),
    )


def _sentence_of(acting: Transaction, round_id: str, finding: str) -> str:
    """The sentence of a written finding, with which the form begins; "" if there is no such finding."""
    identifiers = identifier_in(round_id), identifier_in(finding)
    if identifiers[0] is None or identifiers[1] is None:
        return ""
    try:
        return sentence_of(acting.session, round_id=identifiers[0], finding_id=identifiers[1], by=acting.actor)
    except (NotFound, NotAllowed, Conflict):
        return ""


def _themes_to_choose(
    acting: Transaction, cause: ActionCause, round_id: str
) -> tuple[Round | None, tuple[FoundTheme, ...]]:
    """The round, and its themes with their figures as they are now; neither for a round that nobody has audited."""
    identifier = identifier_in(round_id)
    if identifier is None:
        return None, ()
    try:
        return choosing.themes_of_round(
            acting.session, round_id=identifier, with_figures=cause is ActionCause.GAP, by=acting.actor
        )
    except (NotFound, Conflict, Invalid):
        return None, ()


def _figures(theme: FoundTheme) -> str:
    """What the gap report says of a theme now."""
    if theme.applicable is None or theme.state is None:
        return ""
    if not theme.applicable:
        return "No applicable answers yet."
    return f"{theme.meeting} of {theme.applicable} met the standard ({theme.percent}%). {theme.state.label}."


def _choices(acting: Transaction) -> dict[str, Any]:
    people = possible_owners(acting.session, acting.actor)
    return {
        "owners": [{"value": str(person_id), "text": name} for person_id, name in people.items()],
        "teams": team_choices(acting.session, acting.actor),
        "evidence": EVIDENCE,
        "step_fields": FIELDS_OF_STEPS,
    }


def _plan_of(form: TypedForm) -> ActionPlan:
    due_on = form.date("due_on", "The due date", needed=False)
    measure_by = form.date("measure_by", "The date", needed=False)
    form.check()
    return ActionPlan(
        words=form.text("words"),
        cause=one_of(ActionCause, form.text("cause")) or ActionCause.OTHER,
        why=form.text("why"),
        round_id=identifier_in(form.text("round")),
        themes=tuple(form.texts("themes")),
        team_ids=tuple(each for each in map(identifier_in, form.texts("team_ids")) if each is not None),
        owner_id=identifier_in(form.text("owner_id")),
        owner_post=form.text("owner_post").strip(),
        due_on=due_on,
        measure=form.text("measure"),
        measure_from=one_of(EvidenceKind, form.text("measure_from")),
        measure_by=measure_by,
        steps=tuple(line.strip() for line in form.text("steps").splitlines() if line.strip())[: MOST_STEPS + 1],
        follows_id=identifier_in(form.text("follows")),
        recommendation_id=identifier_in(form.text("recommendation")),
        keep_names=form.keep_names(),
    )


def on_field(fault: Fault) -> Fault:
    """A fault at the field of the page: steps are typed into one field."""
    name = fault.pointer.removeprefix("/").partition("/")[0]
    return Fault(_FIELDS.get(name, name), fault.detail, fault.places, may_be_kept=fault.may_be_kept)


def identifier_in(typed: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(typed)
    except ValueError:
        return None


def one_of(words: type[Word], typed: str) -> Word | None:
    return next((word for word in words if word.value == typed), None)
