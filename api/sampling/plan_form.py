"""The form of a sample of a round that follows another: filled in as the earlier sample was planned."""

import uuid
from datetime import date
from typing import Any

from sqlmodel import Session

from api.foundation.pages.forms import TypedForm
from api.foundation.permissions import Actor
from api.sampling import actions
from api.sampling.plans import plan_like
from models import Round


def typed_as_before(
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
