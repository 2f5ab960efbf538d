"""Agreement between readers of the same cases: each measure with its n, its interval, and whether it is meaningful."""

import struct
from collections import Counter
from collections.abc import Collection, Hashable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from typing import Final

from checklists.audits.scoring import overall_choices
from checklists.reliability.coefficients import FORMULAS, Measure, Sums, common_unit, sums_length, unit_sums
from checklists.statistics import bootstrap
from checklists.statistics.intervals import wilson
from checklists.templates.overall import CANNOT_BE_JUDGED
from checklists.templates.scale import NOT_EVIDENCED
from checklists.templates.template import Template

MINIMUM_CASES: Final = 10

Unit = Mapping[Hashable, int | None] | Sequence[int | None]


class AgreementState(StrEnum):
    """How a measure of agreement may be interpreted."""

    DEFINED = "defined"
    NO_VARIATION = "no-variation"
    TOO_FEW = "too-few-to-say"
    NO_DATA = "no-data"

    @property
    def label(self) -> str:
        """The label for people."""
        return _STATE_LABELS[self]


_STATE_LABELS: Final[Mapping[AgreementState, str]] = {
    AgreementState.DEFINED: "Defined",
    AgreementState.NO_VARIATION: "Not defined (no variation)",
    AgreementState.TOO_FEW: "Too few to say",
    AgreementState.NO_DATA: "No data",
}


@dataclass(frozen=True, slots=True)
class Coefficient:
    """One measure of agreement.

    `n_units` have at least two answers, and `n_pairs` is how many pairs of readers they make; `n_cases` is how many
    case files those units are about. `value` is exact, 1 for perfect agreement; a share lies in 0..1, anything else is
    0 where readers agree as often as chance alone would make them, and less below that. `value` is None where nothing
    was read twice, and where the measure is not defined. `interval` is of 95%; None with too few cases (shares have one
    all the same), and where too many resamples lack variation to compute its ends.
    """

    measure: Measure
    value: Fraction | None
    n_units: int
    n_pairs: int
    n_cases: int
    interval: tuple[float, float] | None
    state: AgreementState


def places(template: Template) -> int:
    """How many answers may agree or differ: the ratings, and not evidenced unless the template leaves it out."""
    return len(template.scale.ratings) + template.is_applicable(NOT_EVIDENCED)


def place(template: Template, answer: str | None) -> int | None:
    """The position of an answer, 0 for the best: not evidenced is one step under the lowest rating.

    None for answers that are not readings: no answer yet, not applicable, and not evidenced where the template leaves
    it out. KeyError for an answer that is not in the template.
    """
    if answer is None or not template.is_applicable(answer):
        return None
    return len(template.scale.ratings) if answer == NOT_EVIDENCED else template.scale.position(answer)


def overall_places(template: Template) -> int:
    """How many overall judgements may agree or differ."""
    return len(overall_choices(template))


def overall_place(template: Template, overall: str) -> int | None:
    """The position of an overall judgement, 0 for the best; one that cannot be judged is one step under the lowest
    rating. None for no judgement. KeyError for what is none.
    """
    if overall == CANNOT_BE_JUDGED:
        return len(template.scale.ratings)
    return template.scale.position(overall) if overall else None


