"""Responses to refusals: application/problem+json for programs (RFC 9457), a page for people.

Nothing here repeats what was sent: not the input that Pydantic keeps, not the values that a database names in its
errors.
"""

import json
import logging
import re
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, Field
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from api.foundation.hooks import Hook
from api.foundation.http.bodies import SEND_JSON, is_json
from api.foundation.http.turns import await_turn
from api.foundation.identity.protocols import protocol_at
from api.foundation.problems import (
    AlreadyExists,
    BadRequest,
    Conflict,
    Fault,
    Invalid,
    MethodNotAllowed,
    NotFound,
    Problem,
    SavedOrNot,
    TooLarge,
    Unavailable,
    Unsupported,
    problem_around,
)
from models.storage.database import OutcomeUnknown
from models.storage.failures import is_about_the_disk, is_lost
from models.storage.slots import Busy
from models.storage.trail import TrailUnwritable

LOG: Final = logging.getLogger("caseaudit.problems")
MEDIA_TYPE: Final = "application/problem+json"
MOST_FAULTS: Final = 100
ProblemPage = Callable[[Request, Problem], Awaitable[Response]]


class PlaceOut(BaseModel):
    kind: str
    start: int = Field(description="Position of the first character in the text, counted from 0.")
    end: int = Field(description="Position of the first character after the match.")


class FaultOut(BaseModel):
    pointer: str = Field(
        description=("Place of the error: a JSON Pointer into the body, or `query: name` or `header: name`.")
    )
    detail: str = Field(description="How to correct the error.")
    places: list[PlaceOut] = Field(
        description=("Positions of the matches, if the text contains something it must not; otherwise null.")
    )
    may_be_kept: bool = Field(
        description="Whether the text can be kept if you send a reason as `keep_names` with the text."
    )

    @classmethod
    def of(cls, fault: Fault, pointer: str) -> "FaultOut":
        return cls(
            pointer=pointer,
            detail=fault.detail,
            places=[PlaceOut(**place._asdict()) for place in fault.places],
            may_be_kept=fault.may_be_kept,
        )


class ProblemOut(BaseModel):
    """A refusal in the form of RFC 9457."""

    type: str = Field(description="A page of this service that explains this type of error.")
    title: str
    status: int
    detail: str = Field(description="The reason and what to do.")
    instance: str = Field(description="The path of the request.")
    request_id: str = Field(description="Quote this number when you report a problem. It is also in the log.")
    errors: list[FaultOut] = Field(description="Each error to correct, with its place. Often empty.")


@dataclass(frozen=True, slots=True)
class RefusalFormat:
    """How refusals look below an address to programs that accept its media type, such as that of a standard."""

    address: str
    media_type: str
    write: Callable[[ProblemOut], Mapping[str, Any]]


REFUSAL_FORMATS: Final = Hook[RefusalFormat]("formats of refusals")


def refusals(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """What a route declares in `responses=`: its own refusals. `complete_openapi` declares those of any route."""
    return {
        status: {
            "description": HTTPStatus(status).phrase,
            "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/ProblemOut"}}},
        }
        for status in statuses
    }


def is_for_programs(request: Request) -> bool:
    return request.url.path.startswith("/api/") or protocol_at(request.url.path) is not None


async def respond(request: Request, problem: Problem) -> Response:
    """The response for a problem: JSON under /api/, what a protocol says under its address, else a page."""
    await await_turn()
    if (protocol := protocol_at(request.url.path)) is not None:
        return protocol.refuse(problem)
    if is_for_programs(request):
        return as_json(request, problem)
    page: ProblemPage = request.app.state.problem_page
    return await page(request, problem)


def as_json(request: Request, problem: Problem) -> Response:
    body = ProblemOut(
        type=f"/problems/{problem.slug}",
        title=problem.title,
        status=problem.status,
        detail=problem.detail,
        instance=request.url.path,
        request_id=getattr(request.state, "request_id", ""),
        errors=[FaultOut.of(fault, _pointer(request, fault)) for fault in problem.faults],
    )
    for each in REFUSAL_FORMATS:
        if request.url.path.startswith(f"{each.address}/") and each.media_type in request.headers.get("accept", ""):
            return Response(json.dumps(each.write(body)), problem.status, problem.headers, media_type=each.media_type)
    return Response(body.model_dump_json(), problem.status, problem.headers, media_type=MEDIA_TYPE)


def _pointer(request: Request, fault: Fault) -> str:
    """The fault's place; a bare name is a query parameter, or else a field of the body."""
    if fault.pointer == "" or fault.pointer[0] == "/" or ": " in fault.pointer:
        return fault.pointer
    return f"query: {fault.pointer}" if fault.pointer in request.query_params else f"/{fault.pointer}"


async def answer_failure(request: Request) -> Response:
    """The response when the service itself failed: tells nothing about the cause."""
    return await respond(
        request,
        Problem(
            "There is a fault in the service. It has been logged and nothing was saved. Try again. If the "
            "problem continues, report the request number."
        ),
    )


