"""Finding identifiers of people in text and in references, and making references that identify nobody.

Every pattern looks at a bounded stretch of text from any place, so the time grows linearly with the text. Names cannot
be found this way: see `checklists.privacy.names`.
"""

import re
import string
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Final
from unicodedata import decimal

from checklists.privacy.invisible import INVISIBLE, without_invisible


class IdentifierKind(StrEnum):
    """The kind of an identifier."""

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


# Spaces, line ends, hyphens of every length, dots, slashes, and invisible characters that copying from a PDF leaves
# between digits.
_BETWEEN: Final = rf"\s.\-/\u2010-\u2015\u2212{INVISIBLE}"
_GAP: Final = rf"[{_BETWEEN}]{{0,3}}"
# Where a check digit follows, also commas, colons and brackets.
_WIDE_GAP: Final = rf"[{_BETWEEN},:;()\[\]]{{0,3}}"
MONTH: Final = (
    r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?"
    r"|nov(?:ember)?|dec(?:ember)?)"
)
_ORDINAL: Final = (
    r"(?:(?:twenty|thirty)[\s\-])?(?:first|second|third|fourth|fifth|sixth|seventh|eighth|ninth|tenth|eleventh|twelfth"
    r"|thirteenth|fourteenth|fifteenth|sixteenth|seventeenth|eighteenth|nineteenth|twentieth|thirtieth)"
)
# A year as it is spoken: two thousand and thirteen, twenty thirteen, nineteen ninety-eight.
_UNIT: Final = r"(?:one|two|three|four|five|six|seven|eight|nine)"
_TEEN: Final = r"(?:ten|eleven|twelve|thirteen|fourteen|fifteen|sixteen|seventeen|eighteen|nineteen)"
_SPOKEN_YEAR: Final = (
    rf"(?:two\sthousand(?:\s(?:and\s)?(?:{_TEEN}|twenty(?:[\s\-]{_UNIT})?|{_UNIT}))?"
    rf"|twenty[\s\-](?:{_TEEN}|twenty(?:[\s\-]{_UNIT})?|oh[\s\-]{_UNIT})"
    rf"|nineteen[\s\-](?:(?:twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety)(?:[\s\-]{_UNIT})?|{_TEEN}))\b"
)
_SPOKEN_YEARS_BEGIN: Final = ("thousand", "twenty", "nineteen")
_DATE: Final = re.compile(
    r"(?:(?<![0-9])(?=[0-9])(?:"
    r"[0-9]{1,2}\s?[/.\-\u2010-\u2015]\s?[0-9]{1,2}\s?[/.\-\u2010-\u2015]\s?(?:[0-9]{4}|[0-9]{2})"
    r"|[0-9]{4}\s?[/.\-\u2010-\u2015]\s?[0-9]{1,2}\s?[/.\-\u2010-\u2015]\s?[0-9]{1,2}"
    r"|[0-9]{1,2}\s[0-9]{1,2}\s(?:[0-9]{4}|[0-9]{2})"
    r"|[0-9]{8}"
    rf"|[0-9]{{1,2}}(?:st|nd|rd|th)?[\s.,\-]{{0,2}}(?:day\s)?(?:of\s)?{MONTH}[\s.,\-]{{0,2}}"
    rf"(?:['\u2019]?(?:[0-9]{{4}}|[0-9]{{2}})|(?:in\s)?{_SPOKEN_YEAR})"
    rf")|(?<![a-z])(?=[adfjmnos]){MONTH}[\s.]{{0,2}}[0-9]{{1,2}}(?:st|nd|rd|th)?[\s,]{{1,3}}[0-9]{{4}}"
    rf"|\b{_ORDINAL}\s(?:day\s)?(?:of\s)?{MONTH}[\s,]{{1,2}}(?:[0-9]{{4}}|(?:in\s)?{_SPOKEN_YEAR}))(?![0-9])",
    re.IGNORECASE,
)
_YEAR: Final = re.compile(r"(?<![0-9])(?:19|20)[0-9]{2}(?![0-9])")
# What every date has: four digits, or three and a month.
_FOUR_DIGITS: Final = re.compile(r"[0-9](?:[^0-9]*+[0-9]){3}")
_MONTHS_BEGIN: Final = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_AGE: Final = (
    r"(?:[0-9]{1,2}|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|thirteen|fourteen|fifteen|sixteen"
    r"|seventeen|eighteen)"
)
# A date belongs to the nearest of these words before it, or to one immediately after it.
_BIRTH: Final = re.compile(
    r"\bd[.\s]?\s?o[.\s]?\s?b\b|\bdate[\s\-]of[\s\-]birth|\bbirth\s?da(?:te|y)|(?<!new-)(?<!new )\bborn\b"
    rf"|[(,]\s?b\b|\bb\.|\bturn(?:s|ed)\s{_AGE}\b",
    re.IGNORECASE,
)
_MOST_BETWEEN_BIRTH_AND_DATE: Final = 48
# After "date of birth" or "born" in the same clause, words that introduce another kind of date; or a new sentence.
_ANOTHER_MATTER: Final = re.compile(
    r"\w{3}[.!?]\s+[A-Z]|;\s?[a-z]|\b(?:not|never|missing|unknown|unclear|differs?|without|because|but)\b"
)
_BEHIND_DATE: Final = re.compile(r"[^0-9a-z.;!?\n]{0,4}(?:(?:is|was)\s)?(?:(?:his|her|their|the)\s)?", re.IGNORECASE)
_SHORT_DATE_OF_BIRTH: Final = re.compile(r"\bd\.?o\.?b\b[\s.:\-]{0,3}([0-9]{6})(?![0-9])", re.IGNORECASE)

