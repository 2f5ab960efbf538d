"""Free text: its length, and what it must not contain."""

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import TypeVar

from sqlmodel import Session

from api.foundation import events
from api.foundation.local_time import local_date
from api.foundation.permissions import Actor
from api.foundation.problems import BadRequest, Fault, Invalid, Place
from api.foundation.text.identifier_search import identifiers_in
from api.foundation.text.sensitive_terms import risky_terms_of
from checklists.full_stops import as_sentence
from checklists.privacy.identifiers import IdentifierKind
from checklists.privacy.names import NameKind, RiskyTerms, find_names
from models import now

MOST_CHARACTERS = 8_000
MOST_CLEAN = 5_000
Value = TypeVar("Value")
_IDENTIFIERS: frozenset[str] = frozenset(kind.value for kind in IdentifierKind)
# Dates of the last years are of the work that is audited. An older one may be a date of birth.
_YEARS_OF_EVENTS = 3

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
    NameKind.INITIALS: "a person's name",
    NameKind.OLD_DATE: "a date that may be a date of birth",
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
    KeepReason.NOT_A_NAME: "It does not identify anyone",
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
        remedy = (
            "Remove it: describe where it is on file, not what it is."
            if len(places) == 1
            else "Remove them: describe where they are on file, not what they are."
        )
        return [Fault(pointer, f"The text seems to contain {_kinds(places)}. {remedy}", places)]
    return []


@dataclass(slots=True)
class CleanTexts:
    """Texts of one request in which nothing was found, so that a text which several parts repeat is searched once."""

    _texts: set[str] = field(default_factory=set)
    _searched_for: object = None

    def when(self, searched_for: object) -> set[str]:
        """The texts; none when they were searched for something else than `searched_for`."""
        if searched_for != self._searched_for:
            self._texts, self._searched_for = set(), searched_for
        return self._texts


@dataclass(slots=True)
class NameCheck:
    """The names in the texts of one action: reported as faults, or allowed for a reason, which is then an event."""

    risky: RiskyTerms
    _kept: list[str] = field(default_factory=list)
    # Texts in which nothing was found, so that one which several themes or audits repeat is searched once.
    clean: set[str] = field(default_factory=set)
    # The last year of dates that may be dates of birth.
    _births_until: int = field(default_factory=lambda: local_date(now()).year - _YEARS_OF_EVENTS)

    @classmethod
    def of(cls, session: Session, by: Actor, clean: CleanTexts | None = None) -> "NameCheck":
        """With the organisation's terms as they are now. `clean`: of the request whose parts are checked one by one."""
        made = cls(risky_terms_of(session, by.organisation_id))
        if clean is not None:
            made.clean = clean.when((made.risky.key, made.risky.terms, made._births_until))
        return made

    def check(self, pointer: str, words: str, *, keep: KeepReason | None, was: str = "") -> list[Fault]:
        """What is wrong with a text, as `find_faults` says, and names in it that are not allowed for a reason.

        Names in a text that has not changed are not reported again.
        """
        if words in self.clean:
            return []
        faults = find_faults(pointer, words)
        if words == was or (faults and not faults[0].places):
            return faults
        found = find_names(words, self.risky, births_until=self._births_until)
        places = tuple(Place(each.kind.value, each.start, each.end) for each in found)
        if faults:
            return [_with_names(faults[0], places)] if keep is None else faults
        if not places:
            if len(self.clean) < MOST_CLEAN:
                self.clean.add(words)
            return []
        if keep is None:
            it = "it" if len(places) == 1 else "them"
            told = f"The text may contain {_kinds(places)}. Remove {it}, or select a reason to keep {it}."
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


def given(value: Value | None) -> Value:
    """A value that is there unless a fault was found. Raises BadRequest where it is missing without one."""
    if value is None:
        raise BadRequest("The request is incomplete.")
    return value


def refused_events(problem: Invalid, subject_id: uuid.UUID, *, by: Actor) -> list[dict[str, object]]:
    """The event of a refusal because of a text: kinds and places, never the text."""
    found = [
        _noted(fault.pointer, [place for place in fault.places if place.kind in _IDENTIFIERS])
        for fault in problem.faults
        if fault.places and not fault.may_be_kept
    ]
    return [events.row("identifier.refused", subject_id, by=by, details={"found": "; ".join(found)})] if found else []


def _with_names(fault: Fault, names: Sequence[Place]) -> Fault:
    """The fault of a text with identifiers, with the possible names that are elsewhere in it."""
    others = [it for it in names if not any(it.start < each.end and each.start < it.end for each in fault.places)]
    if not others:
        return fault
    places = tuple(sorted((*fault.places, *others), key=lambda place: place.start))
    return replace(fault, detail=f"{as_sentence(fault.detail)} It may also contain {_kinds(others)}.", places=places)


def _noted(pointer: str, places: Iterable[Place]) -> str:
    return f"{pointer} {' '.join(f'{place.kind}:{place.start}-{place.end}' for place in places)}"


def _kinds(places: Sequence[Place]) -> str:
    """Each kind once. A page marks the places in the text, and a program gets them as numbers."""
    *others, last = dict.fromkeys(_CALLED[place.kind] for place in places)
    return f"{', '.join(others)} and {last}" if others else last
