"""Hooks: extension points that a lower room defines and higher rooms fill."""

from collections.abc import Iterator
from dataclasses import dataclass
from importlib import import_module
from typing import Any, Final, Generic, TypeVar

Provider = TypeVar("Provider")


class UnfilledHookError(RuntimeError):
    """A hook was read before `api.features` was imported: providers would be missing without any error."""


@dataclass(frozen=True, slots=True)
class Later:
    """A provider, or a function in one, whose module is imported when it is first needed.

    So a start imports of a room only its registration. A hook gives the provider itself to who reads it; a function in
    another provider is imported when it is called.
    """

    module: str
    name: str

    def there(self) -> Any:
        """What it names; imports its module."""
        return getattr(import_module(self.module), self.name)

    def __call__(self, *values: Any, **named: Any) -> Any:
        return self.there()(*values, **named)


class Hook(Generic[Provider]):
    """A typed list of providers from higher rooms, in the order in which `api.features` lists the rooms.

    `while_writing`: it is read in transactions that write. `import_for_writing` imports its providers beforehand.
    """

    def __init__(self, name: str, *, while_writing: bool = False) -> None:
        self.name = name
        self._providers: list[Provider | Later] = []
        if while_writing:
            _READ_WHILE_WRITING.append(self)

    def by(self, *providers: Provider | Later) -> "Filling":
        """A room's provider for this hook, for use in its Feature."""
        return Filling(self, providers)

    def fill(self, provider: Provider | Later) -> None:
        """Add a room's provider. Raises ValueError for one that was added already."""
        if provider in self._providers:
            raise ValueError(f"{self.name} is filled twice with {provider!r}")
        self._providers.append(provider)

    def __iter__(self) -> Iterator[Provider]:
        if not self._providers:
            raise UnfilledHookError(f"Nothing provides {self.name}: import api.features first.")
        return (each.there() if isinstance(each, Later) else each for each in tuple(self._providers))

    def import_now(self) -> None:
        """Import every provider, and every function in one."""
        Filling(self, tuple(self._providers)).import_now()


@dataclass(frozen=True, slots=True)
class Filling:
    """What one room provides for one hook."""

    hook: Hook[Any]
    providers: tuple[Any, ...]

    def import_now(self) -> None:
        """Import every provider, and every function in one."""
        for provider in self.providers:
            for each in (provider, *(getattr(provider, name) for name in getattr(provider, "__slots__", ()))):
                if isinstance(each, Later):
                    each.there()


# Those whose providers are not imported yet.
_READ_WHILE_WRITING: Final[list[Hook[Any]]] = []


def is_imported_for_writing() -> bool:
    """Whether what transactions that write call of higher rooms is imported."""
    return not _READ_WHILE_WRITING


def import_for_writing() -> None:
    """Import what transactions that write call of higher rooms: so nobody waits for one that imports."""
    for hook in tuple(_READ_WHILE_WRITING):
        hook.import_now()
    _READ_WHILE_WRITING.clear()
