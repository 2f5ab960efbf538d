"""The types of rows that an XLSForm may have, and what a template makes of each."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class RowKind(StrEnum):
    """What a row of a survey is."""

    BEGIN_GROUP = "begin-group"
    BEGIN_REPEAT = "begin-repeat"
    END = "end"
    SELECT_ONE = "select-one"
    SELECT_MULTIPLE = "select-multiple"
    INTEGER = "integer"
    DATE = "date"
    NOTE = "note"
    TEXT = "text"
    CALCULATE = "calculate"
    # A type that forms have and templates do not.
    OTHER = "other"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class RowType:
    """A type, the list of its choices, and why a template has nothing of it; "" for one that it can have."""

    kind: RowKind
    listed: str = ""
    left_out: str = ""
    has_other: bool = False


_SELECT: Final = re.compile(
    r"(?P<what>select[_ ]one(?: from)?|select1|add select one prompt using|"
    r"select[_ ]multiple(?: from)?|select all that apply(?: from)?|add select multiple prompt using)"
    r"\s+(?P<listed>\S+)(?P<other>\s+or[_ ](?:specify[_ ])?other)?",
    re.IGNORECASE,
)
_CONTROL: Final = re.compile(
    r"(?P<what>begin|end)[_ ](?P<of>group|repeat|loop|lgroup|looped group)(?:\s+.*)?", re.IGNORECASE
)
_FROM_FILE: Final = re.compile(
    r"(select[_ ](one|multiple)[_ ](from[_ ]file|external)|cascading[_ ]select)\b.*", re.IGNORECASE
)
_RECORDS: Final = "The service records who audits what, and when."
_NO_FILES: Final = "A template has no questions that are answered with a place, a file, a code or a signature."
_OTHERS: Final[Mapping[str, str]] = {
    **dict.fromkeys(
        (
            "start",
            "end",
            "today",
            "deviceid",
            "device id",
            "imei",
            "subscriberid",
            "simserial",
            "phonenumber",
            "phone number",
            "get phone number",
            "get device id",
            "get start time",
            "get end time",
            "get today",
            "start time",
            "end time",
            "username",
            "email",
            "audit",
            "background-audio",
            "background-geopoint",
            "start-geopoint",
        ),
        _RECORDS,
    ),
    **dict.fromkeys(
        (
            "geopoint",
            "geotrace",
            "geoshape",
            "gps",
            "location",
            "image",
            "photo",
            "audio",
            "video",
            "file",
            "barcode",
            "osm",
        ),
        _NO_FILES,
    ),
    **dict.fromkeys(("decimal", "range", "percentage"), "A number of a template is a whole number from 0 to 9,999."),
    **dict.fromkeys(("time", "datetime", "date time"), "A template asks for a month, and for no time."),
    **dict.fromkeys(("acknowledge", "trigger"), "A template has no question that is only confirmed."),
    **dict.fromkeys(("hidden", "xml-external", "csv-external"), "A template has no hidden values or outside data."),
    "rank": "A question of a template has one answer.",
    "include": "A template does not include other forms.",
}
_KINDS: Final[Mapping[str, RowKind]] = {
    "integer": RowKind.INTEGER,
    "int": RowKind.INTEGER,
    "date": RowKind.DATE,
    "note": RowKind.NOTE,
    "text": RowKind.TEXT,
    "string": RowKind.TEXT,
    "calculate": RowKind.CALCULATE,
    "group": RowKind.BEGIN_GROUP,
    "repeat": RowKind.BEGIN_REPEAT,
}


def type_of(text: str) -> RowType:
    """What a cell of the column “type” says."""
    text = " ".join(text.split())
    control = _CONTROL.fullmatch(text)
    if control is not None:
        is_group = control["of"].casefold() == "group"
        begins = RowKind.BEGIN_GROUP if is_group else RowKind.BEGIN_REPEAT
        return RowType(RowKind.END if control["what"].casefold() == "end" else begins)
    if _FROM_FILE.fullmatch(text):
        return RowType(RowKind.OTHER, left_out="A template has its choices in itself, and not in another file or list.")
    chosen = _SELECT.fullmatch(text)
    if chosen is not None:
        what = chosen["what"].casefold()
        several = "multiple" in what or "all that apply" in what
        return RowType(
            RowKind.SELECT_MULTIPLE if several else RowKind.SELECT_ONE,
            chosen["listed"],
            has_other=bool(chosen["other"]),
        )
    word = re.sub(r"^(q|add) | prompt$", "", text.casefold())
    if word in _KINDS:
        return RowType(_KINDS[word])
    first = word.partition(" ")[0]
    why = _OTHERS.get(word) or (_OTHERS[first] if first in {"rank", "include", "range"} else "")
    return RowType(RowKind.OTHER, left_out=why) if why else RowType(RowKind.UNKNOWN)
