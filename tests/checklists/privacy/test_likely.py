"""Identifiers in forms that hide them are refused; what may lead to a person without being certain is asked about."""

import random
from collections.abc import Callable

import pytest

from checklists.privacy import identifiers, likely_places, names
from checklists.privacy.identifiers import IdentifierKind, find_identifiers
from checklists.privacy.names import NameKind, find_names
from tests.check_each import of_each
from tests.checklists.privacy.guard_corpus import AROUND, clean
from tests.checklists.privacy.marked import plain, with_marks

Record = Callable[[str, object], None]
# Drawn apart from the list that the product knows: about a third of them are not on it.
GIVEN = (
    "Kayleigh",
    "Tyler",
    "Aisha",
    "Mohammed",
    "Connor",
    "Lauren",
    "Priya",
    "Darius",
    "Siobhan",
    "Oluwaseun",
    "Kacper",
    "Megan",
    "Jayden",
    "Chloe",
    "Ibrahim",
    "Ethan",
)
SURNAMES = (
    "Thompson",
    "Okafor",
    "Begum",
    "Nowak",
    "Hussain",
    "O'Brien",
    "Whitaker",
    "Achebe",
    "Smith-Jones",
    "Kowalska",
    "Pritchard",
    "Iqbal",
    "Dunne",
    "Barlow",
)
STREETS = (
    "Acacia Avenue",
    "High Street",
    "St John's Road",
    "Mill Lane",
    "Queen Elizabeth Drive",
    "Station Approach Close",
)
SCHOOLS = ("St Mary's Primary School", "Oakfield Academy", "Hollins Grove Junior School", "Little Acorns Nursery")


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("NHS number 943,476,5919 noted", IdentifierKind.NHS_NUMBER),
        ("NHS: 943:476:5919", IdentifierKind.NHS_NUMBER),
        ("NHS (943) 476 5919", IdentifierKind.NHS_NUMBER),
        ("943\u200b476\u200b5919", IdentifierKind.NHS_NUMBER),
        ("\u202e943\u2066476\ufeff5919", IdentifierKind.NHS_NUMBER),
        ("born on the third of March 2014", IdentifierKind.DATE_OF_BIRTH),
        ("born 3, March, 2014", IdentifierKind.DATE_OF_BIRTH),
        ("3.3.2014 was the birthday", IdentifierKind.DATE_OF_BIRTH),
        ("twenty-first of June 2011, his date of birth", IdentifierKind.DATE_OF_BIRTH),
        ("call 0161,234,5678", IdentifierKind.PHONE),
        ("on 07700,900,123 today", IdentifierKind.PHONE),
        ("jane.smith at gmail.com", IdentifierKind.EMAIL),
        ("jane dot smith at example dot org", IdentifierKind.EMAIL),
        ("jane [at] hotmail.co.uk", IdentifierKind.EMAIL),
        ("M1,1AE", IdentifierKind.POSTCODE),
        ("postcode M1.1AE", IdentifierKind.POSTCODE),
        ("J G 1 0 3 7 5 9 A", IdentifierKind.NI_NUMBER),
        ("NI number J G 10 37 59 A", IdentifierKind.NI_NUMBER),
        ("JG,103759,A", IdentifierKind.NI_NUMBER),
        ("9 4 3 4 7 6 5 9 1 9", IdentifierKind.NHS_NUMBER),
        ("9\u200b4\u200b3\u200b4\u200b7\u200b6\u200b5\u200b9\u200b1\u200b9", IdentifierKind.NHS_NUMBER),
        ("jane.smith at council.gov.uk", IdentifierKind.EMAIL),
        ("smith[at]example.net", IdentifierKind.EMAIL),
        ("M1:1AE", IdentifierKind.POSTCODE),
        ("EC1A_1BB", IdentifierKind.POSTCODE),
        ("born on the ninth of August two thousand and thirteen", IdentifierKind.DATE_OF_BIRTH),
        ("DOB the 3rd of May twenty thirteen", IdentifierKind.DATE_OF_BIRTH),
        ("born 3 May nineteen ninety-eight", IdentifierKind.DATE_OF_BIRTH),
        ("date of birth is the 9th day of August, 2012", IdentifierKind.DATE_OF_BIRTH),
        ("9434 765 919 NHS", IdentifierKind.NHS_NUMBER),
        ("0 1 1 3 4 9 6 0 4 5 6", IdentifierKind.PHONE),
        ("ellie[at]example[dot]org", IdentifierKind.EMAIL),
        ("S E 1  7 P B", IdentifierKind.POSTCODE),
    ],
)
def test_an_identifier_is_found_however_it_is_hidden(text: str, kind: IdentifierKind) -> None:
    assert [each.kind for each in find_identifiers(text)] == [kind]


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("the child Kayleigh Thompson was seen", NameKind.FULL_NAME),
        ("Anne-Marie O'Brien said so", NameKind.FULL_NAME),
        ("K. Thompson was at home", NameKind.FULL_NAME),
        ("spoke to J.R. Smith", NameKind.FULL_NAME),
        ("lives at 14 Acacia Avenue", NameKind.ADDRESS),
        ("moved to Flat 3, Rose Court", NameKind.ADDRESS),
        ("attends St Mary's Primary School", NameKind.SCHOOL),
        ("excluded from Oakfield Academy", NameKind.SCHOOL),
        ("ring 234 5678", NameKind.LOCAL_PHONE),
        ("J R Smith said so", NameKind.INITIALS),
        ("met M Ali there", NameKind.INITIALS),
        ("Kay\u200bleigh Thomp\u00adson was seen", NameKind.FULL_NAME),
        ("transferred to Northgate Grammar", NameKind.SCHOOL),
        ("on roll at St Cuthbert's", NameKind.SCHOOL),
        ("placement at Holly House, Back Lane", NameKind.ADDRESS),
        ("living at number nine Elm Walk", NameKind.ADDRESS),
    ],
)
def test_what_may_lead_to_a_person_is_asked_about(text: str, kind: NameKind) -> None:
    assert [each.kind for each in find_names(text)] == [kind]


