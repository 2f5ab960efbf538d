"""The site as a browser meets it: served from this process, on a free port of this machine."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

import uvicorn
from fastapi import FastAPI
from playwright.sync_api import Page

from api.app import create_app, use_database
from api.foundation.http.security import cookie_name
from api.foundation.identity.secrets import hash_of, new_secret
from api.foundation.permissions import Actor
from api.foundation.settings import Settings
from models import WebSession
from models.storage.database import Database
from tests.browser import DESKTOP_WIDTH, NewPage
from tests.factories import MadePerson, an_actor

# Built once and used again: to build one takes longer than most pages. There are as many as are served at once.
_free: list[FastAPI] = []


class Place(Protocol):
    """Where people are, such as a desk."""

    @property
    def database(self) -> Database: ...


@contextmanager
def served(database: Database, settings: Settings | None = None) -> Iterator[str]:
    """The address of the site on this database, with these settings or the usual ones."""
    if settings is not None:
        with served_app(create_app(settings, database)) as address:
            yield address
        return
    app = _free.pop() if _free else create_app(Settings(), database)
    use_database(app, database)
    try:
        with served_app(app) as address:
            yield address
    finally:
        _free.append(app)


@contextmanager
def served_app(app: FastAPI) -> Iterator[str]:
    """The address of a service."""
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="error", lifespan="off"))
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    try:
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join()


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
