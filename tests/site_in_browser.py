"""The site as a browser meets it: served from this process, on a free port of this machine."""

import threading
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final, Protocol

import uvicorn
from fastapi import FastAPI
from playwright.sync_api import Page
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from api.app import create_app, use_database
from api.foundation.http.security import cookie_name
from api.foundation.identity.secrets import hash_of, new_secret
from api.foundation.permissions import Actor
from api.foundation.settings import Settings
from models import WebSession
from models.storage.database import Database
from tests.browser import DESKTOP_WIDTH, NewPage
from tests.factories import MadePerson, an_actor

LONGEST_ANSWER_SECONDS: Final = 60


class Site:
    """A site of this process whose address stays the same while it serves one database after another.

    So the browser keeps what it has fetched and compiled, and neither the service nor its server is made anew. Between
    two databases it answers that it is closed.
    """

    def __init__(self, settings: Settings, database: Database) -> None:
        self._service = create_app(settings, database)
        self._is_open = False
        self._answering = 0
        self._answered = threading.Condition()
        server = _server_of(self)
        threading.Thread(target=server.run, daemon=True).start()
        self.address = _address_of(server)

    def open(self, settings: Settings, database: Database) -> None:
        self._service.state.settings = settings
        use_database(self._service, database)
        self._is_open = True

    def close(self) -> None:
        """Close it once everything that was asked is answered: the database is closed next."""
        with self._answered:
            self._is_open = False
            assert self._answered.wait_for(lambda: not self._answering, LONGEST_ANSWER_SECONDS)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if not self._begin_to_answer():
            await PlainTextResponse("closed", status_code=503)(scope, receive, send)
            return
        try:
            await self._service(scope, receive, send)
        finally:
            with self._answered:
                self._answering -= 1
                self._answered.notify_all()

    def _begin_to_answer(self) -> bool:
        with self._answered:
            self._answering += self._is_open
            return self._is_open


# By their settings, but for where the database is; there are as many as are served at once.
_free: dict[Settings, list[Site]] = defaultdict(list)


class Place(Protocol):
    """Where people are, such as a desk."""

    @property
    def database(self) -> Database: ...


@contextmanager
def served(database: Database, settings: Settings | None = None) -> Iterator[str]:
    """The address of the site on this database, with these settings or the usual ones."""
    settings = settings or Settings()
    free = _free[settings.model_copy(update={"database_url": "sqlite:///of-no-test"})]
    site = free.pop() if free else Site(settings, database)
    site.open(settings, database)
    try:
        yield site.address
    finally:
        site.close()
        free.append(site)


@contextmanager
def served_app(app: FastAPI) -> Iterator[str]:
    """The address of a service."""
    server = _server_of(app)
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        yield _address_of(server)
    finally:
        server.should_exit = True
        thread.join()


def _server_of(app: ASGIApp) -> uvicorn.Server:
    return uvicorn.Server(uvicorn.Config(app, port=0, log_level="error", lifespan="off"))


def _address_of(server: uvicorn.Server) -> str:
    """The address of a server that starts in another thread, once it serves."""
    while not server.started:
        time.sleep(0.01)
    return f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"


def sign_in(page: Page, address: str, database: Database, person: Actor) -> None:
    """Give the browser a session of this person."""
    assert person.person_id is not None
    secret = new_secret()
    with database.writing() as session:
        session.add(
            WebSession(secret_hash=hash_of(secret), organisation_id=person.organisation_id, person_id=person.person_id)
        )
    page.context.add_cookies([{"name": cookie_name(Settings()), "value": secret, "url": address}])


def browse(
    new_page: NewPage,
    place: Place,
    address: str,
    person: MadePerson,
    width: int = DESKTOP_WIDTH,
    *,
    javascript: bool = True,
) -> Page:
    """A page of this width in which the person is signed in."""
    page = new_page(width=width, javascript=javascript)
    sign_in(page, address, place.database, an_actor(person))
    return page
