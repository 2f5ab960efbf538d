"""What a request asks of a table: its query options. None is ever ignored."""

import base64
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final
from urllib.parse import parse_qsl, urlencode

from api.foundation.problems import BadRequest, NotSupported
from api.odata.shapes import Start, Table, in_json, out_of_json

# A number of 9 digits fits into every database.
MOST_DIGITS: Final = 9
MOST_SORTED_BY: Final = 5
_PAGE_SIZE: Final = re.compile(
    r"(?:^|[,;\s])(?:odata\.)?maxpagesize\s*=\s*(\d{1,9})(?=$|[,;\s])", re.ASCII | re.IGNORECASE
)
_SUPPORTED: Final = "$select, $filter, $orderby, $top, $skip, $count"
_JSON: Final = frozenset({"json", "application/json", "application/json;odata.metadata=minimal"})


@dataclass(frozen=True, slots=True)
class Sorting:
    """A column by which rows are sorted."""

    name: str
    descending: bool = False


@dataclass(frozen=True, slots=True)
class Asked:
    """The options of a request. `select`: names of columns, none for all. `start`: where a later page begins."""

    select: tuple[str, ...] = ()
    filter: str = ""
    sorting: tuple[Sorting, ...] = ()
    top: int | None = None
    skip: int = 0
    counts: bool = False
    start: Start | None = None

    def following(self, start: Start, *, shown: int = 0, skip: int = 0) -> "Asked":
        """What asks for the next page, which begins there, when this one has shown so many."""
        return replace(self, top=None if self.top is None else self.top - shown, skip=skip, counts=False, start=start)


def options_in(query: str) -> dict[str, str]:
    """The options of a query by name. Raises BadRequest for one that is sent twice."""
    try:
        pairs = parse_qsl(query, keep_blank_values=True, strict_parsing=bool(query), max_num_fields=20, errors="strict")
    except (ValueError, UnicodeDecodeError):
        raise BadRequest("The query cannot be read. Write it as $top=5&$select=Name.") from None
    options = dict(pairs)
    if len(options) != len(pairs):
        raise BadRequest("An option is sent twice. Send each once.")
    return options


def page_size(prefer: str | None, *, most: int) -> int:
    """How many rows a page has: the most, or fewer where the client prefers so (odata.maxpagesize)."""
    wanted = _PAGE_SIZE.search(prefer or "")
    return min(most, max(1, int(wanted[1]))) if wanted else most


def check_no_options(options: dict[str, str]) -> None:
    """Raise NotSupported for any option but $format=json, where no other has a meaning."""
    if _without_format(options):
        raise NotSupported("This address takes no options. They are for tables.")


def asked_of(table: Table, options: dict[str, str]) -> Asked:
    """What the options ask of a table. Raises BadRequest and NotSupported; ignores nothing."""
    options = _without_format(options)
    asked = Asked(
        select=_select(table, options.pop("$select", None)),
        filter=_filter(options.pop("$filter", None)),
        sorting=_sorting(table, options.pop("$orderby", None)),
        top=_number("$top", options.pop("$top", None)),
        skip=_number("$skip", options.pop("$skip", None)) or 0,
        counts=_yes_no("$count", options.pop("$count", None)),
    )
    token = options.pop("$skiptoken", None)
    if options:
        if all(name.startswith(("$", "@")) for name in options):
            raise NotSupported(f"An option of this request is not supported. The feed supports {_SUPPORTED}.")
        raise BadRequest(f"An option of this request is unknown. The feed supports {_SUPPORTED}.")
    return asked if token is None else replace(asked, start=_start(table, order_of(table, asked), token))


def order_of(table: Table, asked: Asked) -> tuple[Sorting, ...]:
    """The columns by which the rows come, so that the place of each is unique."""
    named = {each.name for each in asked.sorting}
    return (*asked.sorting, *(Sorting(name) for name in table.order if name not in named))


def query_of(table: Table, asked: Asked) -> str:
    """The query that asks this, for the address of a next page."""
    options: dict[str, str] = {}
    if asked.select:
        options["$select"] = ",".join(asked.select)
    if asked.filter:
        options["$filter"] = asked.filter
    if asked.sorting:
        options["$orderby"] = ",".join(f"{each.name} desc" if each.descending else each.name for each in asked.sorting)
    if asked.top is not None:
        options["$top"] = str(asked.top)
    if asked.skip:
        options["$skip"] = str(asked.skip)
    if asked.start is not None:
        options["$skiptoken"] = _token(table, order_of(table, asked), asked.start)
    return urlencode(options, safe="$,")


def _without_format(options: dict[str, str]) -> dict[str, str]:
    if options.get("$format", "json").replace(" ", "") not in _JSON:
        raise NotSupported("The feed is written as JSON only. Leave out $format.")
    return {name: value for name, value in options.items() if name != "$format"}


def _filter(value: str | None) -> str:
    if value is not None and not value.strip():
        raise BadRequest("The $filter is empty. Leave it out, or say what to choose.")
    return value or ""


def _select(table: Table, value: str | None) -> tuple[str, ...]:
    if value is None or value.strip() == "*":
        return ()
    names = tuple(dict.fromkeys(name.strip() for name in value.split(",")))
    _check_names(table, names, "$select")
    return names


def _check_names(table: Table, names: Sequence[str], option: str) -> None:
    if any("/" in name or "(" in name for name in names):
        raise NotSupported(f"{option} takes names of columns only.")
    if not all(name in table.by_name for name in names):
        raise BadRequest(f"{option} names a column that this table does not have. See $metadata.")


def _sorting(table: Table, value: str | None) -> tuple[Sorting, ...]:
    if value is None:
        return ()
    if not table.sortable:
        raise NotSupported(f"{table.name} cannot be sorted. Sort the rows where you use them.")
    found = []
    for part in value.split(","):
        name, *how = part.split()[:3] or [""]
        _check_names(table, [name], "$orderby")
        if how not in ([], ["asc"], ["desc"]):
            raise BadRequest("Write $orderby as Name, or Name desc.")
        found.append(Sorting(name, how == ["desc"]))
    if len(found) > MOST_SORTED_BY or len({each.name for each in found}) < len(found):
        raise BadRequest(f"Sort by at most {MOST_SORTED_BY} columns, each once.")
    return tuple(found)


def _number(option: str, value: str | None) -> int | None:
    if value is None:
        return None
    if not (value.isascii() and value.isdecimal() and len(value) <= MOST_DIGITS):
        raise BadRequest(f"{option} must be a whole number of at most {MOST_DIGITS} digits.")
    return int(value)


def _yes_no(option: str, value: str | None) -> bool:
    if value not in {None, "true", "false"}:
        raise BadRequest(f"{option} must be true or false.")
    return value == "true"


def _token(table: Table, order: Sequence[Sorting], start: Start) -> str:
    kinds = [table.by_name[each.name].kind for each in order]
    values = [in_json(kind, value) for kind, value in zip(kinds, start.values, strict=True)]
    return base64.urlsafe_b64encode(json.dumps(values, separators=(",", ":")).encode()).decode().rstrip("=")


def _start(table: Table, order: Sequence[Sorting], token: str) -> Start:
    kinds = [table.by_name[each.name].kind for each in order]
    try:
        values = json.loads(base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)))
        return Start(tuple(out_of_json(kind, value) for kind, value in zip(kinds, values, strict=True)))
    except (ValueError, TypeError, RecursionError):
        raise BadRequest("The $skiptoken is not one of this feed. Follow @odata.nextLink as it is.") from None
