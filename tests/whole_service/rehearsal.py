"""A database on which nothing that is done lasts, so that one set of objects serves thousands of requests."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from sqlalchemy import Engine
from sqlmodel import Session

from models.storage.database import Database
from models.storage.postgresql.standby import Standby
from models.storage.trail import TrailSession
from tests.writing_times import measured


class Rehearsal(Database):
    """Runs every write to its end, lets the database check all of it, and then gives it up.

    Each request meets the same records, whatever the one before did. Only promises of what is answered, and to whom,
    may be proved on it; that what was acknowledged is kept is proved elsewhere.
    """

    def __init__(self, engine: Engine, standby: Standby | None = None) -> None:
        super().__init__(engine, standby=standby)
        self.before_it_is_given_up: Callable[[Session], None] = lambda _: None

    @contextmanager
    def writing_in_held_slot(self) -> Iterator[Session]:
        with TrailSession(self._write_engine, expire_on_commit=False) as session:
            with _written(session):
                yield session
            # Not measured: it is the test that looks, and not the service that writes.
            self.before_it_is_given_up(session)
            session.rollback()


@contextmanager
@measured
def _written(session: Session) -> Iterator[Session]:
    yield session
    session.flush()