_NHS: Final = re.compile(
    rf"(?<![0-9])(?:[0-9]{{3}}{_WIDE_GAP}[0-9]{{3}}{_WIDE_GAP}[0-9]{{4}}|(?<![0-9][\s.])[0-9]{{2}}(?:\s[0-9]{{2}}){{4}}(?!\s[0-9])"
    # Digit by digit, as it is read out.
    r"|(?<![0-9][\s.])[0-9](?:[\s.\-][0-9]){9}(?![\s.\-][0-9]))(?![0-9])"
)
# However its digits are grouped, where the text says what it is.
_NHS_SAID: Final = re.compile(rf"nhs[^0-9\n]{{0,16}}([0-9](?:{_WIDE_GAP}[0-9]){{9}})(?![0-9])", re.IGNORECASE)
_NHS_SAID_AFTER: Final = re.compile(
    rf"(?<![0-9])([0-9](?:{_WIDE_GAP}[0-9]){{9}})(?![0-9])[^0-9\n]{{0,4}}\bnhs\b", re.IGNORECASE
)
_UPN: Final = re.compile(rf"(?<![a-z0-9])[a-hj-np-rt-z](?:{_GAP}[0-9]){{11}}{_GAP}[0-9a-z](?![a-z0-9])", re.IGNORECASE)
NI_PREFIX: Final = r"(?!BG|GB|NK|KN|TN|NT|ZZ)[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z]"
_NI_DIGITS: Final = rf"{_GAP}[0-9]{{2}}{_GAP}[0-9]{{2}}{_GAP}[0-9]{{2}}"
_NI_WIDE: Final = rf"(?:{_WIDE_GAP}[0-9]{{2}}){{3}}{_WIDE_GAP}"
# Letter by letter, as it is read out.
_NI_SPACED: Final = (
    rf"(?!(?:B\s?G|G\s?B|N\s?K|K\s?N|T\s?N|N\s?T|Z\s?Z))[A-CEGHJ-PR-TW-Z]\s?[A-CEGHJ-NPR-TW-Z](?:{_GAP}[0-9]){{6}}"
)
_NI: Final = re.compile(
    # In lower case only when the two letters are not a word or all is written together: "at 10 20 30 a" is not a
    # number.
    rf"(?<![A-Za-z0-9])(?:{NI_PREFIX}{_NI_WIDE}[A-D]|{_NI_SPACED}\s?[A-D]"
    rf"|(?i:{NI_PREFIX}[0-9]{{6}}[A-D])"
    rf"|(?!a[mnst]|b[ey]|he|m[ey]|we)(?i:{NI_PREFIX}{_NI_DIGITS}{_GAP}[A-D]))(?![A-Za-z0-9])"
)
# Often without its last letter, where the text says what it is.
_NI_SAID: Final = re.compile(
    rf"\b(?:ni|nino|national\sinsurance)\b[^0-9\n]{{0,12}}\b({_NI_SPACED}(?:{_GAP}[A-D])?)(?![A-Za-z0-9])",
    re.IGNORECASE,
)
_LONGEST_LOCAL_PART: Final = 64
# With space around the sign only where the host name has a usual ending: "met @ home.She" is a slip.
_COMMON_END: Final = r"(?:uk|com|org|net|gov|edu|eu|ie|info|school|example)\b"
_AT_HOST: Final = re.compile(
    rf"@(?:(\s{{1,2}})(?:[\w\-]{{1,63}}\.){{1,8}}{_COMMON_END}|(?:[\w\-]{{1,63}}\.){{1,8}}[A-Za-z]{{2,24}})",
    re.IGNORECASE,
)
# "jane dot smith at example dot org": with the ending of a host, so that "look at example.org" is none.
_SPELT_AT: Final = re.compile(r"\bat\b", re.IGNORECASE)
_DOT_INSIDE: Final = re.compile(r"\.\w")
_SPELT_EMAIL: Final = re.compile(
    r"\b[\w+\-]{1,40}(?:(?:\.|\sdot\s)[\w+\-]{1,40}){0,3}\s?[(\[{]?\s?\bat\b\s?[)\]}]?\s?"
    r"(?:gmail|hotmail|outlook|yahoo|icloud|live|aol|btinternet|sky|[\w\-]{2,40}(?=\sdot\s))"
    r"(?:(?:\.|\sdot\s)\w{2,12}){1,3}\b"
    rf"|\b[\w+\-]{{1,40}}(?:\.[\w+\-]{{1,40}}){{1,3}}\sat\s(?:[\w\-]{{2,40}}\.){{1,4}}{_COMMON_END}"
    r"|\b[\w.+\-]{1,40}\s?[(\[{]\s?at\s?[)\]}]\s?(?:[\w\-]{1,40}\.){1,4}[a-z]{2,12}\b"
    r"|\b[\w.+\-]{1,40}\s?[(\[{]\s?at\s?[)\]}]\s?[\w\-]{1,40}(?:\s?[(\[{]\s?dot\s?[)\]}]\s?[\w\-]{2,40}){1,4}",
    re.IGNORECASE,
)
_LOCAL_PART_BACKWARDS: Final = re.compile(r"(\s{0,2})([\w.%+'\u2019\-]+)")
_AREAS: Final = (
    "(?:A[BL]|B[ABDHLNRST]?|C[ABFHMORTVW]|D[ADEGHLNTY]|E[CHNX]?|F[KY]|G[LUY]?|H[ADGPRSUX]|I[GMPV]|JE|K[ATWY]"
    "|L[ADELNSU]?|M[EKL]?|N[EGNPRW]?|O[LX]|P[AEHLOR]|R[GHM]|S[AEGKLMNOPRSTWY]?|T[ADFNQRSW]|UB|W[ACDFNRSV]?|YO|ZE)"
)
POSTCODE: Final = re.compile(
    # Often with the letter O for zero; in lower case that would match words.
    rf"(?<![A-Za-z0-9])({_AREAS}[0-9](?:[0-9]|[A-HJKMNPR-Y])?(?:{_GAP}|[,:;_]\s?)(?:[0-9]|(?-i:O)))([ABD-HJLNP-UW-Z]{{2}})(?![A-Za-z0-9])",
    re.IGNORECASE,
)
# Letter by letter, as it is read out: in capitals only.
_SPELT_POSTCODE: Final = re.compile(
    r"(?<!\S)[A-Z](?:\s[A-Z])?\s[0-9](?:\s[0-9A-Z])?\s{1,3}[0-9]\s[A-Z]\s[A-Z](?![A-Za-z0-9])"
)
# The end of every postcode: to look for it first takes a tenth of the time.
_LIKE_AN_INWARD_CODE: Final = re.compile(r"[0-9O][A-Za-z]{2}|[0-9]\s[A-Z]\s[A-Z]")
# "S47 2nd" is a section and an ordinal; "S47 2ND" is a postcode, and so is "S47 8nd".
_NOT_INWARD: Final = re.compile(r"1st|2nd|3rd|[04-9]th|[0-9](?:hr|yr|ft|lb)|O(?:NE|UR|UT|LD|FF|WN)")
_PHONE: Final = re.compile(
    rf"(?<![0-9A-Za-z])(?:\+|00\s?(?=44)|(?=44[\s\-])|\(?(?=0))[0-9](?:[{_BETWEEN}()]{{0,3}}[0-9]){{8,14}}(?![0-9])"
    r"|(?<![0-9A-Za-z,])0[0-9]{2,4},[0-9]{3,4},[0-9]{3,4}(?![0-9,])"
)
# A spreadsheet removes the leading zero.
_PHONE_WITHOUT_NOUGHT: Final = re.compile(
    r"(?:(?:\b(?:tel|mob|phone|mobile|rang|call|called|ring|text|texted|landline)\b[^0-9\n]{0,10}|\bt:\s?)"
    r"([12378][0-9]{2}[\s\-]?[0-9]{1,4}[\s\-]?[0-9]{3,6})"
    r"|(?<![0-9A-Za-z])(7[0-9]{3}[\s\-](?:[0-9]{6}|[0-9]{3}[\s\-][0-9]{3})))(?![0-9])",
    re.IGNORECASE,
)
_ASCII_DIGIT: Final = re.compile(r"[0-9]")
_DIGIT_OR_AT: Final = re.compile(r"[\d@\uff20]")
# The same of a text in ASCII, several times as quickly.
_ASCII_DIGIT_OR_AT: Final = re.compile(r"[0-9@]")
# Part of an email address, the end of a postcode, or as many digits as the shortest other number or a date has.
_LIKE_AN_IDENTIFIER: Final = re.compile(r"@|[0-9O][A-Za-z]{2}|[0-9]\s[A-Z]\s[A-Z]|[0-9](?:[^0-9]*+[0-9]){2}")
_FULL_WIDTH: Final = {ord(each) + 0xFEE0: each for each in string.ascii_letters + string.digits + string.punctuation}
_UPN_VALUES: Final = {
    **{letter: place for place, letter in enumerate("ABCDEFGHJKLMNPQRTUVWXYZ")},
    **{digit: value for value, digit in enumerate(string.digits)},
}
_UPN_LETTERS: Final = "ABCDEFGHJKLMNPQRTUVWXYZ"


