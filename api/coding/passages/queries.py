"""Reads one page of a theme's passages with the codes that people gave them."""

import uuid
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from sqlmodel import Session

from api.coding.codes.queries import list_codes
from api.coding.passages.given import Codings, Key, counted_coders, finished_coders, given_codes
from api.coding.passages.reading import AuditPassages, digest_of, read_passages
from api.coding.rules import CodedRound, coded_round
from api.foundation import access_log
from api.foundation.permissions import Actor
from api.people import actions as people
from checklists.passages.parts import Place, label_of_part
from checklists.passages.searching import most_alike, with_all_words
from models import PassageCode

# Audits on one page: each has four passages at most of a theme.
AUDITS_ON_A_PAGE: Final = 10
MOST_ALIKE: Final = 20


class Chosen(StrEnum):
    """Which passages are shown."""

    ALL = "all"
    NOT_CODED = "not-coded"
    CHANGED = "changed"

    @property
    def label(self) -> str:
        return {
            "all": "All passages",
            "not-coded": "Passages that you gave no code",
            "changed": "Passages that changed after you coded them",
        }[self.value]


@dataclass(frozen=True, slots=True)
class PassagesQuery:
    """Which passages to show: with a code, with all words of a search, or most like another one."""

    chosen: Chosen = Chosen.ALL
    code_id: uuid.UUID | None = None
    words: str = ""
    like: Key | None = None


@dataclass(frozen=True, slots=True)
class ShownPassage:
    """A passage with the codes that the person gave it. `others`: who else has finished, with the names of their codes,
    where the person may see them. `has_changed`: its text has changed since the person coded it.
    """

    part: str
    label: str
    text: str
    digest: str
    codes: frozenset[uuid.UUID]
    has_changed: bool
    others: tuple[tuple[str, tuple[str, ...]], ...]


@dataclass(frozen=True, slots=True)
class ShownAudit:
    """An audit with the passages that were asked for."""

    audit_id: uuid.UUID
    reference: str
    passages: tuple[ShownPassage, ...]


@dataclass(frozen=True, slots=True)
class CodingPage:
    """One page of a theme's passages for the person who codes them."""

    coded: CodedRound
    theme: str
    codes: Sequence[PassageCode]
    audits: tuple[ShownAudit, ...]
    after: uuid.UUID | None
    has_finished: bool
    # How many audits were found, where the page shows only some.
    found: int | None


def coding_page(
    session: Session,
    *,
    round_id: uuid.UUID,
    theme: str,
    query: PassagesQuery,
    after: uuid.UUID | None = None,
    limit: int = AUDITS_ON_A_PAGE,
    by: Actor,
) -> CodingPage:
    """One page of the passages of a theme. Raises Conflict, NotAllowed, NotFound.

    Codes of other people are shown only once the person has finished the theme, and only of those who have too.
    """
    coded = coded_round(session, round_id, by=by)
    coded.check_theme(theme)
    access_log.record_view(session, "round.passages-read", round_id, by=by)
    finished = finished_coders(session, coded, theme)
    coders = counted_coders(finished, coded.coder_id)
    codes = list_codes(session, coded)
    audits, following, found = _page_of(session, coded, theme, query, after, limit, by)
    given = given_codes(session, coded, theme, coders, audits=[audit.audit_id for audit in audits])
    shown = _Shown(coded, theme, given, {code.id: code.name for code in codes}, people.names_of(session, coders, by=by))
    has_finished = coded.coder_id in finished
    return CodingPage(coded, theme, codes, tuple(map(shown.audit, audits)), following, has_finished, found)


def _page_of(
    session: Session,
    coded: CodedRound,
    theme: str,
    query: PassagesQuery,
    after: uuid.UUID | None,
    limit: int,
    by: Actor,
) -> tuple[Sequence[AuditPassages], uuid.UUID | None, int | None]:
    """The audits of one page, the key of the next, and how many were found where not all are shown."""
    if query == PassagesQuery():
        every = read_passages(session, coded, theme, by=by, after=after, limit=limit + 1)
        return every[:limit], every[limit - 1].audit_id if len(every) > limit else None, None
    own = given_codes(session, coded, theme, [coded.coder_id])[coded.coder_id]
    every = read_passages(session, coded, theme, by=by)
    places: defaultdict[uuid.UUID, list[Place]] = defaultdict(list)
    for audit_id, place in _matching(every, query, own):
        places[audit_id].append(place)
    by_id = {audit.audit_id: audit for audit in every}
    if query.like is not None:  # few, the most alike first
        return [_only(by_id[each], places[each]) for each in places], None, len(places)
    later = [each for each in places if after is None or each > after]
    following = later[limit - 1] if len(later) > limit else None
    return [_only(by_id[each], places[each]) for each in later[:limit]], following, len(places)


def _matching(
    audits: Sequence[AuditPassages], query: PassagesQuery, own: Mapping[Key, Mapping[uuid.UUID, str]]
) -> list[Key]:
    texts = {(audit.audit_id, each.place): each.text for audit in audits for each in audit.passages}
    keys = list(texts)
    if query.like is not None:
        return [query.like, *most_alike(texts, query.like, limit=MOST_ALIKE)] if query.like in texts else []
    if query.chosen is Chosen.NOT_CODED:
        keys = [key for key in keys if not own.get(key)]
    elif query.chosen is Chosen.CHANGED:
        keys = [key for key in keys if _has_changed(texts[key], own.get(key, {}))]
    if query.code_id is not None:
        keys = [key for key in keys if query.code_id in own.get(key, ())]
    return with_all_words({key: texts[key] for key in keys}, query.words)


def _only(audit: AuditPassages, places: Collection[Place]) -> AuditPassages:
    return replace(audit, passages=tuple(each for each in audit.passages if each.place in places))


@dataclass(frozen=True, slots=True)
class _Shown:
    """What a page of a theme shows of its audits: the codes of the coders, by their names and those of the codes."""

    coded: CodedRound
    theme: str
    given: Codings
    codes: Mapping[uuid.UUID, str]
    coders: Mapping[uuid.UUID, str]

    def audit(self, audit: AuditPassages) -> ShownAudit:
        shown = tuple(self._passage((audit.audit_id, each.place), each.text) for each in audit.passages)
        return ShownAudit(audit.audit_id, audit.reference, shown)

    def _passage(self, key: Key, text: str) -> ShownPassage:
        own, part = self.given[self.coded.coder_id].get(key, {}), key[1].part
        others = [
            (self.coders[coder], tuple(sorted(self.codes[code] for code in coding.get(key, ()))))
            for coder, coding in self.given.items()
            if coder != self.coded.coder_id
        ]
        label = label_of_part(part, self.coded.template.own_words)
        changed = _has_changed(text, own)
        return ShownPassage(part, label, text, digest_of(text), frozenset(own), changed, tuple(sorted(others)))


def _has_changed(text: str, codes: Mapping[uuid.UUID, str]) -> bool:
    return bool(codes) and digest_of(text) not in codes.values()
