"""Free text: its length, and what it must not contain."""

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from sqlmodel import Session

from api.foundation import events
from api.foundation.permissions import Actor
from api.foundation.problems import Fault, Invalid, Place
from api.foundation.text.identifier_search import identifiers_in
from api.foundation.text.sensitive_terms import risky_terms_of
from checklists.privacy.identifiers import IdentifierKind
from checklists.privacy.names import NameKind, RiskyTerms, find_names

MOST_CHARACTERS = 8_000
MOST_PLACES_TOLD = 3

_CALLED: dict[str, str] = {
    IdentifierKind.NHS_NUMBER: "an NHS number",
    IdentifierKind.UPN: "a unique pupil number",
    IdentifierKind.NI_NUMBER: "a National Insurance number",
    IdentifierKind.EMAIL: "an email address",
    IdentifierKind.POSTCODE: "a full postcode",
    IdentifierKind.PHONE: "a telephone number",
    IdentifierKind.DATE_OF_BIRTH: "a date of birth",
    NameKind.TITLE_AND_NAME: "a title with a name",
    NameKind.RISKY_TERM: "a term on your organisation's sensitive terms list",
    NameKind.FULL_NAME: "a person's name",
    NameKind.ADDRESS: "an address",
    NameKind.SCHOOL: "the name of a school",
    NameKind.LOCAL_PHONE: "a telephone number",
}


class KeepReason(StrEnum):
    """Why text that looks like a name is allowed."""

    NOT_A_NAME = "not-a-name"
    WORKER = "worker"
    PUBLISHED = "published"

    @property
    def label(self) -> str:
        return _LABELS[self]


_LABELS = {
    KeepReason.NOT_A_NAME: "It is not anyone’s name",
    KeepReason.WORKER: "It identifies a professional in their work, where this is necessary, and not a child or family",
    KeepReason.PUBLISHED: "It is part of a published title, such as a tool, a law or a review",
}


def find_faults(pointer: str, words: str) -> list[Fault]:
    """What is wrong with a text: too long, or something in it that identifies a person. Never repeats the text."""
    if len(words) > MOST_CHARACTERS:
        return [Fault(pointer, f"Text must be {MOST_CHARACTERS:,} characters or fewer.")]
    if "\x00" in words:
        return [Fault(pointer, "The text contains a character that cannot be stored. Enter the text again.")]
    places = tuple(Place(each.kind.value, each.start, each.end) for each in identifiers_in(words))
    if places:
        remedy = "Remove it: describe where it is on file, not what it is."
        return [Fault(pointer, f"The text seems to contain {_kinds_and_places(words, places)}. {remedy}", places)]
    return []


@dataclass(slots=True)
class NameCheck:
    """The names in the texts of one action: reported as faults, or allowed for a reason, which is then an event."""

    risky: RiskyTerms
    _kept: list[str] = field(default_factory=list)

    @classmethod
    def of(cls, session: Session, by: Actor) -> "NameCheck":
        return cls(risky_terms_of(session, by.organisation_id))

    def check(self, pointer: str, words: str, *, keep: KeepReason | None, was: str = "") -> list[Fault]:
        """What is wrong with a text, as `find_faults` says, and names in it that are not allowed for a reason.

        Names in a text that has not changed are not reported again.
        """
        faults = find_faults(pointer, words)
        if faults or words == was:
            return faults
        places = tuple(Place(each.kind.value, each.start, each.end) for each in find_names(words, self.risky))
        if not places:
            return []
        if keep is None:
            remedy = "Remove it, or select a reason to keep it."
            told = f"The text may contain {_kinds_and_places(words, places)}. {remedy}"
            return [Fault(pointer, told, places, may_be_kept=True)]
        self._kept.append(f"{keep.value} {_noted(pointer, places)}")
        return []

    def record(self, session: Session, subject_id: uuid.UUID, *, by: Actor) -> None:
        """Record the names that were allowed, if any: kinds, places and reason."""
        events.record_many(session, self.kept_events(subject_id, by=by))

    def forget(self) -> None:
        """Forget the allowed names, when the text is not written after all."""
        self._kept.clear()

    def kept_events(self, subject_id: uuid.UUID, *, by: Actor) -> list[dict[str, object]]:
        """The same as rows, for actions that write many at once; the allowed names are then forgotten."""
        kept, self._kept = self._kept, []
        return [events.row("name.kept", subject_id, by=by, details={"kept": "; ".join(kept)})] if kept else []


def raise_if_any(faults: Sequence[Fault]) -> None:
    """Raise Invalid with these faults, if there are any."""
    if faults:
        raise Invalid(faults[0].detail, faults=tuple(faults))


def refused_events(problem: Invalid, subject_id: uuid.UUID, *, by: Actor) -> list[dict[str, object]]:
    """The event of a refusal because of a text: kinds and places, never the text."""
    found = [_noted(fault.pointer, fault.places) for fault in problem.faults if fault.places and not fault.may_be_kept]
    return [events.row("identifier.refused", subject_id, by=by, details={"found": "; ".join(found)})] if found else []


def _noted(pointer: str, places: Iterable[Place]) -> str:
    return f"{pointer} {' '.join(f'{place.kind}:{place.start}-{place.end}' for place in places)}"


def _kinds_and_places(words: str, places: Sequence[Place]) -> str:
    told = [f"{_CALLED[place.kind]} ({_where(words, place)})" for place in places[:MOST_PLACES_TOLD]]
    more = len(places) - len(told)
    return " and ".join([*told, f"{more} more"] if more else told)


def _where(words: str, place: Place) -> str:
    line = words.count("\n", 0, place.start)
    begins = words.rfind("\n", 0, place.start) + 1
    characters = f"characters {place.start - begins + 1} to {place.end - begins}"
    return f"line {line + 1}, {characters}" if "\n" in words else characters
