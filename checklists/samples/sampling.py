"""Drawing a sample: at random, repeatably, and with a known probability for every case."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from hashlib import sha256
from typing import Final

from checklists.plurals import plural
from checklists.samples.controlled_rounding import round_randomly
from checklists.samples.expected_counts import NO_WORKER, UNIT, available_under_cap, expected_counts
from checklists.statistics.seeded_random import Numbers, seeded_shuffle

METHOD: Final = "1"
"""Recorded with each draw. docs/sampling.md says step by step how it draws; a change of any step is a new method."""


class SizeRule(StrEnum):
    """How the size of a sample is divided among the strata."""

    PROPORTIONAL = "proportional"
    EQUAL = "equal"


class Shortage(StrEnum):
    """Why a stratum cannot give what a plan needs."""

    CASES = "cases"
    CAP = "cap"
    SIZE = "size"


@dataclass(frozen=True, slots=True)
class FrameCase:
    """A case that can be drawn. A case without a worker ("") is not limited by the cap."""

    reference: str
    stratum: str
    worker: str = ""


@dataclass(frozen=True, slots=True)
class DrawPlan:
    """How many cases to draw, and how they are spread. The cap applies to a worker's cases over the whole sample."""

    seed: str
    size: int
    rule: SizeRule
    minimum: int = 0
    cap_per_worker: int | None = None

    def __post_init__(self) -> None:
        if self.size < 1:
            raise ValueError("a sample has at least one case")
        if self.minimum < 0:
            raise ValueError("a minimum is 0 or more")
        if self.cap_per_worker is not None and self.cap_per_worker < 1:
            raise ValueError("a cap is 1 or more")


@dataclass(frozen=True, slots=True)
class Drawn:
    """A drawn case and its place, from 1, in the order of its stratum: first the selected cases, then the reserves.

    `probability` is the probability of selection that the plan gave the case, whether it was selected or not.
    """

    reference: str
    stratum: str
    probability: float
    place: int
    worker: str = ""

    @property
    def weight(self) -> float:
        """How many cases of the frame a selected case represents. ZeroDivisionError where its probability was 0."""
        return 1 / self.probability


@dataclass(frozen=True, slots=True)
class Draw:
    """A sample. `sizes` are by stratum; selected and reserves, by stratum and place, are the whole frame."""

    sizes: Mapping[str, int]
    selected: tuple[Drawn, ...]
    reserves: tuple[Drawn, ...]


@dataclass(frozen=True, slots=True)
class Shortfall:
    """A stratum that should give more cases than it can. The stratum "" is a frame without strata."""

    stratum: str
    wanted: int
    available: int
    shortage: Shortage = Shortage.CASES

    @property
    def words(self) -> str:
        """One sentence that names the stratum, for the author of the plan."""
        name = f"“{self.stratum}”" if self.stratum else "The list"
        wanted = plural(self.wanted, "case")
        return {
            Shortage.CASES: f"{name} needs {wanted}, but only {self.available} available.",
            Shortage.CAP: (
                f"{name} needs {wanted}, but only {self.available} available within the limit for each practitioner."
            ),
            Shortage.SIZE: f"{name} needs {wanted}, but the sample has room for only {self.available} of them.",
        }[self.shortage]


class ShortfallError(Exception):
    """The plan cannot be fulfilled; `shortfalls` names every stratum that prevents it."""

    def __init__(self, shortfalls: Iterable[Shortfall]) -> None:
        self.shortfalls = tuple(shortfalls)
        super().__init__(" ".join(shortfall.words for shortfall in self.shortfalls))


def frame_hash(frame: Iterable[FrameCase]) -> str:
    """SHA-256 of the frame, in hexadecimal, whatever the order of its cases.

    Over the cases in order of their references: of each its reference, stratum and worker; of each text the length of
    its UTF-8 in decimal digits, a colon, and the UTF-8 itself.
    """
    whole = sha256()
    for case in sorted(frame, key=lambda case: (case.reference, case.stratum, case.worker)):
        for text in (case.reference, case.stratum, case.worker):
            part = text.encode()
            whole.update(b"%d:%b" % (len(part), part))
    return whole.hexdigest()


def sizes(plan: DrawPlan, strata: Mapping[str, int]) -> dict[str, int]:
    """How many cases each stratum gives, by name; they add up to the size of the sample.

    `strata` has how many cases each stratum has, at least one. Under the equal rule all give the same number, and the
    remainder goes one each to the strata with most cases. Under the proportional rule a stratum whose share is under
    the minimum gives the minimum; the others share the rest in proportion to their cases, by largest remainder (the
    method of Hamilton). Ties go to the stratum with more cases, then by name. ShortfallError for strata that have too
    few cases, and for minimums that add up to more than the size.
    """
    if not strata:
        raise ShortfallError([Shortfall("", plan.size, 0)])
    by_cases = sorted(strata, key=lambda name: (-strata[name], name))
    if plan.minimum * len(strata) > plan.size:
        _refuse_minimums(plan, by_cases)
    if plan.rule is SizeRule.EQUAL:
        shares = {name: Fraction(plan.size, len(strata)) for name in by_cases}
    else:
        shares = _proportional_shares(plan, strata)
    found = {name: int(share) for name, share in shares.items()}
    left = plan.size - sum(found.values())
    for name in sorted(by_cases, key=lambda name: found[name] - shares[name])[:left]:
        found[name] += 1
    short = [Shortfall(name, found[name], strata[name]) for name in sorted(strata) if found[name] > strata[name]]
    if short:
        raise ShortfallError(short)
    return {name: found[name] for name in sorted(found)}