def find_identifiers(text: str) -> tuple[Found, ...]:
    """Every identifier in the text, in order, none overlapping another.

    NHS numbers and unique pupil numbers must pass their check digit; a date counts only where the words beside it say
    that it is a date of birth. Takes time in proportion to the length of the text.
    """
    if text.isascii():
        return _found_in(text)
    found = list(_found_in(text))
    if visible := without_invisible(text):
        plain, places = visible
        found += [
            Found(it.kind, start, end)
            for it in _found_in(plain)
            for start, end in ((places[it.start], places[it.end - 1] + 1),)
            if not any(start < other.end and other.start < end for other in found)
        ]
    return tuple(sorted(found, key=lambda each: each.start))


def _found_in(text: str) -> tuple[Found, ...]:
    # Most texts have no digit, or one number that identifies nobody: a quick exit for these.
    likely = _ASCII_DIGIT_OR_AT if text.isascii() else _DIGIT_OR_AT
    if likely.search(text) is None and not _may_be_spelt(text):
        return ()
    plain = _plain(text)
    if _LIKE_AN_IDENTIFIER.search(plain) is None and not _may_be_spelt(plain):
        return ()
    found: list[Found] = []
    taken = bytearray(len(plain))
    digits = len(_ASCII_DIGIT.findall(plain))
    for kind, search, fewest_digits in _SEARCHES:
        for start, end in search(plain) if digits >= fewest_digits else ():
            if not any(taken[start:end]):
                taken[start:end] = b"\x01" * (end - start)
                found.append(Found(kind, start, end))
    return tuple(sorted(found, key=lambda each: each.start))


