"""What a room adds to the whole: its routes and pages, and what it provides for the hooks of lower rooms."""

from dataclasses import dataclass

from fastapi import APIRouter

from api.foundation.hooks import Filling


@dataclass(frozen=True, slots=True, kw_only=True)
class Feature:
    """One room, as `api.features` lists it. Routes are served under /api/v1, pages as they are."""

    routes: tuple[APIRouter, ...] = ()
    pages: tuple[APIRouter, ...] = ()
    provides: tuple[Filling, ...] = ()

    def fill_hooks(self) -> None:
        """Fill the hooks with what the room provides; to be called once."""
        for filling in self.provides:
            for provider in filling.providers:
                filling.hook.fill(provider)
