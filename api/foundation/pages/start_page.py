"""What a person's start page shows: tasks of now, and first steps of an empty service, which rooms provide."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from sqlmodel import Session

from api.foundation.hooks import Hook
from api.foundation.permissions import Actor, Permission


@dataclass(frozen=True, slots=True)
class Task:
    """Something for the person to do next. A status with a colour is shown as a tag."""

    text: str
    path: str
    hint: str = ""
    status: str = ""
    colour: str = ""


@dataclass(frozen=True, slots=True)
class TaskSource:
    """Finds tasks of one kind for a person; lower places come first on the page."""

    place: int
    find: Callable[[Session, Actor], Sequence[Task]]


@dataclass(frozen=True, slots=True)
class StepState:
    """Whether a first step is done, and the page where it is done."""

    is_done: bool
    path: str


@dataclass(frozen=True, slots=True)
class FirstStep:
    """A step from an empty service to the first open round. Who has the permission is given a link to it."""

    text: str
    hint: str
    place: int
    permission: Permission
    find: Callable[[Session, Actor], StepState]


TASKS: Final = Hook[TaskSource]("tasks of the start page")
FIRST_STEPS: Final = Hook[FirstStep]("first steps of an empty service")
