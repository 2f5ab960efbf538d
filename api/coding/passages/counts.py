"""Reads the counts of a theme's codes, by those who have finished it, and how far each theme is coded."""

import uuid
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Final

from sqlalchemy import func, select
from sqlmodel import Session, col

from api.coding.codes.queries import list_codes
from api.coding.passages.given import Codings, Key, counted_coders, finished_coders, given_codes
from api.coding.passages.reading import count_passages, read_passages
from api.coding.rules import CodedRound, check_can_code, coded_round
from api.foundation import access_log
from api.foundation.permissions import Actor
from api.people import actions as people
from checklists.passages.counting import CodeCount, as_units, count_by_group, count_codes, differing
from checklists.reliability.agreement import Coefficient, agreement
from checklists.reliability.coefficients import Measure
from models import CodedPassage, FinishedCoding, PassageCode, Team

SHOWN: Final = (Measure.EXACT, Measure.KAPPA)
RESAMPLES: Final = 400


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


def theme_counts(session: Session, *, round_id: uuid.UUID, theme: str, by: Actor) -> ThemeCounts:
    """The counts of a theme's codes, by those who have finished it. Raises Conflict, NotAllowed, NotFound.

    A person who has not finished sees only their own codes.
    """
    coded, coder_id = coded_round(session, round_id, by=by), check_can_code(by)
    coded.check_theme(theme)
    access_log.record_view(session, "round.passages-read", round_id, by=by)
    finished = finished_coders(session, coded, theme)
    coders = counted_coders(finished, coder_id)
    audits = read_passages(session, coded, theme, by=by)
    passages = {(audit.audit_id, each.place): audit.audit_id for audit in audits for each in audit.passages}
    codes = list_codes(session, coded)
    given = given_codes(session, coded, theme, coders)
    teams = _team_names(session, coded, {audit.team_id for audit in audits})
    groups = {audit.audit_id: teams[audit.team_id] for audit in audits}
    ids = [code.id for code in codes]
    counts = count_codes(passages, given, ids)
    split = count_by_group(passages, given, ids, groups)
    blind = given_codes(session, coded, theme, coders, blind=True) if len(coders) > 1 else {}
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


def count_of_code(
    session: Session, coded: CodedRound, theme: str, code_id: uuid.UUID, *, author_id: uuid.UUID, by: Actor
) -> CodeCount | None:
    """In how many audits a theme's passages have the code of a finding: by those who have finished the theme, or by the
    finding's author while nobody has.

    None for a person who is coding the theme and has not finished it: the number would tell of others' codes.
    """
    coder_id, finished = check_can_code(by), finished_coders(session, coded, theme)
    coders = finished or [author_id]
    if coder_id not in coders and given_codes(session, coded, theme, [coder_id])[coder_id]:
        return None
    audits = read_passages(session, coded, theme, by=by)
    passages = {(audit.audit_id, each.place): audit.audit_id for audit in audits for each in audit.passages}
    return count_codes(passages, given_codes(session, coded, theme, coders), [code_id])[code_id]


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
    numbers = count_passages(session, coded, by=by)
    progress = []
    for theme in coded.themes:
        if number := numbers[theme]:
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
