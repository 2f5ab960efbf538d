"""Hooks: extension points that a lower room defines and higher rooms fill."""

from collections.abc import Iterator
from dataclasses import dataclass
from importlib import import_module
from typing import Any, Generic, TypeVar

Provider = TypeVar("Provider")


class UnfilledHookError(RuntimeError):
    """A hook was read before `api.features` was imported: providers would be missing without any error."""


class Hook(Generic[Provider]):
    """A typed list of providers from higher rooms, in the order in which `api.features` lists the rooms."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._providers: list[Provider] = []

    def by(self, *providers: Provider) -> "Filling":
        """A room's provider for this hook, for use in its Feature."""
        return Filling(self, providers)

    def fill(self, provider: Provider) -> None:
        """Add a room's provider. Raises ValueError for one that was added already."""
        if provider in self._providers:
            raise ValueError(f"{self.name} is filled twice with {provider!r}")
        self._providers.append(provider)

    def __iter__(self) -> Iterator[Provider]:
        if not self._providers:
            raise UnfilledHookError(f"Nothing provides {self.name}: import api.features first.")
        return iter(tuple(self._providers))


@dataclass(frozen=True, slots=True)
class Filling:
    """What one room provides for one hook."""

    hook: Hook[Any]
    providers: tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Later:
    """A provider whose module is imported when it is first called: for what one page or action in many needs."""

    module: str
    name: str

    def __call__(self, *values: Any, **named: Any) -> Any:
        return getattr(import_module(self.module), self.name)(*values, **named)
