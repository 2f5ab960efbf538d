"""Queries of the organisation's characteristics of cases."""

from collections.abc import Sequence

from sqlmodel import Session, col, select

from api.foundation.permissions import Actor, Permission, check_may
from api.foundation.problems import NotFound
from checklists.characteristics import Characteristic
from models import StoredCharacteristic


def characteristics_in_use(session: Session, organisation_id: int) -> tuple[Characteristic, ...]:
    """The characteristics that case lists are read for and reports are compared by, in the order of their titles."""
    mine = (col(StoredCharacteristic.organisation_id) == organisation_id, col(StoredCharacteristic.active))
    query = select(StoredCharacteristic).where(*mine)
    found = session.exec(query.order_by(col(StoredCharacteristic.title), col(StoredCharacteristic.key)))
    return tuple(each.content for each in found)


def characteristics_with_keys(
    session: Session, organisation_id: int, keys: Sequence[str]
) -> tuple[Characteristic, ...]:
    """The characteristics with these keys, in use or not, in the order of the keys."""
    mine = (col(StoredCharacteristic.organisation_id) == organisation_id, col(StoredCharacteristic.key).in_(keys))
    found = {each.key: each.content for each in session.exec(select(StoredCharacteristic).where(*mine))}
    return tuple(found[key] for key in keys if key in found)


def list_characteristics(session: Session, *, by: Actor) -> Sequence[StoredCharacteristic]:
    """Every characteristic of the organisation, those not in use last."""
    check_may(by, Permission.WRITE_CASE_FILES)
    query = select(StoredCharacteristic).where(col(StoredCharacteristic.organisation_id) == by.organisation_id)
    order = (col(StoredCharacteristic.active).desc(), col(StoredCharacteristic.title), col(StoredCharacteristic.key))
    return session.exec(query.order_by(*order)).all()


def find_characteristic(session: Session, *, key: str, by: Actor) -> StoredCharacteristic:
    """A characteristic of the organisation, in use or not. Raises NotFound."""
    check_may(by, Permission.WRITE_CASE_FILES)
    found = session.get(StoredCharacteristic, (by.organisation_id, key))
    if found is None:
        raise NotFound("characteristic")
    return found