@pytest.mark.parametrize(
    "text",
    [
        "The primary school and the Secondary School agreed.",
        "Her School Nurse and the Special School met.",
        "See page 14, Section 3 of the Working Together guidance.",
        "We look at example.org and at 10.30 called 3 times.",
        "Signs of Safety was used by the North Locality Team in 12 Core Groups.",
        "Grace Hospital and Florence Court are services; Mark Scheme 2 was used.",
        "Called 3 times in 2024.",
        "Victoria Street Children Centre",
        "The plan began on the third of May two thousand and thirteen.",
        "One in twenty children were born in May.",
        "Scores of 0 1 1 3 4 9 6 0 4 5 6 7 over the year.",
        "Attends the Court, Lane and House groups; number one priority is Early Help.",
    ],
)
def test_what_leads_to_nobody_is_left_alone(text: str) -> None:
    assert (find_identifiers(text), find_names(text)) == ((), ())


@pytest.mark.parametrize(
    ("text", "asked"),
    [
        ("Child 04/05/2013 lives with mum", "04/05/2013"),
        ("the boy, 9 September 2015, was seen", "9 September 2015"),
        ("Visit on 04/05/2013", ""),
        ("the child is home; old 04/05/2013", ""),
        ("Strategy meeting 4 May 2013", ""),
        ("Child seen 04/05/2025", ""),
        ("case note 20130504", ""),
    ],
)
def test_an_old_date_that_nothing_explains_is_asked_about(text: str, asked: str) -> None:
    found = find_names(text, births_until=2023)
    assert [(it.kind, text[it.start : it.end]) for it in found] == ([(NameKind.OLD_DATE, asked)] if asked else [])
    assert find_names(text) == ()


@of_each(
    [
        # A person up to 26 characters before, or 14 after, in the same clause.
        (f"child {'x' * 19} ‹04/05/2013›",),
        (f"child {'x' * 20} 04/05/2013",),
        (f"‹04/05/2013› {'x' * 7} child",),
        (f"04/05/2013 {'x' * 8} child",),
        ("04/05/2013; child",),
        ("m ‹04/05/2013›",),
        ("‹04/05/2013› for a boy, ‹31/12/2023› for a girl, 01/01/2024 for a baby",),
        ("on 04/05/2013 child",),
    ]
)
def test_exactly_the_old_dates_of_a_person_are_asked_about(text: str) -> None:
    assert with_marks(plain(text), find_names(plain(text), births_until=2023)) == text


@of_each(
    [
        ("then ‹Kayleigh Thompson› came",),
        ("then ‹Kayleigh Li› came, not Kayleigh A's plan or Kayleigh Hospital",),
        ("then ‹K. Thompson› and ‹M Ali› came; Plan M Ali did not; Plan ‹J R Smith› did",),
        ("Kayleigh And Hospital; J. Hospital; M Hospital; Plan",),
        ("‹Kayleigh Young› and Kayleigh Plan",),
        ("at ‹14 Acacia Avenue› and ‹Holly House, Back Lane› now",),
        ("Then ‹Oakfield Academy› and At The Local ‹Northgate School› now",),
        ("on roll at ‹St Cuthbert's› now",),
        ("ring ‹234 5678› now",),
    ]
)
def test_exactly_what_is_marked_is_asked_about(text: str) -> None:
    assert with_marks(plain(text), find_names(plain(text))) == text


