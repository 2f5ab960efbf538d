"""Characteristics of a case, such as sex or ethnic group, that an organisation chooses to compare its reports by.

The groups of a case are stored as one text, such as `disability=no sex=girl`: its characteristics by their keys.
"""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

MOST_CHARACTERISTICS: Final = 10
MOST_GROUPS: Final = 20
LONGEST_TITLE: Final = 60
LONGEST_WORD: Final = 60
FILE_FORMAT: Final = "caseaudit-characteristics/1"
_KEY: Final = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?")
_TEXT: Final = re.compile(r"(?:[a-z0-9-]{1,40}=[a-z0-9-]{1,40}(?: [a-z0-9-]{1,40}=[a-z0-9-]{1,40})*)?")
_NO_KEY: Final = re.compile(r"[^a-z0-9]+")
_SPACES: Final = re.compile(r"\s+")


@dataclass(frozen=True, slots=True)
class CaseGroup:
    """One of the groups that a case may be in. `words`: what a case list says of it beside its label, such as "F"."""

    key: str
    label: str
    words: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Characteristic:
    """A characteristic with its groups. `headings`: columns of a case list that say it; the first present counts."""

    key: str
    title: str
    groups: tuple[CaseGroup, ...]
    headings: tuple[str, ...] = ()

    @property
    def labels(self) -> dict[str, str]:
        """The label of every group, by its key."""
        return {group.key: group.label for group in self.groups}

    def group_said(self, text: str) -> str | None:
        """The key of the group that a cell of a case list names, by its label or its words; None for any other."""
        said = plain(text)
        return next((group.key for group in self.groups if said in map(plain, (group.label, *group.words))), None)


class CharacteristicsFileError(Exception):
    """A file of characteristics that cannot be read. The message says what to do."""


def plain(text: str) -> str:
    """The form that words with the same meaning share: without capitals and repeated spaces."""
    return _SPACES.sub(" ", text).strip().casefold()


def key_from(text: str, taken: Iterable[str] = ()) -> str:
    """A key for a title or a label: its letters and digits, with a number where another has it; "" for none."""
    key = _NO_KEY.sub("-", text.casefold()).strip("-")[:36].strip("-")
    used = set(taken)
    return next((each for each in (key, *(f"{key}-{n}" for n in range(2, 100))) if each not in used), "") if key else ""


def encode_groups(groups: Mapping[str, str]) -> str:
    """The groups of a case, by the key of the characteristic, as one text; not known ones are left out."""
    return " ".join(f"{key}={group}" for key, group in sorted(groups.items()) if group)


def decode_groups(text: str) -> dict[str, str]:
    """The input of `encode_groups`. ValueError for anything else."""
    if _TEXT.fullmatch(text) is None:
        raise ValueError("this is not the groups of a case")
    return dict(each.split("=") for each in text.split()) if text else {}


def with_groups(before: str, said: str) -> str:
    """The groups of a case with what a list says of some of its characteristics; it says nothing of the others."""
    return encode_groups({**decode_groups(before), **decode_groups(said)}) if said else before


def unknown_groups(text: str, known: Sequence[Characteristic]) -> bool:
    """Whether the groups of a case name a characteristic, or a group of one, that is not among these."""
    labels = {each.key: each.labels for each in known}
    return any(group not in labels.get(key, {}) for key, group in decode_groups(text).items())


def faults_of(characteristic: Characteristic) -> list[tuple[str, str]]:
    """What is wrong with a characteristic: "title", "headings" or "groups", each with what to do."""
    faults = []
    if not characteristic.title.strip() or len(characteristic.title) > LONGEST_TITLE or not characteristic.key:
        faults.append(("title", f"Enter the characteristic, in {LONGEST_TITLE} characters or fewer."))
    if any(not each.strip() or len(each) > LONGEST_WORD for each in characteristic.headings):
        faults.append(("headings", f"Enter each column on its own line, in {LONGEST_WORD} characters or fewer."))
    groups = characteristic.groups
    if not 2 <= len(groups) <= MOST_GROUPS:
        faults.append(("groups", f"Enter 2 to {MOST_GROUPS} groups, each on its own line."))
    if any(not group.key or len(word) > LONGEST_WORD for group in groups for word in (group.label, *group.words)):
        faults.append(("groups", f"Enter a name with letters for each group, in {LONGEST_WORD} characters or fewer."))
    words = [plain(word) for group in groups for word in dict.fromkeys((group.label, *group.words))]
    if len(words) > len(set(words)):
        faults.append(("groups", "Two groups have the same word. Each word means one group."))
    return faults


