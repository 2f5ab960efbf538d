import random
import time
from collections.abc import Callable
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checklists.privacy import identifiers
from checklists.privacy.identifiers import IdentifierKind, find_identifiers, is_nhs_number, is_phone, is_upn
from tests.check_each import of_each
from tests.checklists.privacy.marked import plain, with_marks

NHS, UPN, NI = IdentifierKind.NHS_NUMBER, IdentifierKind.UPN, IdentifierKind.NI_NUMBER
EMAIL, POSTCODE, PHONE = IdentifierKind.EMAIL, IdentifierKind.POSTCODE, IdentifierKind.PHONE
BIRTH = IdentifierKind.DATE_OF_BIRTH

# Numbers from the published examples, and telephone numbers from the ranges kept for drama.
IDENTIFIERS = [
    (NHS, "9434765919"),
    (NHS, "943 476 5919"),
    (NHS, "943-476-5919"),
    (NHS, "943 476\n5919"),
    (NHS, "943\u2011476\u20115919"),
    (UPN, "B801200005001"),
    (UPN, "b801200005001"),
    (UPN, "B 801 2000 05001"),
    (NI, "AB123456C"),
    (NI, "ab123456c"),
    (NI, "AB 12 34 56 C"),
    (EMAIL, "someone.else@example.org"),
    (EMAIL, "o'neil+school@sub.example.co.uk"),
    (POSTCODE, "SW1A 1AA"),
    (POSTCODE, "sw1a1aa"),
    (POSTCODE, "M1 1AE"),
    (POSTCODE, "M1 OAE"),
    (POSTCODE, "EC1A 1BB"),
    (POSTCODE, "CR2 6XH"),
    (POSTCODE, "DN55 1PT"),
    (PHONE, "07700 900123"),
    (PHONE, "07700900123"),
    (PHONE, "+44 7700 900 123"),
    (PHONE, "+44 (0)20 7946 0958"),
    (PHONE, "(0161) 496 0000"),
    (PHONE, "020 7946 0958"),
    (PHONE, "0161-496-0000"),
]
AROUND = ("{}", "Seen at school; see {}, page 4.", "({})", "note:{}\nNext line", "“{}”")


# Found only where the text says what they are, and even then without those words.
SAID = [
    (NHS, "94347 65919", "The NHS number is {}, he says."),
    (NHS, "94347 65919", "It was {} (NHS), he says."),
]


@of_each((*((*each, around) for each in IDENTIFIERS for around in AROUND), *SAID))
def test_an_identifier_is_found_where_it_stands(kind: IdentifierKind, identifier: str, around: str) -> None:
    text = around.format(identifier)
    (found,) = find_identifiers(text)
    assert found.kind is kind
    assert text[found.start : found.end].strip("()") == identifier.strip("()")


@pytest.mark.parametrize(
    "text",
    [
        "born 03/04/2012",
        "Born on 3rd April 2012",
        "was born in Leeds, early, on 3 April 2012",
        "DOB: 03.04.12",
        "D.O.B 3-4-2012",
        "date of birth is 2012-04-03",
        "Date of birth:\nApril 3, 2012",
        "dob 03042012",
        "birthday: 3 Apr '12",
        "03/04/2012 (DOB)",
        "3 April 2012 is her birthday",
    ],
)
def test_a_date_is_a_date_of_birth_where_the_words_beside_it_say_so(text: str) -> None:
    assert [found.kind for found in find_identifiers(text)] == [BIRTH]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Core group minutes of 3 April 2012, page 4.",
        "Visits on 01-02-2021 1030 and 01/02/2021 at 14:00.",
        "The baby was born early and stayed in hospital. Reviewed later.",
        "Ring 999 or 101; Childline is 0800 1111.",
        "Section 47, KS2 4th term, S47 2nd strategy discussion, E1 3rd draft.",
        "at 10 20 30 a worker called",
        "At a meeting on 3 April 2012 with everybody invited they said she was born early.",
        "She was born early and stayed in the hospital for many weeks with her mother until 3 April 2012.",
        "Seen on 3 April 2012. Born early, she stayed in hospital.",
        "Reference CF-K7QM-P2XB-T9RW-H4DN",
        "9434765918 fails its check digit, and so does 943 476 5910",
        "1111111111 and 0000000000",
        "A801200005001 fails its check letter",
        "BG123456A and QQ123456C are never issued",
        "Scores 7 8 6 5 4 7 8 9 7 6 5 4 3 over 13 weeks",
        "email the worker @ the office",
        "60 cases, 1,234,567 pounds, 90.5% of 1000000000 rows",
        "Between 2019-04-01 and 2020-03-31, 12 contacts.",
        "Plan reviewed 5 times; A1 poster; B12 injection; M25 route; N1 of 20.",
    ],
)
def test_clean_text_raises_no_alarm(text: str) -> None:
    assert find_identifiers(text) == ()


