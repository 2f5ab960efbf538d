"""Posted forms: reading them, and showing them again with what was typed when something needs to be corrected."""

import hashlib
import secrets
import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Annotated, Final, TypeVar
from urllib.parse import unquote_to_bytes

from fastapi import Depends, Request
from starlette.datastructures import FormData, UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.responses import Response

from api.foundation.http.admission import capacity_of
from api.foundation.http.bodies import Body
from api.foundation.http.dependencies import RequestKey, Transaction
from api.foundation.http.replies import SecretReply, run_once
from api.foundation.problems import BadRequest, Fault, Invalid
from api.foundation.text.free_text import KeepReason

MOST_FIELDS: Final = 2_000
MOST_FILES: Final = 2
# A field may carry a whole case list; other forms are limited to less by the request checks.
MOST_BYTES_OF_A_FIELD: Final = 32 * 1024 * 1024
_UNQUOTED_AT_ONCE: Final = 16 * 1024
# Larger forms are parsed in a thread: one that is all escapes takes a second per megabyte.
_READ_AT_ONCE: Final = 4 * 1024
# Characters of a long text that are shown beside what must not be in it.
_AROUND_A_MARK: Final = 80
Word = TypeVar("Word")
Value = TypeVar("Value")


@dataclass(frozen=True, slots=True)
class TypedForm:
    """A posted form. Its readers collect faults; `check` raises them."""

    typed: Mapping[str, Sequence[str]]
    files: Mapping[str, bytes] = field(default_factory=dict)
    path: str = ""
    faults: list[Fault] = field(default_factory=list)

    def text(self, name: str) -> str:
        """What was typed, without white space at its end, with line feeds as line ends; "" when not posted."""
        values = self.typed.get(name)
        return values[0].rstrip() if values else ""

    def text_or_stored(self, name: str, stored: str) -> str:
        """What was typed; the stored text where the browser only returned it, whatever its line ends are."""
        typed = self.text(name)
        return stored if typed == stored.replace("\r\n", "\n").replace("\r", "\n").rstrip() else typed

    def keep_names(self, prefix: str = "") -> KeepReason | None:
        """The chosen reason to allow names in the texts."""
        return next((reason for reason in KeepReason if reason == self.text(f"{prefix}keep_names")), None)

    def texts(self, name: str) -> list[str]:
        """Every value of a name, for example of several ticked checkboxes; empty ones are left out."""
        return [value for value in self.typed.get(name, ()) if value]

    def has(self, name: str) -> bool:
        """Whether the name was posted at all: a ticked checkbox, a pressed button."""
        return name in self.typed

    def file(self, name: str) -> bytes | None:
        """The content of a chosen file; None when none was chosen."""
        return self.files.get(name)

    def whole_number(
        self, name: str, called: str, *, least: int = 0, most: int = 1_000_000, needed: bool = True
    ) -> int | None:
        """A whole number, or None with a fault. `called` begins its sentence, for example "The target"."""
        typed = self.text(name).strip().removesuffix("%").strip()
        if not typed and not needed:
            return None
        if typed.isascii() and typed.isdecimal() and len(typed) <= 9 and least <= int(typed) <= most:
            return int(typed)
        self.faults.append(Fault(name, f"{called} must be a whole number from {least:,} to {most:,}."))
        return None

    def one_of(self, name: str, words: Iterable[Word], otherwise: str) -> Word | None:
        """The one of these words that was selected, or None with the fault `otherwise`."""
        found = next((word for word in words if word == self.text(name)), None)
        if found is None:
            self.faults.append(Fault(name, otherwise))
        return found

    def identifier(self, name: str, otherwise: str) -> uuid.UUID | None:
        """The identifier that was selected, or None with the fault `otherwise`."""
        found = identifier_in(self.text(name))
        if found is None:
            self.faults.append(Fault(name, otherwise))
        return found

    @property
    def version(self) -> int:
        """The version of what was shown, from the hidden field of that name. Raises BadRequest without one."""
        typed = self.text("version")
        if not (typed.isascii() and typed.isdecimal() and len(typed) <= 9):
            raise BadRequest("The form is incomplete. Open the page again and repeat your change.")
        return int(typed)

    def date(self, name: str, called: str, *, needed: bool = True) -> date | None:
        """The date of the three fields `name-day`, `name-month`, `name-year`, or None with a fault.

        `called` begins its sentence, for example "The due date".
        """
        parts = {part: self.text(f"{name}-{part}").strip() for part in ("day", "month", "year")}
        if not any(parts.values()):
            if needed:
                self.faults.append(Fault(name, f"{called} must include a day, a month and a year."))
            return None
        missing = [part for part, typed in parts.items() if not typed]
        if missing:
            self.faults.append(Fault(name, f"{called} must include a {' and a '.join(missing)}."))
            return None
        try:
            day, month, year = (_number(typed) for typed in parts.values())
            if not 2000 <= year <= 2199:
                self.faults.append(Fault(name, f"{called} must include a year with 4 digits, such as 2026."))
                return None
            return date(year, month, day)
        except ValueError:
            self.faults.append(Fault(name, f"{called} must be a real date, such as 31 3 2026."))
            return None

    def check(self) -> None:
        """Raise Invalid with every fault that the readers found."""
        if self.faults:
            raise Invalid("There are errors in the form to correct.", faults=tuple(self.faults))

    def given(self, read: Value | None) -> Value:
        """What a reader read. Raises Invalid with every fault of the form where there are any."""
        self.check()
        if read is None:
            raise BadRequest("The form is incomplete. Open the page again and repeat your change.")
        return read


