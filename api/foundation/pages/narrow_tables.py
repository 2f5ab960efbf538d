"""Tables on a phone: each row is shown as a block, in which every figure follows the name of its column.

A page says so itself, so it needs no JavaScript. The names are read once: style sheets show them beside the cells only
where the row of headings is out of sight, and programs that read a page aloud find the headings. The roles are written
down because some of these programs forget that a table is one when its style changes.
"""

import re
from html import unescape
from typing import Final

from markupsafe import escape

# With fewer columns, a table fits on a phone as it is.
FEWEST_COLUMNS: Final = 3
# Templates write attributes in double quotes, without ">", and escape every "<" of what people wrote.
_TABLE: Final = re.compile(r"<table class=\"([^\"]*)\">(.*?)</table>", re.DOTALL)
_HEADING: Final = re.compile(r"<th\b[^>]*>(.*?)</th>", re.DOTALL)
_TAG: Final = re.compile(r"<[^>]*>")
_PART: Final = re.compile(r"<(tr|th|td|tbody)\b(?=[^>]*>(\s*</t[dh]>)?)")
_ROLES: Final = {"tr": "row", "tbody": "rowgroup", "th": "rowheader", "td": "cell"}


def with_names_of_columns(page: str) -> str:
    """The page with the name of its column on every cell of each table that is too wide for a phone."""
    return _TABLE.sub(_named, page) if "<table" in page else page


def _named(table: re.Match[str]) -> str:
    classes = table[1]
    head, _, body = table[2].partition("</thead>")
    names = [_in_words(heading) for heading in _HEADING.findall(head)]
    if not body or len(names) < FEWEST_COLUMNS:
        return table.group()
    labels = [f' data-column="{escape(name)}"' if name else "" for name in names]
    column = 0

    def part(found: re.Match[str]) -> str:
        nonlocal column
        kind, is_empty = found.groups()
        if kind in {"tr", "tbody"}:
            column = 0
            return f'<{kind} role="{_ROLES[kind]}"'
        label = "" if kind == "th" or is_empty or column >= len(labels) else labels[column]
        column += 1
        return f'<{kind} role="{_ROLES[kind]}"{label}'

    head = head.replace("<thead", '<thead role="rowgroup"').replace("<tr", '<tr role="row"')
    head = head.replace("<th ", '<th role="columnheader" ')
    return f'<table class="{classes} app-stacked" role="table">{head}</thead>{_PART.sub(part, body)}</table>'


def _in_words(heading: str) -> str:
    return " ".join(unescape(_TAG.sub("", heading)).split())