def test_digits_of_other_scripts_and_hidden_characters_hide_nothing() -> None:
    assert [
        found.kind for found in find_identifiers("\u0669\u0664\u0663\u0664\u0667\u0666\u0665\u0669\u0661\u0669")
    ] == [NHS]
    assert [found.kind for found in find_identifiers("943\u200b476\u00ad5919")] == [NHS]


def test_several_identifiers_are_told_in_order_without_overlap() -> None:
    text = "DOB 03/04/2012, NHS 943 476 5919, mother 07700 900123 of SW1A 1AA, a@example.org"
    found = find_identifiers(text)
    assert [each.kind for each in found] == [BIRTH, NHS, PHONE, POSTCODE, EMAIL]
    assert [text[each.start : each.end] for each in found][:2] == ["03/04/2012", "943 476 5919"]
    assert all(first.end <= second.start for first, second in pairwise(found))


def an_nhs_number(chance: random.Random) -> str:
    while True:
        digits = [chance.randrange(10) for _ in range(9)]
        check = -sum(digit * weight for digit, weight in zip(digits, range(10, 1, -1), strict=True)) % 11
        if check != 10 and len({*digits, check}) > 1:
            return "".join(map(str, [*digits, check]))


def test_every_nhs_number_is_found_and_one_ten_digit_number_in_eleven_is_one() -> None:
    chance = random.Random(1927)
    for _ in range(1000):
        number = an_nhs_number(chance)
        spaced = f"{number[:3]} {number[3:6]} {number[6:]}"
        for written in (number, spaced, spaced.replace(" ", "-")):
            assert NHS in {found.kind for found in find_identifiers(f"see {written} on file")}
    # 9,999,999,999 numbers share eleven remainders, of which ten can be written as a check digit.
    taken = sum(bool(find_identifiers(f"{number:010d}")) for number in range(2_000_000_000, 2_000_011_000))
    assert 900 <= taken <= 1100


NHS_NUMBER_HIDDEN = "\u200b".join("9434765919")
LOCAL_PART = "a" * 64
# Each text with all that is found in it, which is marked, and nothing else; and of which kinds that is.
EXACTLY: list[tuple[str, list[IdentifierKind]]] = [
    # One that only shows without invisible characters, beside one that is plain to see, and next to it.
    (f"‹a@example.org› ‹{NHS_NUMBER_HIDDEN}› ‹M1 1AE›", [EMAIL, NHS, POSTCODE]),
    (f"She has ‹{NHS_NUMBER_HIDDEN}›, noted", [NHS]),
    ("born ‹jo@example.org›‹03/0\u200b4/2012›", [EMAIL, BIRTH]),
    # Digits and letters of full width.
    ("‹ｊｏ＠ｅｘａｍｐｌｅ．ｏｒｇ› and ‹ＳＷ１Ａ １ＡＡ›", [EMAIL, POSTCODE]),
    # A date at most 48 characters behind the word, and none where another matter or sentence is between.
    (f"born {'x' * 46} ‹03/04/2012›", [BIRTH]),
    (f"born {'x' * 47} 03/04/2012", []),
    ("b.‹03/04/2012›", [BIRTH]),
    ("DOB missing, seen 03/04/2012", []),
    ("born early; seen 03/04/2012", []),
    (
        "seen 03/04/2012 and born ‹05/04/2012›, in the old hospital by the river near her home, then 7/4/2012",
        [BIRTH],
    ),
    ("‹03/04/2012› was her birthday", [BIRTH]),
    ("03/04/2012 and her birthday", []),
    ("03/04/2012. Born early.", []),
    ("‹03/04/2012›, DOB, not 05/04/2012", [BIRTH]),
    ("dob ‹030412› noted", [BIRTH]),
    ("It was 03/04/2012 then.", []),
    # As few digits as each kind may have.
    ("‹M1 OAE›", [POSTCODE]),
    ("‹+123456789›", [PHONE]),
    ("+12345678 is none", []),
    ("‹J80129000501A› is one", [UPN]),
    ("NI ‹JG 10 37 59›, he says", [NI]),
    # Of an email address up to 64 characters before the sign, and two spaces.
    (f"‹{LOCAL_PART}  @  example.org› x", [EMAIL]),
    (f"b‹{LOCAL_PART}  @  example.org›", [EMAIL]),
    ("‹jo@ example.com›, ‹jo @ example.com›, ‹jo @example.org›", [EMAIL, EMAIL, EMAIL]),
    ("met @home.She left; @example.org", []),
    ("‹jo@home.She›", [EMAIL]),
    ("say ‹jane dot smith at example dot org› now", [EMAIL]),
    ("at ‹S E 1  7 P B› now", [POSTCODE]),
    # A spreadsheet removes the leading zero.
    ("ring ‹161 496 0000› now", [PHONE]),
    ("on ‹7700 900123› now", [PHONE]),
    ("ring 461 496 0000 now", []),
]


