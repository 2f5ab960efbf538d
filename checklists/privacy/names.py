"""Finding possible names in text: titles with names, names without, addresses and schools, and an organisation's terms.

A name alone cannot be distinguished from a word; a finding is a reason to check again, and not proof. The list is
stored as keyed hashes, so that nobody can read it; matching hashes each different word of the text once.
"""

import hashlib
import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final, NamedTuple

from checklists.privacy import likely_places
from checklists.privacy.everyday_words import ALSO_AFTER_A_TITLE, EVERYDAY, SURNAMES_TOO
from checklists.privacy.invisible import without_invisible


class NameKind(StrEnum):
    """Why a place in a text may hold a name."""

    TITLE_AND_NAME = "title-and-name"
    RISKY_TERM = "risky-term"
    FULL_NAME = "full-name"
    ADDRESS = "address"
    SCHOOL = "school"
    LOCAL_PHONE = "local-phone"
    INITIALS = "initials"
    OLD_DATE = "old-date"


@dataclass(frozen=True, slots=True)
class FoundName:
    """A possible name in a text: `text[start:end]`."""

    kind: NameKind
    start: int
    end: int


class HashedTerm(NamedTuple):
    """What is stored of a term: the hash of its first word, that of the whole, and how many words it has."""

    first: bytes
    whole: bytes
    words: int


MOST_WORDS: Final = 8
_HASH_BYTES: Final = 16
# Combining accents, and invisible characters.
_UNSEEN: Final = "\u0300-\u036f\u00ad\u200b-\u200d\u2060"
_LETTER: Final = r"[^\W\d_]"
# Digits are words of their own, so that "LCS-1234" and "LCS1234" are the same two.
_WORD: Final = re.compile(rf"{_LETTER}(?:{_LETTER}|[{_UNSEEN}]|['\u2019\u02bc](?={_LETTER}))*|\d+")
# Letters that no decomposition splits.
_PLAIN_LETTERS: Final = str.maketrans("łøđħıæœþð", "lodhiaotd")
_NAME: Final = rf"{_LETTER}(?:{_LETTER}|[{_UNSEEN}]|['\u2019\u02bc\u2010\u2011-](?={_LETTER}))+"
_SPACE: Final = rf"[\s{_UNSEEN}]{{1,3}}"
# The name is a look-ahead: the word after a title may itself be the title that counts, as in "Mr and Mrs".
_TITLE: Final = re.compile(
    r"\b(mrs?|ms|miss|mx|dr|doctor|prof|professor|revd?|reverend|sir|dame|pc|wpc|pcso|dc|ds|di|sgt|sergeant|insp"
    rf"|inspector|hhj|aunt|aunt(?:ie|y)|uncle)\b\.?{_SPACE}"
    rf"(?=((?:{_LETTER}(?:\.\s{{0,2}}|{_SPACE})){{0,3}})"
    rf"((?:(?:van|von|der|den|de|da|dos?|du|l[ae]|[ae]l|bin|ibn|ben|abu|st|[oó])\b\.?{_SPACE}){{0,2}})({_NAME}))",
    re.IGNORECASE,
)
_TITLES_TEXT: Final = """
mr mrs ms miss mx dr doctor prof professor rev revd reverend sir dame pc wpc pcso dc ds di sgt sergeant insp inspector
hhj aunt auntie aunty uncle
"""
_TITLES: Final = frozenset(_TITLES_TEXT.split())
_MORE: Final = re.compile(rf"[ \u00a0]({_NAME})")
_MOST_MORE: Final = 4
_IN_CAPITALS: Final = frozenset({"pc", "wpc", "pcso", "dc", "ds", "di", "hhj"})
# In lower case these are titles; "miss", "sir" and the others are words.
_IN_SMALL_LETTERS: Final = frozenset({"mr", "mrs", "ms", "mx", "dr", "prof", "professor"})


def fold(word: str) -> str:
    """A word without case, accents, apostrophes and invisible characters."""
    if word.isascii():
        return word.lower().replace("'", "")
    plain = unicodedata.normalize("NFKD", word.casefold()).translate(_PLAIN_LETTERS)
    return "".join(each for each in plain if each.isalnum())


