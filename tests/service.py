"""The service on a database of a test, without building it anew for each: that takes longer than most tests."""

from functools import cache

from fastapi import FastAPI

from api.actions.reads import Reads
from api.app import create_app
from api.settings import Settings
from models.database import Database, open_database


def service_on(settings: Settings, database: Database) -> FastAPI:
    """The service with these settings on this database. The one before it with other databases is not to be used on."""
    app = _built(settings.model_copy(update={"database_url": "sqlite:///of-no-test.db"}))
    app.state.settings = settings
    app.state.database = database
    app.state.reads = Reads(database)
    return app


@cache
def _built(settings: Settings) -> FastAPI:
    return create_app(settings, open_database(settings.database_url))
