"""Audits as a list of responses."""

import uuid
from collections.abc import Sequence
from typing import Any

from sqlalchemy import select
from sqlmodel import Session, col

from api.access.audits import readable_audits
from api.foundation.permissions import Actor
from models import Audit, CaseFile, Round
from models.storage.joins import linked


def list_responses(
    session: Session,
    *,
    by: Actor,
    limit: int,
    after: uuid.UUID | None = None,
    round_id: uuid.UUID | None = None,
    template: tuple[uuid.UUID, int | None] | None = None,
) -> Sequence[Any]:
    """The audits that a person may read, in the order of creation: rows with Audit, reference, template_id and number.

    `template`: only those by this template, in this version if there is one. No answer is among them.
    """
    query: Any = (
        select(Audit, col(CaseFile.reference), col(Round.template_id), col(Round.template_version).label("number"))
        .join(CaseFile, linked(CaseFile.id, Audit.case_file_id))
        .join(Round, linked(Round.id, Audit.round_id))
        .where(readable_audits(by))
        .order_by(col(Audit.id))
    )
    if round_id is not None:
        query = query.where(col(Audit.round_id) == round_id)
    if template is not None:
        query = query.where(col(Round.template_id) == template[0])
        if template[1] is not None:
            query = query.where(col(Round.template_version) == template[1])
    if after is not None:
        query = query.where(col(Audit.id) > after)
    return session.execute(query.limit(limit)).all()
