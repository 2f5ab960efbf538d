"""References of case files and names of teams: checking that they describe nobody, and making references."""

import re
from collections.abc import Callable, Iterable, Iterator
from datetime import date
from itertools import accumulate
from typing import Final

from checklists.privacy.given_names import GIVEN_NAMES
from checklists.privacy.identifiers import MONTH, NI_PREFIX, POSTCODE, digits_in, is_nhs_number, is_phone, is_upn
from checklists.privacy.names import NameKind, find_names

_REFERENCE: Final = re.compile(r"[A-Z0-9](?:-?[A-Z0-9])*")
_INSTEAD: Final = "use one that does not describe the child, or leave this empty to create one automatically"
_ONLY_DIGITS: Final = re.compile(r"(?:ID|PID|PERSON|CLIENT)?-?[0-9]+(?:-[0-9]+)*")
# A year and a serial number, such as 2026-0017.
_YEAR_AND_NUMBER: Final = re.compile(r"20[0-9]{2}-[0-9]{1,5}")
_LETTERS_IN_A_ROW: Final = re.compile(r"[A-Z]+")
_VOWEL: Final = re.compile(r"[AEIOUY]")
_SHORTEST_NAME: Final = 3
_SHORTEST_WORD: Final = 4
# Words that references have, and that are no names.
_WORDS_OF_REFERENCES_TEXT: Final = """
ADULT ADULTS AREA ASSESSMENT AUDIT AUDITS CARE CASE CASEFILE CASES CENTRAL CHILD CHILDREN CLOSED COURT DEMO DUTY EARLY
EAST EXAMPLE FAMILY FILE FILES HELP HOME LEAVER MASH NEED NORTH OPEN PILOT PLAN PRACTICE REFERENCE REVIEW ROUND SAMPLE
SOUTH TEAM TEST WEST
"""
_WORDS_OF_REFERENCES: Final = frozenset(_WORDS_OF_REFERENCES_TEXT.split())


def check_reference(reference: str, own_words: frozenset[str] = frozenset()) -> str | None:
    """None for a reference that may name a case file; else one sentence that says what is wrong and how to correct it.

    4 to 32 capital letters and digits with single hyphens between them, at least two of them digits. Not only a number,
    no word that may be a name, and no identifier or full date in it, whether whole, behind letters, or spread over its
    parts. Never repeats the reference. `own_words`: words in capitals that are no names here, such as the council's.
    """
    if _MADE_HERE.fullmatch(reference) is not None:
        return None
    if not 4 <= len(reference) <= 32:
        return "Reference must be between 4 and 32 characters."
    if _REFERENCE.fullmatch(reference) is None:
        return "Reference must include only capital letters and numbers, separated by single hyphens."
    if len(digits_in(reference)) < 2:
        return "Reference must include at least 2 numbers, so that it cannot be a name."
    looks_like = next(_looks_like(reference, own_words), "")
    return f"Reference looks like {looks_like}; {_INSTEAD}." if looks_like else None


def _looks_like(reference: str, own_words: frozenset[str]) -> Iterator[str]:
    for piece in _pieces(reference):
        yield from (called for called, is_one in _REFERENCE_TESTS if is_one(piece))
    if _has_spaced_date(reference):
        yield "a date"
    if _ONLY_DIGITS.fullmatch(reference) and not _YEAR_AND_NUMBER.fullmatch(reference):
        yield "a number from a case system"
    if any(_may_be_a_name(letters) for letters in _LETTERS_IN_A_ROW.findall(reference) if letters not in own_words):
        yield "it contains a name"


def _may_be_a_name(letters: str) -> bool:
    return letters not in _WORDS_OF_REFERENCES and (
        (len(letters) >= _SHORTEST_WORD and _VOWEL.search(letters) is not None)
        or (len(letters) >= _SHORTEST_NAME and letters.casefold() in GIVEN_NAMES)
    )


def words_of_names(names: Iterable[str]) -> frozenset[str]:
    """The words of names of councils and teams that references may have, in capitals; no given names of people."""
    words = {word for name in names for word in re.findall(r"[^\W\d_]{3,}", name.upper())}
    return frozenset(word for word in words if word.casefold() not in GIVEN_NAMES)


def _pieces(reference: str) -> Iterator[str]:
    """Every run of neighbouring parts joined, and each of them without the letters around its digits."""
    parts = reference.split("-")
    for start in range(len(parts)):
        for joined in accumulate(parts[start:]):
            yield from dict.fromkeys((joined, joined.strip("ABCDEFGHIJKLMNOPQRSTUVWXYZ")))


def _is_written_date(piece: str) -> bool:
    if re.fullmatch(r"[0-9]{8}", piece):
        return _is_date(piece[4:], piece[2:4], piece[:2]) or _is_date(piece[:4], piece[4:6], piece[6:])
    if re.fullmatch(r"(?:DOB|BORN)[0-9]{6}", piece):
        return True
    return re.fullmatch(rf"[0-9]{{1,2}}{MONTH}(?:[0-9]{{4}}|[0-9]{{2}})", piece, re.IGNORECASE) is not None


