"""References and names of teams that could lead to a person are refused; references that are made lead to nobody."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checklists.privacy.identifiers import find_identifiers
from checklists.privacy.references import (
    check_reference,
    reference_from,
    references_in,
    team_name_fault,
    words_of_names,
)


@pytest.mark.parametrize(
    "reference",
    ["CF-1234", "A1B2", "LCS-123456", "2024-0017", "T1-CASE-0042", "CF-K7QM-P2XB-T9RW-H4DN", "PILOT-12", "A1" * 16,
     # No dates: years outside 1900 to 2099, a day that there is not, groups of three, and a year with three digits.
     "CF-31-12-1899", "CF-01-01-2100", "CF-18991231", "CF-01012100", "CF-30022012", "CF-31-012-2012", "CF-012-12-2012",
     "CF-2012-12-031", "CF-31-12-999",
     # Short words that are no given names, and letters that are no word.
     "XAT-12", "XTRK-12", "CF-1-X2"],
)  # fmt: skip
def test_a_reference_that_names_nobody_is_fine(reference: str) -> None:
    assert check_reference(reference) is None


@pytest.mark.parametrize(
    ("reference", "said"),
    [
        ("", "between 4 and 32"),
        ("A12", "between 4 and 32"),
        ("A1" * 17, "between 4 and 32"),
        ("cf-1234", "capital letters"),
        ("CF--1234", "capital letters"),
        ("-CF1234", "capital letters"),
        ("CF1234-", "capital letters"),
        ("CF 1234", "capital letters"),
        ("CF1234\n", "capital letters"),
        ("CF-\u0661\u0662\u0663\u0664", "capital letters"),
        ("JOHN-SMITH", "at least 2 numbers"),
        ("JOHN-SMITH-1", "at least 2 numbers"),
        ("9434765919", "an NHS number"),
        ("943-476-5919", "an NHS number"),
        ("CF-94-34-76-59-19", "an NHS number"),
        ("NHS9434765919", "an NHS number"),
        ("CF-9434765919-2", "an NHS number"),
        ("B801200005001", "a unique pupil number"),
        ("UPN-B-801-2000-05001", "a unique pupil number"),
        ("AB123456C", "a National Insurance number"),
        ("X1-AB-12-34-56-C", "a National Insurance number"),
        ("07700-900123", "a telephone number"),
        ("TEL07700900123", "a telephone number"),
        ("447700900123", "a telephone number"),
        ("SW1A-1AA", "a postcode"),
        ("CF-M1-1AE", "a postcode"),
        ("03-04-2012", "a date"),
        ("3-4-2012", "a date"),
        ("CF-01-01-1900", "a date"),
        ("CF-31-12-2099", "a date"),
        ("CF-31-12-99", "a date"),
        ("CF-1-1-99", "a date"),
        ("CF-2012-12-31", "a date"),
        ("CF-2012-1-1", "a date"),
        ("CF-31122099", "a date"),
        ("CF-20991231", "a date"),
        ("CF-3APR12", "a date"),
        ("XATU-12", "a name"),
        ("CF-03-04-12", "a date"),
        ("2012-04-03", "a date"),
        ("CF-20120403", "a date"),
        ("DOB03042012", "a date"),
        ("DOB030412", "a date"),
        ("3-APR-2012", "a date"),
        ("12345678", "a number from a case system"),
        ("1234-5678", "a number from a case system"),
        ("ID-123456", "a number from a case system"),
        ("9" * 32, "a number from a case system"),
        ("JOHN-SMITH-01", "a name"),
        ("KHAN-2012", "a name"),
        ("CF-LIAM01", "a name"),
        ("CF-AVA-01", "a name"),
    ],
)
def test_a_reference_that_could_name_somebody_is_refused_with_the_mend(reference: str, said: str) -> None:
    answer = check_reference(reference)
    assert answer is not None
    assert said in answer
    assert answer.endswith(".")
    assert not reference or reference not in answer


def test_a_reference_may_have_the_words_of_the_council_and_its_teams_but_no_given_name() -> None:
    own = words_of_names(["Leeds City Council", "Amber Team 2", "Tîm Plant"])
    assert {"LEEDS", "CITY", "PLANT"} <= own
    assert "AMBER" not in own
    assert check_reference("LEEDS-0042") is not None
    assert check_reference("LEEDS-0042", own) is None
    assert "contains a name" in str(check_reference("AMBER-0042", own))
    assert "contains a name" in str(check_reference("LEEDS-MARIGOLD-42", own))
    assert "NHS number" in str(check_reference("LEEDS-9434765919", own))


@given(st.binary(min_size=8, max_size=64))
def test_a_reference_made_of_any_bytes_is_fine(random_bytes: bytes) -> None:
    reference = reference_from(random_bytes)
    assert check_reference(reference) is None
    assert find_identifiers(f"Case {reference}.") == ()
    assert reference.startswith("CF-")
    assert len(reference) == 22


def test_references_are_made_of_the_bytes_and_found_in_a_text_once_each() -> None:
    made, other = reference_from(bytes(8)), reference_from(bytes(range(1, 9)), prefix="AB")
    assert made == "CF-B0BB-B0BB-B0BB-B0BB"
    assert other.startswith("AB-")
    text = f"See {made.lower()}, {other} and {made}; not X{made}, {made}-1 or CF-1234."
    assert references_in(text) == [made, other]


@given(st.sets(st.binary(min_size=8, max_size=8), min_size=2, max_size=20))
def test_different_bytes_make_different_references(several: set[bytes]) -> None:
    assert len({reference_from(each) for each in several}) == len(several)


def test_too_few_bytes_make_no_reference() -> None:
    with pytest.raises(ValueError, match="8 random bytes"):
        reference_from(b"1234567")


@pytest.mark.parametrize(
    "name",
    [
        *(
            "North",
            "Assessment 1",
            "Children with Disabilities",
            "Care Leavers",
            "Duty and Assessment",
            "16+",
            "0-25",
            "A1",
            "Willow",
        ),
        *(
            "Lewis Carroll Family Hub",
            "Grace Road",
            "Bradley Stoke area",
            "Victoria Park",
            "Team not recorded",
            "Daniel and friends",
        ),
    ],
)
def test_the_name_of_a_team_is_fine(name: str) -> None:
    assert team_name_fault(name) is None


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("Kayleigh Thompson", "a person’s name"),
        ("kayleigh thompson", "a person’s name"),
        ("THOMPSON, Kayleigh", "a person’s name"),
        ("Sarah Jones team", "a person’s name"),
        ("Mr Patel", "a person’s name"),
        ("Kayleigh", "a person’s name"),
        ("1234567", "a number from a case system"),
        ("1234-5678", "a number from a case system"),
        ("12", "a number from a case system"),
        ("Child 1234567", "a number from a case system"),
    ],
)
def test_a_team_that_could_be_a_person_is_refused_with_the_reason(name: str, said: str) -> None:
    fault = team_name_fault(name)
    assert fault is not None
    assert said in fault
    assert name not in fault
