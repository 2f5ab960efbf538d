"""The site as a browser meets it: served from this process, on a free port of this machine."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn
from playwright.sync_api import Page

from api.app import create_app
from api.foundation.http.security import cookie_name
from api.foundation.identity.secrets import hash_of, new_secret
from api.foundation.permissions import Actor
from api.foundation.settings import Settings
from models import WebSession
from models.storage.database import Database


@contextmanager
def served(database: Database, settings: Settings | None = None) -> Iterator[str]:
    """The address of the site on this database, with these settings or the usual ones."""
    server = uvicorn.Server(
        uvicorn.Config(create_app(settings or Settings(), database), port=0, log_level="error", lifespan="off")
    )
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
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
