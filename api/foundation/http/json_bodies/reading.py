"""A large JSON body as the model of its route: a separate process splits it, and it is validated here piece by piece.

The models themselves are made in this process, since they are used here; another process would take a second to import
them. No piece takes more than a few milliseconds, so that nothing waits long for the interpreter.
"""

import json
import subprocess
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final, get_args

from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, RootModel, TypeAdapter, ValidationError

from api.foundation.http.json_bodies import splitting
from api.foundation.http.json_bodies.splitting import LARGEST_ITEM, LARGEST_PIECE
from api.foundation.http.json_bodies.spooling import SpooledBody
from api.foundation.http.problem_details import MOST_FAULTS
from api.foundation.own_process import ended_in_time, give, start_process
from api.foundation.problems import BadRequest, Problem, TooLarge

LONGEST_SECONDS: Final = 30
# Several errors at one place are reported as one fault.
_MOST_ERRORS: Final = 10 * MOST_FAULTS
_LONGEST_LINE: Final = 100
_Errors = list[dict[str, Any]]

NOT_JSON: Final = "The body is not JSON. Check its brackets, commas and quotation marks."
NOT_UTF_8: Final = "The body is not UTF-8. Send JSON in UTF-8."
TOO_DEEP: Final = "The body has lists or objects nested too deeply. Remove levels of nesting."
TOO_MANY_VALUES: Final = "The body has more values than can be read at once. Send fewer at once."
_REFUSALS: Final[Mapping[str, Callable[[], Problem]]] = {
    "not-json": lambda: BadRequest(NOT_JSON),
    "not-utf-8": lambda: BadRequest(NOT_UTF_8),
    "list-twice": lambda: BadRequest("The body contains its list twice. Send the list once."),
    "deep": lambda: BadRequest(TOO_DEEP),
    "many-values": lambda: TooLarge(TOO_MANY_VALUES),
    "many-values-in-an-item": lambda: TooLarge(
        "One item in the list has too many values. Send fewer values in the item."
    ),
    "large-item": lambda: TooLarge("One item in the list is larger than 1 MB. Send a smaller item."),
}
# A small value of the same kind as the list or object that is not valid.
_OTHERS: Final[Mapping[str, Any]] = {"object": {}, "list": [], "text": ""}


@dataclass(frozen=True, slots=True)
class LargeModel:
    """A model that is one long list, or has one in a field."""

    model: type[BaseModel]
    # The name of the field; empty when the model is the list.
    field: str
    items: TypeAdapter[list[Any]]
    most: int

    @classmethod
    def of(cls, model: Any, field: str) -> "LargeModel":
        """Raises TypeError for a model without such a list, or with a list of unlimited length."""
        if not issubclass(model, BaseModel) or issubclass(model, RootModel) == bool(field):
            raise TypeError(f"{model} is neither a list nor an object with a long list that is named")
        info = model.model_fields[field or "root"]
        most = next((each.max_length for each in info.metadata if hasattr(each, "max_length")), None)
        if most is None or len(get_args(info.annotation)) != 1:
            raise TypeError(f"{model.__name__} has no list of a bounded length")
        return cls(model, field, TypeAdapter[list[Any]](info.annotation), most)


def start_splitting(large: LargeModel) -> "subprocess.Popen[bytes]":
    """The process that splits a body, which takes as long to start as most bodies take to arrive."""
    return start_process(splitting.__spec__.name, large.field, str(large.most))


def read_large(large: LargeModel, body: SpooledBody, started: "subprocess.Popen[bytes]") -> BaseModel:
    """The model in a JSON body, split by the process that was started. Raises a Problem, or RequestValidationError with
    what does not validate.

    Uses a thread for at most 30 seconds, and ends the process.
    """
    reading = _Reading(large, body)
    with ended_in_time(started, LONGEST_SECONDS) as process, _given(process, body):
        lines = iter(lambda: process.stdout.readline(_LONGEST_LINE) if process.stdout else b"", b"")
        for line in lines:
            reading.take(*line.decode().split())
            if reading.is_whole:
                return reading.model()
    raise TooLarge("The body is too large to read within the time and memory available. Send less at once.")


