"""Reads a theme's passages with their codes: one page for a coder, and the counts of those who have finished."""

import uuid
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from sqlalchemy import func, select
from sqlmodel import Session, col

from api.coding.codes.queries import list_codes
from api.coding.passages.reading import AuditPassages, digest_of, read_passages
from api.coding.rules import CodedRound, check_can_code, coded_round
from api.foundation import access_log
from api.foundation.permissions import Actor
from api.people import actions as people
from checklists.passages.counting import CodeCount, as_units, count_by_group, count_codes, differing
from checklists.passages.parts import Place
from checklists.passages.searching import most_alike, with_all_words
from checklists.reliability.agreement import Coefficient, agreement
from checklists.reliability.coefficients import Measure
from models import CodedPassage, FinishedCoding, PassageCode, Team

# Audits on one page: each has four passages at most of a theme.
AUDITS_ON_A_PAGE: Final = 10
MOST_ALIKE: Final = 20
SHOWN: Final = (Measure.EXACT, Measure.KAPPA)
RESAMPLES: Final = 400

Key = tuple[uuid.UUID, Place]
Codings = Mapping[uuid.UUID, Mapping[Key, Collection[uuid.UUID]]]


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

    @property
    def is_limited(self) -> bool:
        return self != PassagesQuery()


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


@dataclass(frozen=True, slots=True)
class CodeRow:
    """A code with its counts: of all audits, by team, in the round that it was carried over from, and agreement."""

    code: PassageCode
    count: CodeCount
    teams: Mapping[str, CodeCount]
    agreement: Mapping[Measure, Coefficient]


@dataclass(frozen=True, slots=True)
class ThemeCounts:
    """The codes of a theme's passages, as those gave them who have finished; or the person's own so far."""

    coded: CodedRound
    theme: str
    coders: tuple[str, ...]
    has_finished: bool
    audits: int
    passages: int
    rows: tuple[CodeRow, ...]
    teams: tuple[str, ...]
    differing: int


@dataclass(frozen=True, slots=True)
class ThemeProgress:
    """How far a theme is coded: by the person, and who has finished it."""

    theme: str
    label: str
    passages: int
    coded: int
    has_finished: bool
    coders: tuple[str, ...]


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
    found: int | None = None
    if query.is_limited:
        every = read_passages(session, coded, theme, by=by)
        own = _given(session, coded, theme, [coder_id])[coder_id]
        keys = _matching(every, query, own)
        places = {audit_id: [each.place for audit, each in keys if audit == audit_id] for audit_id, _ in keys}
        by_id = {audit.audit_id: audit for audit in every}
        order = list(places) if query.like else sorted(places)
        found = len(order)
        later = [each for each in order if after is None or query.like or each > after]
        audits = [_only(by_id[each], places[each]) for each in later[:limit]]
        following = later[limit - 1] if len(later) > limit and not query.like else None
    else:
        every = read_passages(session, coded, theme, by=by, after=after, limit=limit + 1)
        audits, following = every[:limit], every[limit - 1].audit_id if len(every) > limit else None
    return CodingPage(
        coded,
        theme,
        codes,
        tuple(_shown(session, coded, theme, audits, seen, by)),
        following,
        coder_id in finished,
        found,
    )


def theme_counts(session: Session, *, round_id: uuid.UUID, theme: str, by: Actor) -> ThemeCounts:
    """The counts of a theme's codes, by those who have finished it. Raises Conflict, NotAllowed, NotFound.

    A person who has not finished sees only their own codes.
    """
    coded, coder_id = coded_round(session, round_id, by=by), check_can_code(by)
    coded.check_theme(theme)
    access_log.record_view(session, "round.passages-read", round_id, by=by)
    finished = finished_coders(session, coded, theme)
    coders = _counted_coders(finished, coder_id)
    audits = read_passages(session, coded, theme, by=by)
    passages = {(audit.audit_id, each.place): audit.audit_id for audit in audits for each in audit.passages}
    codes = list_codes(session, coded)
    given = _given(session, coded, theme, coders)
    teams = _team_names(session, coded, {audit.team_id for audit in audits})
    groups = {audit.audit_id: teams[audit.team_id] for audit in audits}
    ids = [code.id for code in codes]
    counts = count_codes(passages, given, ids)
    split = count_by_group(passages, given, ids, groups)
    blind = _given(session, coded, theme, coders, blind=True) if len(coders) > 1 else {}
    names = people.names_of(session, coders, by=by)
    return ThemeCounts(
        coded,
        theme,
        tuple(sorted(names[each] for each in coders)),
        coder_id in finished,
        len({*passages.values()}),
        len(passages),
        tuple(
            CodeRow(
                code,
                counts[code.id],
                {team: split[team][code.id] for team in split},
                _agreement(passages, blind, code.id),
            )
            for code in codes
        ),
        tuple(split),
        len(differing(passages, given)),
    )


