"""Reads the counts of a theme's codes, by those who have finished it, and how far each theme is coded."""

import uuid
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlmodel import Session, col

from api.coding.codes.queries import list_codes
from api.coding.passages.agreeing import CoderAgreement, Figures, coder_agreement
from api.coding.passages.given import Key, counted_coders, finished_coders, given_codes
from api.coding.passages.reading import AuditPlaces, count_passages, read_places
from api.coding.rules import CodedRound, coded_round
from api.foundation import access_log
from api.foundation.permissions import Actor
from api.people import actions as people
from checklists.passages.counting import CodeCount, count_by_group, count_codes, differing
from models import CodedPassage, FinishedCoding, PassageCode, Team, WrittenFinding
from models.storage.joins import linked


@dataclass(frozen=True, slots=True)
class CodeRow:
    """A code with its counts: of all audits, by team, and in the round that it was carried over from, once somebody has
    finished the theme there; and agreement.
    """

    code: PassageCode
    count: CodeCount
    teams: Mapping[str, CodeCount]
    earlier: "EarlierCount | None"
    agreement: Figures


@dataclass(frozen=True, slots=True)
class EarlierCount:
    """The count of a code in the round that it was carried over from, by those who finished the theme there."""

    title: str
    count: CodeCount


@dataclass(frozen=True, slots=True)
class ThemeCounts:
    """The codes of a theme's passages, as those gave them who have finished; or the person's own so far.

    `agreement`: on all codes at once, where nobody gave a passage several.
    """

    coded: CodedRound
    theme: str
    coders: tuple[str, ...]
    has_finished: bool
    audits: int
    passages: int
    rows: tuple[CodeRow, ...]
    teams: tuple[str, ...]
    differing: int
    agreement: Figures


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
    coded = coded_round(session, round_id, by=by)
    coded.check_theme(theme)
    access_log.record_view(session, "round.passages-read", round_id, by=by)
    finished = finished_coders(session, coded, theme)
    coders = counted_coders(finished, coded.coder_id)
    audits = read_places(session, coded, theme, by=by)
    passages = _by_passage(audits)
    codes = list_codes(session, coded)
    given = given_codes(session, coded, theme, coders)
    teams = _team_names(session, coded, {audit.team_id for audit in audits})
    groups = {audit.audit_id: teams[audit.team_id] for audit in audits}
    ids = [code.id for code in codes]
    counts = count_codes(passages, given, ids)
    split = count_by_group(passages, given, ids, groups)
    earlier = _earlier_counts(session, theme, codes, by=by)
    agree = coder_agreement(session, coded, theme, passages, coders=coders, codes=ids)
    names = people.names_of(session, coders, by=by)
    return ThemeCounts(
        coded,
        theme,
        tuple(sorted(names[each] for each in coders)),
        coded.coder_id in finished,
        len({*passages.values()}),
        len(passages),
        tuple(
            CodeRow(
                code,
                counts[code.id],
                {team: split[team][code.id] for team in split},
                earlier.get(code.carried_from_id),
                agree.of_code.get(code.id, {}),
            )
            for code in codes
        ),
        tuple(split),
        len(differing(passages, given)),
        agree.of_all,
    )


def counts_of_findings(
    session: Session, coded: CodedRound, theme: str, findings: Sequence[WrittenFinding], *, by: Actor
) -> Mapping[uuid.UUID, CodeCount]:
    """In how many audits the theme's passages have the code of each of these findings, by those who have finished the
    theme, or by the finding's author while nobody has. Findings without a code are left out.

    None for a person who is coding the theme and has not finished it: numbers would tell of others' codes.
    """
    with_code = [finding for finding in findings if finding.code_id is not None]
    if not with_code:
        return {}
    finished = finished_coders(session, coded, theme)
    given = given_codes(session, coded, theme, [*finished, coded.coder_id, *(each.created_by_id for each in with_code)])
    passages = _by_passage(read_places(session, coded, theme, by=by))
    found = {}
    for finding in with_code:
        coders = finished or [finding.created_by_id]
        if coded.coder_id in coders or not given[coded.coder_id]:
            counts = count_codes(passages, {coder: given[coder] for coder in coders}, [finding.code_id])
            (found[finding.id],) = counts.values()
    return found


