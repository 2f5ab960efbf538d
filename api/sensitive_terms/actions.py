"""Risky terms: names and identifiers that an organisation wants to be warned of, stored so that nobody can read them.

A term is stored as hashes under a key in a file outside the database. So a copy of the database reveals no name, not
even to somebody who tries all existing names.
"""

import secrets
import uuid
from collections.abc import Sequence
from typing import Final

from sqlalchemy import delete, func
from sqlmodel import Session, col, select

from api.foundation import events
from api.foundation.permissions import Actor, Permission, check_may
from api.foundation.problems import Conflict, Fault, Invalid, NotFound
from api.foundation.text.sensitive_terms import KEY_BYTES, key_mark, key_of
from checklists.privacy.identifiers import find_identifiers
from checklists.privacy.names import MOST_WORDS, RiskyTerms, find_names, hash_term, is_everyday, term_words
from models import RiskyTerm, new_id
from models.storage.database import rows_changed

LONGEST_TERM: Final = 120
LONGEST_LABEL: Final = 80
MOST_TERMS: Final = 5_000
MOST_IN_ONE_CALL: Final = 1_000


def add_terms(session: Session, *, terms: Sequence[str], label: str, by: Actor) -> list[RiskyTerm]:
    """Add terms to the list under a label that reveals nothing of them. A term that is on the list stays as it is.

    Raises Invalid, and Conflict when the list would have more than MOST_TERMS.
    """
    check_may(by, Permission.WRITE_RISKY_TERMS)
    faults = [fault for place, term in enumerate(terms) for fault in _faults_of(term, f"/terms/{place}")]
    label = " ".join(label.split())
    faults = faults or _faults_of_label(label, terms)
    if faults:
        raise Invalid(faults[0].detail, faults=tuple(faults))
    key = key_of(session, by.organisation_id, make=True)
    mark = key_mark(key)
    hashed = {term.whole.hex(): term for term in (hash_term(key, term) for term in terms)}
    known = {term.whole_hash: term for term in _stored(session, by, list(hashed))}
    made = [
        RiskyTerm(
            organisation_id=by.organisation_id,
            id=new_id(),
            label=label,
            first_hash=term.first.hex(),
            whole_hash=whole,
            key_mark=mark,
            words=term.words,
        )
        for whole, term in hashed.items()
        if whole not in known
    ]
    if _count(session, by) + len(made) > MOST_TERMS:
        raise Conflict(f"The list can contain {MOST_TERMS:,} terms. Remove terms that are no longer needed.")
    session.add_all(made)
    session.flush()
    events.record_many(session, [events.row("risky-term.added", term.id, by=by) for term in made])
    return sorted([*known.values(), *made], key=lambda term: term.id)


def remove_term(session: Session, *, term_id: uuid.UUID, by: Actor) -> None:
    """Remove a term from the list. Raises NotFound."""
    check_may(by, Permission.WRITE_RISKY_TERMS)
    mine = (col(RiskyTerm.organisation_id) == by.organisation_id, col(RiskyTerm.id) == term_id)
    if not rows_changed(session, delete(RiskyTerm).where(*mine)):
        raise NotFound("sensitive term")
    events.record(session, "risky-term.removed", term_id, by=by)


def list_terms(session: Session, *, by: Actor, limit: int, after: uuid.UUID | None = None) -> Sequence[RiskyTerm]:
    """The terms in the order in which they were added, from the one after `after`: their labels only."""
    check_may(by, Permission.WRITE_RISKY_TERMS)
    query = select(RiskyTerm).where(col(RiskyTerm.organisation_id) == by.organisation_id)
    query = query if after is None else query.where(col(RiskyTerm.id) > after)
    return session.exec(query.order_by(col(RiskyTerm.id)).limit(limit)).all()


def mark_of_key(session: Session, *, by: Actor) -> str:
    """The fingerprint of the current key: a term with another fingerprint finds nothing any more."""
    return key_mark(key_of(session, by.organisation_id))


def _faults_of(term: str, pointer: str) -> list[Fault]:
    words = term_words(term)
    if len(term) > LONGEST_TERM or len(words) > MOST_WORDS:
        return [Fault(pointer, f"Term must be {MOST_WORDS} words or fewer and {LONGEST_TERM} characters or fewer.")]
    if sum(map(len, words)) < 2:
        return [Fault(pointer, "Term must have at least 2 letters or numbers.")]
    if is_everyday(term):
        return [
            Fault(
                pointer, ("This word is in nearly every text, so every text would show a warning. Enter the full name.")
            )
        ]
    return []


def _faults_of_label(label: str, terms: Sequence[str]) -> list[Fault]:
    if not label:
        return [
            Fault(
                "/label", ("Enter a label that you will recognise, such as the date and the list the terms come from.")
            )
        ]
    if len(label) > LONGEST_LABEL or not label.isprintable():
        return [Fault("/label", f"Label must be {LONGEST_LABEL} characters or fewer, on 1 line.")]
    throwaway = secrets.token_bytes(KEY_BYTES)
    itself = RiskyTerms.of(
        throwaway, (hash_term(throwaway, word) for term in terms for word in (term, *term_words(term)))
    )
    if find_identifiers(label) or any(
        not is_everyday(label[each.start : each.end]) for each in find_names(label, itself)
    ):
        return [Fault("/label", "The label is stored as you enter it. Enter a label that does not reveal the term.")]
    return []


def _stored(session: Session, by: Actor, hashes: Sequence[str]) -> Sequence[RiskyTerm]:
    return session.exec(
        select(RiskyTerm).where(
            col(RiskyTerm.organisation_id) == by.organisation_id, col(RiskyTerm.whole_hash).in_(hashes)
        )
    ).all()


def _count(session: Session, by: Actor) -> int:
    return session.exec(
        select(func.count()).select_from(RiskyTerm).where(col(RiskyTerm.organisation_id) == by.organisation_id)
    ).one()
