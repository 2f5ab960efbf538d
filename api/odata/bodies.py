"""The feed as bytes: the service document, pages of tables, and refusals."""

import json
from collections.abc import Iterable
from typing import Any, Final

from starlette.responses import Response

from api.foundation.problems import NotSignedIn, Problem
from api.foundation.settings import Settings
from api.odata.asking import query_of
from api.odata.queries import Pulled
from api.odata.shapes import Table, in_json

VERSION: Final = {"OData-Version": "4.0"}
_JSON: Final = "application/json;odata.metadata=minimal"

_HOW_TO_SIGN_IN: Final = "Send a token that you created under Your account as the password, with any user name."


def root_at(base: str, settings: Settings) -> str:
    """The address of the feed as its clients reach it; `base` is that of the service in a request."""
    own = base.replace("http://", "https://", 1) if settings.behind_https else base
    return f"{(settings.public_address or own).rstrip('/')}/odata"


def json_answer(content: dict[str, Any], *, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    """JSON as clients of OData expect it."""
    body = json.dumps(content, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()
    return Response(body, status, VERSION | (headers or {}), media_type=_JSON)


def service_document(root: str, tables: Iterable[Table]) -> Response:
    """The tables, each with its address."""
    value = [{"name": table.name, "kind": "EntitySet", "url": table.name} for table in tables]
    return json_answer({"@odata.context": f"{root}/$metadata", "value": value})


def page_of(root: str, pulled: Pulled) -> Response:
    """A page of a table, with the address of the next one."""
    table, asked, page = pulled.table, pulled.asked, pulled.page
    shown = asked.select or tuple(column.name for column in table.columns)
    chosen = f"({','.join(asked.select)})" if asked.select else ""
    content: dict[str, Any] = {"@odata.context": f"{root}/$metadata#{table.name}{chosen}"}
    if page.number is not None:
        content["@odata.count"] = page.number
    columns = [(name, page.names.index(name), table.by_name[name].kind) for name in shown]
    content["value"] = [{name: in_json(kind, row[place]) for name, place, kind in columns} for row in page.rows]
    if page.following is not None:
        content["@odata.nextLink"] = f"{root}/{table.name}?{query_of(table, page.following)}"
    return json_answer(content)


def number_of_rows(number: int) -> Response:
    """How many rows there are, as text."""
    return Response(str(number), headers=VERSION, media_type="text/plain")


def refuse(problem: Problem) -> Response:
    """A refusal as OData has it. Without a valid token it asks for one as the password of HTTP Basic."""
    headers = dict(problem.headers)
    if isinstance(problem, NotSignedIn):
        headers["WWW-Authenticate"] = 'Basic realm="Case Audit", charset="UTF-8"'
    detail = _HOW_TO_SIGN_IN if isinstance(problem, NotSignedIn) else problem.detail
    content = {"error": {"code": problem.slug, "message": f"{problem.title}. {detail}"}}
    return json_answer(content, status=problem.status, headers=headers)