def agreement_on_findings(
    session: Session, coded: CodedRound, theme: str, findings: Sequence[WrittenFinding], *, by: Actor
) -> CoderAgreement:
    """How far those who finished a theme agree on the codes of these findings, and on all codes at once; empty for a
    person who is coding the theme and has not finished it.
    """
    finished = finished_coders(session, coded, theme)
    if len(finished) < 2 or (
        coded.coder_id not in finished and given_codes(session, coded, theme, [coded.coder_id])[coded.coder_id]
    ):
        return CoderAgreement({}, {})
    passages = _by_passage(read_places(session, coded, theme, by=by))
    codes = sorted({each.code_id for each in findings if each.code_id is not None})
    return coder_agreement(session, coded, theme, passages, coders=finished, codes=codes)


def _by_passage(audits: Sequence[AuditPlaces]) -> Mapping[Key, uuid.UUID]:
    """Every passage, with its audit."""
    return {(audit.audit_id, place): audit.audit_id for audit in audits for place in audit.places}


def _earlier_counts(
    session: Session, theme: str, codes: Sequence[PassageCode], *, by: Actor
) -> Mapping[uuid.UUID | None, EarlierCount]:
    """The counts of the codes that these were carried over from, by the codes of the earlier rounds."""
    carried_from = [code.carried_from_id for code in codes if code.carried_from_id is not None]
    rows = session.execute(
        select(col(PassageCode.id), col(PassageCode.round_id)).where(
            col(PassageCode.organisation_id) == by.organisation_id, col(PassageCode.id).in_(carried_from)
        )
    )
    by_round: defaultdict[uuid.UUID, list[uuid.UUID]] = defaultdict(list)
    for code_id, round_id in rows:
        by_round[round_id].append(code_id)
    found: dict[uuid.UUID | None, EarlierCount] = {}
    for round_id, earlier in by_round.items():
        coded = coded_round(session, round_id, by=by)
        if coders := finished_coders(session, coded, theme):
            passages = _by_passage(read_places(session, coded, theme, by=by))
            counts = count_codes(passages, given_codes(session, coded, theme, coders), earlier)
            found |= {code_id: EarlierCount(coded.round.title, count) for code_id, count in counts.items()}
    return found


def progress_of_themes(session: Session, *, round_id: uuid.UUID, by: Actor) -> list[ThemeProgress]:
    """How far each theme with passages is coded. Raises Conflict, NotAllowed, NotFound."""
    coded = coded_round(session, round_id, by=by)
    rows = session.execute(
        select(col(FinishedCoding.theme), col(FinishedCoding.coder_id)).where(
            col(FinishedCoding.organisation_id) == by.organisation_id, col(FinishedCoding.round_id) == round_id
        )
    ).all()
    names = people.names_of(session, {row.coder_id for row in rows}, by=by)
    coded_by_person = (
        select(col(CodedPassage.theme).label("theme"), col(CodedPassage.audit_id), col(CodedPassage.part))
        .join(PassageCode, linked(PassageCode.id, CodedPassage.code_id))
        .where(
            col(CodedPassage.organisation_id) == by.organisation_id,
            col(PassageCode.round_id) == round_id,
            col(CodedPassage.coder_id) == coded.coder_id,
            col(CodedPassage.given),
        )
        .distinct()
        .subquery()
    )
    own = dict(session.execute(select(coded_by_person.c.theme, func.count()).group_by(coded_by_person.c.theme)).all())
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
                    coded.coder_id in finished,
                    tuple(sorted(names[each] for each in finished)),
                )
            )
    return progress


def _team_names(session: Session, coded: CodedRound, teams: Collection[uuid.UUID]) -> dict[uuid.UUID, str]:
    rows = session.execute(
        select(col(Team.id), col(Team.name)).where(
            col(Team.organisation_id) == coded.round.organisation_id, col(Team.id).in_(list(teams))
        )
    )
    return {row.id: row.name for row in rows}
