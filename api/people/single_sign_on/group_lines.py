"""Groups and their roles as a person types them: one group and role on each line, such as `Auditors = auditor`."""

from collections.abc import Mapping
from typing import Final

from api.foundation.problems import Fault, Invalid
from models import Role

LONGEST: Final = 50_000


def read_lines(text: str) -> dict[str, set[Role]]:
    """The roles of each group. Raises Invalid, by line."""
    found: dict[str, set[Role]] = {}
    faults = []
    for number, line in enumerate(text[:LONGEST].splitlines(), 1):
        name, sign, role = (part.strip() for part in line.rpartition("="))
        word = role.lower().replace(" ", "-")
        if not line.strip():
            continue
        if not sign or not name:
            faults.append(Fault("groups", f"Line {number}: enter a group, = and a role."))
        elif word not in set(Role):
            faults.append(Fault("groups", f"Line {number}: choose from these roles: {', '.join(Role)}."))
        else:
            found.setdefault(name, set()).add(Role(word))
    if faults:
        raise Invalid(faults[0].detail, faults=tuple(faults))
    return found


def write_lines(groups: Mapping[str, frozenset[Role]]) -> str:
    """What `read_lines` reads."""
    return "\n".join(f"{name} = {role.value}" for name, roles in groups.items() for role in Role if role in roles)
