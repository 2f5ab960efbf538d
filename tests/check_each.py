"""Many cases of one promise in one test: to begin and report a test takes longer than most of them."""

from collections.abc import Callable, Iterable
from typing import Any, TypeVar

import pytest

Case = TypeVar("Case")


def check_each(cases: Iterable[Case], check: Callable[[Case], object], *, name_of: Callable[[Case], str] = str) -> None:
    """Check every case, and fail with the name of each that failed and why; also when there is no case."""
    failed, checked = [], 0
    for case in cases:
        checked += 1
        try:
            check(case)
        except (Exception, pytest.fail.Exception) as error:  # noqa: BLE001 - told below, whatever it is
            failed.append(f"{name_of(case)}: {type(error).__name__}: {error}")
    assert not failed, f"{len(failed)} of {checked} cases failed:\n" + "\n".join(failed)
    assert checked, "there is no case"


def of_each(cases: Iterable[tuple[Any, ...]]) -> Callable[[Callable[..., None]], Callable[[], None]]:
    """Make one test of a check that takes the parts of a case and no fixture."""
    every = list(cases)

    def of_check(check: Callable[..., None]) -> Callable[[], None]:
        def one_test() -> None:
            check_each(every, lambda case: check(*case), name_of=lambda case: ", ".join(map(str, case)))

        one_test.__name__, one_test.__qualname__ = check.__name__, check.__qualname__
        one_test.__doc__, one_test.__module__ = check.__doc__, check.__module__
        return one_test

    return of_check
