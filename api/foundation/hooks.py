"""Hooks: extension points that a lower room defines and higher rooms fill."""

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from importlib import import_module
from typing import Any, Final, Generic, TypeVar

Provider = TypeVar("Provider")


class UnfilledHookError(RuntimeError):
    """A hook was read before `api.features` was imported: providers would be missing without any error."""


@dataclass(frozen=True, slots=True)
class Later:
    """A provider, or a function in one, whose module is imported when it is first needed.

    So at the start only the registration of each room is imported. A hook that is read returns the provider itself; a
    function in another provider is imported when it is called.
    """

    module: str
    name: str

    def there(self) -> Any:
        """The provider or function that it names; imports its module."""
        return getattr(import_module(self.module), self.name)

    def __call__(self, *values: Any, **named: Any) -> Any:
        return self.there()(*values, **named)


class Moment:
    """A moment at which many wait for one: slow work, such as imports, must be done before it."""

    def __init__(self) -> None:
        self._to_do: list[Callable[[], None]] = []

    def before(self, work: Callable[[], None]) -> None:
        """Have this work done before the moment. It may run twice."""
        self._to_do.append(work)

    @property
    def is_prepared(self) -> bool:
        """Whether all its work is done."""
        return not self._to_do

    def prepare(self) -> None:
        """Do all its work, in this thread."""
        while (work := next(iter(self._to_do), None)) is not None:
            work()  # what it imports may add more
            with suppress(ValueError):  # another thread did it too
                self._to_do.remove(work)


# A transaction writes: every other writer waits.
WRITING: Final = Moment()
# The event loop renders the page of a refusal: every request waits.
REFUSING: Final = Moment()


class Hook(Generic[Provider]):
    """A typed list of providers from higher rooms, in the order in which `api.features` lists the rooms.

    `read_at`: a moment before which its providers must be imported.
    """

    def __init__(self, name: str, *, read_at: Moment | None = None) -> None:
        self.name = name
        self._providers: list[Provider | Later] = []
        if read_at is not None:
            read_at.before(self.import_now)

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
