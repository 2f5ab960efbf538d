import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checklists.privacy.names import (
    MOST_WORDS,
    NameKind,
    RiskyTerms,
    find_names,
    hash_term,
    is_everyday,
    words_of_ascii,
)
from tests.check_each import of_each
from tests.checklists.privacy.marked import plain, with_marks

KEY = b"a key that only this test knows"
TITLE, RISKY = NameKind.TITLE_AND_NAME, NameKind.RISKY_TERM


def risky(*terms: str) -> RiskyTerms:
    return RiskyTerms.of(KEY, [hash_term(KEY, term) for term in terms])


def seen(text: str, *terms: str) -> list[str]:
    return [text[found.start : found.end] for found in find_names(text, risky(*terms))]


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Seen by Mrs Patel on Monday", "Mrs Patel"),
        ("Dr A. Okafor wrote", "Dr A. Okafor"),
        ("and Miss Jones-Smith's class", "Miss Jones-Smith's"),
        ("Mr. Khan", "Mr. Khan"),
        ("mrs patel said", "mrs patel"),
        ("MRS PATEL", "MRS PATEL"),
        ("Mr van der Berg left", "Mr van der Berg"),
        ("Ms Anna Maria Brown", "Ms Anna Maria Brown"),
        ("Mr and Mrs Nuñez", "Mrs Nuñez"),
        ("Professor O\u2019Connor", "Professor O\u2019Connor"),
        ("PC Singh", "PC Singh"),
        ("Miss Young was seen", "Miss Young"),
        ("Mr J R Smith", "Mr J R Smith"),
        ("Uncle Tom came", "Uncle Tom"),
        ("Dr Wi\u015bniewski", "Dr Wi\u015bniewski"),
    ],
)
def test_a_title_with_a_name_behind_it_is_found(text: str, name: str) -> None:
    assert seen(text) == [name]


@pytest.mark.parametrize(
    "text",
    [
        "Mr alone",
        "Mr and Mrs were there",
        "Mr X and Ms B",
        "Mr X. The plan was late.",
        "Dr on call",
        "Dr On Call",
        "the Dr's surgery",
        "Ms",
        "Miss a visit and write a letter",
        "to miss school",
        "MS Teams and MS diagnosis",
        "PC in the room, DS and DI",
        "Sister and brother",
        "Head Teacher, Dr Surgery, Duty Doctor",
        "Doctor Who did not attend",
        "his uncle and his aunt",
        "",
    ],
)
def test_a_title_without_a_name_is_none(text: str) -> None:
    assert find_names(text) == ()


@pytest.mark.parametrize(
    "text",
    [
        "seen with okafor today",
        "OKAFOR",
        "Okafor's plan",
        "Okafor\u2019s plan",
        "the Okafors",
        "Ok\u00e1for",
        "(Okafor)",
        "Adams-Okafor",
        "Oka\u00adfor",
        "okafor.",
    ],
)
def test_a_term_is_found_whatever_its_case_accents_and_ending(text: str) -> None:
    (found,) = find_names(text, risky("Okafor"))
    assert found.kind is RISKY


@pytest.mark.parametrize("text", ["Okaforian", "Okafo", "preOkafor", "Oka for", "O"])
def test_a_part_of_a_word_is_no_term(text: str) -> None:
    assert find_names(text, risky("Okafor")) == ()


def test_a_term_of_several_words_is_found_whole_and_the_longest_first() -> None:
    terms = ("Hill", "Hill View", "Hill View Primary School", "LCS-123456", "Ni\u00f1o")
    assert seen("at HILL  VIEW primary school; Hill view; hill", *terms) == [
        "HILL  VIEW primary school",
        "Hill view",
        "hill",
    ]
    assert seen("case lcs 123456 and LCS123456 but not LCS 12345", *terms) == ["lcs 123456", "LCS123456"]
    assert seen("the ninos", *terms) == ["ninos"]


def test_a_name_that_is_also_a_term_is_told_once_and_in_order() -> None:
    text = "Patel, then Mrs Patel, then Patel"
    found = find_names(text, risky("Patel"))
    assert [each.kind for each in found] == [RISKY, TITLE, RISKY]
    assert [text[each.start : each.end] for each in found] == ["Patel", "Mrs Patel", "Patel"]


