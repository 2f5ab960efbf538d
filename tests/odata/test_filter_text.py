"""What $filter may say: what is supported is read, what is OData and not supported is said to be so, and the rest is
unreadable. Nothing is skipped.
"""

import base64
import json
from typing import Any

import pytest
from sqlalchemy import Boolean, ColumnElement, Integer, String, Uuid, column

from api.foundation.problems import BadRequest, NotSupported
from api.odata.asking import asked_of, options_in, page_size, query_of
from api.odata.catalogue import TABLES
from api.odata.filter_text import MOST_TOKENS, Compared, Joined, Literal, Name, Negated, read_filter
from api.odata.filters import condition
from api.odata.shapes import Kind

ANSWERS = TABLES["Answers"]
SOMETHING = "01a229b0-c268-761b-aa8f-d4e6e3d0b3c3"
NOT_SUPPORTED = (
    "year(SubmittedAt) eq 2026",
    "tolower(ThemeKey) eq 'voice'",
    "length(ThemeKey) gt 5",
    "now() gt 2026-01-01T00:00:00Z",
    "Number add 1 eq 2",
    "Number mod 2 eq 0",
    "-Number eq 1",
    "Theme/Key eq 'voice'",
    "Audits/any(a:a/Reading eq 1)",
    "$it/Number eq 1",
    "Number eq @number",
    "Number eq Number",
    "1 eq 1",
    "ThemeKey has 'voice'",
    "contains('voice', ThemeKey)",
    "contains(tolower(ThemeKey), 'voice')",
    "ThemeKey in (Number, 'voice')",
    "CaseAudit.Kind'voice' eq ThemeKey",
    "concat(ThemeKey, 'x') eq 'voicex'",
    "geo.distance(Number, Number) lt 5",
    "ThemeKey lt 'voice'",
    "AuditId gt 3ba9dd7e-b10a-4b36-b4ec-b61ffcc60c16",
    "ThemeKey eq 'voice' -- x",
    "Number eq INF",
)
UNREADABLE = (
    "",
    " ",
    "ThemeKey",
    "Number",
    "'voice'",
    "null",
    "ThemeKey eq",
    "eq 'voice'",
    "ThemeKey eq 'voice",
    "SubmittedAt gt 0001-01-01T00:00:00+14:00",
    "SubmittedAt lt 9999-12-31T23:59:59-14:00",
    "ThemeKey eq 'voice' and",
    "ThemeKey eq 'voice' or or Number eq 1",
    "(ThemeKey eq 'voice'",
    "ThemeKey eq 'voice')",
    "ThemeKey = 'voice'",
    "ThemeKey EQ 'voice'",
    "ThemeKey eq 'voice'; DROP TABLE audit",
    'ThemeKey eq "voice"',
    "ThemeKey 'voice'",
    "not ThemeKey eq 'voice'",
    "Number eq 2 3",
    "Number eq 1e",
    "Number eq 99999999999999999999",
    "Number eq -99999999999",
    "Number eq 1.5",
    "Number eq '1'",
    "Number eq true",
    "ThemeKey eq 1",
    "ThemeKey eq 'vo\0ice'",
    "Applicable eq 1",
    "Applicable eq 'true'",
    "AuditId eq '3ba9dd7e-b10a-4b36-b4ec-b61ffcc60c16'",
    "AuditId eq 3ba9dd7e",
    "contains(Number, '1')",
    "contains(ThemeKey)",
    "startswith(ThemeKey, 'v', 'o')",
    "ThemeKey in ()",
    "ThemeKey in 'voice'",
    "ThemeKey in ('voice'",
    "Unknown eq 'x'",
    "themekey eq 'voice'",
    "Rationale eq 'x'",
    "organisation_id eq 1",
    "a" * 2_001,
    " and ".join(["Number eq 1"] * MOST_TOKENS),
    f"{'(' * 60}Number eq 1{')' * 60}",
    f"{'not ' * 60}Applicable",
)