def _has_spaced_date(reference: str) -> bool:
    parts = reference.split("-")
    for first, second, third in zip(parts, parts[1:], parts[2:], strict=False):
        sizes = (len(first), len(second), len(third))
        if not (first + second + third).isdecimal() or sizes[1] > 2:
            continue
        if sizes[0] <= 2 and sizes[2] in {2, 4} and _is_date(third if sizes[2] == 4 else "20" + third, second, first):
            return True
        if sizes[0] == 4 and sizes[2] <= 2 and _is_date(first, second, third):
            return True
    return False


def _is_date(year: str, month: str, day: str) -> bool:
    try:
        date(int(year), int(month), int(day))
    except ValueError:
        return False
    return 1900 <= int(year) <= 2099


_REFERENCE_TESTS: Final[tuple[tuple[str, Callable[[str], bool]], ...]] = (
    ("an NHS number", is_nhs_number),
    ("a unique pupil number", is_upn),
    ("a National Insurance number", lambda piece: re.fullmatch(rf"{NI_PREFIX}[0-9]{{6}}[A-D]", piece) is not None),
    ("a telephone number", lambda piece: piece.isdecimal() and is_phone(piece)),
    ("a postcode", lambda piece: POSTCODE.fullmatch(piece) is not None),
    ("a date", _is_written_date),
)

# No vowels, so no words; none of Crockford's easily mistaken letters. One digit to a group of four: digits never meet,
# so that no such reference can be mistaken for a number, a date or a postcode.
_LETTERS: Final = "BCDFGHJKMNPQRSTVWXYZ"
_GROUP: Final = (_LETTERS, "0123456789", _LETTERS, _LETTERS)
# What `reference_from` makes. A list of 100,000 of these is recognised quickly.
_MADE_HERE: Final = re.compile(rf"[A-Z]{{2}}(?:-[{_LETTERS}][0-9][{_LETTERS}]{{2}}){{4}}")
_ANY_MADE_HERE: Final = re.compile(rf"(?<![A-Z0-9-]){_MADE_HERE.pattern}(?![A-Z0-9-])")


def reference_from(random_bytes: bytes, *, prefix: str = "CF") -> str:
    """A reference made only of random bytes, for example "CF-K7QM-P2XB-T9RW-H4DN".

    The prefix is two capital letters for the kind of record. Always passes `check_reference`. Any 8 bytes give a
    reference of their own; with more, the references are spread evenly over 4.1e19 values (65 bits). ValueError for
    fewer than 8 bytes.
    """
    if len(random_bytes) < 8:
        raise ValueError("a reference needs at least 8 random bytes")
    number = int.from_bytes(random_bytes)
    groups = []
    for _ in range(4):
        group = ""
        for alphabet in _GROUP:
            number, place = divmod(number, len(alphabet))
            group += alphabet[place]
        groups.append(group)
    return "-".join([prefix, *groups])


# After one of these a team is named after a place, though the place may be named after a person.
_PLACES_TEXT: Final = """
area building centre district east hall hill home hospital house hub locality north park place road south street town
unit village ward west
"""
_PLACES: Final = frozenset(_PLACES_TEXT.split())
# Given names that are as often the names of teams.
_ALSO_TEAMS_TEXT: Final = """
amber chester daisy florence grace heather holly ivy jade jasmine jordan lily lincoln poppy preston robin rowan ruby
victoria violet willow
"""
_ALSO_TEAMS: Final = frozenset(_ALSO_TEAMS_TEXT.split())
_OF_PEOPLE: Final = frozenset({NameKind.TITLE_AND_NAME, NameKind.FULL_NAME})
_ONLY_A_NUMBER: Final = re.compile(r"[0-9][0-9 ]*")
_LONG_NUMBER: Final = re.compile(r"[0-9](?:[ /.-]?[0-9]){4}")


def team_name_fault(name: str) -> str | None:
    """None for the name of a team; one sentence for one that looks like a person's name, or like a number of theirs.

    Never repeats the name.
    """
    # "16+" and "0-25" are teams.
    if _ONLY_A_NUMBER.fullmatch(name.strip()) or _LONG_NUMBER.search(name):
        return "Team name looks like a number from a case system. Enter the name of the team, such as Assessment 1."
    words = [word.casefold() for word in re.findall(r"[^\W\d_]+", name)]
    if not _PLACES.isdisjoint(words):
        return None
    surname, comma, given = name.partition(",")
    said = (f"{given} {surname}" if comma else name).title()
    is_given_name = len(words) == 1 and words[0] in GIVEN_NAMES - _ALSO_TEAMS
    if is_given_name or any(found.kind in _OF_PEOPLE for found in find_names(said)):
        return (
            "Team name looks like a person’s name. Enter the name of the team. If it is named after a place, add a "
            "word such as area or house."
        )
    return None


def references_in(text: str) -> list[str]:
    """The references and pseudonyms that `reference_from` makes, as they are found in a text: each once, in order."""
    return list(dict.fromkeys(match[0] for match in _ANY_MADE_HERE.finditer(text.upper())))
