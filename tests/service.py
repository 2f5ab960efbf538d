"""The service on a database of a test, without building it anew for each: that takes longer than most tests."""

import os
from functools import cache
from pathlib import Path

from fastapi import FastAPI

from api.app import create_app, use_database
from api.foundation.settings import Settings
from models.storage.database import Database, open_database


def settings_for(url: str) -> Settings:
    """The settings of the environment, with this database; read once for each environment."""
    said = frozenset((name, value) for name, value in os.environ.items() if name.startswith("CASEAUDIT_"))
    return _settings(said).model_copy(update={"database_url": url})


def settings_in(folder: Path, url: str) -> Settings:
    """Settings with this database, whose keys and other files are in this folder, which no other test uses."""
    folder.mkdir(exist_ok=True)
    return Settings(
        database_url=url,
        trail_key_file=folder / "key",
        trail_checkpoints_file=folder / "checkpoints",
        risky_terms_key_file=folder / "terms-key",
        erased_cases_file=folder / "erased-cases",
    )


@cache
def _settings(_: frozenset[tuple[str, str]]) -> Settings:
    return Settings()


def service_on(settings: Settings, database: Database) -> FastAPI:
    """The service with these settings on this database.

    Two kinds of database may be served at once, not two of a kind: the service made before is not to be used on.
    """
    kind = settings.database_url.partition(":")[0]
    app = _built(settings.model_copy(update={"database_url": f"{kind}:///of-no-test"}))
    app.state.settings = settings
    use_database(app, database)
    return app


@cache
def _built(settings: Settings) -> FastAPI:
    return create_app(settings, open_database(settings.database_url))
