"""Risky terms: names and identifiers of which an organisation wants to be warned, kept so that nobody can read them.

A term is stored as hashes under a key that lies in a file outside the database. So a copy of the database tells no
name, not even to somebody who tries all names there are.
"""

import os
import secrets
import uuid
from collections.abc import Sequence
from hashlib import blake2b
from pathlib import Path
from typing import Final

from sqlalchemy import delete, func
from sqlmodel import Session, col, select

from api.foundation import events
from api.foundation.permissions import Actor, Permission, check_may
from api.foundation.problems import Conflict, Fault, Invalid, NotFound, Unavailable
from checklists.identifiers import find_identifiers
from checklists.names import MOST_WORDS, NO_TERMS, HashedTerm, RiskyTerms, find_names, hash_term, is_everyday, words_of
from models import RiskyTerm, new_id
from models.database import rows_changed

LONGEST_TERM: Final = 120
LONGEST_LABEL: Final = 80
MOST_TERMS: Final = 5_000
MOST_IN_ONE_CALL: Final = 1_000
_KEY_FILE: Final = "the file with the key of risky terms"
_KEY_BYTES: Final = 32


def use_key_of(session: Session, path: Path) -> None:
    """Say where the key lies for whatever is done in this session. It is made when the first term is added."""
    session.info[_KEY_FILE] = path


def add(session: Session, *, terms: Sequence[str], label: str, by: Actor) -> list[RiskyTerm]:
    """Put terms on the list under a label that tells nothing of them. One that is there already stays as it is.

    Raises Invalid, and Conflict when the list would have more than MOST_TERMS.
    """
    check_may(by, Permission.WRITE_RISKY_TERMS)
    faults = [fault for place, term in enumerate(terms) for fault in _faults_of(term, f"/terms/{place}")]
    label = " ".join(label.split())
    faults = faults or _faults_of_label(label, terms)
    if faults:
        raise Invalid(faults[0].detail, faults=tuple(faults))
    key = _key(session, by.organisation_id, make=True)
    mark = _mark(key)
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
        raise Conflict(f"The list takes {MOST_TERMS:,} terms. Take some out that are no longer needed.")
    session.add_all(made)
    session.flush()
    events.record_many(session, [events.row("risky-term.added", term.id, by=by) for term in made])
    return sorted([*known.values(), *made], key=lambda term: term.id)


def remove(session: Session, *, term_id: uuid.UUID, by: Actor) -> None:
    """Take a term off the list. Raises NotFound."""
    check_may(by, Permission.WRITE_RISKY_TERMS)
    mine = (col(RiskyTerm.organisation_id) == by.organisation_id, col(RiskyTerm.id) == term_id)
    if not rows_changed(session, delete(RiskyTerm).where(*mine)):
        raise NotFound("risky term")
    events.record(session, "risky-term.removed", term_id, by=by)


def list_terms(session: Session, *, by: Actor, limit: int, after: uuid.UUID | None = None) -> Sequence[RiskyTerm]:
    """The terms in the order in which they were added, from the one that follows `after`: by their labels only."""
    check_may(by, Permission.WRITE_RISKY_TERMS)
    query = select(RiskyTerm).where(col(RiskyTerm.organisation_id) == by.organisation_id)
    query = query if after is None else query.where(col(RiskyTerm.id) > after)
    return session.exec(query.order_by(col(RiskyTerm.id)).limit(limit)).all()


def mark_of_key(session: Session, *, by: Actor) -> str:
    """The mark of the key that is in use: a term with another one finds nothing any more."""
    return _mark(_key(session, by.organisation_id))


def risky_terms_of(session: Session, organisation_id: int) -> RiskyTerms:
    """What texts of this organisation are searched for. Terms under a key that is lost find nothing."""
    rows = session.execute(
        select(
            col(RiskyTerm.first_hash), col(RiskyTerm.whole_hash), col(RiskyTerm.words), col(RiskyTerm.key_mark)
        ).where(col(RiskyTerm.organisation_id) == organisation_id)
    ).all()
    if not rows:
        return NO_TERMS
    key = _key(session, organisation_id)
    mark = _mark(key)
    return RiskyTerms.of(
        key,
        (
            HashedTerm(bytes.fromhex(first), bytes.fromhex(whole), words)
            for first, whole, words, its in rows
            if its == mark
        ),
    )


def _faults_of(term: str, pointer: str) -> list[Fault]:
    words = words_of(term)
    if len(term) > LONGEST_TERM or len(words) > MOST_WORDS:
        return [Fault(pointer, f"A term has at most {MOST_WORDS} words and {LONGEST_TERM} characters. Shorten it.")]
    if sum(map(len, words)) < 2:
        return [Fault(pointer, "A term has at least two letters or figures. Give more of it.")]
    if is_everyday(term):
        return [Fault(pointer, "Nearly every text has this word, so each would be warned of. Add the whole name.")]
    return []


def _faults_of_label(label: str, terms: Sequence[str]) -> list[Fault]:
    if not label:
        return [Fault("/label", "Say what you will know this by, such as the day and the list that it comes from.")]
    if len(label) > LONGEST_LABEL or not label.isprintable():
        return [Fault("/label", f"Use at most {LONGEST_LABEL} characters, on one line.")]
    throwaway = secrets.token_bytes(_KEY_BYTES)
    itself = RiskyTerms.of(
        throwaway, (hash_term(throwaway, word) for term in terms for word in (term, *words_of(term)))
    )
    if find_identifiers(label) or any(
        not is_everyday(label[each.start : each.end]) for each in find_names(label, itself)
    ):
        return [Fault("/label", "The label is stored as it is. Choose one that tells nothing of the term.")]
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


def _key(session: Session, organisation_id: int, *, make: bool = False) -> bytes:
    """The organisation's own key, made of the one in the file, so that no two organisations share a hash."""
    path: Path | None = session.info.get(_KEY_FILE)
    if path is None:
        raise Unavailable("The key of the list of risky terms is not known here. Nothing was saved.")
    if make and not path.exists():
        _make_key(path)
    try:
        common = bytes.fromhex(path.read_text("ascii").strip())
    except FileNotFoundError:
        common = b""
    return blake2b(str(organisation_id).encode(), key=common, digest_size=_KEY_BYTES).digest()


def _make_key(path: Path) -> None:
    # Written whole under another name first: of two that begin at once, both use the one that came first.
    draft = path.with_name(f"{path.name}.{secrets.token_hex(8)}")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as file:
        file.write(secrets.token_hex(_KEY_BYTES) + "\n")
        file.flush()
        os.fsync(file.fileno())
    try:
        os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        draft.unlink()


def _mark(key: bytes) -> str:
    return blake2b(b"mark", key=key, digest_size=8).hexdigest()
