"""Passwords: which are taken, and how they are kept."""

import statistics
import time
from contextlib import suppress

import pytest

from api.foundation.problems import Invalid
from api.people.sign_in import passwords
from api.people.sign_in.passwords import LONGEST, check_password, hash_password, is_password
from tests.fixtures import STRONG_HASHES

ABOUT = ("Samira Khan", "samira.khan@northshire.example", "Northshire Council")


@pytest.fixture(autouse=True)
def strong_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hashes as the service makes them, and not as other tests have them."""
    for name, strong in zip(("_HASHER", "_NOBODYS"), STRONG_HASHES, strict=True):
        monkeypatch.setattr(passwords, name, strong)


@pytest.mark.parametrize(
    "password",
    [
        "password1234",
        "P@ssw0rd1234",
        "Password2026!",
        "Welcome2026!!",
        "CaseAudit2026!",
        "case audit 2026",
        "Safeguarding26!",
        "safeguarding2026",
        "November2026!",
        "autumn2026!!!",
        "Monday12345!",
        "aaaaaaaaaaaaaaaa",
        "abcabcabcabcabc",
        "qwertyuiop12",
        "qazwsxedcrfv",
        "1q2w3e4r5t6y",
        "123456789012",
        "iloveyou12345",
        "letmein12345!",
        "samirakhan1979",
        "Samira.Khan!2026",
        "northshire2026!",
        "Northshire-Council-1",
        "aaaaaaaaaaaa" * 10,
    ],
)
def test_a_password_that_is_easily_guessed_is_refused_without_being_repeated(password: str) -> None:
    with pytest.raises(Invalid) as refused:
        check_password(password, about=ABOUT)
    assert password not in refused.value.detail


@pytest.mark.parametrize(
    "password",
    [
        "violet harbour lantern",
        "teacupmountainbus",
        "xkQ9!vvp27Lm",
        "käse über dünen wandern",
        "紫の港 灯台と古い時計 1950年",
        "Samira likes purple otters on bicycles",
        "x" * 10 + " violet harbour lantern " + "y" * 90,
    ],
)
def test_a_password_that_is_hard_to_guess_is_taken_whatever_its_characters(password: str) -> None:
    check_password(password, about=ABOUT)


@pytest.mark.parametrize(("password", "words"), [("xkQ9!vvp27L", "12 characters or more"), ("x7" * 65, "128")])
def test_a_password_has_12_to_128_characters(password: str, words: str) -> None:
    with pytest.raises(Invalid, match=words):
        check_password(password)


def test_a_password_of_random_signs_does_not_keep_anybody_waiting() -> None:
    started = time.process_time()
    check_password("@43810$+7%2!|(" * 9)
    assert time.process_time() - started < 8


def test_a_hash_is_argon2id_of_at_least_19_mebibytes_and_two_passes_and_never_twice_the_same() -> None:
    first, second = hash_password("violet harbour lantern"), hash_password("violet harbour lantern")
    assert first.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert first != second
    assert is_password("violet harbour lantern", first)
    assert not is_password("violet harbour lanterns", first)


def test_the_same_characters_composed_by_another_keyboard_are_the_same_password() -> None:
    assert is_password("kа\u0308se u\u0308ber dünen", hash_password("kа\u0308se über du\u0308nen"))


@pytest.mark.parametrize("stored", [None, "", "not a hash"])
def test_nothing_fits_where_there_is_no_hash(stored: str | None) -> None:
    assert not is_password("nobody's password", stored)


def test_an_address_that_nobody_has_takes_as_long_as_a_wrong_password() -> None:
    stored = hash_password("violet harbour lantern")

    def seconds(of: str | None) -> float:
        started = time.thread_time()
        is_password("a wrong password", of)
        return time.thread_time() - started

    pairs = [(seconds(stored), seconds(None)) for _ in range(30)]
    known, unknown = (statistics.median(times) for times in zip(*pairs, strict=True))
    assert 0.5 < unknown / known < 2


@pytest.mark.parametrize("password", ["5|<(+63<%$3978[@+874" * 6, "4@8({[<369!1|70$5+%2" * 6, "1!|7+({[<c" * 12])
def test_rating_takes_no_seconds_however_a_password_is_made(password: str) -> None:
    for length in (40, 72, LONGEST):
        started = time.thread_time()
        with suppress(Invalid):
            check_password(password[:length], about=ABOUT)
        assert time.thread_time() - started < 2


def test_letters_written_as_signs_make_no_word_hard_to_guess() -> None:
    for password in ("P@$$w0rd!2345", "$4feguard1ng!", "p4$$w0rd p4$$w0rd", "!l0v3y0u12345"):
        with pytest.raises(Invalid):
            check_password(password, about=ABOUT)


def test_what_is_too_long_is_refused_before_it_is_rated(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("zxcvbn.zxcvbn", None)
    for length in (LONGEST + 1, 1_000_000):
        with pytest.raises(Invalid, match="characters or fewer"):
            check_password("x" * length)