def answer_problems(app: FastAPI, page: ProblemPage) -> None:
    """Turn every refusal and every error of this app into a problem; `page` shows it to people."""
    app.state.problem_page = page

    def handle(kind: type[Exception], problem_of: Callable[[Request, Any], Problem]) -> None:
        async def handler(request: Request, error: Exception) -> Response:
            return await respond(request, problem_of(request, error))

        app.add_exception_handler(kind, handler)

    handle(Problem, lambda _, problem: problem)
    handle(RequestValidationError, problem_of_validation)
    handle(HTTPException, problem_of_http)
    handle(DBAPIError, problem_of_database)
    handle(TrailUnwritable, problem_of_trail)
    handle(OSError, problem_of_system)
    handle(OutcomeUnknown, lambda *_: SavedOrNot())
    handle(Busy, lambda _, busy: Unavailable.busy(busy.seconds))
    handle(PoolTimeoutError, lambda *_: Unavailable("The service is busy. Nothing was saved. Try again in 1 minute."))


def problem_of_http(request: Request, error: HTTPException) -> Problem:
    """A refusal by the framework (no such path, wrong method, unreadable body), in our words."""
    if error.status_code == HTTPStatus.NOT_FOUND:
        return NotFound("page" if not is_for_programs(request) else "path")
    if error.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
        allowed = sorted(request.app.state.methods_at(request.url.path)) or ["GET", "HEAD"]
        return MethodNotAllowed(f"Use {' or '.join(allowed)}.", headers={"Allow": ", ".join(allowed)})
    if error.status_code == HTTPStatus.UNSUPPORTED_MEDIA_TYPE:
        return Unsupported(SEND_JSON)
    if error.status_code == HTTPStatus.REQUEST_ENTITY_TOO_LARGE:
        return TooLarge("Send less at once.")
    if error.status_code < HTTPStatus.INTERNAL_SERVER_ERROR:
        return BadRequest("The request cannot be read. Check that it is complete and matches its content type.")
    return Problem()


_WORDS: Final = {
    "missing": "Enter a value. This is missing.",
    "extra_forbidden": "There is no such field. Remove the field.",
    "string_type": "Enter text.",
    "string_unicode": "Enter text in Unicode characters.",
    "string_too_short": "Must be at least {min_length} character(s).",
    "string_too_long": "Must be {max_length} characters or fewer.",
    "string_pattern_mismatch": "The value must be in the required format.",
    "int_type": "Enter a whole number.",
    "int_parsing": "Enter a whole number.",
    "int_parsing_size": "Enter a smaller number.",
    "int_from_float": "Enter a whole number.",
    "float_type": "Enter a number.",
    "float_parsing": "Enter a number.",
    "finite_number": "Enter a finite number.",
    "bool_type": "Enter true or false.",
    "bool_parsing": "Enter true or false.",
    "greater_than": "Enter a number greater than {gt}.",
    "greater_than_equal": "Enter {ge} or more.",
    "less_than": "Enter a number less than {lt}.",
    "less_than_equal": "Enter {le} or less.",
    "multiple_of": "Enter a multiple of {multiple_of}.",
    "enum": "Enter one of: {expected}.",
    "literal_error": "Enter one of: {expected}.",
    "uuid_type": "Enter an identifier from this service.",
    "uuid_parsing": "Enter an identifier from this service.",
    "uuid_version": "Enter an identifier from this service.",
    "too_short": "Enter at least {min_length}.",
    "too_long": "Enter no more than {max_length}.",
    "list_type": "Send a list.",
    "tuple_type": "Send a list.",
    "set_type": "Send a list.",
    "frozen_set_type": "Send a list.",
    "set_item_not_hashable": "Send plain values.",
    "dict_type": "Send an object.",
    "mapping_type": "Send an object.",
    "model_type": "Send an object.",
    "model_attributes_type": "Send an object.",
    "model_input_type": "Send an object.",
    "none_required": "Send null.",
    "union_tag_invalid": "Enter one of: {expected_tags}.",
    "union_tag_not_found": "Enter the type.",
    "json_invalid": "This is not JSON.",
}
_KINDS: Final = (
    ("datetime", "Enter a date and time with a time zone, such as 2026-11-23T09:30:00Z."),
    ("timezone", "Enter a date and time with a time zone, such as 2026-11-23T09:30:00Z."),
    ("date", "Enter a real date, such as 2026-11-23."),
    ("time", "Enter a time, such as 09:30:00."),
    ("url", "Enter a web address."),
    ("decimal", "Enter a number."),
    ("bytes", "Enter text."),
)
_OUTSIDE_THE_BODY: Final = {"query", "path", "header", "cookie"}
_NOT_JSON: Final = {"model_attributes_type", "model_type", "dict_type", "list_type", "mapping_type"}


def problem_of_validation(request: Request, error: RequestValidationError) -> Problem:
    """Pydantic's errors as faults with their places, without anything that was sent."""
    errors: Sequence[Mapping[str, Any]] = error.errors()
    if any(found["type"] == "json_invalid" for found in errors):
        return BadRequest("The body is not JSON. Check its brackets, commas and quotation marks.")
    first = errors[0] if errors else {"loc": (), "type": ""}
    if tuple(first["loc"]) == ("body",) and first["type"] in _NOT_JSON and not is_json(request.headers):
        return Unsupported(SEND_JSON)
    if any(found["loc"][:1] == ("path",) for found in errors):
        return NotFound("path")
    faults = faults_of(errors)
    return Invalid(
        "There is 1 error to correct." if len(faults) == 1 else f"There are {len(faults)} errors to correct.",
        faults=faults,
    )


