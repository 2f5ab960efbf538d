"""The form of a sample as it begins: with the usual plan, or as the sample of the round before was planned."""

import uuid
from datetime import date
from typing import Any, Final

from sqlmodel import Session

from api.case_lists import actions as case_lists
from api.foundation.pages.forms import TypedForm
from api.foundation.permissions import Actor
from api.rounds import actions as rounds
from api.sampling import actions
from api.sampling.plans import plan_like
from checklists.samples.sampling import SizeRule
from models import Round

# Cases that were audited within this number of months are not drawn, unless the lead says otherwise.
USUAL_MONTHS: Final = 12


def proposed(session: Session, *, round_id: uuid.UUID, size: int | None, by: Actor) -> tuple[TypedForm | None, bool]:
    """What would be typed for a sample of the newest case list, and whether it is as the round before had it.

    Without a round before that has a sample it is the usual plan of that size; None without a size or a case list.
    Raises NotFound.
    """
    audit_round = rounds.find_round(session, round_id=round_id, by=by)
    newest = next(iter(case_lists.list_case_lists(session, by=by, limit=1)), None)
    if newest is None:
        return None, False
    before = _typed_as_before(session, audit_round, case_list_id=newest.id, size=size, by=by)
    if before is not None or size is None:
        return before, before is not None
    usual = {
        "case_list": [str(newest.id)],
        "size": [str(size)],
        "rule": [SizeRule.PROPORTIONAL.value],
        "months_since_audit": [str(USUAL_MONTHS)],
    }
    return TypedForm(usual), False


def _typed_as_before(
    session: Session, audit_round: Round, *, case_list_id: uuid.UUID, size: int | None, by: Actor
) -> TypedForm | None:
    """What would be typed for a sample like the newest of the round before; None without one."""
    if audit_round.follows_id is None:
        return None
    samples = actions.samples_of_round(session, round_id=audit_round.follows_id, by=by)
    return TypedForm(_typed(plan_like(samples[-1], case_list_id=case_list_id, size=size))) if samples else None


def _typed(plan: dict[str, Any]) -> dict[str, list[str]]:
    rules = plan["rules"]
    typed = {
        "case_list": [plan["case_list_id"]],
        "strata": plan["strata"],
        "rule": [plan["rule"]],
        **{name: rules[name] for name in rules if name.startswith("only_")},
    }
    for name in ("size", "smallest_stratum", "most_of_a_worker"):
        typed[name] = [] if plan[name] is None else [str(plan[name])]
    for name in ("months_since_audit", "least_months_open", "most_months_open"):
        typed[name] = [] if rules[name] is None else [str(rules[name])]
    if rules["with_closed"]:
        typed["with_closed"] = ["yes"]
    if rules["re_referral"] is not None:
        typed["re_referral"] = ["yes" if rules["re_referral"] else "no"]
    if rules["closed_before"]:
        day = date.fromisoformat(rules["closed_before"])
        typed |= {f"closed_before-{part}": [str(getattr(day, part))] for part in ("day", "month", "year")}
    return typed
