"""The feed over HTTP: the service document, $metadata, tables and their numbers of rows. Every other address of OData
is refused as not supported.
"""

import re
from typing import Annotated, Final

from fastapi import Request
from starlette.responses import Response

from api.foundation.http.dependencies import ActorRequest, Computed, Transaction, computing
from api.foundation.http.routing import Router
from api.foundation.permissions import Permission
from api.foundation.problems import NotFound, NotSupported
from api.odata import queries, writing
from api.odata.asking import check_no_options, options_in
from api.odata.catalogue import TABLES, check_has_token, may_read
from api.odata.limiting import count_page
from api.odata.metadata import metadata_of

router = Router(include_in_schema=False)
Reader = Annotated[ActorRequest, computing(Permission.READ_FEED)]
_TABLE: Final = re.compile(r"(?P<table>[A-Za-z]+)(?P<counted>/\$count)?", re.ASCII)
_NO_ADDRESS: Final = (
    "The feed has its tables, such as /odata/Answers, their numbers of rows, such as /odata/Answers/$count, and "
    "/odata/$metadata."
)


@router.get("/odata")
def read_start(request: Request, asking: Reader) -> Computed:
    """The tables of the feed that the token may read."""
    return _answer(request, asking, "")


@router.get("/odata/{address:path}")
def read_address(request: Request, asking: Reader, address: str) -> Computed:
    """A table of the feed, a page at a time, or another address of OData."""
    return _answer(request, asking, address)


def _answer(request: Request, asking: ActorRequest, address: str) -> Computed:
    check_has_token(asking.actor)
    count_page(asking.actor)
    root = writing.root_at(str(request.base_url), asking.settings)
    options = options_in(request.url.query)
    asked = _TABLE.fullmatch(address)
    if asked is None:
        return Computed(lambda acting: _described(acting, root, address, options), lambda *_: None)
    table, has_begun = asked["table"], "$skiptoken" in options

    def prepare(acting: Transaction) -> Response | tuple[Response]:
        if asked["counted"]:
            number = queries.pull_number(acting.session, table=table, options=options, by=acting.actor)
            return (writing.number_of_rows(number),)
        prefer = request.headers.get("prefer")
        pulled = queries.pull_page(acting.session, table=table, options=options, prefer=prefer, by=acting.actor)
        page = writing.page_of(root, pulled)
        return page if has_begun else (page,)

    def store(acting: Transaction, prepared: tuple[Response]) -> Response:
        queries.record_pull(acting.session, table=table, by=acting.actor)
        return prepared[0]

    return Computed(prepare, store)


def _described(acting: Transaction, root: str, address: str, options: dict[str, str]) -> Response:
    check_no_options(options)
    if address == "":
        return writing.service_document(root, (each for each in TABLES.values() if may_read(acting.actor, each)))
    if address == "$metadata":
        return Response(metadata_of(TABLES.values()), headers=writing.VERSION, media_type="application/xml")
    if "$" in address or "(" in address or "/" in address:
        raise NotSupported(_NO_ADDRESS)
    raise NotFound("table")
