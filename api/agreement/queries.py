"""The agreement report: how far readers of a case agree, and how auditors' grades compare with agreed ones."""

import uuid
from collections import defaultdict
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from sqlmodel import Session, col, select

from api.access.audits import may_read_every_audit
from api.agreement.readings import OVERALL, Pair, Places, Reading, readings_of
from api.feedback.representations.queries import RepresentationCounts, count_representations
from api.foundation.permissions import Actor, Permission, check_may
from api.foundation.problems import NotAllowed
from api.reports.deleted_audits import deleted_in_words
from api.rounds import actions as rounds
from checklists.reliability.agreement import MINIMUM_CASES, Coefficient, agreement, overall_places, places
from checklists.reliability.coefficients import Measure
from checklists.reliability.optimism import MINIMUM_TO_NAME, Shift, shift
from checklists.statistics import bootstrap
from checklists.templates.template import Template as TemplateContent
from models import Round

SHOWN: Final = (
    Measure.EXACT,
    Measure.WITHIN_ONE,
    Measure.KAPPA_LINEAR,
    Measure.ALPHA_NOMINAL,
    Measure.ALPHA_ORDINAL,
    Measure.AC1,
    Measure.AC2_LINEAR,
)
MOST_ROUNDS: Final = 100
# With this many cases, fewer resamples are enough: their noise is small beside that of the cases.
MANY_CASES: Final = 200

Figures = Mapping[Measure, Coefficient]


@dataclass(frozen=True, slots=True)
class Part:
    """The figures of one theme, kind of pair, or round."""

    key: str
    label: str
    figures: Figures


@dataclass(frozen=True, slots=True)
class ShiftOf:
    """The shift of a theme, a team or an auditor."""

    key: str
    label: str
    shift: Shift


@dataclass(frozen=True, slots=True)
class Optimism:
    """How auditors' grades compare with agreed ones. Auditors with too few audits are counted and not named."""

    whole: Shift
    themes: tuple[ShiftOf, ...]
    teams: tuple[ShiftOf, ...]
    auditors: tuple[ShiftOf, ...]
    unnamed: int


@dataclass(frozen=True, slots=True)
class AgreementReport:
    """What was read twice in a round, or in all rounds of an organisation. Rounds that score otherwise are left out."""

    audit_round: Round | None
    rounds: tuple[Round, ...]
    left_out: tuple[Round, ...]
    # First the pairs whose two readings were blind by the record: only these are counted. Then the other pairs.
    pairs: int
    not_blind: int
    without_record: int
    whole: Figures
    # Of the overall judgements.
    judgements: Part
    themes: tuple[Part, ...]
    kinds: tuple[Part, ...]
    by_round: tuple[Part, ...]
    optimism: Optimism
    representations: RepresentationCounts
    # A sentence that says how many deleted audits are in no figure; "" where none was deleted.
    deleted: str


def agreement_report(session: Session, *, round_id: uuid.UUID | None = None, by: Actor) -> AgreementReport:
    """The report of one round, or of the organisation's newest MOST_ROUNDS, for people who may read every audit.

    Only pairs that were read blind by the record are compared. Raises NotAllowed, NotFound.
    """
    _check_may_see(by)
    chosen, left_out = _rounds(session, round_id, by)
    template = chosen[0][1] if chosen else None
    readings, every_pair = readings_of(session, chosen, by=by)
    pairs = [pair for pair in every_pair if pair.blind]
    keys = _themes_of(template)
    answers = places(template) if template else 2
    agreed = [each for each in readings if each.agreed is not None]
    # Two readings that are compared with the same agreed answers count as one case.
    cases_agreed = [(each.round_id, each.case_file_id) for each in agreed]

    def figures(some: Sequence[Pair], themes: Sequence[str] = tuple(keys)) -> Figures:
        return _figures([(pair.first.places, pair.second.places) for pair in some], range(len(some)), themes, answers)

    return AgreementReport(
        audit_round=[*(audit_round for audit_round, _ in chosen), *left_out][0] if round_id is not None else None,
        rounds=tuple(audit_round for audit_round, _ in chosen),
        left_out=tuple(left_out),
        pairs=len(pairs),
        not_blind=sum(pair.blind is False for pair in every_pair),
        without_record=sum(pair.blind is None for pair in every_pair),
        whole=figures(pairs),
        judgements=_judgements(template, pairs),
        themes=tuple(
            Part(theme.key, theme.label, figures(pairs, [theme.key])) for theme in (template.themes if template else ())
        ),
        kinds=(
            *_kinds(pairs, figures),
            Part(
                "agreed",
                "Auditor compared with agreed answers",
                _figures([(each.places, each.agreed) for each in agreed], cases_agreed, keys, answers),
            ),
        ),
        by_round=_by_round([audit_round for audit_round, _ in chosen], pairs, figures) if round_id is None else (),
        optimism=_optimism(template, agreed),
        representations=count_representations(session, [audit_round.id for audit_round, _ in chosen], by=by),
        deleted=deleted_in_words(session, [audit_round for audit_round, _ in chosen]),
    )


def shifts_of_auditors(session: Session, *, by: Actor) -> Mapping[uuid.UUID, Shift]:
    """How the grades of each auditor compare with agreed ones, in the organisation's newest MOST_ROUNDS.

    Auditors with too few audits are left out. For people who may read every audit. Raises NotAllowed.
    """
    _check_may_see(by)
    chosen, _ = _rounds(session, None, by)
    readings, _ = readings_of(session, chosen, by=by)
    template = chosen[0][1] if chosen else None
    of_auditors = _of_auditors(template, [each for each in readings if each.agreed is not None])
    return {auditor_id: found for (_, auditor_id), found in of_auditors.items() if found.may_name}


