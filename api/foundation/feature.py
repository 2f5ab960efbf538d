"""What a room registers: its routes and pages, and its providers for the hooks of lower rooms."""

from dataclasses import dataclass
from importlib import import_module
from typing import Protocol

from fastapi import FastAPI

from api.foundation.hooks import Filling


class Routes(Protocol):
    """Routes that can be added to the app."""

    def add_to(self, app: FastAPI, *, prefix: str = "") -> None: ...


@dataclass(frozen=True, slots=True, init=False)
class RoutesAt:
    """The routes of a module, which is imported when one of these addresses, or one below, is first asked for.

    In an address, `*` is any ending of a part: `/rounds/*/report` is that of every round, `/rounds/*/change.*` a file
    of any kind. Its first part has none. `/` is the home page alone.
    """

    module: str
    addresses: tuple[str, ...]

    def __init__(self, module: str, *addresses: str) -> None:
        object.__setattr__(self, "module", module)
        object.__setattr__(self, "addresses", addresses)

    def add_to(self, app: FastAPI, *, prefix: str = "") -> None:
        """Import the module, and add its routes."""
        router: Routes = import_module(self.module).router
        router.add_to(app, prefix=prefix)


@dataclass(frozen=True, slots=True, kw_only=True)
class Feature:
    """One room, as `api.features` lists it. Routes are served under /api/v1, pages at their own paths.

    Those of a module that nothing else in the registration needs are named by `RoutesAt`, so that a start need not
    wait for the module, nor hold it in memory.
    """

    routes: tuple[Routes, ...] = ()
    pages: tuple[Routes, ...] = ()
    provides: tuple[Filling, ...] = ()

    def fill_hooks(self) -> None:
        """Register the room's providers with their hooks. Call once."""
        for filling in self.provides:
            for provider in filling.providers:
                filling.hook.fill(provider)