@contextmanager
def _given(process: "subprocess.Popen[bytes]", body: SpooledBody) -> Iterator[None]:
    """Give the process the body while the block reads what it answers, and end it after that."""
    giving = threading.Thread(target=lambda: give(process.stdin, body.parts()), name="large body")
    giving.start()
    try:
        yield
    finally:
        process.kill()  # it takes no more, so the thread ends
        giving.join()


class _Reading:
    """What has been read of a body."""

    def __init__(self, large: LargeModel, body: SpooledBody) -> None:
        self._large = large
        self._body = body
        self._items: list[Any] | None = None
        self._number = 0
        self._fields: dict[str, Any] = {}
        self._other: Any = None
        self._errors: _Errors = []
        self.is_whole = False

    def take(self, what: str, *told: str) -> None:
        """Process one line from the splitting process."""
        match what, *told:
            case ("list",):
                self._items = []
            case "items", start, end, number:
                self._take_items(b"[" + self._part(int(start), int(end)) + b"]", int(number))
            case "field", start, end:
                self._fields |= _read(b"{" + self._part(int(start), int(end)) + b"}")
            case "other", kind:
                self._other = _OTHERS.get(kind, 0)
                raise RequestValidationError(self._errors_of_model(self._other))
            case "refused", "long-list":
                error = {"type": "too_long", "loc": self._where, "msg": "", "ctx": {"max_length": self._large.most}}
                raise RequestValidationError([error])
            case "refused", why:
                problem = _REFUSALS[why]()
                raise problem
            case ("whole",):
                self.is_whole = True

    def _part(self, start: int, end: int) -> bytes:
        if end - start > max(LARGEST_ITEM, LARGEST_PIECE):
            raise RuntimeError("The process that reads bodies names a part that is too large.")
        return self._body.part(start, end)

    def _take_items(self, piece: bytes, number: int) -> None:
        before, self._number = self._number, self._number + number
        if len(self._errors) >= _MOST_ERRORS:
            return
        try:
            items = self._large.items.validate_python(_read(piece), from_attributes=True)
        except ValidationError as error:
            self._errors += _moved(error, before, self._where)
            return
        if self._items is not None and not self._errors:
            self._items += items

    @property
    def _where(self) -> tuple[str, ...]:
        return ("body", self._large.field) if self._large.field else ("body",)

    def model(self) -> BaseModel:
        """The whole model, once every line has been processed."""
        if not self._errors:
            try:
                return self._large.model.model_validate(self._whole())
            except ValidationError as error:
                raise RequestValidationError(list(_moved(error, 0, ("body",)))) from None
        # The list is not complete, so errors about the list itself are not reported.
        others = [each for each in self._errors_of_model(self._whole()) if each["loc"][1:2] != (self._large.field,)]
        raise RequestValidationError([*(others if self._large.field else ()), *self._errors])

    def _whole(self) -> Any:
        if not self._large.field:
            return self._items or []
        return self._fields if self._items is None else {**self._fields, self._large.field: self._items}

    def _errors_of_model(self, value: Any) -> _Errors:
        try:
            self._large.model.model_validate(value)
        except ValidationError as error:
            return list(_moved(error, 0, ("body",)))
        return []


def _read(piece: bytes) -> Any:
    try:
        return json.loads(piece)
    except UnicodeDecodeError:
        raise BadRequest(NOT_UTF_8) from None


def _moved(error: ValidationError, before: int, where: tuple[str, ...]) -> Iterator[dict[str, Any]]:
    """The errors with their places in the whole body, without what was sent."""
    for found in error.errors(include_url=False, include_input=False)[:_MOST_ERRORS]:
        first, *rest = found["loc"] or ("",)
        place = (first + before if isinstance(first, int) else first, *rest) if found["loc"] else ()
        yield {**found, "loc": (*where, *place)}
