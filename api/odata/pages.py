"""The page that says how to connect Excel and Power BI, and the file with which Power BI connects."""

import json
from typing import Annotated, Final

from fastapi import Request
from starlette.responses import Response

from api.foundation.http.dependencies import Transaction, reading
from api.foundation.http.routing import Router
from api.foundation.pages.rendering import render
from api.foundation.permissions import Permission
from api.odata.bodies import root_at
from api.odata.catalogue import TABLES, may_read
from api.odata.limiting import PAGES_A_MINUTE
from api.odata.reading import ROWS_OF_A_PAGE

router = Router(include_in_schema=False)
Reader = Annotated[Transaction, reading(Permission.READ_FEED)]
_FILE: Final = "case-audit.pbids"


@router.get("/data-feed")
def show_how_to_connect(request: Request, acting: Reader) -> Response:
    scopes = [each for each in (Permission.READ_FEED, Permission.READ_FEED_RECORDS) if acting.actor.may(each)]
    return render(
        request,
        "odata/connect.html",
        acting=acting,
        address=root_at(str(request.base_url), acting.settings),
        tables=[table for table in TABLES.values() if may_read(acting.actor, table)],
        scopes=[scope.label for scope in scopes],
        rows=ROWS_OF_A_PAGE,
        most=PAGES_A_MINUTE,
        file=_FILE,
    )


@router.get(f"/data-feed/{_FILE}")
def fetch_file_for_power_bi(request: Request, acting: Reader) -> Response:
    """A data source file: the address alone, without a token."""
    url = root_at(str(request.base_url), acting.settings)
    connection = {"details": {"protocol": "odata", "address": {"url": url}}, "options": {}, "mode": "Import"}
    content = json.dumps({"version": "0.1", "connections": [connection]}, indent=2)
    headers = {"Content-Disposition": f'attachment; filename="{_FILE}"'}
    return Response(content, headers=headers, media_type="application/json")
