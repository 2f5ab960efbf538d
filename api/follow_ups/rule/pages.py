"""The page of a round's rule for audits at the lowest rating."""

import uuid
from collections.abc import Sequence
from typing import Annotated

from fastapi import Request
from starlette.responses import Response

from api.follow_ups.rule import actions
from api.follow_ups.rule.actions import ROLES, RuleChange
from api.follow_ups.rules import check_can_set_rule
from api.foundation.http.dependencies import Transaction, reading, writing
from api.foundation.http.routing import Router
from api.foundation.pages.forms import PostedForm, TypedForm, identifier_in
from api.foundation.pages.menu import Fragment
from api.foundation.pages.rendering import redirect, render
from api.foundation.permissions import Permission
from api.foundation.problems import Conflict, Fault, Invalid, Problem, Stale, is_allowed
from api.people import actions as people
from api.rounds import actions as rounds
from api.rounds.hooks import ShownRound
from api.rounds.queries import theme_choices
from checklists.audits.follow_up import LONGEST_WEEKS, MOST_WORKING_DAYS, SHORTEST_WEEKS
from models import Role

router = Router(include_in_schema=False)


@router.get("/rounds/{round_id}/follow-up-rule")
def show_rule(
    request: Request, acting: Annotated[Transaction, reading(Permission.READ_ROUNDS)], round_id: uuid.UUID
) -> Response:
    return _page(request, acting, round_id)


@router.post("/rounds/{round_id}/follow-up-rule")
def set_rule(
    request: Request,
    acting: Annotated[Transaction, writing(Permission.WRITE_ROUNDS)],
    round_id: uuid.UUID,
    form: PostedForm,
) -> Response:
    within = form.whole_number("notify_within", "Working days", least=1, most=MOST_WORKING_DAYS)
    weeks = form.whole_number("weeks", "Weeks", least=SHORTEST_WEEKS, most=LONGEST_WEEKS)
    change = RuleChange(
        overall=form.has("overall"),
        themes=tuple(form.texts("themes")),
        contact_id=identifier_in(form.text("contact_id")),
        contact_post=form.text("contact_post"),
        notify_within=within or 0,
        moderator_role=next((role for role in ROLES if role == form.text("moderator_role")), None),
        weeks=weeks or 0,
    )
    try:
        form.check()
        with acting.attempt():
            actions.set_rule(acting.session, round_id=round_id, change=change, version=form.version, by=acting.actor)
    except (Invalid, Stale, Conflict) as problem:
        return _page(request, acting, round_id, problem=problem, form=form)
    return redirect(f"/rounds/{round_id}", notice="Rule for follow-ups saved.")


def _page(
    request: Request,
    acting: Transaction,
    round_id: uuid.UUID,
    *,
    problem: Problem | None = None,
    form: TypedForm | None = None,
) -> Response:
    session, by = acting.session, acting.actor
    audit_round = rounds.find_round(session, round_id=round_id, by=by)
    rule, content = actions.rule_of(session, audit_round), audit_round.content(session)
    named = people.names_of(session, [rule.contact_id], by=by) if rule.contact_id else {}
    faults: Sequence[Fault] = () if problem is None else problem.faults or (Fault("", problem.detail),)
    return render(
        request,
        "follow_ups/rule/rule.html",
        acting=acting,
        refusal=problem,
        faults=faults,
        form=form,
        round=audit_round,
        rule=rule,
        contact=rule.contact_post or next(iter(named.values()), ""),
        themes=[] if content is None else theme_choices(content),
        labels=[content.theme(key).label for key in rule.themes.split()] if content else [],
        people=[{"value": str(key), "text": name} for key, name in actions.possible_contacts(session, by).items()],
        roles=[{"value": "", "text": "Any moderator"}, *({"value": each.value, "text": each.label} for each in ROLES)],
        role=Role(rule.moderator_role).label if rule.moderator_role else "Any moderator",
        may_set=is_allowed(check_can_set_rule, by, audit_round) and content is not None and content.graded,
    )


def rule_of_round(seen: ShownRound) -> Fragment:
    """The link to the rule of a round."""
    return Fragment("follow_ups/rule/_of_round.html", {"round_id": seen.round.id})
