"""Names, docstrings and comments use one word for one meaning; words that were retired do not come back."""

import io
import re
import tokenize
from collections.abc import Iterator
from functools import cache

import pytest

from tests.retired import RetiredPhrases
from tests.sources import ROOT, Source, source_of, sources, text_of

# A word in any name, alone or between underscores or capitals, and the word that replaces it.
RETIRED_IN_NAMES = {
    "crowd": "connections",
    "desk": "my_audits, worklist",
    "duties": "availability",
    "gate": "request_checks",
    "heard": "received",
    "mend": "fix, correct",
    "mended": "fixed, corrected",
    "notary": "signer",
    "oddity": "finding",
    "sighting": "case_record",
    "sightings": "case_records",
    "thing": "the word for it",
    "whoever": "person, actor",
    "whois": "identify_reference",
}
# A whole name, and the name that replaces it.
RETIRED_NAMES = {
    "Acting": "Transaction",
    "Answered": "ExerciseAnswer",
    "Asking": "ActorRequest",
    "Crowd": "OpenConnections",
    "HANDED_IN": "SUBMITTED_STATES",
    "Known": "AdmissionCache, ReferencedData",
    "Looked": "ListPreview",
    "OfPage": "PageContext",
    "PairLine": "DoubleReadingLine",
    "PreparedTaking": "PreparedImport",
    "SortedOut": "SortedCases",
    "TakeCaseList": "ImportCaseList",
    "TakingState": "ImportState",
    "Verified": "VerificationResult",
    "Worded": "Labelled",
    "acquaint": "known_browser_cookie",
    "agree_where_all_is_the_same": "agree_identical_readings",
    "asker": "current_actor",
    "finish_taking": "finish_import",
    "give_way": "close_for_another",
    "is_judged": "is_reviewed",
    "is_to_be_told": "needs_notification",
    "judgements_of": "reviews_of",
    "keep_lists_out": "block_imports",
    "lets_in": "is_usable",
    "look_at_the_clock": "check_time_limits",
    "made_events": "creation_events",
    "may_be_named": "possible_responders",
    "nobody_waits_in_vain": "check_slots",
    "note_what_is_over": "mark_if_expired",
    "prepare_taking": "prepare_import",
    "put_back": "return_untried",
    "refusal_read": "read_refusal",
    "refusal_written": "write_refusal",
    "said_of": "listed_fields_of",
    "says_json": "is_json",
    "still_open": "link_is_valid, require_open_round",
    "still_signed_in": "session_is_valid",
    "still_valid": "is_valid",
    "told_once": "without_duplicates",
    "unreached": "notice_failed",
    "why_readers_and_writers_wait": "journal_warning",
}
# In a docstring or comment.
RETIRED_IN_TEXT = RetiredPhrases(
    {
        r"adds? to the whole": "registers",
        r"go(es)? by": "depends on, uses",
        r"hand(s|ed|ing)? (it |an audit |the audit )?in": "submit",
        r"give(s|n)? out": "allocate, return",
        r"give(s|n)? way": "close, yield",
        r"heard": "received",
        r"lets? (\w+ )?in": "admit, sign in",
        r"mend(s|ed|ing)?": "fix, correct",
        r"nought": "0, zero",
        r"odd": "inconsistent",
        r"doors?": "permission, access",
        r"desks?": "worklist",
        r"rests? on": "depends on, uses",
        r"tak(es?|en|ing) in": "import, read, accept",
        r"stands? (above|below|beside|in|on)|as (it|they) stands?|what stands": "is",
        r"those that": "the ones that, or a noun",
        r"told": "notified, reported",
        r"whoever": "anybody who, the person who",
    }
)
# Names in the OpenAPI document, which clients know.
PUBLISHED = {"DutiesBody", "change_duties", "read_duties"}


def docstrings_and_comments(text: str, source: Source) -> Iterator[tuple[int, str]]:
    """Every docstring on one line, with the line where it begins, and every comment that has a retired phrase."""
    yield from source.docstrings
    # To find the comments of a module takes longer than to parse it.
    if any(RETIRED_IN_TEXT.found_in(line.partition("#")[2]) for line in text.splitlines() if "#" in line):
        for token in tokenize.generate_tokens(io.StringIO(text).readline):
            if token.type == tokenize.COMMENT:
                yield token.start[0], token.string.lstrip("# ")


def is_command(source: str, line: int) -> bool:
    """Whether the docstring at this line is the help text of a command, which people read."""
    return any(text.startswith("@") and ".command(" in text for text in source.splitlines()[max(0, line - 20) : line])


def words(name: str) -> set[str]:
    """The words of a name: `keep_names`, `KeepNames` and `KEEP_NAMES` have the same two."""
    return {word.lower() for word in re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+", name)}


@cache
def retired_in_name(name: str) -> str | None:
    """What to write instead of a retired name; None for any other."""
    if name in PUBLISHED:
        return None
    if name.lstrip("_") in RETIRED_NAMES:
        return RETIRED_NAMES[name.lstrip("_")]
    return next((RETIRED_IN_NAMES[word] for word in sorted(words(name)) if word in RETIRED_IN_NAMES), None)


def test_names_use_no_retired_word() -> None:
    found = {
        f"{file.relative_to(ROOT)}:{line}: {name!r}: write {instead!r}"
        for file, source in sources().items()
        for name, line in source.names.items()
        if (instead := retired_in_name(name)) is not None
    }
    assert sorted(found) == []


def test_docstrings_and_comments_use_no_retired_phrase() -> None:
    found = [
        f"{file.relative_to(ROOT)}:{line}: {wrong}"
        for file, source in sources().items()
        for line, text in docstrings_and_comments(text_of(file), source)
        for wrong in RETIRED_IN_TEXT.found_in(text)
        if not is_command(text_of(file), line)
    ]
    assert found == []


@pytest.mark.parametrize("name", ["show_desk", "_DESK", "DeskOf", "Acting", "_told_once", "notary"])
def test_a_retired_name_is_found(name: str) -> None:
    assert retired_in_name(name) is not None


@pytest.mark.parametrize("name", ["Transaction", "show_my_audits", "delegate", "amend", "things_of"])
def test_another_name_is_not_mistaken_for_a_retired_one(name: str) -> None:
    assert retired_in_name(name) is None


def test_a_retired_phrase_is_found_in_a_docstring_and_in_a_comment() -> None:
    text = '"""Whoever asks."""\n\nNUMBER = 1  # what an audit rests on\n'
    looked_at = docstrings_and_comments(text, source_of(text))
    assert [line for line, said in looked_at if RETIRED_IN_TEXT.found_in(said)] == [1, 3]
