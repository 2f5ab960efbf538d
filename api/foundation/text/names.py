"""Names of people, teams, tokens and organisations."""

from api.foundation.problems import Fault
from api.foundation.text.free_text import find_faults


def tidy(name: str) -> str:
    """The name without white space at its ends, and with single spaces inside."""
    return " ".join(name.split())


def check_name(pointer: str, name: str, *, called: str, longest: int) -> list[Fault]:
    """What is wrong with a tidy name: empty, too long, not printable. `called` is its noun, for example "the team"."""
    if not name:
        return [Fault(pointer, f"Enter a name for {called}.")]
    if len(name) > longest:
        return [Fault(pointer, f"Name must be {longest} characters or fewer.")]
    if not name.isprintable():
        return [Fault(pointer, "Name contains a character that cannot be shown. Enter the name again.")]
    return []


def check_label(pointer: str, name: str, *, called: str, longest: int) -> list[Fault]:
    """The same for the name of a record, which must not contain anything that identifies a person either."""
    return check_name(pointer, name, called=called, longest=longest) or find_faults(pointer, name)