def count_of_code(session: Session, coded: CodedRound, theme: str, code_id: uuid.UUID, *, by: Actor) -> CodeCount:
    """In how many audits a theme's passages have a code, by those who have finished the theme, or by the person."""
    coder_id = check_can_code(by)
    coders = _counted_coders(finished_coders(session, coded, theme), coder_id)
    audits = read_passages(session, coded, theme, by=by)
    passages = {(audit.audit_id, each.place): audit.audit_id for audit in audits for each in audit.passages}
    return count_codes(passages, _given(session, coded, theme, coders), [code_id])[code_id]


def progress_of_themes(session: Session, *, round_id: uuid.UUID, by: Actor) -> list[ThemeProgress]:
    """How far each theme with passages is coded. Raises Conflict, NotAllowed, NotFound."""
    coded, coder_id = coded_round(session, round_id, by=by), check_can_code(by)
    rows = session.execute(
        select(col(FinishedCoding.theme), col(FinishedCoding.coder_id)).where(
            col(FinishedCoding.organisation_id) == by.organisation_id, col(FinishedCoding.round_id) == round_id
        )
    ).all()
    names = people.names_of(session, {row.coder_id for row in rows}, by=by)
    own = dict(
        session.execute(
            select(
                col(CodedPassage.theme),
                func.count(func.distinct(func.concat(col(CodedPassage.audit_id), col(CodedPassage.part)))),
            )
            .join(PassageCode, col(PassageCode.id) == col(CodedPassage.code_id))
            .where(
                col(CodedPassage.organisation_id) == by.organisation_id,
                col(PassageCode.organisation_id) == by.organisation_id,
                col(PassageCode.round_id) == round_id,
                col(CodedPassage.coder_id) == coder_id,
                col(CodedPassage.given),
            )
            .group_by(col(CodedPassage.theme))
        ).all()
    )
    progress = []
    for theme in coded.themes:
        number = sum(len(audit.passages) for audit in read_passages(session, coded, theme, by=by))
        if number:
            finished = [row.coder_id for row in rows if row.theme == theme]
            progress.append(
                ThemeProgress(
                    theme,
                    coded.label_of(theme),
                    number,
                    own.get(theme, 0),
                    coder_id in finished,
                    tuple(sorted(names[each] for each in finished)),
                )
            )
    return progress


def finished_coders(session: Session, coded: CodedRound, theme: str) -> Sequence[uuid.UUID]:
    """Who has finished coding a theme."""
    return session.scalars(
        select(col(FinishedCoding.coder_id)).where(
            col(FinishedCoding.organisation_id) == coded.round.organisation_id,
            col(FinishedCoding.round_id) == coded.round.id,
            col(FinishedCoding.theme) == theme,
        )
    ).all()


def _counted_coders(finished: Sequence[uuid.UUID], coder_id: uuid.UUID) -> Sequence[uuid.UUID]:
    return finished if coder_id in finished else [coder_id]


def _given(
    session: Session,
    coded: CodedRound,
    theme: str,
    coders: Sequence[uuid.UUID],
    *,
    blind: bool = False,
    audits: Sequence[uuid.UUID] | None = None,
) -> dict[uuid.UUID, dict[Key, dict[uuid.UUID, str]]]:
    """The codes that each coder gave to passages of a theme, with the digest of the passage as they read it.

    `blind`: as they stood when the coder finished.
    """
    query = (
        select(*(col(getattr(CodedPassage, name)) for name in ("coder_id", "audit_id", "part", "code_id", "digest")))
        .join(
            PassageCode,
            (col(PassageCode.organisation_id) == col(CodedPassage.organisation_id))
            & (col(PassageCode.id) == col(CodedPassage.code_id)),
        )
        .where(
            col(CodedPassage.organisation_id) == coded.round.organisation_id,
            col(PassageCode.round_id) == coded.round.id,
            col(CodedPassage.theme) == theme,
            col(CodedPassage.coder_id).in_(coders),
            col(CodedPassage.given_blind if blind else CodedPassage.given),
        )
    )
    if audits is not None:
        query = query.where(col(CodedPassage.audit_id).in_(audits))
    found: dict[uuid.UUID, dict[Key, dict[uuid.UUID, str]]] = {coder: defaultdict(dict) for coder in coders}
    for row in session.execute(query):
        found[row.coder_id][row.audit_id, Place(theme, row.part)][row.code_id] = row.digest
    return found


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
    given = _given(session, coded, theme, coders, audits=[audit.audit_id for audit in audits])
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


def _agreement(passages: Mapping[Key, uuid.UUID], blind: Codings, code_id: uuid.UUID) -> Mapping[Measure, Coefficient]:
    if not blind:
        return {}
    units = as_units(passages, blind, code_id)
    return agreement(units, 2, cases=list(passages.values()), measures=SHOWN, times=RESAMPLES, seed=str(code_id))


def _team_names(session: Session, coded: CodedRound, teams: Collection[uuid.UUID]) -> dict[uuid.UUID, str]:
    rows = session.execute(
        select(col(Team.id), col(Team.name)).where(
            col(Team.organisation_id) == coded.round.organisation_id, col(Team.id).in_(list(teams))
        )
    )
    return {row.id: row.name for row in rows}
