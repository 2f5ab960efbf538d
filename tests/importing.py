"""Case lists imported by one transaction, for tests of what comes after."""

import uuid
from collections.abc import Mapping

from sqlmodel import Session

from api.case_files.settling import clear_some
from api.case_lists.actions import CheckedList
from api.case_lists.importing import complete_import, pieces_of, prepare_import
from api.foundation.permissions import Actor
from models import CaseList


def import_list(
    session: Session, *, checked: CheckedList, teams: Mapping[str, uuid.UUID | str] | None = None, by: Actor
) -> CaseList:
    """Prepare a list, import it and settle it, however long that takes. Raises what the parts raise."""
    clear_all(session, by)
    prepared = prepare_import(session, checked=checked, teams=teams, by=by)
    for piece in pieces_of(prepared):
        piece(session, by)
    imported = complete_import(session, prepared, by=by)
    clear_all(session, by)
    return imported


def clear_all(session: Session, by: Actor) -> None:
    """Remove what an earlier import left, and settle what the latest changed."""
    while clear_some(session, by.organisation_id):
        pass
