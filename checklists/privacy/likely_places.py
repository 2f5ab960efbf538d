"""What may lead to a person without being certain: names, addresses, schools, local telephone numbers, old dates.

None of these has a check digit or a form of its own. A finding is a reason to ask, and never to refuse.
"""

import re
from collections.abc import Iterator
from typing import Final

from checklists.privacy.everyday_words import ALSO_AFTER_A_TITLE, EVERYDAY, SURNAMES_TOO
from checklists.privacy.given_names import GIVEN_NAMES
from checklists.privacy.identifiers import dates_with_year

_WORD: Final = r"[^\W\d_][^\W\d_'\u2019\-]*(?:['\u2019\-][^\W\d_]+)*"
# A given name and a surname; each may be double-barrelled.
_TWO_WORDS: Final = re.compile(rf"\b([A-Z]{_WORD})[ \u00a0]{{1,2}}(?=([A-Z]['\u2019]?{_WORD}))")
_INITIALS: Final = re.compile(rf"(?<![\w.])(?:[A-Z]\.[ \u00a0]?){{1,3}}([A-Z](?:['\u2019]|[a-z]){_WORD})")
# Without dots: two initials, or one that is no word and does not follow the name of a list such as "Category".
_BARE_INITIALS: Final = re.compile(
    rf"(?<![\w.])(?:(\w+)[ \u00a0])?((?:[A-Z][ \u00a0]){{2,3}}|[B-HJ-WZ][ \u00a0])([A-Z](?:['\u2019]|[a-z]){_WORD})"
)
_NAMES_OF_LISTS_TEXT = """
adult annex appendix band block category child class family figure form grade group hepatitis key level list option
parent part person plan room schedule section site stage table team tier type unit version vitamin ward worker year
"""
_NAMES_OF_LISTS: Final = frozenset(_NAMES_OF_LISTS_TEXT.split())
# What is no surname after a given name: kinds of places, of services and of documents.
_NO_SURNAMES_TEXT = """
academy act association avenue bridge centre charity children church clinic close college committee common council
court crescent day drive early family foundation framework gardens green grove hall hill home hospital hotel house hub
infant infants inquiry junior lane law lodge mews model nursery outreach park place plan practice primary project
refuge report review rise road room row school secondary service services square station street summary surgery team
terrace theatre tool toolkit trust unit university view village walk ward way wood works
"""
_NO_SURNAMES: Final = frozenset(_NO_SURNAMES_TEXT.split())
_STREETS: Final = (
    "street|st|road|rd|avenue|ave|close|lane|drive|court|crescent|place|terrace|gardens|grove|walk|square|hill|way|mews"
    "|parade|row|rise|view|park|green|house|lodge|mansions|heights|towers?|estate"
)
_NUMBER: Final = (
    r"(?:[0-9]{1,4}[a-z]?|(?:number|no)\s(?:one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|thirteen"
    r"|fourteen|fifteen|sixteen|seventeen|eighteen|nineteen|twenty))"
)
_ADDRESS: Final = re.compile(
    rf"\b(?:(?:flat|house|apartment|room|block|unit)\s)?{_NUMBER},?\s"
    rf"(?:(?-i:[A-Z])[\w'\u2019\-]+,?\s){{1,3}}(?:{_STREETS})\b",
    re.IGNORECASE,
)
# A house by its name, with its street: "Holly House, Back Lane".
_NAMED_HOUSE: Final = re.compile(
    rf"\b[A-Z]{_WORD}\s(?:House|Cottage|Farm|Lodge|Court|Villa|Barn),\s(?:[A-Z][\w'\u2019\-]+\s){{1,3}}"
    r"(?:Street|Road|Avenue|Close|Lane|Drive|Crescent|Place|Terrace|Gardens|Grove|Hill|Way|Mews|Row)\b"
)
# "On roll at St Cuthbert's": a saint without a word for a school.
_SAINT: Final = re.compile(
    r"\b(?:[Oo]n\sroll\s(?:at|of)|[Aa]ttends|[Aa]ttended|[Pp]upil\s(?:at|of)|[Gg]oes\sto|[Yy]ear\s[0-9]{1,2}\s(?:at|of))\s"
    rf"(St\.?\s[A-Z]{_WORD})"
)
_SCHOOL: Final = re.compile(
    rf"((?:\b[A-Z]{_WORD}\.?\s){{1,4}})(?:(?:Primary|Secondary|Infants?|Junior|High|Grammar|Community|Catholic|CE|RC|Special"
    r"|C\s?of\s?E|Nursery|Pre-?school|Sixth\sForm)\s){0,3}(?:School|Academy|College|Nursery|Pre-?school"
    r"|(?:Primary|Grammar|Comprehensive|Infants|Juniors)(?!\s[A-Z]|\s(?:need|care)))\b"
)
_NO_NAMES_OF_SCHOOLS_TEXT = """
a after all an and any at attends before both by catholic college community each early every first for from grammar
head her high his if in infant infants is junior local main mainstream my new no not nursery of on one other our pre-
school preschool previous primary private pupil rc schools secondary sixth special state that the their then there
this to virtual was when while with year your
"""
_NO_NAMES_OF_SCHOOLS: Final = frozenset(_NO_NAMES_OF_SCHOOLS_TEXT.split())
_LOCAL_PHONE: Final = re.compile(
    r"\b(?:tel|mob|phone|mobile|rang|call|called|ring|landline|number\sis)\b[^0-9\n]{0,10}"
    r"([2-9][0-9]{2}[\s\-,.]?[0-9]{3,5})(?![0-9\-/]|[\s,.][0-9])",
    re.IGNORECASE,
)
_SMALLEST_SURNAME: Final = 2
_DIGIT: Final = re.compile(r"[0-9]")
_WORDS_OF_STREETS: Final = frozenset(_STREETS.replace("towers?", "tower|towers").split("|"))
# Of a number in words, and of a house that has a name and no number.
_INSTEAD_OF_DIGITS: Final = frozenset(("number", "no", "house", "cottage", "farm", "lodge", "court", "villa", "barn"))
_INITIAL: Final = re.compile(r"[A-Z]\.")
_BARE_INITIAL: Final = re.compile(r"\b[A-Z][ \u00a0][A-Z]")
_WORDS_OF_SCHOOLS_TEXT: Final = (
    "st school academy college nursery preschool primary grammar comprehensive infants juniors"
)
_WORDS_OF_SCHOOLS: Final = frozenset(_WORDS_OF_SCHOOLS_TEXT.split())
_WORD_BEFORE: Final = re.compile(r"([A-Za-z/]+)[\s:,(]{0,3}(?:the\s)?\Z")
_MOST_OF_A_WORD: Final = 24
# Whose birth a date near one of these may be.
_PERSON: Final = re.compile(
    r"\b(?:child(?:ren)?(?:['\u2019]s)?|boys?|girls?|male|female|sons?|daughters?|siblings?|(?:half[- ])?brothers?"
    r"|(?:half[- ])?sisters?|twins?|bab(?:y|ies)|infant|young person|yp|mum|mother|mam|dad|father"
    r"|(?:step|grand)(?:mother|father|parent)|mg[mf]|pg[mf]|nan|aunt|uncle|carer|adult|partner|eldest|youngest|m|f)\b",
    re.IGNORECASE,
)
_PERSON_BEFORE: Final = 26
_PERSON_AFTER: Final = 14
_END_OF_CLAUSE: Final = re.compile(r"[.;!?]\s|\n")
# Words after which a date is of something that happened, and not of a birth.
_BEFORE_EVENTS_TEXT = """
after and assessment at before between by chronology closed commencing completed conference contact core dated
decision during email emails ended entries entry for form from hearing held in incident inspection letter log
meeting minutes note notes of on opened order plan published record recorded recording records referral report
review signed since started statement strategy supervision till to until update updated version visit visits w/c wc
"""
_BEFORE_EVENTS: Final = frozenset(_BEFORE_EVENTS_TEXT.split())
_WORDS_BEFORE_PHONES_TEXT: Final = "tel mob phone mobile rang call called ring landline number"
_WORDS_BEFORE_PHONES: Final = frozenset(_WORDS_BEFORE_PHONES_TEXT.split())


