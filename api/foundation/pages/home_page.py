"""What a person's home page shows: tasks of now, and first steps of an empty service, which rooms provide."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from sqlmodel import Session

from api.foundation.hooks import WRITING, Hook
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
    """Whether a first step is done, and the page where it is done. `is_needed`: whether this service needs it."""

    is_done: bool
    path: str
    is_needed: bool = True


@dataclass(frozen=True, slots=True)
class FirstStep:
    """A step from an empty service to the first open round. Who has the permission is given a link to it.

    `other_way`: the text and path of another page on which it can be done.
    """

    text: str
    hint: str
    place: int
    permission: Permission
    find: Callable[[Session, Actor], StepState]
    other_way: tuple[str, str] | None = None


@dataclass(frozen=True, slots=True)
class ShownStep:
    """A first step as a person sees it: the link, if they may do it, and its state in words."""

    step: FirstStep
    path: str
    state: StepState

    @property
    def is_done(self) -> bool:
        return self.state.is_done or not self.state.is_needed

    @property
    def status(self) -> str:
        return "Done" if self.state.is_done else "To do" if self.state.is_needed else "Not needed"


TASKS: Final = Hook[TaskSource]("tasks of the home page")
FIRST_STEPS: Final = Hook[FirstStep]("first steps of an empty service", read_at=WRITING)


def first_steps(session: Session, *, by: Actor) -> list[ShownStep]:
    """The first steps, for people who do some of them; none once the last step is done."""
    steps = sorted(FIRST_STEPS, key=lambda step: step.place)
    if not any(by.may(permission) for permission in (Permission.WRITE_TEAMS, Permission.WRITE_ROUNDS)):
        return []
    if steps[-1].find(session, by).is_done:
        return []
    found = [(step, step.find(session, by)) for step in steps]
    return [ShownStep(step, state.path if by.may(step.permission) else "", state) for step, state in found]


def next_step_or(path: str, session: Session, *, by: Actor) -> str:
    """The page of the next first step that this person can do; `path` in a service that has had an open round."""
    return next((step.path for step in first_steps(session, by=by) if not step.is_done and step.path), path)
