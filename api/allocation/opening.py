"""Opening a planned round together with the allocation of its audits."""

import uuid

from api.foundation.http.dependencies import Transaction
from api.foundation.pages.forms import TypedForm
from api.foundation.permissions import Actor, Permission
from api.rounds import actions as rounds
from models import Round, RoundState


def may_open(by: Actor, audit_round: Round) -> bool:
    """Whether to offer opening the round with the allocation. The action of opening checks it again."""
    return by.may(Permission.WRITE_ROUNDS) and audit_round.state is RoundState.PLANNED


def open_if_asked(acting: Transaction, round_id: uuid.UUID, form: TypedForm) -> str:
    """Open the round if the form asks for it. Returns what the notice then adds. Raises Stale and Conflict."""
    if not form.has("open_round"):
        return ""
    rounds.open_round(acting.session, round_id=round_id, version=form.version, by=acting.actor)
    return " Round opened. Auditors can now score their audits."
