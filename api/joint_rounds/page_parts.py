"""What joint rounds add to the home page, and the colours of their states."""

from collections.abc import Sequence
from typing import Final

from sqlmodel import Session

from api.foundation.pages.home_page import Task
from api.foundation.permissions import Actor, Permission
from api.joint_rounds.parts.queries import count_open_parts
from checklists.plurals import plural
from models import JointCaseState, PartState


def parts_to_answer(session: Session, by: Actor) -> Sequence[Task]:
    """The cases that a person has still to answer for their agency."""
    if by.person_id is None or not by.may(Permission.WRITE_JOINT_PARTS):
        return []
    number = count_open_parts(session, by)
    if not number:
        return []
    return [Task(f"{plural(number, 'case')} to answer for your agency", "/joint-parts")]


CASE_COLOURS: Final = {
    JointCaseState.COLLECTING: "yellow",
    JointCaseState.PANEL: "blue",
    JointCaseState.FINISHED: "green",
}
PART_COLOURS: Final = {PartState.DRAFT: "yellow", PartState.SUBMITTED: "green", PartState.NOT_RETURNED: "grey"}
