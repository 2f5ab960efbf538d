"""What a room registers: its routes and pages, and its providers for the hooks of lower rooms."""

from dataclasses import dataclass
from typing import Protocol

from fastapi import FastAPI

from api.foundation.hooks import Filling


class Routes(Protocol):
    """Routes that can be added to the app."""

    def add_to(self, app: FastAPI, *, prefix: str = "") -> None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Feature:
    """One room, as `api.features` lists it. Routes are served under /api/v1, pages at their own paths."""

    routes: tuple[Routes, ...] = ()
    pages: tuple[Routes, ...] = ()
    provides: tuple[Filling, ...] = ()

    def fill_hooks(self) -> None:
        """Register the room's providers with their hooks. Call once."""
        for filling in self.provides:
            for provider in filling.providers:
                filling.hook.fill(provider)