def _may_be_spelt(text: str) -> bool:
    """Whether a text without many digits may have an email address or a date of birth in words."""
    return _may_spell_email(text) or _may_spell_year(text)


def _may_spell_year(text: str) -> bool:
    plain = text.lower()
    return any(word in plain for word in _SPOKEN_YEARS_BEGIN) and _BIRTH.search(text) is not None


def _may_spell_email(text: str) -> bool:
    # The letters are found many times as quickly as the words, and these as everything that may stand before them.
    plain = text.lower()
    return (
        "at" in plain
        and ("dot" in plain or _DOT_INSIDE.search(text) is not None)
        and _SPELT_AT.search(text) is not None
        and _SPELT_EMAIL.search(text) is not None
    )


def _plain(text: str) -> str:
    """The text with ASCII digits, and ASCII letters and signs for full-width ones; its length is unchanged."""
    if text.isascii():
        return text
    return re.sub(r"\d", lambda digit: str(decimal(digit[0])), text.translate(_FULL_WIDTH))


def digits_in(text: str) -> str:
    return "".join(each for each in text if each in "0123456789")


def _letters_and_digits(text: str) -> str:
    return "".join(each for each in text if each.isalnum()).upper()


def is_nhs_number(digits: str) -> bool:
    """Whether ten digits are an NHS number: modulus 11, weights 10 to 2 (NHS Data Dictionary), and not all the same."""
    if re.fullmatch(r"[0-9]{10}", digits) is None or len(set(digits)) == 1:
        return False
    # A remainder of 10 is no digit, so no number has it.
    total = sum(int(digit) * weight for digit, weight in zip(digits, range(10, 1, -1), strict=False))
    return -total % 11 == int(digits[9])


