"""What a person does next."""

from sqlmodel import Session

from api.foundation.pages.home_page import TASKS, Task
from api.foundation.permissions import Actor
from api.people.hooks import OPEN_WORK, OpenWork
from api.people.open_work import FoundOpenWork


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