def identifier_in(typed: str) -> uuid.UUID | None:
    """The identifier that a form sent; None for anything else."""
    try:
        return uuid.UUID(typed)
    except ValueError:
        return None


def _number(typed: str) -> int:
    if not (typed.isascii() and typed.isdecimal() and len(typed) <= 4):
        raise ValueError("not a number")
    return int(typed)


def _as_typed(value: str) -> str:
    return value.replace("\r\n", "\n").replace("\r", "\n")


async def posted_form(request: Request) -> TypedForm:
    """The form of a request: URL-encoded or multipart, UTF-8, of at most 2,000 fields and two files.

    Files stay in memory: a posted file may be an export with names in it, which must not be written to a disk. Raises
    BadRequest for anything else. The total size is limited before this is called.
    """
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if not kind and not await request.body():
        return _posted(request, [], {})
    if kind == "application/x-www-form-urlencoded":
        content = await request.body()
        if len(content) <= _READ_AT_ONCE:
            return _of_url_encoded(request, content)
        return await capacity_of(request).run(lambda: _of_url_encoded(request, content))
    limit: Body = getattr(request.state, "body", Body())
    if kind != "multipart/form-data" or not limit.files:
        raise BadRequest("The form cannot be read. Open the page again and submit the form from there.")
    read = await _parsed(request)
    pairs = [(name, value) for name, value in read.multi_items() if isinstance(value, str)]
    files = {
        name: await value.read()
        for name, value in read.multi_items()
        if isinstance(value, UploadFile) and value.filename
    }
    await read.close()
    return _posted(request, pairs, files)


def _of_url_encoded(request: Request, content: bytes) -> TypedForm:
    unreadable = BadRequest("The form cannot be read. Open the page again and submit the form from there.")
    if content.count(b"&") >= MOST_FIELDS:
        raise unreadable
    try:
        split = (field.partition(b"=") for field in content.split(b"&") if field)
        pairs = [(_unquoted(name), _unquoted(value)) for name, _, value in split]
    except UnicodeDecodeError:
        raise unreadable from None
    return _posted(request, pairs, {})


def _unquoted(quoted: bytes) -> str:
    """URL-decode the text in steps: at once it would take a hundred times its size in memory."""
    plain, at = bytearray(), 0
    while at < len(quoted):
        step = quoted[at : at + _UNQUOTED_AT_ONCE]
        if len(step) == _UNQUOTED_AT_ONCE and b"%" in step[-2:]:
            step = step[: step.rindex(b"%")]
        plain += unquote_to_bytes(step.replace(b"+", b" "))
        at += len(step)
    return plain.decode()


class _InMemory(MultiPartParser):
    """Never lets a file spill over to the disk: the total size has been limited already."""

    spool_max_size = 0  # 0: no limit


async def _parsed(request: Request) -> FormData:
    parser = _InMemory(
        request.headers,
        request.stream(),
        max_fields=MOST_FIELDS,
        max_files=MOST_FILES,
        max_part_size=MOST_BYTES_OF_A_FIELD,
    )
    try:
        return await parser.parse()
    except MultiPartException:
        raise BadRequest("The form cannot be read. Open the page again and submit the form from there.") from None