# What the searches of most kinds need one of, and what initials look like.
_SIGNS: Final = GIVEN_NAMES | _WORDS_OF_STREETS | _WORDS_OF_SCHOOLS | _WORDS_BEFORE_PHONES
_LIKE_INITIALS: Final = re.compile(r"[A-Z](?:\.|[ \u00a0][A-Z])")


def may_have_any(text: str, words: frozenset[str]) -> bool:
    """Whether one of the questions below may be answered with yes: asked first, it answers most of them at once."""
    return not words.isdisjoint(_SIGNS) or _LIKE_INITIALS.search(text) is not None


def may_have_full_name(text: str, words: frozenset[str]) -> bool:
    """Whether a text with these words, in small letters, may have one that `full_names` finds."""
    return not words.isdisjoint(GIVEN_NAMES) or _INITIAL.search(text) is not None


def may_have_initials(text: str, _: frozenset[str]) -> bool:
    """The same for `initials`."""
    return _BARE_INITIAL.search(text) is not None


def may_have_address(text: str, words: frozenset[str]) -> bool:
    """The same for `addresses`."""
    has_number = _DIGIT.search(text) is not None or not words.isdisjoint(_INSTEAD_OF_DIGITS)
    return not words.isdisjoint(_WORDS_OF_STREETS) and has_number