def is_upn(characters: str) -> bool:
    """Whether thirteen characters are a unique pupil number: check letter by modulus 23, weights 2 to 13 (DfE)."""
    if re.fullmatch(r"[A-HJ-NP-RT-Z][0-9]{11}[0-9A-HJ-NP-RT-Z]", characters) is None:
        return False
    total = sum(_UPN_VALUES[each] * weight for weight, each in enumerate(characters[1:], start=2))
    return _UPN_LETTERS[total % 23] == characters[0]


def is_phone(text: str) -> bool:
    digits = digits_in(text)
    if text.startswith("+") and not digits.startswith("44"):
        return 9 <= len(digits) <= 15
    for code in ("0044", "44"):
        if digits.startswith(code):
            return _is_national("0" + digits[len(code) :].removeprefix("0"))
    if not _is_national(digits):
        return False
    groups = re.findall(r"[0-9]+", text)
    if len(groups[0]) > 2 or len(groups) == len(digits):  # digit by digit, as it is read out
        return True
    # A date and a time have as many digits, but begin with a group of two: 01-02-2021 10:30.
    return (digits.startswith("07") or len(groups[1]) > 4) and _DATE.match(text) is None


def _is_national(digits: str) -> bool:
    return re.fullmatch(r"0(?:[1235789][0-9]{9}|1[0-9]{8}|[58]00[0-9]{6})", digits) is not None


def _nhs_numbers(text: str) -> Iterator[tuple[int, int]]:
    for pattern, group in ((_NHS, 0), (_NHS_SAID, 1), (_NHS_SAID_AFTER, 1)):
        for match in pattern.finditer(text):
            if is_nhs_number(digits_in(match[group])):
                yield match.span(group)


