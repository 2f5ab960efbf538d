"""What people read is in plain English: the words that docs/writing.md retires are on no page, message or document."""

import re
from collections.abc import Iterator
from functools import cache

import pytest

from tests.retired import RetiredPhrases
from tests.sources import ROOT, sources

# `docs/writing.md` lists the most important ones for writers.
RETIRED = RetiredPhrases(
    {
        r"hand(s|ed|ing)? in": "submit",
        r"tak(e|es|en|ing) (it |them )?along": "download",
        r"tak(e|es|en|ing) in": "import, accept",
        r"giv(e|es|en|ing) out": "allocate",
        r"how far (audits|they|it|this|each) (is|are|has|have)": "progress",
        r"(take|takes|took|taken|taking) words out": "redact",
        r"risky terms?": "sensitive terms",
        r"mend(s|ed|ing)?": "correct, fix",
        r"put (it |them |this )?right": "correct",
        r"worth another look": "inconsistent",
        r"nought": "zero",
        r"whoever": "anybody who, the person who",
        r"stands? (on|in|at|above|below|beside|behind) (the|every|a|each)": "is on, is in",
        r"lead(s)? back to": "find",
        r"left aside": "not used",
        r"written over": "overwritten",
        r"told apart": "distinguished",
        r"held against": "compared with, checked against",
        r"e-mails?": "email",
        r"lately": "recently",
        r"hardly ever": "almost never",
        r"bears? on": "is about",
        r"worries us": "we are worried about",
        r"left out of": "excluded from",
        r"tak(e|es|en|ing) (off|away)": "subtract, remove, download",
        r"settl(e|es|ed|ing) (the|a|an|it|them|this|theme|case|reading|pair)": "agree, decide",
    }
)
# Words that programs and operators have to keep writing.
NAMES = re.compile(r"`[^`]*`|risky-terms|CASEAUDIT_RISKY_TERMS\w*")


def visible(html: str) -> str:
    """The text of a template: what is between tags, and texts of several words that expressions show."""
    html = re.sub(r"\{#.*?#\}|<(script|style)\b.*?</\1>", " ", html, flags=re.DOTALL)
    shown = r'"([^"]* [^"]*)"'
    html = re.sub(r"\{[%{].*?[%}]\}", lambda found: " ".join(re.findall(shown, found[0])), html, flags=re.DOTALL)
    return " ".join(re.sub(r"<[^>]*>", " ", html).split())


@cache
def all_texts() -> list[tuple[str, str]]:
    return list(texts())


def texts() -> Iterator[tuple[str, str]]:
    """Everything that people read, each with its place."""
    for file in sorted((ROOT / "api").rglob("*.html")):
        yield str(file.relative_to(ROOT)), visible(file.read_text("utf-8"))
    for file, source in sources().items():
        if file.is_relative_to(ROOT / "models"):
            continue
        messages = ((line, " ".join(text.split())) for line, text in source.texts)
        for line, text in (*(each for each in messages if " " in each[1]), *source.helps):
            yield f"{file.relative_to(ROOT)}:{line}", text
    whole = ("README.md", "SECURITY.md", "CHANGELOG.md", "GLOSSARY.md", "CONTRIBUTING.md")
    for file in [
        *(ROOT / name for name in whole),
        *sorted((ROOT / "docs").glob("*.md")),
        *sorted((ROOT / "docs" / "papers").glob("*.md")),
    ]:
        if file.name != "writing.md":
            yield str(file.relative_to(ROOT)), " ".join(file.read_text("utf-8").split())


def retired_in(text: str) -> list[str]:
    """Each retired phrase in a text, with what to write instead."""
    has_names = "`" in text or "risky" in text.lower()
    return RETIRED.found_in(NAMES.sub(" ", text) if has_names else text)


def test_people_read_no_retired_phrase() -> None:
    assert [f"{place}: {wrong}" for place, text in all_texts() for wrong in retired_in(text)] == []


def test_pages_messages_and_documents_are_all_looked_at() -> None:
    places = [place.partition(":")[0] for place, _ in all_texts()]
    assert sum(place.endswith(".html") for place in places) > 150
    assert len({place for place in places if place.endswith(".py")}) > 200
    assert len({place for place in places if place.endswith(".md")}) > 20


@pytest.mark.parametrize(
    "text",
    [
        "Hand in your audit",
        "Whoever reads it",
        "Take words out of this audit",
        "A line stands on every page",
        "An e-mail",
    ],
)
def test_a_retired_phrase_is_found(text: str) -> None:
    assert retired_in(text) != []


def test_the_help_of_every_command_is_looked_at() -> None:
    helps = [text for source in sources().values() for _, text in source.helps]
    assert len(helps) > 18
    assert all(helps)


def test_only_what_is_shown_of_a_template_is_read() -> None:
    html = '<p class="whoever">{# mend #}{% if duties %}{{ parts.link("Hand it in now", url) }}{% endif %} Saved</p>'
    assert visible(html) == "Hand it in now Saved"


def test_every_link_back_names_the_page_that_it_leads_to() -> None:
    """The macro writes "Back to" before it."""
    calls = [
        (str(file.relative_to(ROOT)), call)
        for file in sorted((ROOT / "api").rglob("*.html"))
        for call in re.findall(r"\.back_link\((.*?)\) \}\}", file.read_text("utf-8"))
    ]
    assert len(calls) > 150
    assert [each for each in calls if ", " not in each[1]] == []
    named = [(file, words) for file, call in calls for words in re.findall(r'(?:, |else )"([^"]*)"', call)]
    assert len(named) > 100
    assert [each for each in named if not each[1][:1].islower() and not each[1].startswith(("REST", "/"))] == []