def faults_of(errors: Iterable[Mapping[str, Any]]) -> tuple[Fault, ...]:
    """Pydantic's errors as faults in plain words; the first hundred of them."""
    found: dict[Fault, None] = {}
    for error in errors:
        if len(found) < MOST_FAULTS:
            found[Fault(_place(error["loc"]), _in_plain_words(error))] = None
    return tuple(found)


def _place(where: Sequence[int | str]) -> str:
    if where and where[0] in _OUTSIDE_THE_BODY:
        return f"{where[0]}: {where[1] if len(where) > 1 else ''}".rstrip()
    pointer = ""
    for part in where[1:] if where and where[0] == "body" else where:
        # A key that the sender made up may be anything, even a name: only what looks like a key is repeated.
        if isinstance(part, str) and not re.fullmatch(r"[A-Za-z_][\w-]{0,39}", part, re.ASCII):
            break
        pointer += f"/{part}"
    return pointer


def _in_plain_words(error: Mapping[str, Any]) -> str:
    kind, context = error["type"], error.get("ctx", {})
    if kind == "value_error":
        # From a validator of our own, whose message is written for the sender and repeats nothing.
        return str(context.get("error", "")) or "This value is not valid."
    words = _WORDS.get(kind)
    if words is None:
        words = next((words for start, words in _KINDS if kind.startswith(start)), "This value is not valid.")
    return words.format_map({name: str(value).replace("'", "") for name, value in context.items()})


def problem_of_trail(request: Request, error: TrailUnwritable) -> Problem:
    """The refusal when the trail cannot be written: nothing is done or shown without its event."""
    LOG.error(
        "the trail cannot be written",
        extra={
            "fields": {
                "request_id": getattr(request.state, "request_id", ""),
                "kind": type(error.__cause__ or error).__name__,
            }
        },
    )
    return problem_around(error) or Unavailable(
        "The trail cannot record events at the moment, so nothing can be shown or changed. Try again in 1 minute."
    )


_SQLITE_AWAY: Final = {7, 9, 14}  # no memory, interrupted, no file
_POSTGRESQL_ONLY_READS: Final = "25006"
# The message when a name is in use, by the name of the constraint.
CONSTRAINT_TEXTS: Final = Hook[Mapping[str, str]]("texts of constraints")
_SQLITE_UNIQUE: Final = re.compile(r"UNIQUE constraint failed: (?P<columns>[\w., ]+)")


def problem_of_system(_: Request, error: OSError) -> Problem:
    """A full disk in words; any other error is a fault of the service."""
    if is_about_the_disk(error):
        return Unavailable.no_room()
    raise error


def problem_of_database(request: Request, error: DBAPIError) -> Problem:
    """A database error in words that name no value: a conflict, or the database being unavailable."""
    LOG.warning(
        "database refused",
        extra={"fields": {"request_id": getattr(request.state, "request_id", ""), "kind": type(error).__name__}},
    )
    if isinstance(error, IntegrityError):
        return _problem_of_integrity(error)
    if isinstance(error, DataError):
        return Invalid("The request contains something that cannot be stored, such as a character that is not text.")
    state = getattr(error.orig, "sqlstate", None)
    if problem := problem_around(error):
        return problem
    if state == _POSTGRESQL_ONLY_READS:
        return Unavailable()
    if isinstance(error, OperationalError | InterfaceError) or is_lost(error):
        code = getattr(error.orig, "sqlite_errorcode", None)
        if code is None or code & 0xFF in _SQLITE_AWAY:
            return Unavailable()
    raise error


def _problem_of_integrity(error: IntegrityError) -> Problem:
    name = _constraint_of(error)
    if name.startswith(("uq_", "pk_")):
        return AlreadyExists(
            next(
                (texts[name] for texts in CONSTRAINT_TEXTS if name in texts),
                "This already exists. Use the existing one, or change the name or reference.",
            )
        )
    if name.startswith("ck_"):
        return Conflict("Your change conflicts with the saved data. Read the latest version, then repeat your change.")
    return Conflict(
        "Something this depends on is missing or has changed. Read the latest version, then repeat your change."
    )


def _constraint_of(error: IntegrityError) -> str:
    """The constraint's name by our naming convention; SQLite names only the columns of a unique one."""
    if name := getattr(getattr(error.orig, "diag", None), "constraint_name", None):
        return str(name)
    said = str(error.orig)
    unique = _SQLITE_UNIQUE.search(said)
    if unique:
        columns = [column.strip().split(".") for column in unique["columns"].split(",")]
        return f"uq_{columns[0][0]}_{'_'.join(column[-1] for column in columns)}"
    check = re.search(r"CHECK constraint failed: (\w+)", said)
    return check[1] if check else ""
