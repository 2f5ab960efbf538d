"""How many planted identifiers and names the guard finds, how often it cries wolf, and how long it takes."""

import time
from collections.abc import Callable

import pytest

from checklists.privacy.identifiers import IdentifierKind, find_identifiers
from checklists.privacy.names import RiskyTerms, find_names, hash_term
from tests.checklists.privacy.guard_corpus import KINDS, a_titled_name, clean, planted

Record = Callable[[str, object], None]

RECALL = {
    IdentifierKind.NHS_NUMBER: 0.99,
    IdentifierKind.UPN: 0.99,
    IdentifierKind.NI_NUMBER: 0.98,
    IdentifierKind.EMAIL: 0.98,
    IdentifierKind.POSTCODE: 0.98,
    IdentifierKind.PHONE: 0.95,
    IdentifierKind.DATE_OF_BIRTH: 0.95,
}
EACH = 300
PIECES = [
    *("a", "1", " ", "+", "-", "0 ", "(0", "1-", "a.", "A1", "0044", "1   ", "1\n", " - ", "12 ", "a b c "),
    *("@ ", "a@", "a@a.", "a @ a.", "a.a.a@", "x@a.a.a.", "a" * 63 + ".", "@" + ("a" * 63 + ".") * 8),
    *("born ", "dob", "born 1/1/", "born 1/1/20 ", "1/1/20 ", "march 1 ", "1 of march", "date of birth", "turned 5 "),
    *("(b", "b. ", "jan 1 1999 born ", "943 476 5919 ", "nhs 1", "SW1A 1AA ", "B- 1- 1", "AB 12 ", "ni ab 12 "),
    *("+44 0 ", "07 ", "7700 900", "tel 1", ".\u200b", "\u0669 ", "\uff11"),
    *("mr ", "Mrs ", "Dr A. ", "Mr A B C D ", "MISS ", "Mr van der ", "O'", "e\u0301", "A. ", "Patel "),
    *("Mr Patels ", "Hill View "),
]  # fmt: skip
LETTERS = "abcdefghijklmnopqrstuvwxyz"
KEY = b"a key that only this test knows"


@pytest.mark.parametrize(("kind", "make"), KINDS, ids=[kind.value for kind, _ in KINDS])
def test_what_is_planted_is_found(kind: IdentifierKind, make: Callable[..., str], record_property: Record) -> None:
    texts = list(planted(make, number=EACH, seed=list(RECALL).index(kind)))
    found = sum(
        any(each.start < planted.end and each.end > planted.start for each in find_identifiers(planted.text))
        for planted in texts
    )
    record_property("figure", f"{kind.value}: {found} of {EACH} planted are found ({found / EACH:.1%})")
    assert found / EACH >= RECALL[kind]


def test_an_identifier_is_called_by_its_kind() -> None:
    for place, (kind, make) in enumerate(KINDS):
        texts = list(planted(make, number=EACH, seed=place))
        right = sum(kind in {each.kind for each in find_identifiers(planted.text)} for planted in texts)
        assert right / EACH >= 0.95, kind


def test_a_title_with_a_name_is_found(record_property: Record) -> None:
    texts = list(planted(a_titled_name, number=1000, seed=7))
    found = sum(
        any(each.start < planted.end and each.end > planted.start for each in find_names(planted.text))
        for planted in texts
    )
    record_property("figure", f"title and name: {found} of 1,000 planted are found ({found / 1000:.1%})")
    assert found >= 950


def test_clean_sentences_raise_few_alarms(record_property: Record) -> None:
    texts = list(clean(number=2000, seed=99))
    refused = sum(bool(find_identifiers(text)) for text in texts)
    warned = sum(bool(find_names(text)) for text in texts)
    record_property("figure", f"of 2,000 clean texts {refused} are refused ({refused / 2000:.2%}), {warned} warned of")
    assert refused <= 40
    assert warned <= 40


@pytest.mark.long
@pytest.mark.parametrize("piece", PIECES)
def test_ten_times_the_text_takes_about_ten_times_as_long(piece: str) -> None:
    text = piece * (100_000 // len(piece))
    risky = RiskyTerms.of(KEY, [hash_term(KEY, "Patel"), hash_term(KEY, "Hill View Primary School")])
    for search in (find_identifiers, lambda text: find_names(text, risky)):
        assert _grows_with_the_text(search, text)


@pytest.mark.long
def test_ten_times_the_text_of_different_words_takes_about_ten_times_as_long() -> None:
    risky = RiskyTerms.of(KEY, [hash_term(KEY, f"word{number}") for number in range(5000)])
    text = " ".join(f"{letter}{other}{last}ers" for letter in LETTERS for other in LETTERS for last in LETTERS)[
        :100_000
    ]
    # A fresh one each time, which has not seen the words before.
    assert _grows_with_the_text(lambda text: find_names(text, RiskyTerms.of(KEY, risky.terms)), text)


def _grows_with_the_text(search: Callable[[str], object], text: str) -> bool:
    """Whether a tenth of the text takes at least a thirtieth of the time: a search that goes over what it has read
    again and again takes it in a hundredth. At best of a few times: others use the machine too."""
    least = min(_seconds(search, text[: len(text) // 10]) for _ in range(3))
    return any(_seconds(search, text) <= 30 * least for _ in range(6))


def _seconds(search: Callable[[str], object], text: str) -> float:
    started = time.thread_time()
    search(text)
    return time.thread_time() - started
