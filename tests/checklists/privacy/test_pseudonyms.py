import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checklists.privacy.identifiers import find_identifiers
from checklists.privacy.pseudonyms import Key, child_reference, normalised, normalised_name, worker_pseudonym
from checklists.privacy.references import check_reference

KEY = Key(bytes(range(32)))
OTHER = Key(bytes(range(1, 33)))
LETTERS = "BCDFGHJKMNPQRSTVWXYZ"
SPACES = st.sampled_from(["", " ", "\t", "\u00a0", "\u200b", "\ufeff", "\u00ad", "\r\n", "\u2003"])


def hmac_by_hand(secret: bytes, message: bytes) -> bytes:
    """RFC 2104, written out."""
    padded = secret.ljust(64, b"\x00")
    inner = hashlib.sha256(bytes(each ^ 0x36 for each in padded) + message).digest()
    return hashlib.sha256(bytes(each ^ 0x5C for each in padded) + inner).digest()


def written_by_hand(prefix: str, digest: bytes) -> str:
    """Sixteen characters of the number, least significant first: letter, digit, letter, letter, four times."""
    number = int.from_bytes(digest, "big")
    characters = []
    for place in range(16):
        alphabet = "0123456789" if place % 4 == 1 else LETTERS
        characters.append(alphabet[number % len(alphabet)])
        number //= len(alphabet)
    text = "".join(characters)
    return "-".join([prefix, text[:4], text[4:8], text[8:12], text[12:]])


@pytest.mark.parametrize("secret", [bytes(32), bytes(range(32)), b"\xff" * 32])
def test_pseudonyms_are_the_hmac_that_anybody_can_work_out(secret: bytes) -> None:
    key = Key(secret)
    assert key.id == hmac_by_hand(secret, b"caseaudit/1/key").hex()[:8]
    assert child_reference(key, " 00a12 ") == written_by_hand("CF", hmac_by_hand(secret, b"caseaudit/1/child/00A12"))
    assert worker_pseudonym(key, "Wren  Okafor") == written_by_hand(
        "WK", hmac_by_hand(secret, b"caseaudit/1/worker/WREN OKAFOR")
    )


def test_pseudonyms_never_change_from_one_release_to_the_next() -> None:
    assert KEY.id == "70c707cb"
    assert child_reference(KEY, "0012345") == "CF-C7CJ-Y9PY-S2VB-Q6TS"
    assert worker_pseudonym(KEY, "Wren Okafor") == "WK-S0TN-M0VV-P0RK-S1ZS"


@given(st.text(alphabet="0123456789abcXYZ-/", min_size=1, max_size=30), st.data())
def test_an_identifier_typed_with_other_spacing_or_capitals_is_the_same_child(typed: str, data: st.DataObject) -> None:
    spaced = data.draw(SPACES) + "".join(each + data.draw(SPACES) for each in typed.lower())
    try:
        expected = normalised(typed)
    except ValueError:
        with pytest.raises(ValueError, match="identifier"):
            normalised(spaced)
        return
    assert normalised(spaced) == expected
    assert child_reference(KEY, spaced) == child_reference(KEY, typed)


@given(st.text(max_size=50))
def test_what_is_normal_stays_as_it_is(typed: str) -> None:
    try:
        once = normalised(typed)
    except ValueError:
        return
    assert normalised(once) == once


@given(st.binary(min_size=32, max_size=32), st.binary(min_size=32, max_size=32))
def test_another_key_makes_other_pseudonyms(one: bytes, other: bytes) -> None:
    same = one == other
    first, second = Key(one), Key(other)
    assert (child_reference(first, "7000001") == child_reference(second, "7000001")) is same
    assert (worker_pseudonym(first, "Wren Okafor") == worker_pseudonym(second, "Wren Okafor")) is same
    assert (first.id == second.id) is same


@given(st.sets(st.integers(0, 10**10), min_size=2, max_size=30))
def test_different_children_have_different_references(children: set[int]) -> None:
    assert len({child_reference(KEY, str(child)) for child in children}) == len(children)


@given(st.binary(min_size=32, max_size=32), st.text("0123456789ABC", min_size=1, max_size=20))
def test_a_pseudonym_may_stand_in_a_case_file_and_looks_like_nothing_else(secret: bytes, typed: str) -> None:
    for pseudonym in (child_reference(Key(secret), "C" + typed), worker_pseudonym(Key(secret), typed)):
        assert check_reference(pseudonym) is None
        assert find_identifiers(f"See {pseudonym}, please.") == ()
        assert set(pseudonym[2:]).isdisjoint("AEIOU")


def test_a_child_and_a_worker_of_one_name_have_nothing_in_common() -> None:
    assert child_reference(KEY, "1234")[2:] != worker_pseudonym(KEY, "1234")[2:]


def test_leading_zeros_are_part_of_an_identifier() -> None:
    assert normalised("00123") == "00123"
    assert child_reference(KEY, "00123") != child_reference(KEY, "123")


@pytest.mark.parametrize("typed", ["", "  \u200b", "1" * 41, "1.23E+15", "1,23e15", "1E+10", "7000001.0"])
def test_what_is_no_identifier_is_refused_without_repeating_it(typed: str) -> None:
    with pytest.raises(ValueError, match="identifier") as refused:
        normalised(typed)
    assert not typed.strip() or typed not in str(refused.value)


def test_an_identifier_with_an_e_in_it_is_none_the_worse() -> None:
    assert normalised("7e12") == "7E12"


def test_a_name_is_the_same_worker_however_it_is_spaced() -> None:
    assert normalised_name("  wren\u00a0\tokafor-Lindqvist ") == "WREN OKAFOR-LINDQVIST"
    for typed in ("", " ", "x" * 201):
        with pytest.raises(ValueError, match="practitioner"):
            normalised_name(typed)


def test_a_key_shows_its_secret_nowhere() -> None:
    assert KEY.secret.hex() not in repr(KEY)
    assert repr(KEY.secret) not in repr(KEY)
    with pytest.raises(ValueError, match="32 secret bytes"):
        Key(b"short")


def test_an_identifier_has_up_to_40_characters_and_a_name_up_to_200() -> None:
    assert (normalised("1" * 40), normalised_name("A" * 200)) == ("1" * 40, "A" * 200)
    with pytest.raises(ValueError, match="longer than 40"):
        normalised("1" * 41)
    with pytest.raises(ValueError, match="longer than 200"):
        normalised_name("A" * 201)
    with pytest.raises(ValueError, match="32 secret bytes"):
        Key(bytes(31))
