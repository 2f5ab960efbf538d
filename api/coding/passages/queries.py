"""Reads one page of a theme's passages with the codes that people gave them."""

import uuid
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from sqlmodel import Session

from api.coding.codes.queries import list_codes
from api.coding.passages.given import Key, finished_coders, given_codes
from api.coding.passages.reading import AuditPassages, digest_of, read_passages
from api.coding.rules import CodedRound, check_can_code, coded_round
from api.foundation import access_log
from api.foundation.permissions import Actor
from api.people import actions as people
from checklists.passages.parts import Place
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
    """A passage with the codes that the person gave it, and those of others where they may see them, by coder."""

    place: Place
    label: str
    text: str
    codes: frozenset[uuid.UUID]
    has_changed: bool
    others: Mapping[str, frozenset[uuid.UUID]] = field(default_factory=dict)


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
    coded, coder_id = coded_round(session, round_id, by=by), check_can_code(by)
    coded.check_theme(theme)
    access_log.record_view(session, "round.passages-read", round_id, by=by)
    finished = finished_coders(session, coded, theme)
    seen = finished if coder_id in finished else ()
    codes = list_codes(session, coded)
    audits, following, found = _page_of(session, coded, theme, query, after, limit, by)
    shown = tuple(_shown(session, coded, theme, audits, seen, by))
    return CodingPage(coded, theme, codes, shown, following, coder_id in finished, found)


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
    coder_id = check_can_code(by)
    every = read_passages(session, coded, theme, by=by)
    places: defaultdict[uuid.UUID, list[Place]] = defaultdict(list)
    for audit_id, place in _matching(every, query, given_codes(session, coded, theme, [coder_id])[coder_id]):
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
    kept = tuple(each for each in audit.passages if each.place in places)
    return AuditPassages(audit.audit_id, audit.reference, audit.team_id, kept)


def _shown(
    session: Session,
    coded: CodedRound,
    theme: str,
    audits: Sequence[AuditPassages],
    seen: Sequence[uuid.UUID],
    by: Actor,
) -> list[ShownAudit]:
    coder_id = check_can_code(by)
    coders = list(dict.fromkeys([coder_id, *seen]))
    given = given_codes(session, coded, theme, coders, audits=[audit.audit_id for audit in audits])
    others = [each for each in coders if each != coder_id]
    names = people.names_of(session, others, by=by) if others else {}
    return [
        ShownAudit(
            audit.audit_id,
            audit.reference,
            tuple(
                ShownPassage(
                    each.place,
                    each.label,
                    each.text,
                    frozenset(given[coder_id].get((audit.audit_id, each.place), ())),
                    _has_changed(each.text, given[coder_id].get((audit.audit_id, each.place), {})),
                    {
                        names[other]: frozenset(given[other].get((audit.audit_id, each.place), ()))
                        for other in sorted(others, key=lambda it: names[it])
                    },
                )
                for each in audit.passages
            ),
        )
        for audit in audits
        if audit.passages
    ]


def _has_changed(text: str, codes: Mapping[uuid.UUID, str]) -> bool:
    return bool(codes) and digest_of(text) not in codes.values()
