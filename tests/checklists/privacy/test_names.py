import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checklists.privacy.names import MOST_WORDS, NameKind, RiskyTerms, find_names, hash_term, is_everyday

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
    assert is_everyday("An")
    assert is_everyday("will")
    assert not is_everyday("Will Okafor")
    assert not is_everyday("Okafor")


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
