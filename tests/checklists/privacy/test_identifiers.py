import random
import time
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checklists.privacy.identifiers import IdentifierKind, find_identifiers
from tests.check_each import of_each

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