def _refuse_minimums(plan: DrawPlan, by_cases: Iterable[str]) -> None:
    left, short = plan.size, []
    for name in by_cases:
        given = min(plan.minimum, left)
        left -= given
        if given < plan.minimum:
            short.append(Shortfall(name, plan.minimum, given, Shortage.SIZE))
    raise ShortfallError(short)


def _proportional_shares(plan: DrawPlan, strata: Mapping[str, int]) -> dict[str, Fraction]:
    at_minimum: set[str] = set()
    while True:
        rest = plan.size - plan.minimum * len(at_minimum)
        cases = sum(count for name, count in strata.items() if name not in at_minimum)
        shares = {
            name: Fraction(plan.minimum) if name in at_minimum else Fraction(rest * count, cases)
            for name, count in strata.items()
        }
        under = {name for name, share in shares.items() if share < plan.minimum}
        if not under:
            return shares
        at_minimum |= under


def chances(frame: Collection[FrameCase], plan: DrawPlan) -> dict[str, Fraction]:
    """The exact probability of selection of each case, by reference. Raises as `draw`."""
    design = _design(frame, plan)
    return {case.reference: design.chance(case) for case in frame}


def draw(frame: Collection[FrameCase], plan: DrawPlan) -> Draw:
    """The sample that this plan and its seed draw from this frame, whatever the order of its cases.

    Without a cap, simple random sampling without replacement in each stratum. With one, a worker's cases of a stratum
    share one probability, as equal to the others' as the cap allows; how many of them are drawn is rounded at random
    from the expected number, strata giving exactly their sizes and no worker more than the cap; and among them it is
    simple random sampling again. So the probability of every case is exact. ShortfallError where a quota cannot be met;
    ValueError for a duplicate reference.
    """
    design = _design(frame, plan)
    left = round_randomly(design.expected, UNIT, Numbers(plan.seed, "rounding").below)
    cases = {case.reference: case for case in frame}
    selected: dict[str, list[FrameCase]] = {stratum: [] for stratum in design.sizes}
    reserves: dict[str, list[FrameCase]] = {stratum: [] for stratum in design.sizes}
    for reference in seeded_shuffle(plan.seed, "order", cases):
        case = cases[reference]
        row, group = left[case.stratum], design.group(case)
        (selected if row[group] else reserves)[case.stratum].append(case)
        row[group] = max(row[group] - 1, 0)
    placed = [
        Drawn(case.reference, stratum, float(design.chance(case)), place, case.worker)
        for stratum in design.sizes
        for place, case in enumerate(selected[stratum] + reserves[stratum], start=1)
    ]
    return Draw(
        design.sizes,
        tuple(case for case in placed if case.place <= design.sizes[case.stratum]),
        tuple(case for case in placed if case.place > design.sizes[case.stratum]),
    )


def next_reserve(
    draw: Draw, stratum: str, *, in_sample: Collection[str], gone: Collection[str], cap: int | None = None
) -> Drawn | None:
    """The replacement for an unsuitable case of this stratum; None if there is none left.

    `in_sample` are the references now in the sample, without the one to be replaced; `gone` the ones that turned out
    unsuitable. It is the first of the stratum's reserves that is in neither, that has a probability above 0, and whose
    worker has fewer than `cap` cases in the sample.
    """
    there = frozenset(in_sample)
    barred = there | frozenset(gone)
    of_worker = Counter(case.worker for case in (*draw.selected, *draw.reserves) if case.reference in there)
    for case in draw.reserves:
        if case.stratum != stratum or not case.probability or case.reference in barred:
            continue
        if cap is None or case.worker == NO_WORKER or of_worker[case.worker] < cap:
            return case
    return None


@dataclass(frozen=True, slots=True)
class _Design:
    """A plan applied to a frame before anything is drawn: sizes, and expected counts in parts of `UNIT`."""

    sizes: dict[str, int]
    cells: dict[str, dict[str, int]]
    expected: dict[str, dict[str, int]]
    capped: bool

    def group(self, case: FrameCase) -> str:
        return _group(case, self.capped)

    def chance(self, case: FrameCase) -> Fraction:
        group = self.group(case)
        return Fraction(self.expected[case.stratum][group], self.cells[case.stratum][group] * UNIT)


def _group(case: FrameCase, capped: bool) -> str:
    # Without a cap the worker makes no difference.
    return case.worker if capped else NO_WORKER


def _design(frame: Collection[FrameCase], plan: DrawPlan) -> _Design:
    if len({case.reference for case in frame}) < len(frame):
        raise ValueError("a reference is in the frame twice")
    cap = plan.cap_per_worker
    cells: dict[str, dict[str, int]] = {}
    for (stratum, group), count in sorted(Counter((c.stratum, _group(c, cap is not None)) for c in frame).items()):
        cells.setdefault(stratum, {})[group] = count
    wanted = sizes(plan, {stratum: sum(row.values()) for stratum, row in cells.items()})
    if cap is not None:
        available = available_under_cap(wanted, cells, cap)
        short = [name for name in wanted if available[name] < wanted[name]]
        if short:
            raise ShortfallError(Shortfall(name, wanted[name], available[name], Shortage.CAP) for name in short)
    return _Design(wanted, cells, expected_counts(wanted, cells, cap or 0), cap is not None)