def term_words(term: str) -> tuple[str, ...]:
    """The words of a term as they are compared."""
    return tuple(fold(match[0]) for match in _WORD.finditer(term))


def hash_term(key: bytes, term: str) -> HashedTerm:
    """What is stored of a term. ValueError when it has no word, or more than MOST_WORDS."""
    words = term_words(term)
    if not 1 <= len(words) <= MOST_WORDS:
        raise ValueError(f"a term has 1 to {MOST_WORDS} words")
    return HashedTerm(_hash(key, words[0]), _hash(key, " ".join(words)), len(words))


def is_everyday(term: str) -> bool:
    """Whether a term consists only of everyday words, so that it would match nearly every text."""
    return all(word in EVERYDAY for word in term_words(term))


def _hash(key: bytes, words: str) -> bytes:
    return hashlib.blake2b(words.encode(), key=key, digest_size=_HASH_BYTES).digest()


@dataclass(frozen=True, slots=True)
class RiskyTerms:
    """The terms of one organisation, hashed under its key (at most 64 bytes). Cost is independent of their number."""

    key: bytes
    terms: frozenset[HashedTerm]
    _wholes: frozenset[bytes] = field(init=False, repr=False)
    _lengths: dict[bytes, set[int]] = field(init=False, repr=False)
    # A cache of the lengths of terms that begin with a word: texts repeat their words.
    _seen: dict[str, list[int]] = field(init=False, repr=False, default_factory=dict)
    _held: dict[tuple[str, ...], bool] = field(init=False, repr=False, default_factory=dict)

    def __post_init__(self) -> None:
        lengths: dict[bytes, set[int]] = {}
        for term in self.terms:
            lengths.setdefault(term.first, set()).add(term.words)
        object.__setattr__(self, "_wholes", frozenset(term.whole for term in self.terms))
        object.__setattr__(self, "_lengths", lengths)

    @classmethod
    def of(cls, key: bytes, terms: Iterable[HashedTerm]) -> "RiskyTerms":
        return cls(key, frozenset(terms))

    def lengths_from(self, word: str) -> list[int]:
        """How many words the terms have that begin with this word as it is written, the longest first."""
        known = self._seen.get(word)
        if known is None:
            lengths = (self._lengths.get(_hash(self.key, form), set()) for form in _forms(fold(word)))
            known = self._seen[word] = sorted(set().union(*lengths), reverse=True)
        return known

    def holds(self, words: tuple[str, ...]) -> bool:
        """Whether these words, as they are written, are a term."""
        known = self._held.get(words)
        if known is None:
            *before, last = map(fold, words)
            hashes = (_hash(self.key, " ".join((*before, form))) for form in _forms(last))
            known = self._held[words] = not self._wholes.isdisjoint(hashes)
        return known


# Everything between words becomes a space.
_ONLY_WORDS: Final = bytes(each if chr(each).isalnum() or chr(each) == "_" else ord(" ") for each in range(0x100))
# Each kind, its search, and whether a text with these words may have one.
_LIKELY: Final = (
    (NameKind.ADDRESS, likely_places.addresses, likely_places.may_have_address),
    (NameKind.SCHOOL, likely_places.schools, likely_places.may_have_school),
    (NameKind.FULL_NAME, likely_places.full_names, likely_places.may_have_full_name),
    (NameKind.INITIALS, likely_places.initials, likely_places.may_have_initials),
    (NameKind.LOCAL_PHONE, likely_places.local_phones, likely_places.may_have_local_phone),
)
NO_TERMS: Final = RiskyTerms.of(b"", ())


def find_names(text: str, risky: RiskyTerms = NO_TERMS, *, births_until: int | None = None) -> tuple[FoundName, ...]:
    """Every place that may hold a name, in order, none overlapping another.

    A title counts when a name follows it: "Mrs Patel", "Dr A. Okafor", and not "Mr and Mrs", "Mr X" or "Dr on
    call". A term of the list counts as whole words, whatever their case and accents, and with a plural or
    possessive s. A common given name counts with a surname after it, and so do an address, a school by its name,
    and a local telephone number. A full date of the year `births_until` or before counts unless a word such as "on"
    or "meeting" is before it. Takes time in proportion to the length of the text, however many terms there are.
    """
    found = _names_in(text, risky, births_until)
    if visible := without_invisible(text):
        plain, places = visible
        found += [
            FoundName(it.kind, places[it.start], places[it.end - 1] + 1) for it in _names_in(plain, risky, births_until)
        ]
    return tuple(_without_overlaps(found, len(text)))


