"""Finding what identifies a person in text and in references, and references that identify nobody.

From any place, every pattern looks at a bounded stretch of text, so the time taken grows with the text and no faster.
Names cannot be found this way, and nothing here tries.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from itertools import accumulate
from typing import Final
from unicodedata import decimal


class IdentifierKind(StrEnum):
    """What an identifier is."""

    NHS_NUMBER = "nhs-number"
    UPN = "upn"
    NI_NUMBER = "ni-number"
    EMAIL = "email"
    POSTCODE = "postcode"
    PHONE = "phone"
    DATE_OF_BIRTH = "date-of-birth"


@dataclass(frozen=True, slots=True)
class Found:
    """An identifier in a text: `text[start:end]`."""

    kind: IdentifierKind
    start: int
    end: int


# Spaces, line ends, hyphens of every length, dots, and what copying from a PDF leaves between digits unseen.
_GAP: Final = r"[\s.\-\u2010-\u2015\u2212\u00ad\u200b\u2060]{0,2}"
_MONTH: Final = (
    r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?"
    r"|nov(?:ember)?|dec(?:ember)?)"
)
_DATE: Final = (
    r"(?:(?<![0-9])(?:"
    r"[0-9]{1,2}\s?[/.\-\u2010-\u2015]\s?[0-9]{1,2}\s?[/.\-\u2010-\u2015]\s?(?:[0-9]{4}|[0-9]{2})"
    r"|[0-9]{4}\s?[/.\-\u2010-\u2015]\s?[0-9]{1,2}\s?[/.\-\u2010-\u2015]\s?[0-9]{1,2}"
    r"|[0-9]{1,2}\s[0-9]{1,2}\s(?:[0-9]{4}|[0-9]{2})"
    r"|[0-9]{8}"
    rf"|[0-9]{{1,2}}(?:st|nd|rd|th)?[\s.\-]{{0,2}}(?:of\s)?{_MONTH}[\s.,\-]{{0,2}}['\u2019]?(?:[0-9]{{4}}|[0-9]{{2}})"
    rf")|(?<![a-z]){_MONTH}[\s.]{{0,2}}[0-9]{{1,2}}(?:st|nd|rd|th)?[\s,]{{1,3}}[0-9]{{4}})(?![0-9])"
)
_BIRTH: Final = r"(?:\bd\.?\s?o\.?\s?b\b|\bdate[\s\-]of[\s\-]birth|\bbirth\s?da(?:te|y)|\bborn\b)"
# What separates "born" from its date may be a few words, such as "early, in hospital, on".
_BORN_THEN_DATE: Final = re.compile(rf"{_BIRTH}[^0-9]{{0,40}}?({_DATE})", re.IGNORECASE)
_DATE_THEN_BORN: Final = re.compile(
    rf"({_DATE})[^0-9a-z]{{0,4}}(?:is\s)?(?:(?:his|her|their|the)\s)?{_BIRTH}", re.IGNORECASE
)

_NHS: Final = re.compile(rf"(?<![0-9])[0-9]{{3}}{_GAP}[0-9]{{3}}{_GAP}[0-9]{{4}}(?![0-9])")
_UPN: Final = re.compile(rf"(?<![a-z0-9])[a-hj-np-rt-z](?:{_GAP}[0-9]){{11}}{_GAP}[0-9a-z](?![a-z0-9])", re.IGNORECASE)
_NI_PREFIX: Final = r"(?!BG|GB|NK|KN|TN|NT|ZZ)[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z]"
_NI: Final = re.compile(
    # In small letters only when written together: "at 10 20 30 a" is not a number.
    rf"(?<![A-Za-z0-9])(?:{_NI_PREFIX}{_GAP}[0-9]{{2}}{_GAP}[0-9]{{2}}{_GAP}[0-9]{{2}}{_GAP}[A-D]"
    rf"|(?i:{_NI_PREFIX}[0-9]{{6}}[A-D]))(?![A-Za-z0-9])"
)
_EMAIL: Final = re.compile(r"[\w.%+'\-]{1,64}@(?:[\w\-]{1,63}\.){1,8}[A-Za-z]{2,24}")
_AREAS: Final = (
    "(?:A[BL]|B[ABDHLNRST]?|C[ABFHMORTVW]|D[ADEGHLNTY]|E[CHNX]?|F[KY]|G[LUY]?|H[ADGPRSUX]|I[GMPV]|JE|K[ATWY]"
    "|L[ADELNSU]?|M[EKL]?|N[EGNPRW]?|O[LX]|P[AEHLOR]|R[GHM]|S[AEGKLMNOPRSTWY]?|T[ADFNQRSW]|UB|W[ACDFNRSV]?|YO|ZE)"
)
_POSTCODE: Final = re.compile(
    rf"(?<![A-Za-z0-9])({_AREAS}[0-9](?:[0-9]|[A-HJKMNPR-Y])?{_GAP}[0-9])([ABD-HJLNP-UW-Z]{{2}})(?![A-Za-z0-9])",
    re.IGNORECASE,
)
# "S47 2nd" is a section and an ordinal; "S47 2ND" is a postcode.
_NOT_INWARD: Final = frozenset({"st", "nd", "rd", "th", "hr", "yr", "ft", "lb"})
_PHONE: Final = re.compile(
    r"(?<![0-9A-Za-z])(?:\+|00\s?(?=44)|\(?(?=0))[0-9](?:[\s().\-\u2010-\u2015]{0,3}[0-9]){8,14}(?![0-9])"
)
_DIGIT_OR_AT: Final = re.compile(r"[\d@]")
# Part of an email address, the end of a postcode, a word about birth, or as many digits as the shortest other number.
_LIKE_AN_IDENTIFIER: Final = re.compile(rf"@|[0-9][a-z]{{2}}|{_BIRTH}|[0-9](?:[^0-9]*+[0-9]){{5}}", re.IGNORECASE)
_UPN_VALUES: Final = {
    **{letter: place for place, letter in enumerate("ABCDEFGHJKLMNPQRTUVWXYZ")},
    **{str(digit): digit for digit in range(10)},
}
_UPN_LETTERS: Final = "ABCDEFGHJKLMNPQRTUVWXYZ"


def find_identifiers(text: str) -> tuple[Found, ...]:
    """Every identifier in the text, in order, none overlapping another.

    NHS numbers and unique pupil numbers must pass their check digit; a date counts only where the words beside it say
    that it is a date of birth. Takes time in proportion to the length of the text.
    """
    # Most texts have no digit, or one number that is nobody's: those are done with quickly.
    if _DIGIT_OR_AT.search(text) is None:
        return ()
    plain = _with_plain_digits(text)
    if _LIKE_AN_IDENTIFIER.search(plain) is None:
        return ()
    found: list[Found] = []
    taken = bytearray(len(plain))
    for kind, search in _SEARCHES:
        for start, end in search(plain):
            if not any(taken[start:end]):
                taken[start:end] = b"\x01" * (end - start)
                found.append(Found(kind, start, end))
    return tuple(sorted(found, key=lambda each: each.start))


def _with_plain_digits(text: str) -> str:
    return text if text.isascii() else re.sub(r"\d", lambda digit: str(decimal(digit[0])), text)


def _digits(text: str) -> str:
    return "".join(each for each in text if each in "0123456789")


def _letters_and_digits(text: str) -> str:
    return "".join(each for each in text if each.isalnum()).upper()


def is_nhs_number(digits: str) -> bool:
    """Whether ten digits are an NHS number: modulus 11, weights 10 to 2 (NHS Data Dictionary), and not all the same."""
    if re.fullmatch(r"[0-9]{10}", digits) is None or len(set(digits)) == 1:
        return False
    check = 11 - sum(int(digit) * weight for digit, weight in zip(digits, range(10, 1, -1), strict=False)) % 11
    return check % 11 == int(digits[9]) and check != 10


def is_upn(characters: str) -> bool:
    """Whether thirteen characters are a unique pupil number: check letter by modulus 23, weights 2 to 13 (DfE)."""
    if re.fullmatch(r"[A-HJ-NP-RT-Z][0-9]{11}[0-9A-HJ-NP-RT-Z]", characters) is None:
        return False
    total = sum(_UPN_VALUES[each] * weight for weight, each in enumerate(characters[1:], start=2))
    return _UPN_LETTERS[total % 23] == characters[0]


def _is_phone(text: str) -> bool:
    digits = _digits(text)
    if text.startswith("+") and not digits.startswith("44"):
        return 9 <= len(digits) <= 15
    for code in ("0044", "44"):
        if digits.startswith(code):
            return _is_national("0" + digits[len(code) :].removeprefix("0"))
    # A date and a time make as many digits, but begin with a group of two: 01-02-2021 10:30.
    first_group = re.match(r"\(?([0-9]+)", text)
    return first_group is not None and len(first_group[1]) >= 3 and _is_national(digits)


def _is_national(digits: str) -> bool:
    return re.fullmatch(r"0(?:[1235789][0-9]{9}|1[0-9]{8}|[58]00[0-9]{6})", digits) is not None


def _nhs_numbers(text: str) -> Iterator[tuple[int, int]]:
    return (match.span() for match in _NHS.finditer(text) if is_nhs_number(_digits(match[0])))


def _upns(text: str) -> Iterator[tuple[int, int]]:
    return (match.span() for match in _UPN.finditer(text) if is_upn(_letters_and_digits(match[0])))


def _ni_numbers(text: str) -> Iterator[tuple[int, int]]:
    return (match.span() for match in _NI.finditer(text))


def _emails(text: str) -> Iterator[tuple[int, int]]:
    return (match.span() for match in _EMAIL.finditer(text)) if "@" in text else iter(())


def _postcodes(text: str) -> Iterator[tuple[int, int]]:
    return (match.span() for match in _POSTCODE.finditer(text) if match[2] not in _NOT_INWARD)


def _phones(text: str) -> Iterator[tuple[int, int]]:
    return (match.span() for match in _PHONE.finditer(text) if _is_phone(match[0]))


def _dates_of_birth(text: str) -> Iterator[tuple[int, int]]:
    for pattern in (_BORN_THEN_DATE, _DATE_THEN_BORN):
        for match in pattern.finditer(text):
            yield match.span(1)


_SEARCHES: Final[tuple[tuple[IdentifierKind, Callable[[str], Iterator[tuple[int, int]]]], ...]] = (
    (IdentifierKind.EMAIL, _emails),
    (IdentifierKind.UPN, _upns),
    (IdentifierKind.NI_NUMBER, _ni_numbers),
    (IdentifierKind.DATE_OF_BIRTH, _dates_of_birth),
    (IdentifierKind.NHS_NUMBER, _nhs_numbers),
    (IdentifierKind.PHONE, _phones),
    (IdentifierKind.POSTCODE, _postcodes),
)

_REFERENCE: Final = re.compile(r"[A-Z0-9](?:-?[A-Z0-9])*")
_INSTEAD: Final = "use one that says nothing about the child, or leave it out to have one made"


def check_reference(reference: str) -> str | None:
    """None for a reference that may name a case file; else one sentence that says what is wrong and how to mend it.

    4 to 32 capital letters and digits with single hyphens between them, at least two of them digits, and no
    identifier or full date in it, whether whole, behind letters, or spread over its parts. Never repeats the reference.
    """
    if _MADE_HERE.fullmatch(reference) is not None:
        return None
    if not 4 <= len(reference) <= 32:
        return "A reference has 4 to 32 characters; make it shorter or longer."
    if _REFERENCE.fullmatch(reference) is None:
        return "A reference has capital letters and digits, with single hyphens between them; take anything else out."
    if len(_digits(reference)) < 2:
        return "A reference has at least two digits, so that it cannot be a name; add some."
    for piece in _pieces(reference):
        for looks_like, is_one in _REFERENCE_TESTS:
            if is_one(piece):
                return f"This reference looks like {looks_like}; {_INSTEAD}."
    return f"This reference looks like a date; {_INSTEAD}." if _has_spaced_date(reference) else None


def _pieces(reference: str) -> Iterator[str]:
    """Every run of neighbouring parts put together, and each of them without the letters around its digits."""
    parts = reference.split("-")
    for start in range(len(parts)):
        for joined in accumulate(parts[start:]):
            yield joined
            core = joined.strip("ABCDEFGHIJKLMNOPQRSTUVWXYZ")
            if core and core != joined:
                yield core


def _is_written_date(piece: str) -> bool:
    if re.fullmatch(r"[0-9]{8}", piece):
        return _is_date(piece[4:], piece[2:4], piece[:2]) or _is_date(piece[:4], piece[4:6], piece[6:])
    if re.fullmatch(r"(?:DOB|BORN)[0-9]{6}", piece):
        return True
    return re.fullmatch(rf"[0-9]{{1,2}}{_MONTH}(?:[0-9]{{4}}|[0-9]{{2}})", piece, re.IGNORECASE) is not None


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
    ("a National Insurance number", lambda piece: re.fullmatch(rf"{_NI_PREFIX}[0-9]{{6}}[A-D]", piece) is not None),
    ("a telephone number", lambda piece: piece.isdecimal() and len(piece) >= 10 and _is_phone(piece)),
    ("a postcode", lambda piece: _POSTCODE.fullmatch(piece) is not None),
    ("a date", _is_written_date),
)

# No vowels, so no words; none of Crockford's easily mistaken letters. One digit to a group of four: digits never meet,
# so that no such reference can be taken for a number, a date or a postcode.
_LETTERS: Final = "BCDFGHJKMNPQRSTVWXYZ"
_GROUP: Final = (_LETTERS, "0123456789", _LETTERS, _LETTERS)
# What `reference_from` makes. A list of 100,000 such is known at a glance.
_MADE_HERE: Final = re.compile(rf"[A-Z]{{2}}(?:-[{_LETTERS}][0-9][{_LETTERS}]{{2}}){{4}}")


def reference_from(random_bytes: bytes, *, prefix: str = "CF") -> str:
    """A reference made of random bytes and of nothing else, such as "CF-K7QM-P2XB-T9RW-H4DN".

    The prefix is two capital letters that say what is referred to. Always passes `check_reference`. Any 8 bytes make
    a reference of their own; with more, chance spreads evenly over 4.1e19 references (65 bits). ValueError for fewer than 8 bytes.
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