def _upns(text: str) -> Iterator[tuple[int, int]]:
    return (match.span() for match in _UPN.finditer(text) if is_upn(_letters_and_digits(match[0])))


def _ni_numbers(text: str) -> Iterator[tuple[int, int]]:
    for pattern, group in ((_NI, 0), (_NI_SAID, 1)):
        for match in pattern.finditer(text):
            yield match.span(group)


def _emails(text: str) -> Iterator[tuple[int, int]]:
    if _may_spell_email(text):
        yield from (match.span() for match in _SPELT_EMAIL.finditer(text))
    for match in _AT_HOST.finditer(text) if "@" in text else ():
        at = match.start()
        local = _LOCAL_PART_BACKWARDS.match(text[max(0, at - _LONGEST_LOCAL_PART - 2) : at][::-1])
        if local is not None and (
            not local[1] or match[1] or re.search(rf"\.{_COMMON_END}\Z", match[0], re.IGNORECASE)
        ):
            yield at - local.end(), match.end()


def _postcodes(text: str) -> Iterator[tuple[int, int]]:
    if _LIKE_AN_INWARD_CODE.search(text) is None:
        return
    for match in POSTCODE.finditer(text):
        if _NOT_INWARD.fullmatch(match[1][-1] + match[2]) is None:
            yield match.span()
    for match in _SPELT_POSTCODE.finditer(text):
        if POSTCODE.fullmatch("".join(match[0].split())):
            yield match.span()


def _phones(text: str) -> Iterator[tuple[int, int]]:
    for match in _PHONE.finditer(text):
        if is_phone(match[0]):
            yield match.span()
    for match in _PHONE_WITHOUT_NOUGHT.finditer(text):
        start, end = match.span(1 if match[1] else 2)
        if _is_national("0" + digits_in(text[start:end])):
            yield start, end


def _dates_of_birth(text: str) -> Iterator[tuple[int, int]]:
    if _FOUR_DIGITS.search(text) is None and not _names_a_month(text):
        return
    births = [match.span() for match in _BIRTH.finditer(text)]
    if not births:
        return
    place = 0
    for date_found in _DATE.finditer(text):
        start, end = date_found.span()
        while place < len(births) and births[place][1] <= start:
            place += 1
        before = births[place - 1][1] if place else None
        behind = births[place][0] if place < len(births) else None
        is_behind = (
            before is not None
            and start - before <= _MOST_BETWEEN_BIRTH_AND_DATE
            and not _ANOTHER_MATTER.search(text, before, start)
        )
        if is_behind or (behind is not None and _BEHIND_DATE.fullmatch(text, end, behind)):
            yield start, end
    for match in _SHORT_DATE_OF_BIRTH.finditer(text):
        yield match.span(1)


def dates_with_year(text: str) -> Iterator[tuple[int, int, int]]:
    """Every full date that is written with a year of four digits: its place, and the year."""
    if _FOUR_DIGITS.search(text) is None:
        return
    for match in _DATE.finditer(text):
        # Eight digits in a row are as often another number.
        if not match[0].isdecimal() and (year := _YEAR.search(match[0])):
            yield match.start(), match.end(), int(year[0])


def _names_a_month(text: str) -> bool:
    small = text.casefold()
    return any(month in small for month in _MONTHS_BEGIN)


# Each kind, its search, and the fewest digits that a text with one has.
_SEARCHES: Final[tuple[tuple[IdentifierKind, Callable[[str], Iterator[tuple[int, int]]], int], ...]] = (
    (IdentifierKind.EMAIL, _emails, 0),
    (IdentifierKind.UPN, _upns, 11),
    (IdentifierKind.NI_NUMBER, _ni_numbers, 6),
    (IdentifierKind.DATE_OF_BIRTH, _dates_of_birth, 0),
    (IdentifierKind.NHS_NUMBER, _nhs_numbers, 10),
    (IdentifierKind.PHONE, _phones, 9),
    (IdentifierKind.POSTCODE, _postcodes, 1),
)