def may_have_school(_: str, words: frozenset[str]) -> bool:
    """The same for `schools`."""
    return not words.isdisjoint(_WORDS_OF_SCHOOLS)


def may_have_local_phone(text: str, words: frozenset[str]) -> bool:
    """The same for `local_phones`."""
    return not words.isdisjoint(_WORDS_BEFORE_PHONES) and _DIGIT.search(text) is not None


def full_names(text: str) -> Iterator[tuple[int, int]]:
    """A common given name with a surname after it, such as "Kayleigh Thompson"; or initials with one, "J. R. Smith"."""
    for match in _TWO_WORDS.finditer(text):
        given, surname = match.groups()
        if given.partition("-")[0].casefold() in GIVEN_NAMES and _is_surname(surname):
            yield match.start(), match.end() + len(surname)
    for match in _INITIALS.finditer(text):
        if _is_surname(match[1]):
            yield match.span()


def initials(text: str) -> Iterator[tuple[int, int]]:
    """Initials without dots before a surname, such as "J R Smith" or "M Ali"."""
    for match in _BARE_INITIALS.finditer(text):
        before, letters, surname = match.groups()
        is_of_list = len(letters) == len("X ") and (before or "").casefold() in _NAMES_OF_LISTS
        if not is_of_list and _is_surname(surname):
            yield match.start(2), match.end()


def addresses(text: str) -> Iterator[tuple[int, int]]:
    """A number with the name of a street or house, such as "14 Acacia Avenue"; or a house by its name and street."""
    for pattern in (_ADDRESS, _NAMED_HOUSE):
        yield from (match.span() for match in pattern.finditer(text))


def schools(text: str) -> Iterator[tuple[int, int]]:
    """A school by its name, such as "St Mary's Primary School"; not "the primary school"."""
    for match in _SCHOOL.finditer(text):
        words = match[1].split()
        named = next((at for at, word in enumerate(words) if word.casefold() not in _NO_NAMES_OF_SCHOOLS), None)
        if named is not None:
            yield match.start() + match[1].index(words[named]), match.end()
    yield from (match.span(1) for match in _SAINT.finditer(text))


def local_phones(text: str) -> Iterator[tuple[int, int]]:
    """Six to eight digits after a word such as "ring": a local telephone number without its code."""
    return (match.span(1) for match in _LOCAL_PHONE.finditer(text))


def old_dates(text: str, until: int) -> Iterator[tuple[int, int]]:
    """Full dates beside a person until the end of a year, unless the word before says of what: maybe dates of birth."""
    for start, end, year in dates_with_year(text):
        before = _WORD_BEFORE.search(text[max(0, start - _MOST_OF_A_WORD) : start])
        is_of_event = before is not None and before[1].casefold() in _BEFORE_EVENTS
        if year <= until and not is_of_event and _is_beside_person(text, start, end):
            yield start, end


def _is_beside_person(text: str, start: int, end: int) -> bool:
    """Whether a person is named beside a date, in the same clause."""
    before = _END_OF_CLAUSE.split(text[max(0, start - _PERSON_BEFORE) : start])[-1]
    after = _END_OF_CLAUSE.split(text[end : end + _PERSON_AFTER])[0]
    return _PERSON.search(before) is not None or _PERSON.search(after) is not None


def _is_surname(word: str) -> bool:
    plain = word.casefold().replace("\u2019", "'").removesuffix("'s")
    if len(plain) < _SMALLEST_SURNAME or plain in _NO_SURNAMES or plain in ALSO_AFTER_A_TITLE:
        return False
    return plain in SURNAMES_TOO or plain not in EVERYDAY