def test_a_filter_is_read_as_it_is_written() -> None:
    assert read_filter("A eq 1 or B ne 'it''s' and not (C gt 2)") == Joined(
        all_of=False,
        parts=(
            Compared("A", "eq", (Literal(Kind.WHOLE, 1),)),
            Joined(
                all_of=True,
                parts=(
                    Compared("B", "ne", (Literal(Kind.TEXT, "it's"),)),
                    Negated(Compared("C", "gt", (Literal(Kind.WHOLE, 2),))),
                ),
            ),
        ),
    )
    assert read_filter("5 lt A") == Compared("A", "gt", (Literal(Kind.WHOLE, 5),))
    assert read_filter("not Applicable") == Negated(Name("Applicable"))


def test_what_is_odata_and_not_supported_is_said_to_be_so() -> None:
    for text in NOT_SUPPORTED:
        with pytest.raises(NotSupported):
            filtered(text)


def test_what_is_no_filter_of_the_table_is_refused() -> None:
    for text in UNREADABLE:
        with pytest.raises(BadRequest):
            filtered(text)


def filtered(text: str) -> None:
    kinds: dict[Kind, Any] = {
        Kind.TEXT: String(),
        Kind.WHOLE: Integer(),
        Kind.YES_NO: Boolean(),
        Kind.IDENTIFIER: Uuid(),
    }
    found: dict[str, ColumnElement[Any]] = {each.name: column(each.name, kinds[each.kind]) for each in ANSWERS.columns}
    condition(text, ANSWERS.by_name, found)


@pytest.mark.parametrize("query", ["$top=1&$top=2", "$top=1&&", "$top", "a=%FF"])
def test_a_query_that_cannot_be_read_is_refused(query: str) -> None:
    with pytest.raises(BadRequest):
        options_in(query)


def test_every_option_is_used_or_refused() -> None:
    for name in ("expand", "apply", "search", "compute", "levels", "index", "deltatoken", "schemaversion", "id"):
        with pytest.raises(NotSupported):
            asked_of(ANSWERS, {f"${name}": "x"})
    for options in ({"@p": "1"}, {"$format": "atom"}, {"$select": "Audit/Id"}, {"$orderby": "length(ThemeKey)"}):
        with pytest.raises(NotSupported):
            asked_of(ANSWERS, options)
    for options in (
        {"page": "2"},
        {"top": "5"},
        {"$select": "Rationale"},
        {"$select": ""},
        {"$filter": ""},
        {"$orderby": ""},
        {"$orderby": "Rationale"},
        {"$orderby": "ThemeKey up"},
        {"$orderby": "ThemeKey,ThemeKey desc"},
        {"$top": "-1"},
        {"$top": "all"},
        {"$skip": "1.5"},
        {"$skip": "1" * 10},
        {"$count": "yes"},
        {"$skiptoken": "x"},
        {"$skiptoken": "bnVsbA"},
        {"$skiptoken": "W10"},
        {"$skiptoken": token("x", 1)},
        {"$skiptoken": token(SOMETHING, 10**30)},
        {"$skiptoken": token(SOMETHING, "1")},
        {"$skiptoken": token(SOMETHING)},
        {"$skiptoken": token(5, 1)},
        {"$skiptoken": token("a\0b", SOMETHING, 1), "$orderby": "ThemeKey"},
    ):
        with pytest.raises(BadRequest):
            asked_of(ANSWERS, options)


def token(*values: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(values).encode()).decode()


def test_the_address_of_a_next_page_asks_what_was_asked() -> None:
    options = {"$select": "ThemeKey,Number", "$filter": "ThemeKey eq 'a&b'", "$orderby": "ThemeKey desc", "$top": "7"}
    asked = asked_of(ANSWERS, dict(options))
    assert asked_of(ANSWERS, options_in(query_of(ANSWERS, asked))) == asked


def test_a_client_may_prefer_smaller_pages_and_no_larger_ones() -> None:
    assert [page_size(prefer, most=100) for prefer in (None, "return=minimal", "odata.maxpagesize=7")] == [100, 100, 7]
    assert page_size("respond-async, odata.maxpagesize=1000", most=100) == 100
    assert page_size("maxpagesize=0", most=100) == 1
