"""Names of people, teams, tokens and organisations, and titles and posts."""

from typing import Final

from api.foundation.problems import Fault
from api.foundation.text.free_text import find_faults
from checklists.privacy.references import team_name_fault

LONGEST_TEAM_NAME: Final = 80


def tidy(name: str) -> str:
    """The name without white space at its ends, and with single spaces inside."""
    return " ".join(name.split())


def check_name(pointer: str, name: str, *, called: str, longest: int, word: str = "name") -> list[Fault]:
    """What is wrong with a tidy name: empty, too long, not printable.

    `called` is the thing with the name, for example "the team"; `word` is the label of its field, for example "title".
    """
    if not name:
        return [Fault(pointer, f"Enter a {word} for {called}.")]
    if len(name) > longest:
        return [Fault(pointer, f"{word.capitalize()} must be {longest} characters or fewer.")]
    if not name.isprintable():
        return [
            Fault(pointer, f"{word.capitalize()} contains a character that cannot be shown. Enter the {word} again.")
        ]
    return []


def check_label(pointer: str, name: str, *, called: str, longest: int, word: str = "name") -> list[Fault]:
    """The same for the name of a record, which must not contain anything that identifies a person either."""
    return check_name(pointer, name, called=called, longest=longest, word=word) or find_faults(pointer, name)


def check_title(pointer: str, title: str, *, called: str, longest: int) -> list[Fault]:
    """The same for a title."""
    return check_label(pointer, title, called=called, longest=longest, word="title")


def check_team_name(pointer: str, name: str) -> list[Fault]:
    """What is wrong with the tidy name of a team, which must not look like a person's name or number either."""
    faults = check_label(pointer, name, called="the team", longest=LONGEST_TEAM_NAME)
    fault = None if faults else team_name_fault(name)
    return faults if fault is None else [Fault(pointer, fault)]