@of_each(
    [
        (likely_places.may_have_any, {"The plan was late.": False, "the road": True, "J. was": True, "J R was": True}),
        (likely_places.may_have_full_name, {"The plan": False, "Kayleigh": True, "J. Smith": True, "J Smith": False}),
        (likely_places.may_have_initials, {"The plan": False, "J Smith": True, "J. Smith": False}),
        (
            likely_places.may_have_address,
            {"The plan": False, "a road": False, "14 plans": False, "14 road": True, "house, road": True, "no": False},
        ),
        (likely_places.may_have_school, {"The plan": False, "an academy": True}),
        (likely_places.may_have_local_phone, {"The plan": False, "ring": False, "14": False, "ring 2": True}),
    ]
)
def test_a_text_is_searched_only_where_its_words_may_have_one(
    ask: Callable[[str, frozenset[str]], bool], answers: dict[str, bool]
) -> None:
    assert {text: ask(text, names.words_of_ascii(text)) for text in answers} == answers


def test_two_findings_in_one_place_are_one() -> None:
    found = find_names("Mrs Kayleigh Thompson of 14 Acacia Avenue")
    assert [each.kind for each in found] == [NameKind.TITLE_AND_NAME, NameKind.ADDRESS]


@pytest.mark.parametrize(
    ("kind", "make", "least"),
    [
        (NameKind.FULL_NAME, lambda chance: f"{chance.choice(GIVEN)} {chance.choice(SURNAMES)}", 0.6),
        (NameKind.ADDRESS, lambda chance: f"{chance.randint(1, 240)} {chance.choice(STREETS)}", 0.95),
        (NameKind.SCHOOL, lambda chance: chance.choice(SCHOOLS), 0.95),
    ],
)
def test_recall_of_what_is_asked_about(
    kind: NameKind, make: Callable[[random.Random], str], least: float, record_property: Record
) -> None:
    chance = random.Random(47)
    texts = [chance.choice(AROUND).format(make(chance)) for _ in range(500)]
    found = sum(kind in {each.kind for each in find_names(text)} for text in texts)
    record_property(
        "figure", f"{kind.value}: {found} of {len(texts)} planted are asked about ({found / len(texts):.1%})"
    )
    assert found >= least * len(texts)


def test_few_clean_texts_are_asked_about(record_property: Record) -> None:
    texts = list(clean(number=2_000, seed=99))
    asked = sum(bool(find_names(text, births_until=2023)) for text in texts)
    record_property("figure", f"of {len(texts):,} clean texts {asked} are asked about ({asked / len(texts):.2%})")
    assert asked <= 0.005 * len(texts)


def test_no_search_is_left_out_that_would_have_found_something() -> None:
    chance = random.Random(3)
    pieces = [
        *(
            "Mrs",
            "mr.",
            "DR",
            "Auntie",
            "Patel",
            "van",
            "Kayleigh",
            "Kayleigh-Ann",
            "Thompson",
            "J.",
            "R. Smith",
            "M",
            "J R",
        ),
        *("14", "14a,", "Acacia", "Avenue", "St Mary's", "Primary", "School", "Pre-school", "pre-School", "Academy."),
        *("rang", "(mobile)", "number is", "234 5678", "2345678", "the", "at", "gmail.com", "jo", "dot", "uk", "_"),
        *("943", "476", "5919", "07700 900123", "+44", "A123456789012", "QQ", "12/03/2015", "born", "SW1A", "1AA"),
    ]
    found: set[object] = set()
    for _ in range(20_000):
        text = chance.choice((" ", " ", "-", "")).join(chance.choices(pieces, k=chance.randrange(1, 6)))
        words = names.words_of_ascii(text)
        titled = list(names._titled(text))
        assert not (titled and words.isdisjoint(names._TITLES)), text
        for kind, search, may_have in names._LIKELY:
            places = list(search(text))
            assert may_have(text, words) or not places, text
            assert likely_places.may_have_any(text, words) or not places, text
            found |= {kind} if places else set()
        digits = len(identifiers._ASCII_DIGIT.findall(text))
        for identifier, look, fewest in identifiers._SEARCHES:
            places = list(look(text))
            assert digits >= fewest or not places, text
            found |= {identifier} if places else set()
    assert found >= {each for each, _, _ in names._LIKELY} | {IdentifierKind.EMAIL, IdentifierKind.PHONE}