def _check_may_see(by: Actor) -> None:
    check_may(by, Permission.READ_REPORTS)
    if not may_read_every_audit(by):
        raise NotAllowed("You can only see the agreement report if you have permission to read all audits.")


def _rounds(
    session: Session, round_id: uuid.UUID | None, by: Actor
) -> tuple[list[tuple[Round, TemplateContent]], list[Round]]:
    """The rounds with their templates, newest first, and the rounds with another scale than the newest, or none."""
    if round_id is not None:
        wanted: Sequence[Round] = [rounds.find_round(session, round_id=round_id, by=by)]
    else:
        wanted = session.exec(
            select(Round)
            .where(col(Round.organisation_id) == by.organisation_id, col(Round.opened_at).is_not(None))
            .order_by(col(Round.period_to).desc(), col(Round.id).desc())
            .limit(MOST_ROUNDS)
        ).all()
    chosen: list[tuple[Round, TemplateContent]] = []
    left_out = []
    for audit_round in wanted:
        template = audit_round.content(session)
        if template is None or not template.graded or (chosen and _scoring(template) != _scoring(chosen[0][1])):
            left_out.append(audit_round)
        else:
            chosen.append((audit_round, template))
    return chosen, left_out


def _scoring(template: TemplateContent) -> Hashable:
    return template.scale, template.not_evidenced


def _figures(
    compared: Sequence[tuple[Places, Places | None]], of_cases: Sequence[Hashable], themes: Sequence[str], answers: int
) -> Figures:
    """Every measure shown, of one theme or of several taken together."""
    units: list[Mapping[Hashable, int | None]] = []
    cases = []
    for case, (first, second) in zip(of_cases, compared, strict=True):
        for theme in themes:
            units.append({"first": first.get(theme), "second": (second or {}).get(theme)})
            cases.append(case)
    times = bootstrap.RESAMPLES if len(compared) <= MANY_CASES else bootstrap.RESAMPLES // 2
    return agreement(units, answers, cases=cases, measures=SHOWN, minimum=MINIMUM_CASES, times=times)


def _judgements(template: TemplateContent | None, pairs: Sequence[Pair]) -> Part:
    compared = [(pair.first.places, pair.second.places) for pair in pairs]
    answers = overall_places(template) if template else 2
    return Part("overall", "Overall judgement", _figures(compared, range(len(pairs)), [OVERALL], answers))


def _kinds(pairs: Sequence[Pair], figures: Callable[[Sequence[Pair]], Figures]) -> list[Part]:
    kinds: tuple[tuple[str, str, Callable[[Pair], bool]], ...] = (
        ("same-team", "Both readers in the same team", lambda pair: pair.fellows is True),
        ("different-team", "Readers in different teams", lambda pair: pair.fellows is False),
        ("same-mode", "Same audit method", lambda pair: pair.first.mode is pair.second.mode),
        ("different-mode", "Different audit methods", lambda pair: pair.first.mode is not pair.second.mode),
    )
    return [
        Part("readings", "First reading compared with second reading", figures(pairs)),
        *(Part(key, label, figures([pair for pair in pairs if fits(pair)])) for key, label, fits in kinds),
    ]


def _by_round(
    rounds: Sequence[Round], pairs: Sequence[Pair], figures: Callable[[Sequence[Pair]], Figures]
) -> tuple[Part, ...]:
    of_round: dict[uuid.UUID, list[Pair]] = defaultdict(list)
    for pair in pairs:
        of_round[pair.first.round_id].append(pair)
    return tuple(Part(str(each.id), each.title, figures(of_round[each.id])) for each in rounds)


def _optimism(template: TemplateContent | None, readings: Sequence[Reading]) -> Optimism:
    keys = _themes_of(template)
    teams = defaultdict(list)
    for reading in readings:
        teams[reading.team].append(reading)
    of_auditors = [
        ShiftOf(str(auditor_id), name, found)
        for (name, auditor_id), found in sorted(_of_auditors(template, readings).items())
    ]
    return Optimism(
        whole=_shift(readings, keys),
        themes=tuple(
            ShiftOf(theme.key, theme.label, _shift(readings, [theme.key]))
            for theme in (template.themes if template else ())
        ),
        teams=tuple(ShiftOf(name, name, _shift(held, keys)) for name, held in sorted(teams.items())),
        auditors=tuple(each for each in of_auditors if each.shift.may_name),
        unnamed=sum(not each.shift.may_name for each in of_auditors),
    )


def _of_auditors(
    template: TemplateContent | None, readings: Sequence[Reading]
) -> Mapping[tuple[str, uuid.UUID], Shift]:
    """The shift of each auditor, by name and person."""
    held = defaultdict(list)
    for reading in readings:
        held[reading.auditor, reading.auditor_id].append(reading)
    return {auditor: _shift(own, _themes_of(template)) for auditor, own in held.items()}


def _themes_of(template: TemplateContent | None) -> list[str]:
    return [theme.key for theme in template.themes] if template else []


def _shift(readings: Sequence[Reading], themes: Sequence[str]) -> Shift:
    compared, cases = [], []
    for case, reading in enumerate(readings):
        for theme in themes:
            compared.append((reading.places.get(theme), (reading.agreed or {}).get(theme)))
            cases.append(case)
    return shift(compared, cases=cases, minimum=MINIMUM_TO_NAME)
