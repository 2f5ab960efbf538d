"""What a room registers: its routes and pages, and its providers for the hooks of lower rooms."""

from dataclasses import dataclass

from fastapi import APIRouter

from api.foundation.hooks import Filling


@dataclass(frozen=True, slots=True, kw_only=True)
class Feature:
    """One room, as `api.features` lists it. Routes are served under /api/v1, pages at their own paths."""

    routes: tuple[APIRouter, ...] = ()
    pages: tuple[APIRouter, ...] = ()
    provides: tuple[Filling, ...] = ()

    def fill_hooks(self) -> None:
        """Register the room's providers with their hooks. Call once."""
        for filling in self.provides:
            for provider in filling.providers:
                filling.hook.fill(provider)
