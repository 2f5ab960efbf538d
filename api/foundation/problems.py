"""Every refusal, in one list. Each says why in one sentence, and how to resolve it."""

from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final, NamedTuple

from checklists.full_stops import as_sentence, beside_field
from checklists.plurals import plural
from models.storage.failures import is_about_the_disk, is_busy, is_lost
from models.storage.slots import Busy


class Place(NamedTuple):
    """What kind of text was found, from which character on, and before which."""

    kind: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong with what was sent: where (a JSON Pointer into the body, or a form field) and how to correct it.

    `places` says where in a text; `may_be_kept` is true when the text may stay as it is, for a reason that is given.

    Beside a field, a single sentence has no full stop; what is about the whole form has one, as a problem has.
    """

    pointer: str
    detail: str
    places: tuple[Place, ...] = ()
    may_be_kept: bool = False

    def __post_init__(self) -> None:
        punctuated = beside_field(self.detail) if self.pointer else as_sentence(self.detail)
        object.__setattr__(self, "detail", punctuated)


class Problem(Exception):
    """A refusal. Never repeats what was typed: its text reaches logs and screens of other people."""

    status = HTTPStatus.INTERNAL_SERVER_ERROR
    title = "Something went wrong"
    slug = "internal-error"

    def __init__(
        self,
        detail: str = "",
        *,
        faults: tuple[Fault, ...] = (),
        headers: dict[str, str] | None = None,
    ) -> None:
        self.detail = as_sentence(detail or self.title)
        super().__init__(self.detail)
        self.faults = faults
        self.headers = headers or {}

    @property
    def retry_after(self) -> int:
        """After so many seconds the same may succeed; 0 for a refusal that stays."""
        return int(self.headers.get("Retry-After", 0))


class BadRequest(Problem):
    status = HTTPStatus.BAD_REQUEST
    title = "The request cannot be read"
    slug = "bad-request"


class Invalid(Problem):
    """What was sent has faults; each is named with its place."""

    status = HTTPStatus.UNPROCESSABLE_ENTITY
    title = "There is a problem with the request"
    slug = "invalid"

    @classmethod
    def at(cls, pointer: str, detail: str) -> "Invalid":
        """One fault at one place."""
        return cls(detail, faults=(Fault(pointer, detail),))

    @classmethod
    def page_key(cls) -> "Invalid":
        return cls.at("after", "The page key is not valid. Use the `after` value from the previous page.")


class BadTemplate(Invalid):
    title = "There is a problem with the template"
    slug = "bad-template"


class NotSignedIn(Problem):
    status = HTTPStatus.UNAUTHORIZED
    title = "You are not signed in"
    slug = "not-signed-in"

    def __init__(self, detail: str = "Sign in, or send a valid token.") -> None:
        super().__init__(detail, headers={"WWW-Authenticate": "Bearer"})


class WrongCredentials(Problem):
    status = HTTPStatus.UNPROCESSABLE_ENTITY
    title = "The email address or password is not correct"
    slug = "wrong-credentials"


class PasswordsOff(Problem):
    """The organisation lets this person sign in with its provider alone."""

    status = HTTPStatus.UNPROCESSABLE_ENTITY
    title = "Your organisation does not use passwords"
    slug = "passwords-off"

    def __init__(self) -> None:
        super().__init__("Your organisation signs in with its own provider, without a password here. Sign in with it.")


class TooManyAttempts(Problem):
    status = HTTPStatus.TOO_MANY_REQUESTS
    title = "Too many attempts"
    slug = "too-many-attempts"


class TooManyRequests(Problem):
    """One person, program or address sends more requests than it may."""

    status = HTTPStatus.TOO_MANY_REQUESTS
    title = "Too many requests"
    slug = "too-many-requests"

    def __init__(self, seconds: int = 1) -> None:
        super().__init__(
            f"Nothing was done. Wait {plural(seconds, 'second')}, then send fewer requests at once.",
            headers={"Retry-After": str(seconds)},
        )


class NotAllowed(Problem):
    status = HTTPStatus.FORBIDDEN
    title = "Your roles do not allow this"
    slug = "not-allowed"


class NotSupported(Problem):
    """A protocol has it, and this service does not."""

    status = HTTPStatus.NOT_IMPLEMENTED
    title = "This service does not support that"
    slug = "not-supported"


class SecondFactorNeeded(Problem):
    """A role of the person needs a second factor, and they have none yet."""

    status = HTTPStatus.FORBIDDEN
    title = "Set up a second factor first"
    slug = "second-factor-needed"

    def __init__(self) -> None:
        super().__init__("Your roles need a second factor. Set one up under Your account, then repeat this.")


class ProveAgain(Problem):
    """The person signed in too long ago for this."""

    status = HTTPStatus.FORBIDDEN
    title = "Enter your password again"
    slug = "prove-again"

    def __init__(self) -> None:
        super().__init__("You signed in more than 10 minutes ago. Enter your password again, then repeat this.")


class CrossSite(Problem):
    status = HTTPStatus.FORBIDDEN
    title = "The request came from another site"
    slug = "cross-site"


class NotFound(Problem):
    """It does not exist, or this person may not see it: both give the same response."""

    status = HTTPStatus.NOT_FOUND
    title = "Not found"
    slug = "not-found"

    def __init__(self, called: str = "page") -> None:
        self.called = called
        super().__init__(f"This {called} does not exist, or you do not have permission to view it.")


class MethodNotAllowed(Problem):
    status = HTTPStatus.METHOD_NOT_ALLOWED
    title = "This cannot be done here"
    slug = "method-not-allowed"


class Conflict(Problem):
    """The state of the record does not allow this."""

    status = HTTPStatus.CONFLICT
    title = "This cannot be done now"
    slug = "conflict"


class Moved(Conflict):
    """The data that a computation used has changed since."""

    title = "The data changed during the calculation"
    slug = "moved"

    def __init__(self, detail: str = "Nothing was saved. Read the latest version, then repeat your change.") -> None:
        super().__init__(detail)


class AlreadyExists(Problem):
    status = HTTPStatus.CONFLICT
    title = "This already exists"
    slug = "already-exists"


class Stale(Problem):
    status = HTTPStatus.PRECONDITION_FAILED
    title = "Someone else has changed this since you read it"
    slug = "stale"

    def __init__(self, detail: str = "Read the latest version, then repeat your change.") -> None:
        super().__init__(detail)


class VersionMissing(Problem):
    status = HTTPStatus.PRECONDITION_REQUIRED
    title = "Enter the version you are changing"
    slug = "version-missing"

    def __init__(self) -> None:
        super().__init__("Send If-Match with the ETag of the version you read.")


class IdempotencyKeyMissing(Problem):
    status = HTTPStatus.BAD_REQUEST
    title = "Send a key with the request"
    slug = "idempotency-key-missing"

    def __init__(self) -> None:
        super().__init__(
            "Send Idempotency-Key with your own text of 1 to 200 printable characters. Use a new key for each "
            "thing you create, and the same key when you try again."
        )


class IdempotencyKeyReused(Problem):
    status = HTTPStatus.UNPROCESSABLE_ENTITY
    title = "This key was used for another request"
    slug = "idempotency-key-reused"

    def __init__(self) -> None:
        super().__init__(
            "Use a new Idempotency-Key for each new request. Repeat a key only with exactly the same request."
        )


class TooLarge(Problem):
    status = HTTPStatus.REQUEST_ENTITY_TOO_LARGE
    title = "The request is too large"
    slug = "too-large"


class HeadersTooLarge(Problem):
    status = HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE
    title = "The headers are too large"
    slug = "headers-too-large"

    def __init__(self) -> None:
        super().__init__("Send no more than 100 headers, and no more than 32 kB of headers and address together.")


class TooSlow(Problem):
    status = HTTPStatus.REQUEST_TIMEOUT
    title = "The request took too long to arrive"
    slug = "too-slow"

    def __init__(self) -> None:
        super().__init__("Nothing was done because the request was incomplete. Send it again over a faster connection.")


class Unsupported(Problem):
    status = HTTPStatus.UNSUPPORTED_MEDIA_TYPE
    title = "This type of content is not accepted"
    slug = "unsupported"


_BUSY_SECONDS: Final = 5


class Unavailable(Problem):
    status = HTTPStatus.SERVICE_UNAVAILABLE
    title = "The service cannot do this at the moment"
    slug = "unavailable"

    def __init__(self, detail: str = "Nothing was saved. Try again in 1 minute.", *, seconds: int = 30) -> None:
        super().__init__(detail, headers={"Retry-After": str(seconds)})

    @classmethod
    def busy(cls, seconds: int) -> "Unavailable":
        """Too many requests for the same thing at once."""
        words = "Many people are using the service. Nothing was saved. Try again in a few seconds."
        return cls(words, seconds=seconds)

    @classmethod
    def no_room(cls) -> "Unavailable":
        """Nothing can be stored."""
        return cls(
            "The disk of the service is full or cannot be written. Nothing was saved. Tell the people who run the "
            "service, and try again later."
        )


def problem_around(error: Exception) -> Unavailable | None:
    """The refusal for an error from around the service, when nothing was saved and the same may succeed later: others
    are in the way, or the disk is full. None for any other error.
    """
    if isinstance(error, Busy):
        return Unavailable.busy(error.seconds)
    if is_lost(error):
        return None  # it may have been saved
    if is_about_the_disk(error):
        return Unavailable.no_room()
    if is_busy(error):
        return Unavailable("The service is busy. Nothing was saved. Try again in a few seconds.", seconds=_BUSY_SECONDS)
    return None


class SavedOrNot(Problem):
    """The connection to the database was lost while it was saving: nobody can say which way it ended.

    Or what came first in the request was saved, and the rest was not.
    """

    status = HTTPStatus.SERVICE_UNAVAILABLE
    title = "Your change may or may not have been saved"
    slug = "saved-or-not"

    def __init__(
        self,
        detail: str = "The connection to the database was lost at that moment. Check whether your change was saved "
        "before you make it again. Programs can repeat the request with the same Idempotency-Key.",
    ) -> None:
        super().__init__(detail, headers={"Retry-After": "5"})

    @classmethod
    def in_part(cls) -> "SavedOrNot":
        """What is saved in several parts, when a later part could not be."""
        return cls(
            "The service could not finish: part of your change may have been saved. Check what was saved before you "
            "make it again. Programs can repeat the request with the same Idempotency-Key, which saves the rest."
        )


def every_problem() -> tuple[type[Problem], ...]:
    """All classes of refusal, for the documentation and its test."""

    def below(kind: type[Problem]) -> list[type[Problem]]:
        return [kind, *(deeper for child in kind.__subclasses__() for deeper in below(child))]

    return tuple(below(Problem))


def check_version(current: int, sent: int | None) -> None:
    """Raise Stale when a change is based on another version than the current one; None is not compared."""
    if sent is not None and sent != current:
        raise Stale


def is_allowed(check: Callable[..., object], /, *arguments: object, **named: object) -> bool:
    """Whether a check raises no Problem. Pages use the check of the action, so they offer only what it allows."""
    try:
        check(*arguments, **named)
    except Problem:
        return False
    return True


def refusal_of(check: Callable[..., object], /, *arguments: object, **named: object) -> str:
    """What a check refuses, in words; "" where it raises no Problem. For pages, where they cannot offer an action."""
    try:
        check(*arguments, **named)
    except Problem as problem:
        return problem.detail or problem.title
    return ""
