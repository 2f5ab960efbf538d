"""The feed over HTTP: the service document, $metadata, tables and their numbers of rows. Every other address of OData
is refused as not supported.
"""

import re
from dataclasses import dataclass
from functools import partial
from typing import Annotated, Final

from fastapi import Request
from starlette.responses import Response

from api.foundation.http.dependencies import ActorRequest, Computed, Transaction, computing, reading
from api.foundation.http.routing import Router
from api.foundation.permissions import Actor, Permission
from api.foundation.problems import NotSupported
from api.odata import bodies, queries
from api.odata.asking import check_no_options, options_in
from api.odata.catalogue import TABLES, check_has_token, may_read
from api.odata.limiting import count_page
from api.odata.metadata import metadata_of

router = Router(include_in_schema=False)
Reader = Annotated[Transaction, reading(Permission.READ_FEED)]
Puller = Annotated[ActorRequest, computing(Permission.READ_FEED)]
_TABLE: Final = re.compile(r"[A-Za-z]+", re.ASCII)
_NO_ADDRESS: Final = (
    "The feed has its tables, such as /odata/Answers, their numbers of rows, such as /odata/Answers/$count, and "
    "/odata/$metadata."
)


@router.get("/odata")
def read_start(request: Request, acting: Reader) -> Response:
    """The tables of the feed that the token may read."""
    check_no_options(_begin(request, acting.actor))
    tables = [table for table in TABLES.values() if may_read(acting.actor, table)]
    return bodies.service_document(bodies.root_at(str(request.base_url), acting.settings), tables)


@router.get("/odata/")
def read_start_with_slash(request: Request, acting: Reader) -> Response:
    """The same: clients put the address together in either way."""
    return read_start(request, acting)


@router.get("/odata/$metadata")
def read_metadata(request: Request, acting: Reader) -> Response:
    """Every table with its columns: the same for everybody."""
    check_no_options(_begin(request, acting.actor))
    return Response(metadata_of(TABLES.values()), headers=bodies.VERSION, media_type="application/xml")


@router.get("/odata/{table}")
def read_table(request: Request, asking: Puller, table: str) -> Computed:
    """A page of a table."""
    options = _begin(request, asking.actor)
    _check_is_table(table)
    root, prefer = bodies.root_at(str(request.base_url), asking.settings), request.headers.get("prefer")

    def prepare(acting: Transaction) -> Response | _ToRecord:
        pulled = queries.pull_page(acting.session, table=table, options=options, prefer=prefer, by=acting.actor)
        page = bodies.page_of(root, pulled)
        return _ToRecord(page) if pulled.asked.start is None else page

    return Computed(prepare, partial(_record, table), is_report=True)


@router.get("/odata/{table}/{rest}")
def count_rows(request: Request, asking: Puller, table: str, rest: str) -> Computed:
    """How many rows a table has, at $count."""
    options = _begin(request, asking.actor)
    if rest != "$count":
        raise NotSupported(_NO_ADDRESS)
    _check_is_table(table)

    def prepare(acting: Transaction) -> _ToRecord:
        number = queries.pull_number(acting.session, table=table, options=options, by=acting.actor)
        return _ToRecord(bodies.number_of_rows(number))

    return Computed(prepare, partial(_record, table), is_report=True)


@dataclass(frozen=True, slots=True)
class _ToRecord:
    """An answer that is sent when its pull has been recorded."""

    answer: Response


def _record(table: str, acting: Transaction, read: _ToRecord) -> Response:
    queries.record_pull(acting.session, table=table, by=acting.actor)
    return read.answer


def _begin(request: Request, by: Actor) -> dict[str, str]:
    """The options of a request, which is counted."""
    check_has_token(by)
    count_page(by)
    return options_in(request.url.query)


def _check_is_table(table: str) -> None:
    """Raise NotSupported for an address of OData that is no name of a table, such as Answers(1) or $batch."""
    if not _TABLE.fullmatch(table):
        raise NotSupported(_NO_ADDRESS)
