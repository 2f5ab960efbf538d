"""Reads the codes of a round, and those of earlier rounds that can be carried over."""

import uuid
from collections.abc import Sequence
from typing import Final

from sqlmodel import Session, col, func, select

from api.coding.rules import CodedRound
from api.foundation.permissions import Actor
from api.foundation.problems import NotFound
from models import PassageCode, Round
from models.storage.joins import linked

MOST_ROUNDS_TO_CARRY_FROM: Final = 20


def list_codes(session: Session, coded: CodedRound) -> Sequence[PassageCode]:
    """The codes of a round, by name."""
    found = session.exec(
        select(PassageCode).where(
            col(PassageCode.organisation_id) == coded.round.organisation_id,
            col(PassageCode.round_id) == coded.round.id,
        )
    ).all()
    return sorted(found, key=lambda code: code.name.casefold())


def find_code(session: Session, coded: CodedRound, code_id: uuid.UUID, *, lock: bool = False) -> PassageCode:
    """A code of the round. Raises NotFound."""
    query = select(PassageCode).where(
        col(PassageCode.organisation_id) == coded.round.organisation_id,
        col(PassageCode.round_id) == coded.round.id,
        col(PassageCode.id) == code_id,
    )
    found = session.exec(query.with_for_update(key_share=True) if lock else query).one_or_none()
    if found is None:
        raise NotFound("code")
    return found


def rounds_with_codes(session: Session, coded: CodedRound, *, by: Actor) -> Sequence[tuple[uuid.UUID, str, int]]:
    """The newest other rounds that have codes: identifier, title and number of codes."""
    return session.exec(
        select(Round.id, Round.title, func.count(col(PassageCode.id)))
        .join(PassageCode, linked(PassageCode.round_id, Round.id))
        .where(col(Round.organisation_id) == by.organisation_id, col(Round.id) != coded.round.id)
        .group_by(col(Round.id), col(Round.title))
        .order_by(col(Round.id).desc())
        .limit(MOST_ROUNDS_TO_CARRY_FROM)
    ).all()
