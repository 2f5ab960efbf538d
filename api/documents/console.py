"""Printing in a terminal. The library that does it is imported with the first line."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console


def console(*, errors: bool = False) -> "Console":
    """The terminal, as wide as it is now; or where errors are reported."""
    from rich.console import Console

    return Console(stderr=errors)


def print_line(text: str, *, errors: bool = False) -> None:
    """Print a text as it is: neither wrapped nor coloured."""
    console(errors=errors).print(text, soft_wrap=True, highlight=False, markup=False)