def _names_in(text: str, risky: RiskyTerms, births_until: int | None) -> list[FoundName]:
    # To ask which words there are is several times as quick as each search. Other letters may have other small ones.
    words = words_of_ascii(text) if text.isascii() else None
    found = [] if words is not None and words.isdisjoint(_TITLES) else list(_titled(text))
    if risky.terms:
        found += _risky(text, risky)
    # Most texts hold none of these.
    if words is None or likely_places.may_have_any(text, words):
        for kind, search, may_have in _LIKELY:
            if words is None or may_have(text, words):
                found += [FoundName(kind, start, end) for start, end in search(text)]
    if births_until is not None:
        found += [FoundName(NameKind.OLD_DATE, *place) for place in likely_places.old_dates(text, births_until)]
    return found


def words_of_ascii(text: str) -> frozenset[str]:
    """The words of a text in ASCII, in small letters: runs of letters, digits and underscores."""
    return frozenset(text.lower().encode().translate(_ONLY_WORDS).decode().split())


def _without_overlaps(found: Iterable[FoundName], length: int) -> list[FoundName]:
    """The places in order; of two that overlap, the one of the kind that is looked for first."""
    kept, taken = [], bytearray(length)
    for each in found:
        if not any(taken[each.start : each.end]):
            taken[each.start : each.end] = b"\x01" * (each.end - each.start)
            kept.append(each)
    return sorted(kept, key=lambda each: each.start)


def _risky(text: str, risky: RiskyTerms) -> Iterator[FoundName]:
    words = _WORD.findall(text)
    found = list(_places_of_terms(words, risky))
    if found:
        spans = [match.span() for match in _WORD.finditer(text)]
        for place, length in found:
            yield FoundName(NameKind.RISKY_TERM, spans[place][0], spans[place + length - 1][1])


def _places_of_terms(words: list[str], risky: RiskyTerms) -> Iterator[tuple[int, int]]:
    """Each term among the words, the longest at its place: where it begins, and how many words it has."""
    begins = {word: lengths for word in set(words) if (lengths := risky.lengths_from(word))}
    free_from = 0
    for place, word in enumerate(words):
        if word in begins and place >= free_from:
            for length in begins[word]:
                if place + length <= len(words) and risky.holds(tuple(words[place : place + length])):
                    yield place, length
                    free_from = place + length
                    break


def _forms(word: str) -> Iterator[str]:
    """The word, and without the s or es of a plural or a possessive."""
    yield word
    if word.endswith("s") and len(word) > 2:
        yield word[:-1]
        if word.endswith("es") and len(word) > 4:
            yield word[:-2]


def _titled(text: str) -> Iterator[FoundName]:
    end = 0
    for match in _TITLE.finditer(text):
        title, initials, _, name = match.groups()
        if match.start() >= end and _is_title(title) and _is_name(name, title, after_initials=bool(initials)):
            end = _end_of_name(text, match.end(4), title)
            yield FoundName(NameKind.TITLE_AND_NAME, match.start(), end)


def _end_of_name(text: str, end: int, title: str) -> int:
    """Where the name ends whose first whole word ends here: given names may come before the surname."""
    for _ in range(_MOST_MORE):
        more = _MORE.match(text, end)
        if more is None or not more[1][0].isupper() or not _is_name(more[1], title, after_initials=True):
            break
        end = more.end()
    return end


def _is_title(title: str) -> bool:
    if title.islower():
        return title in _IN_SMALL_LETTERS
    return title.isupper() or title.lower() not in _IN_CAPITALS


def _is_name(word: str, title: str, *, after_initials: bool) -> bool:
    # "MS PATEL" is a name, "MS Teams" and "MS diagnosis" are not.
    if not (title.islower() or word[0].isupper()) or (title == "MS" and not word.isupper()):
        return False
    plain = fold(word)
    if plain in SURNAMES_TOO and word[0].isupper() and not after_initials:
        return True
    return plain not in EVERYDAY and plain not in ALSO_AFTER_A_TITLE