def groups_from_lines(lines: Iterable[str], before: Sequence[CaseGroup] = ()) -> tuple[CaseGroup, ...]:
    """The groups that a person types, one a line: a label, and after a colon the words of the case list.

    "Girl: F, Female" is a group. A label that a group had before keeps its key.
    """
    keys = {plain(group.label): group.key for group in before}
    taken = set(keys.values())
    found = []
    for line in lines:
        label, _, words = (part.strip() for part in line.partition(":"))
        if not (label or words):
            continue
        key = keys.get(plain(label)) or key_from(label, taken)
        taken.add(key)
        found.append(CaseGroup(key, label, tuple(word.strip() for word in words.split(",") if word.strip())))
    return tuple(found)


def lines_of(groups: Iterable[CaseGroup]) -> str:
    """The groups as lines that a person can change: the input of `groups_from_lines`."""
    return "\n".join(f"{each.label}: {', '.join(each.words)}" if each.words else each.label for each in groups)


def groups_to_json(groups: Iterable[CaseGroup]) -> str:
    """The groups as they are stored."""
    return json.dumps([_plain_group(each) for each in groups], separators=(",", ":"))


def groups_from_json(text: str) -> tuple[CaseGroup, ...]:
    """The groups that are stored. ValueError, KeyError or TypeError for anything else."""
    return tuple(map(_group_from, json.loads(text)))


def to_plain(characteristics: Iterable[Characteristic]) -> list[dict[str, Any]]:
    """Characteristics as plain values, for a file or another process."""
    return [
        {
            "key": each.key,
            "title": each.title,
            "headings": list(each.headings),
            "groups": [_plain_group(group) for group in each.groups],
        }
        for each in characteristics
    ]


def from_plain(said: Iterable[Mapping[str, Any]]) -> tuple[Characteristic, ...]:
    """Characteristics from plain values. ValueError, KeyError or TypeError for anything else."""
    found = tuple(
        Characteristic(
            str(each["key"]),
            str(each["title"]),
            tuple(map(_group_from, each["groups"])),
            tuple(map(str, each["headings"])),
        )
        for each in said
    )
    keys = [key for each in found for key in (each.key, *each.labels)]
    if any(_KEY.fullmatch(key) is None for key in keys) or any(map(faults_of, found)):
        raise ValueError("these are no characteristics")
    return found


def write_file(characteristics: Iterable[Characteristic]) -> bytes:
    """The file that the council's own command reads: which column of an export says what."""
    said = {"format": FILE_FORMAT, "characteristics": to_plain(characteristics)}
    return json.dumps(said, indent=2, ensure_ascii=False).encode() + b"\n"


def read_file(content: bytes) -> tuple[Characteristic, ...]:
    """The characteristics of such a file. Raises CharacteristicsFileError."""
    try:
        said = json.loads(content)
        known = from_plain(said["characteristics"]) if said["format"] == FILE_FORMAT else None
    except (ValueError, KeyError, TypeError, AttributeError):
        known = None
    if known is None:
        raise CharacteristicsFileError(
            "This is not a file of characteristics. Download it again from the page “Characteristics of cases”."
        )
    return known


def _plain_group(group: CaseGroup) -> dict[str, Any]:
    return {"key": group.key, "label": group.label, "words": list(group.words)}


def _group_from(said: Mapping[str, Any]) -> CaseGroup:
    return CaseGroup(str(said["key"]), str(said["label"]), tuple(map(str, said["words"])))
