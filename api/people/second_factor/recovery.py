"""Recovery codes: ten at a time, shown once, each works once. For a day without the phone."""

import secrets
from typing import Final

from sqlalchemy import ColumnElement, delete, func, insert, select, update
from sqlmodel import Session, col

from api.foundation.identity.secrets import hash_of
from api.people.second_factor.sealing import Owner
from models import RecoveryCode, now
from models.storage.database import rows_changed

HOW_MANY: Final = 10
# 16 of 31 signs that are not mistaken for each other: 79 bits, so that a plain hash is enough.
_SIGNS: Final = "23456789abcdefghjkmnpqrstuvwxyz"
_LENGTH: Final = 16


def new_codes(session: Session, owner: Owner) -> list[str]:
    """Recovery codes in place of all that the person had; they are stored as hashes alone."""
    own = _own(owner)
    session.execute(delete(RecoveryCode).where(*own))
    made = ["".join(secrets.choice(_SIGNS) for _ in range(_LENGTH)) for _ in range(HOW_MANY)]
    rows = [
        {"organisation_id": owner.organisation_id, "person_id": owner.person_id, "code_hash": hash_of(code)}
        for code in made
    ]
    session.execute(insert(RecoveryCode), rows)
    return ["-".join(code[at : at + 4] for at in range(0, _LENGTH, 4)) for code in made]


def is_unused(session: Session, owner: Owner, typed: str) -> bool:
    """Whether this is a recovery code of the person that has not been used."""
    return session.execute(select(col(RecoveryCode.code_hash)).where(*_unused(owner, typed))).first() is not None


def use_code(session: Session, owner: Owner, typed: str) -> bool:
    """Use a recovery code up; False if there is no such code, or it has been used."""
    return rows_changed(session, update(RecoveryCode).where(*_unused(owner, typed)).values(used_at=now())) == 1


def is_recovery_code(typed: str) -> bool:
    """Whether it looks like one."""
    bare = _bare(typed)
    return len(bare) == _LENGTH and set(bare) <= set(_SIGNS)


def codes_left(session: Session, owner: Owner) -> int:
    """How many recovery codes a person has that have not been used."""
    unused = (*_own(owner), col(RecoveryCode.used_at).is_(None))
    found: int = session.execute(select(func.count()).select_from(RecoveryCode).where(*unused)).scalar_one()
    return found


def delete_codes(session: Session, owner: Owner) -> None:
    session.execute(delete(RecoveryCode).where(*_own(owner)))


def _own(owner: Owner) -> tuple[ColumnElement[bool], ...]:
    return (
        col(RecoveryCode.organisation_id) == owner.organisation_id,
        col(RecoveryCode.person_id) == owner.person_id,
    )


def _unused(owner: Owner, typed: str) -> tuple[ColumnElement[bool], ...]:
    return (*_own(owner), col(RecoveryCode.code_hash) == hash_of(_bare(typed)), col(RecoveryCode.used_at).is_(None))


def _bare(typed: str) -> str:
    return "".join(sign for sign in typed.lower() if not sign.isspace() and sign not in "-–")