@of_each(EXACTLY)
def test_exactly_what_is_marked_is_found(text: str, kinds: list[IdentifierKind]) -> None:
    found = find_identifiers(plain(text))
    assert with_marks(plain(text), found) == text
    assert [each.kind for each in found] == kinds


@of_each(
    [
        ("07700 900123", True),
        ("04700 900123", False),
        ("+44 7700 900123", True),
        ("+44 (0)7700 900123", True),
        ("+44 4700 900123", False),
        ("0044 7700 900123", True),
        ("0044 4700 900123", False),
        ("44 7700 900123", True),
        ("+1 2345 6789", True),
        ("+1 2345 678", False),
        ("+1 2345 6789 0123 45", True),
        ("+1 2345 6789 0123 456", False),
        ("0 7 7 0 0 9 0 0 1 2 3", True),
        ("0 4 7 0 0 9 0 0 1 2 3", False),
        # Two digits first are those of a date, but for 07 or where as many as five follow.
        ("01 02 2021 103", False),
        ("07 02 2021 103", False),
        ("01 61 4960000", False),
        ("01 6149 60000", False),
        ("01 61496 0000", True),
        ("07 700 900123", True),
        ("016 1496 0000", True),
        ("08001111", False),
        ("0800 111111", True),
        ("01204 12345", True),
    ]
)
def test_a_telephone_number_has_the_form_of_one(text: str, is_one: bool) -> None:
    assert is_phone(text) is is_one


@of_each(
    [
        (is_nhs_number, "9434765919", True),
        (is_nhs_number, "9434765918", False),
        (is_nhs_number, "943476591", False),
        (is_nhs_number, "94347659190", False),
        (is_nhs_number, "0000000000", False),
        # The check digit would be 10.
        (is_nhs_number, "2000000070", False),
        (is_upn, "B801200005001", True),
        (is_upn, "J80129000501A", True),
        (is_upn, "A801200005001", False),
        (is_upn, "B80120000500", False),
        (is_upn, "I801200005001", False),
    ]
)
def test_a_check_digit_says_whether_it_is_one(ask: Callable[[str], bool], characters: str, is_one: bool) -> None:
    assert ask(characters) is is_one


@of_each(
    [
        (identifiers._may_spell_email, "jane at example dot org", True),
        (identifiers._may_spell_email, "jane.smith at gmail.com", True),
        (identifiers._may_spell_email, "She sat by the dotted line.Now", False),
        (identifiers._may_spell_email, "at the dot", False),
        (identifiers._may_spell_email, "jane at gmail com", False),
        (identifiers._may_spell_year, "born in twenty twelve", True),
        (identifiers._may_spell_year, "DOB nineteen ninety", True),
        (identifiers._may_spell_year, "born in two thousand", True),
        (identifiers._may_spell_year, "twenty visits", False),
        (identifiers._may_spell_year, "born early", False),
        (identifiers._may_be_spelt, "jane at example dot org", True),
        (identifiers._may_be_spelt, "born in twenty twelve", True),
        (identifiers._may_be_spelt, "The plan was late.", False),
        (identifiers._names_a_month, "in MARCH", True),
        (identifiers._names_a_month, "in the plan", False),
    ]
)
def test_a_text_is_searched_only_where_its_words_may_spell_one(
    ask: Callable[[str], bool], text: str, is_likely: bool
) -> None:
    assert ask(text) is is_likely


@given(st.text())
def test_any_text_can_be_searched(text: str) -> None:
    for found in find_identifiers(text):
        assert 0 <= found.start < found.end <= len(text)


@pytest.mark.parametrize(
    "piece",
    ["a", "1", " ", "+", "-", "born ", "dob", "0 ", "(0", "1-", "a.", "a@", "a@a.", "A1", "born 1/1/", "march 1 ",
     "943 476 5919 ", "SW1A 1AA ", "B- 1- 1", "AB 12 ", "+44 0 ", "1 of march", "date of birth", ".\u200b", "0044"],
)  # fmt: skip
def test_time_grows_with_the_text_and_no_faster(piece: str) -> None:
    text = piece * (100_000 // len(piece))
    started = time.process_time()
    find_identifiers(text)
    assert time.process_time() - started < 12
