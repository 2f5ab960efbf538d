"""What is stored beside the scores of audits: facts about the case, forms of harm and answers to questions."""

import uuid
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, Final

from sqlalchemy import Select, bindparam, select
from sqlmodel import Session, col

from models import Audit, AuditFact, AuditHarm, QuestionAnswer
from models.storage.dialects import is_among


def _stored(table: type[AuditFact | AuditHarm | QuestionAnswer]) -> Select[Any]:
    return select(table).where(col(table.organisation_id) == bindparam("own"), is_among(col(table.audit_id), "audits"))


# Made once: every page of an audit asks them.
_FACTS: Final = _stored(AuditFact)
_HARMS: Final = _stored(AuditHarm)
_ANSWERS: Final = _stored(QuestionAnswer)


def is_changed(stored: object | None, values: Mapping[str, object] | None) -> bool:
    """Whether these values differ from the stored row; None where there is no row, or is to be none."""
    if stored is None or values is None:
        return stored is not None or values is not None
    return any(getattr(stored, name) != value for name, value in values.items())


def facts_of_each(session: Session, audits: Collection[Audit]) -> Mapping[uuid.UUID, dict[str, str]]:
    """The facts about the case that the auditor of each audit chose, by key; once it is submitted, all of them."""
    found: dict[uuid.UUID, dict[str, str]] = defaultdict(dict)
    for row in _of_each(session, _FACTS, audits):
        found[row.audit_id][row.fact] = row.choice
    return found


def harms_of_each(session: Session, audits: Collection[Audit]) -> Mapping[uuid.UUID, list[str]]:
    """The forms of harm of each case when its audit was submitted."""
    found: dict[uuid.UUID, list[str]] = defaultdict(list)
    for row in _of_each(session, _HARMS, audits):
        found[row.audit_id].append(row.form_of_harm)
    return found


def harms_when_submitted(session: Session, audit: Audit) -> Sequence[str]:
    """The forms of harm of the case when the audit was submitted."""
    return harms_of_each(session, [audit]).get(audit.id, [])


def answers_of_each(session: Session, audits: Collection[Audit]) -> Mapping[uuid.UUID, dict[str, QuestionAnswer]]:
    """The answers to the questions of each audit, by key, those to questions that are no longer asked among them."""
    found: dict[uuid.UUID, dict[str, QuestionAnswer]] = defaultdict(dict)
    for row in _of_each(session, _ANSWERS, audits):
        found[row.audit_id][row.question] = row
    return found


def _of_each(session: Session, stored: Select[Any], audits: Collection[Audit]) -> Iterable[Any]:
    """The rows of several audits of one organisation, as they are stored now."""
    if not audits:
        return ()
    named = {"own": next(iter(audits)).organisation_id, "audits": [audit.id for audit in audits]}
    return session.scalars(stored, named, execution_options={"populate_existing": True})
