"""What a person does next, and how far an empty service has been set up."""

from dataclasses import dataclass

from sqlmodel import Session

from api.foundation.pages.start_page import FIRST_STEPS, TASKS, FirstStep, Task
from api.foundation.permissions import Actor, Permission
from api.people.open_work import OPEN_WORK, FoundOpenWork, OpenWork


@dataclass(frozen=True, slots=True)
class ShownStep:
    """A first step as a person sees it: the link, if they may do it, and whether it is done."""

    step: FirstStep
    path: str
    is_done: bool


def tasks_of(session: Session, *, by: Actor) -> list[Task]:
    """What this person does next: audits first, then what waits for them or for anybody with their roles."""
    found = [task for source in sorted(TASKS, key=lambda source: source.place) for task in source.find(session, by)]
    return found + _own_work(session, by)


def _own_work(session: Session, by: Actor) -> list[Task]:
    if by.person_id is None:
        return []
    tasks = []
    for kind in OPEN_WORK:
        if kind.path and by.may(kind.permission):
            number = sum(work.number for work in kind.find(session, by.person_id, by))
            if number:
                tasks.append(Task(FoundOpenWork(kind, OpenWork(number)).words, kind.path))
    return tasks


def first_steps(session: Session, *, by: Actor) -> list[ShownStep]:
    """The first steps, for people who do some of them; none once the last step is done."""
    steps = sorted(FIRST_STEPS, key=lambda step: step.place)
    if not any(by.may(permission) for permission in (Permission.WRITE_TEAMS, Permission.WRITE_ROUNDS)):
        return []
    if steps[-1].find(session, by).is_done:
        return []
    found = [(step, step.find(session, by)) for step in steps]
    return [ShownStep(step, state.path if by.may(step.permission) else "", state.is_done) for step, state in found]
