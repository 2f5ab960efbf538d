"""The details of an event in words: what is stored are keys, identifiers and numbers."""

import uuid
from collections.abc import Iterator, Mapping
from typing import Final

from api.foundation.permissions import Permission
from models import Role

# What each detail says. One that is not here is called by the words of its key.
_CALLED: Final = {
    "about": "Themes",
    "asked_by": "Requested by",
    "copied": "Copied from",
    "ended": "Sessions ended",
    "frame": "Hash of the frame",
    "from_number": "From version",
    "key": "Key",
    "kept": "Names allowed",
    "left_over": "Readings not allocated",
    "library": "Built-in template",
    "link_by": "Link created by",
    "made": "New",
    "mode": "Audit method",
    "scopes": "Permissions",
    "status": "Status of the refusal",
    "waits": "Waiting for confirmation",
    "who": "Family members",
}
_VERSIONS: Final = "template."
# What a person compares character by character.
_AS_STORED: Final = frozenset({"frame", "seed", "key"})
_OPERATOR: Final = "host"
_LABELS: Final[Mapping[str, Mapping[str, str]]] = {
    "roles": {role.value: role.label for role in Role},
    "scopes": {permission.value: permission.label for permission in Permission},
}


def details_in_words(
    kind: str, details: Mapping[str, str | int | bool | None], names: Mapping[uuid.UUID, str]
) -> list[str]:
    """Each detail with what it says, such as "Roles: Quality lead, Auditor"; people by their names."""
    return [f"{_name(kind, name)}: {_value(name, value, names)}" for name, value in details.items() if value != ""]


def people_in(details: Mapping[str, str | int | bool | None]) -> Iterator[uuid.UUID]:
    """The identifiers among the details: some of them are of people."""
    for value in details.values():
        found = _identifier(value)
        if found is not None:
            yield found


def words_of(key: str) -> str:
    """The words of a key: "child-protection-plan" is "Child protection plan"."""
    words = key.replace("-", " ").replace("_", " ").strip()
    return words[:1].upper() + words[1:]


def _name(kind: str, name: str) -> str:
    if name == "number" and kind.startswith(_VERSIONS):
        return "Version"
    return _CALLED.get(name) or words_of(name)


def _value(name: str, value: str | int | bool | None, names: Mapping[uuid.UUID, str]) -> str:
    if isinstance(value, str):
        return _words_of_text(name, value, names)
    if isinstance(value, bool):
        return "Yes" if value else "No"
    return "None" if value is None else f"{value:,}"


def _words_of_text(name: str, value: str, names: Mapping[uuid.UUID, str]) -> str:
    identifier = _identifier(value)
    if identifier is not None:
        return names.get(identifier, value)
    if name in _AS_STORED:
        return value
    if name == "link_by" and value == _OPERATOR:
        return "The operator"
    if ";" in value or ": " in value:
        return words_of(value)
    return ", ".join(_LABELS.get(name, {}).get(each) or words_of(each.replace(":", ": ")) for each in value.split())


def _identifier(value: object) -> uuid.UUID | None:
    if not isinstance(value, str) or len(value) not in {32, 36}:
        return None
    try:
        return uuid.UUID(value)
    except ValueError:
        return None