def _posted(request: Request, pairs: Sequence[tuple[str, str]], files: Mapping[str, bytes]) -> TypedForm:
    typed: dict[str, list[str]] = {}
    for name, value in pairs:
        typed.setdefault(name, []).append(_as_typed(value))
    # For the page of a refusal, which gives it back.
    request.state.posted = form = TypedForm(typed=typed, files=files, path=request.url.path)
    if any("\x00" in name or "\x00" in value for name, value in pairs):
        raise BadRequest("The form contains a character that cannot be stored. Enter the text again.")
    return form


PostedForm = Annotated[TypedForm, Depends(posted_form)]


def new_key() -> str:
    """A new key for a form that creates, so that a double click has one effect."""
    return secrets.token_urlsafe(16)


def submit_once(acting: Transaction, form: TypedForm, make: Callable[[], Response | SecretReply]) -> Response:
    """The response of `make`, made once for this form with this content, however often the button is pressed.

    The same hidden `key` with other content is a form that was filled in again, and is processed as such.
    """
    key = key_of(form)
    if key is None:
        made = make()
        return made.answer if isinstance(made, SecretReply) else made
    return run_once(acting, key, make)


def key_of(form: TypedForm) -> RequestKey | None:
    """The key of this form with this content, so that sending it again has one effect; None for a form without one."""
    if not form.text("key"):
        return None
    digest = hashlib.sha256(f"{form.path}\n{form.text('key')}\n".encode())
    for name, values in sorted(form.typed.items()):
        digest.update(repr((name, list(values))).encode())
    for name, content in sorted(form.files.items()):
        digest.update(name.encode() + hashlib.sha256(content).digest())
    return RequestKey(f"form:{digest.hexdigest()}", digest.hexdigest())


@dataclass(frozen=True, slots=True)
class ShownForm:
    """What a form's macros need: what was typed before, if anything, and what needs to be corrected."""

    typed: Mapping[str, Sequence[str]] | None = None
    faults: tuple[Fault, ...] = ()
    # Somebody else changed what the form is about after it was opened: it was refused for that, and the page says so.
    is_overtaken: bool = False

    def version(self, stored: int | str) -> str:
        """The version that the form is sent with: that of what its person has seen.

        The stored one is seen when the page is opened, and when a refusal says that somebody changed it. After any
        other refusal it is still the one that was sent: the page says nothing of a change since, and sending the form
        again must not overwrite it unseen.
        """
        return str(stored) if self.typed is None or self.is_overtaken else self.value("version")

    def value(self, name: str, otherwise: object = "") -> str:
        """What was typed, or what is stored when nothing was posted yet."""
        if self.typed is None:
            return "" if otherwise is None else str(otherwise)
        values = self.typed.get(name)
        return values[0] if values else ""

    def values(self, name: str, otherwise: Sequence[object] = ()) -> list[str]:
        """The same for a name with several values."""
        return [str(value) for value in otherwise] if self.typed is None else list(self.typed.get(name, ()))

    def may_keep_names(self, prefix: str = "") -> bool:
        """Whether a text whose field name begins so contains names, and a reason to allow them is asked for."""
        return any(fault.may_be_kept and fault.pointer.removeprefix("/").startswith(prefix) for fault in self.faults)

    def marked(self, name: str, shown: str) -> list[tuple[str, bool]]:
        """What this field shows in pieces, each with whether it must not be there; empty without such a piece.

        Of a long text only the pieces and some characters around them.
        """
        places = [it for fault in self.faults if fault.pointer.removeprefix("/") == name for it in fault.places]
        return _marked(shown, sorted((place.start, place.end) for place in places))

    def faults_at(self, name: str) -> tuple[str, ...]:
        """Everything to correct in this field, each once."""
        found = (fault.detail for fault in self.faults if fault.pointer.removeprefix("/") == name)
        return tuple(dict.fromkeys(found))


def _marked(text: str, places: Sequence[tuple[int, int]]) -> list[tuple[str, bool]]:
    pieces: list[tuple[str, bool]] = []
    at = 0
    for start, end in places:
        if start >= at and end <= len(text):
            pieces += [(_shortened(text[at:start], is_first=at == 0), False), (text[start:end], True)]
            at = end
    return [*pieces, (_shortened(text[at:], is_last=True), False)] if pieces else []


def _shortened(text: str, *, is_first: bool = False, is_last: bool = False) -> str:
    """Text between two marks, without its middle when it is long."""
    begins = "" if is_first else text[:_AROUND_A_MARK]
    ends = "" if is_last else text[-_AROUND_A_MARK:]
    return text if len(text) <= 2 * _AROUND_A_MARK else f"{begins} … {ends}"
