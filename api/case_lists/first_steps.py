"""The first step of importing a case list."""

from typing import Final

from sqlmodel import Session, col, select

from api.foundation.pages.home_page import FirstStep, StepState
from api.foundation.permissions import Actor, Permission
from models import CaseFile


def _case_list(session: Session, by: Actor) -> StepState:
    """Done when there are cases, imported or entered."""
    own = col(CaseFile.organisation_id) == by.organisation_id
    found = session.exec(select(CaseFile.id).where(own).limit(1)).first()
    return StepState(found is not None, "/case-lists/new")


CASE_LIST: Final = FirstStep(
    "Import a case list",
    "The cases to choose from, under pseudonymous references.",
    30,
    Permission.WRITE_CASE_FILES,
    _case_list,
    other_way=("Or paste a list of case files", "/case-files/list"),
)