def test_another_key_makes_another_hash_and_finds_nothing() -> None:
    assert len(hash_term(KEY, "Okafor").whole) == len(hash_term(KEY, "Okafor").first) == 16
    assert hash_term(KEY, "Okafor") != hash_term(b"another key", "Okafor")
    assert find_names("Okafor", RiskyTerms.of(b"another key", [hash_term(KEY, "Okafor")])) == ()
    assert hash_term(KEY, "OK\u00c1FOR") == hash_term(KEY, "okafor")
    assert b"kafor" not in (hash_term(KEY, "Okafor").first + hash_term(KEY, "Okafor").whole).lower()


@pytest.mark.parametrize("term", ["", " - ", "...", " ".join("abcdefghi")])
def test_a_term_has_one_to_eight_words(term: str) -> None:
    with pytest.raises(ValueError, match=f"1 to {MOST_WORDS} words"):
        hash_term(KEY, term)


def test_words_that_every_text_holds_are_everyday() -> None:
    assert [is_everyday(term) for term in ("An", "will", "Will Okafor", "Okafor")] == [True, True, False, False]


@of_each(
    [
        # A name has up to four further parts; one in small letters or another capitalised word ends it.
        ("by ‹Ms Patel Okafor Nowak Begum Achebe› Whitaker", ()),
        ("by ‹Mr J. R. Smith› today", ()),
        ("‹Dr Okafor› wrote to ‹Mrs Nowak›", ()),
        ("Miss Nowak's plan".replace("Miss Nowak's", "‹Miss Nowak's›"), ()),
        ("miss patel, sir patel, Pc Patel and Mr patel", ()),
        ("‹mr patel›, ‹MISS PATEL›, ‹DC PATEL› and ‹Sir Patel›", ()),
        ("‹MS PATEL› uses MS Patel", ()),
        ("‹Mr Young› and Mr young and Mr A Young", ()),
        ("Mr ‹Mr Nowak›", ()),
        # Where invisible characters hide it; one behind it is no part of it.
        ("‹Kay\u200bleigh Thomp\u00adson›\u00ad was seen", ()),
        ("Ünal saw ‹Kayleigh Thompson›", ()),
        # Without an s or es, where enough of the word is left.
        ("As, ‹Als›, Alss, Roes, ‹Alves›, Okaforx, Okaforxs", ("A", "Al", "Ro", "Alv", "Okafor")),
        ("‹Hill View› and ‹Hill›", ("Hill View", "Hill")),
        ("Hill", ("Hill View",)),
    ]
)
def test_exactly_what_is_marked_is_found(text: str, terms: tuple[str, ...]) -> None:
    assert with_marks(plain(text), find_names(plain(text), risky(*terms))) == text


def test_the_words_of_a_text_are_runs_of_letters_digits_and_underscores() -> None:
    assert words_of_ascii("A_b C9-d!e\x7ff") == {"a_b", "c9", "d", "e", "f"}


def test_a_term_may_have_one_word_or_eight() -> None:
    assert [hash_term(KEY, term).words for term in ("a", "a b c d e f g h")] == [1, 8]


@given(st.text(), st.lists(st.text(alphabet=st.characters(categories=["L"]), min_size=1, max_size=8), max_size=3))
def test_any_text_can_be_searched_for_any_terms(text: str, terms: list[str]) -> None:
    for found in find_names(text, risky(*(term for term in terms if _is_term(term)))):
        assert 0 <= found.start < found.end <= len(text)


@given(st.text(alphabet="abcdefghijklmnopqrtuvwxyzáéñöł", min_size=2, max_size=20))
def test_any_term_is_found_in_its_own_words(term: str) -> None:
    for written in (term, term.upper(), unicodedata.normalize("NFD", term), f"{term}'s", f"x {term}, y"):
        assert find_names(written, risky(term)), written


def _is_term(term: str) -> bool:
    try:
        hash_term(KEY, term)
    except ValueError:
        return False
    return True
