"""The feed over HTTP: the service document, $metadata, tables and their numbers of rows. Every other address of OData
is refused as not supported.
"""

import re
from dataclasses import dataclass
from functools import partial
from typing import Annotated, Final

from fastapi import Request
from starlette.responses import Response

from api.foundation.http.dependencies import ActorRequest, Computed, Transaction, computing
from api.foundation.http.routing import Router
from api.foundation.permissions import Permission
from api.foundation.problems import NotSupported
from api.odata import bodies, queries
from api.odata.asking import check_no_options, options_in
from api.odata.catalogue import TABLES, check_has_token, may_read
from api.odata.limiting import count_page
from api.odata.metadata import metadata_of

router = Router(include_in_schema=False)
Reader = Annotated[ActorRequest, computing(Permission.READ_FEED)]
_TABLE: Final = re.compile(r"[A-Za-z]+", re.ASCII)
_NO_ADDRESS: Final = (
    "The feed has its tables, such as /odata/Answers, their numbers of rows, such as /odata/Answers/$count, and "
    "/odata/$metadata."
)


@router.get("/odata")
def read_start(request: Request, asking: Reader) -> Computed:
    """The tables of the feed that the token may read."""
    options = _begin(request, asking)
    return Computed(lambda acting: _start(acting, _root(request, asking), options), _nothing)


@router.get("/odata/")
def read_start_with_slash(request: Request, asking: Reader) -> Computed:
    """The same: clients put the address together in either way."""
    return read_start(request, asking)


@router.get("/odata/{table}")
def read_table(request: Request, asking: Reader, table: str) -> Computed:
    """A page of a table, or $metadata."""
    options = _begin(request, asking)
    if table == "$metadata":
        return Computed(lambda acting: _metadata(acting, options), _nothing)
    _check_is_table(table)
    root, prefer = _root(request, asking), request.headers.get("prefer")

    def prepare(acting: Transaction) -> Response | _ToRecord:
        pulled = queries.pull_page(acting.session, table=table, options=options, prefer=prefer, by=acting.actor)
        page = bodies.page_of(root, pulled)
        return _ToRecord(page) if pulled.asked.start is None else page

    return Computed(prepare, partial(_record, table))


@router.get("/odata/{table}/{rest}")
def count_rows(request: Request, asking: Reader, table: str, rest: str) -> Computed:
    """How many rows a table has, at $count."""
    options = _begin(request, asking)
    if rest != "$count":
        raise NotSupported(_NO_ADDRESS)
    _check_is_table(table)

    def prepare(acting: Transaction) -> _ToRecord:
        number = queries.pull_number(acting.session, table=table, options=options, by=acting.actor)
        return _ToRecord(bodies.number_of_rows(number))

    return Computed(prepare, partial(_record, table))


@dataclass(frozen=True, slots=True)
class _ToRecord:
    """An answer that is sent when its pull has been recorded."""

    answer: Response


def _record(table: str, acting: Transaction, read: _ToRecord) -> Response:
    queries.record_pull(acting.session, table=table, by=acting.actor)
    return read.answer


def _nothing(*_: object) -> None:
    """What is stored of a request that reads no table."""


def _begin(request: Request, asking: ActorRequest) -> dict[str, str]:
    """The options of a request, which is counted."""
    check_has_token(asking.actor)
    count_page(asking.actor)
    return options_in(request.url.query)


def _check_is_table(table: str) -> None:
    """Raise NotSupported for an address of OData that is no name of a table, such as Answers(1) or $batch."""
    if not _TABLE.fullmatch(table):
        raise NotSupported(_NO_ADDRESS)


def _start(acting: Transaction, root: str, options: dict[str, str]) -> Response:
    check_no_options(options)
    return bodies.service_document(root, (each for each in TABLES.values() if may_read(acting.actor, each)))


def _metadata(acting: Transaction, options: dict[str, str]) -> Response:
    check_has_token(acting.actor)
    check_no_options(options)
    return Response(metadata_of(TABLES.values()), headers=bodies.VERSION, media_type="application/xml")


def _root(request: Request, asking: ActorRequest) -> str:
    return bodies.root_at(str(request.base_url), asking.settings)
