"""Reads the codes that people gave to passages of a theme, and who has finished it."""

import uuid
from collections import defaultdict
from collections.abc import Mapping, Sequence

from sqlalchemy import select
from sqlmodel import Session, col

from api.coding.rules import CodedRound
from checklists.passages.parts import Place
from models import CodedPassage, FinishedCoding, PassageCode
from models.storage.joins import linked

Key = tuple[uuid.UUID, Place]
# By coder and passage: the codes, each with the digest of the passage as the coder read it.
Codings = Mapping[uuid.UUID, Mapping[Key, Mapping[uuid.UUID, str]]]


def finished_coders(session: Session, coded: CodedRound, theme: str) -> Sequence[uuid.UUID]:
    """Who has finished coding a theme."""
    return session.scalars(
        select(col(FinishedCoding.coder_id)).where(
            col(FinishedCoding.organisation_id) == coded.round.organisation_id,
            col(FinishedCoding.round_id) == coded.round.id,
            col(FinishedCoding.theme) == theme,
        )
    ).all()


def counted_coders(finished: Sequence[uuid.UUID], coder_id: uuid.UUID) -> Sequence[uuid.UUID]:
    """Whose codes a person sees counted: of those who have finished, once they have; until then their own alone."""
    return finished if coder_id in finished else [coder_id]


def given_codes(
    session: Session,
    coded: CodedRound,
    theme: str,
    coders: Sequence[uuid.UUID],
    *,
    blind: bool = False,
    audits: Sequence[uuid.UUID] | None = None,
) -> Codings:
    """The codes that each coder gave to passages of a theme, in all audits or in some.

    `blind`: as they stood when the coder finished.
    """
    query = (
        select(*(col(getattr(CodedPassage, name)) for name in ("coder_id", "audit_id", "part", "code_id", "digest")))
        .join(PassageCode, linked(PassageCode.id, CodedPassage.code_id))
        .where(
            col(CodedPassage.organisation_id) == coded.round.organisation_id,
            col(PassageCode.round_id) == coded.round.id,
            col(CodedPassage.theme) == theme,
            col(CodedPassage.coder_id).in_(coders),
            col(CodedPassage.given_blind if blind else CodedPassage.given),
        )
    )
    if audits is not None:
        query = query.where(col(CodedPassage.audit_id).in_(audits))
    found: dict[uuid.UUID, dict[Key, dict[uuid.UUID, str]]] = {coder: defaultdict(dict) for coder in coders}
    for row in session.execute(query):
        found[row.coder_id][row.audit_id, Place(theme, row.part)][row.code_id] = row.digest
    return found