def agreement(
    units: Sequence[Unit],
    answers: int,
    *,
    cases: Sequence[Hashable] | None = None,
    measures: Collection[Measure] = tuple(Measure),
    minimum: int = MINIMUM_CASES,
    times: int = bootstrap.RESAMPLES,
    seed: str = "agreement",
) -> Mapping[Measure, Coefficient]:
    """Every requested measure, in the order of `Measure`, of units that several readers have answered.

    A unit is what was read and answered: a theme of a case. It holds each reader's answer, by the reader's name or by
    order of reading, as `place` gives it: from 0 to `answers` - 1, which `places` gives, or None. The three kappas are
    for two readers, or a first and a second reading, and are left out where there are more.

    `cases` names the case of each unit where units of several themes are pooled: answers about one case are not
    independent, so cases are resampled and compared with `minimum`. Without it, each unit is a case.

    Intervals of shares are Wilson's on the number of cases; others come from `times` resamples, the same for the same
    `seed`. Where no two readers differ, resampling shows no variation at all; the low end is then the value of the
    measure with as many disagreements as Wilson's low end allows.

    ValueError for an answer that is not on the scale, for a scale of fewer than two answers, for `cases` of another
    length than `units`, or for a minimum under 2.
    """
    _check(units, answers, cases, minimum)
    names = [case for case, _ in enumerate(units)] if cases is None else cases
    readers = _readers(units)
    pair = (readers[0], readers[1]) if len(readers) == 2 else None
    read = [[answer for answer in _answers(unit) if answer is not None] for unit in units]
    unit = common_unit(map(len, read))
    by_case: dict[Hashable, Counter[int]] = {}
    for case, given, one in zip(names, read, units, strict=True):
        if given:
            by_case.setdefault(case, Counter()).update(unit_sums(given, answers, unit, _said(one, pair)))
    sums = Sums.of(((added, 1) for added in by_case.values()), answers, unit)
    n_pairs = sum(len(given) * (len(given) - 1) // 2 for given in read)
    n_cases = len({case for case, given in zip(names, read, strict=True) if len(given) >= 2})
    wanted = [measure for measure in Measure if measure in measures and (len(readers) <= 2 or not measure.is_for_two)]
    resampled = [measure for measure in wanted if not measure.is_share] if n_cases >= minimum else []
    intervals = _intervals(list(by_case.values()), answers, unit, resampled, times, seed)
    return {
        measure: _coefficient(measure, sums, n_pairs, n_cases, intervals.get(measure), minimum) for measure in wanted
    }


def _check(units: Sequence[Unit], answers: int, cases: Sequence[Hashable] | None, minimum: int) -> None:
    if answers < 2:
        raise ValueError("a scale has at least two answers")
    if minimum < 2:
        raise ValueError("a minimum is at least 2")
    if cases is not None and len(cases) != len(units):
        raise ValueError("each unit belongs to one case")
    if any(answer is not None and not 0 <= answer < answers for unit in units for answer in _answers(unit)):
        raise ValueError("an answer that is not on the scale")


def _answers(unit: Unit) -> Collection[int | None]:
    return unit.values() if isinstance(unit, Mapping) else unit


def _readers(units: Sequence[Unit]) -> Sequence[Hashable]:
    """The readers with any answer, in an order that does not depend on that of the units."""
    readers: set[Hashable] = set()
    for unit in units:
        given = unit.items() if isinstance(unit, Mapping) else enumerate(unit)
        readers.update(reader for reader, answer in given if answer is not None)
    return sorted(readers, key=str)


def _said(unit: Unit, pair: tuple[Hashable, Hashable] | None) -> tuple[int, int] | None:
    if pair is None:
        return None
    given: dict[Hashable, int | None] = dict(unit.items() if isinstance(unit, Mapping) else enumerate(unit))
    first, second = given.get(pair[0]), given.get(pair[1])
    return None if first is None or second is None else (first, second)


def _intervals(
    entries: Sequence[Mapping[int, int]], k: int, unit: int, measures: Sequence[Measure], times: int, seed: str
) -> Mapping[Measure, tuple[float, float] | None]:
    """The interval of each measure from resamples of the cases; None where it cannot be computed."""
    if not measures:
        return {}
    # Sorted by content, so that the draw does not depend on the order of the cases. What a case adds is one long number
    # with 64 bits for each sum: no sum overflows, and adding such numbers is much quicker than adding tables.
    ordered = sorted(tuple(sorted(added.items())) for added in entries)
    packed = [sum(amount << 64 * place for place, amount in kind) for kind in ordered]
    lanes = struct.Struct(f"<{sums_length(k)}Q")
    formulas = [(formula, weights(k)) for formula, weights in map(FORMULAS.__getitem__, measures)]

    def figures(added: int) -> list[float | None]:
        sums = Sums.from_flat(lanes.unpack(added.to_bytes(lanes.size, "little")), k, unit)
        pairs = [formula(sums, weights) for formula, weights in formulas]
        return [1 - observed / expected if expected else None for observed, expected in pairs]

    whole = sum(packed)
    points = figures(whole)
    resampled = [
        figures(sum(map(packed.__getitem__, drawn))) for drawn in bootstrap.resamples(len(packed), times, seed)
    ]
    without = [(figures(whole - one), cases) for one, cases in Counter(packed).items()]
    found: dict[Measure, tuple[float, float] | None] = {}
    for place, (measure, point) in enumerate(zip(measures, points, strict=True)):
        values = [one for sample in resampled if (one := sample[place]) is not None]
        left_out: Counter[float] = Counter()
        for less_one, cases in without:
            if (one := less_one[place]) is not None:
                left_out[one] += cases
        found[measure] = None if point is None else bootstrap.interval(point, values, times, left_out)
    return found


def _coefficient(
    measure: Measure,
    sums: Sums,
    n_pairs: int,
    n_cases: int,
    resampled: tuple[float, float] | None,
    minimum: int,
) -> Coefficient:
    formula, weights = FORMULAS[measure]
    varied = sum(1 for times_used in sums.used if times_used) > 1
    observed, expected = formula(sums, weights(sums.k))
    value = 1 - Fraction(observed, expected) if n_cases and expected and (varied or measure.is_share) else None
    interval = None
    if value is not None and measure.is_share:
        interval = wilson(value * n_cases, n_cases)
    elif value is not None and n_cases >= minimum:
        interval = resampled if observed else (_low_end(measure, sums, n_cases), 1.0)
    return Coefficient(measure, value, sums.paired, n_pairs, n_cases, interval, _state(value, n_cases, minimum))


def _state(value: Fraction | None, n_cases: int, minimum: int) -> AgreementState:
    if n_cases == 0:
        return AgreementState.NO_DATA
    if n_cases < minimum:
        return AgreementState.TOO_FEW
    return AgreementState.NO_VARIATION if value is None else AgreementState.DEFINED


def _low_end(measure: Measure, sums: Sums, n_cases: int) -> float:
    """The value of a measure without any disagreement if as many cases differed as their number leaves open.

    A case that differs is assumed to be as far apart as by chance, so that the low end of a measure that counts
    distance equals that of the one that does not.
    """
    whole = sum(sums.used)
    by_chance = 1 - sum(times * times for times in sums.used) / (whole * whole)
    if measure.is_gwet:
        by_chance = 1 - by_chance / (sums.k - 1)
    return max(-1.0, 1 - (1 - wilson(n_cases, n_cases)[0]) / by_chance)
