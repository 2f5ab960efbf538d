"""Start one server process: import the application with its rooms, build it, and set the process up to serve it.

This module itself imports little: the command line imports it on every system, to say why it cannot serve.
"""

import gc
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Timer
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from fastapi import FastAPI

    from api.foundation.settings import Settings

# After this time a thread hands the interpreter to another that waits for it. The event loop, which answers health
# checks, waits this long for each busy thread.
SWITCH_SECONDS: Final = 0.0005
# The garbage collector stops every thread while it works: for a fifth of a second with 200,000 objects. So it never
# visits what was imported, and visits the rest a little at a time, and in full when that has grown by a quarter. It
# cannot be switched off: statements that a request builds refer to themselves, so nothing else frees them.
COLLECTOR_THRESHOLDS: Final = (2_000, 5, 20)
# When to prepare what the first responses do not need and later requests should not wait for.
SECONDS_BEFORE_THE_REST: Final = 1
FIRST_PATHS: Final = frozenset({"/api/v1/health/live", "/api/v1/health/ready", "/sign-in"})


class CannotServeError(Exception):
    """The command cannot be carried out; says why and what to do."""


def check_key_exists(settings: "Settings") -> None:
    """Raise CannotServeError if the server's key is missing: a new one must not be created here."""
    if not settings.trail_key_path.exists():
        raise CannotServeError(
            f"There is no key at {settings.trail_key_path}. Set CASEAUDIT_TRAIL_KEY_FILE to the key file of the "
            "server. The key is created at first start."
        )


@contextmanager
def importing() -> Iterator[None]:
    """Import many modules in this block: what is imported stays, so the garbage collector never visits it."""
    # Libraries import these if they are installed, and do without them otherwise; our code uses neither. FastAPI checks
    # whether each type is a model of pydantic's first version: 2 MB. Uvicorn can watch files: 1 MB.
    for unused in ("pydantic.v1", "watchfiles"):
        sys.modules.setdefault(unused, None)  # type: ignore[arg-type]
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()


def _build_first_routes(app: "FastAPI") -> None:
    """Build the routes that are requested first, and load what building any route needs: later that would block the
    event loop.
    """
    from api.foundation.http.routing import Route

    app.state.routes.import_at_once(*FIRST_PATHS)
    for route in app.routes:
        if isinstance(route, Route) and route.path in FIRST_PATHS:
            route.build()


def _prepare_the_rest() -> None:
    from api.foundation.hooks import REFUSING, WRITING
    from api.foundation.systems.limits import return_memory

    REFUSING.prepare()
    WRITING.prepare()
    gc.freeze()
    return_memory()


def create_app_from_environment() -> "FastAPI":
    """The application with settings from the environment: called by each server process."""
    with importing():
        from api.app import create_app
        from api.foundation.logs import start_logs
        from api.foundation.settings import Settings

        settings = Settings()
        start_logs(settings.log_level.upper())
        app = create_app(settings)
        _build_first_routes(app)
        gc.collect()
    the_rest = Timer(SECONDS_BEFORE_THE_REST, _prepare_the_rest)
    the_rest.daemon = True
    the_rest.start()
    gc.set_threshold(*COLLECTOR_THRESHOLDS)
    sys.setswitchinterval(SWITCH_SECONDS)
    return app
