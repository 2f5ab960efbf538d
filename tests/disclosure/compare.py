"""Compare rules of release: `python -m tests.disclosure.compare` prints the tables of the decision record.

`--quick` takes a tenth of the samples. Everything is the same for the same samples, but for the seconds.
"""

import argparse
import random
import time
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from math import sqrt
from typing import Final

from tests.disclosure.attack_rules import Knowledge, Told, attack
from tests.disclosure.rounds import TARGET, Organisation, Snapshot, Tally
from tests.disclosure.rules import (
    Release,
    Row,
    Rule,
    altered,
    cell_key,
    classes,
    each_cell,
    former,
    gaussian,
)

THEMES: Final = 15
SIZES: Final = (40, 60, 100, 400)
STRICTER: Final = ((10, 5, 5), (15, 5, 7), (20, 10, 10), (30, 10, 15), (50, 25, 25))


def former_asked() -> Rule:
    """The former rule with the attack tried on each release first, and stricter thresholds where it finds something."""

    def rule(snapshots: Sequence[Snapshot], theme: int, chance: random.Random) -> Sequence[Release] | None:
        found: list[Release] = []
        for number in range(len(snapshots)):
            for thresholds in STRICTER:
                tried = [*found, each_cell(former(*thresholds))(snapshots[number : number + 1], theme, chance)[0]]  # type: ignore[index]
                told = attack(snapshots[: number + 1], theme, tried, Knowledge.BANDS)
                if not told.answers + told.sizes + told.undecided:
                    found = tried
                    break
            else:
                return None
        return found

    return rule


RULES: Final[Mapping[str, Rule]] = {
    "former rule: hide and round": each_cell(former()),
    "former, one dimension at a time": each_cell(former(), pairs=False),
    "former, integer programming asked first": former_asked(),
    "cell key, noise to 3": each_cell(cell_key()),
    "discrete Gaussian, deviation 1.5": each_cell(gaussian()),
    "classes of shares": each_cell(classes),
    "altered copy, within 3": altered(3),
    "altered copy, within 2": altered(2),
    "altered copy, within 2, one dimension": altered(2, pairs=False),
}
SLOW: Final = {"former rule: hide and round", "former, integer programming asked first", "classes of shares"}
"""Rules whose numbers the solver takes long to tell: half of the samples."""


def pins(rule: Rule, seeds: range, snapshots: int, knowing: Knowledge) -> str:
    """Organisations in which something is certain, and how much, of how many."""
    told, organisations, made, refused = Told(), 0, 0, 0
    for seed in seeds:
        frozen = Organisation(25 + 5 * (seed % 26), seed).snapshots(snapshots)
        release = rule(frozen, 0, random.Random(seed))
        if release is None:
            refused += 1
            continue
        found = attack(frozen, 0, release, knowing)
        made += 1
        organisations += found.answers + found.sizes > 0
        told.add(found)
    more = f", {refused} refused" if refused else ""
    more += f", {told.undecided} undecided" if told.undecided else ""
    return f"{organisations} of {made} ({told.answers} answers, {told.sizes} sizes{more})"


def state(applicable: float, below: float) -> str:
    """The state of a gap, as a report says it."""
    share = 1 - below / applicable
    if share >= TARGET:
        return "on target"
    z = 1.959964
    centre, reach = (
        share + z * z / (2 * applicable),
        z * sqrt(share * (1 - share) / applicable + z * z / (4 * applicable**2)),
    )
    return "gap" if (centre + reach) / (1 + z * z / applicable) < TARGET else "possible gap"


def fits(rows: Sequence[Row], meets: int, below: int) -> bool:
    return all(least <= of_meets * meets + of_below * below <= most for of_meets, of_below, least, most in rows)


def states_that_fit(rows: Sequence[Row], size: int) -> set[str]:
    """The states of every table that would be shown so."""
    if not rows:
        return {"on target", "possible gap", "gap"}
    found = set()
    for meets in range(size + 1):
        for below in range(size + 1 - meets):
            if meets + below and fits(rows, meets, below):
                found.add(state(meets + below, below))
    return found


def figures(rule: Rule, size: int, rounds: int) -> str:
    """How good what is shown is, and how often a statement that takes it for the truth is false."""
    sums: dict[str, float] = defaultdict(float)
    for seed in range(rounds):
        snapshot = Organisation(size, 1_000 + seed, themes=THEMES).snapshot()
        whole: list[tuple[Tally, tuple[float, float] | None]] = []
        for theme in range(THEMES):
            releases = rule([snapshot], theme, random.Random(seed * THEMES + theme))
            if releases is None:
                sums["refused"] += 1
                continue
            for filters, shown in releases[0].items():
                tally = snapshot.tally(filters, theme)
                if tally.applicable >= 10:
                    sums["cells"] += 1
                    sums["hidden"] += shown.numbers is None
                    on_target = state(tally.applicable, tally.below) == "on target"
                    sums["on target"] += on_target and not filters
                    sums["on target hidden"] += on_target and not filters and shown.numbers is None
                if shown.numbers is not None and tally.applicable:
                    true = tally.meets / tally.applicable
                    sums["shares"] += 1
                    sums["error"] += abs(shown.numbers[1] / shown.numbers[0] - 1 + true)
                    if not filters:
                        sums["states"] += 1
                        sums["false states"] += state(*shown.numbers) != state(tally.applicable, tally.below)
                        fitting = states_that_fit(shown.rows, size)
                        sums["states told"] += len(fitting) == 1
                        sums["told falsely"] += state(tally.applicable, tally.below) not in fitting
                if not filters:
                    whole.append((tally, shown.numbers))
        _count_order(whole, sums)
    share = {
        "share off by (points)": 100 * sums["error"] / max(1, sums["shares"]),
        "cells hidden (%)": 100 * sums["hidden"] / max(1, sums["cells"]),
        "on-target themes hidden (%)": 100 * sums["on target hidden"] / max(1, sums["on target"]),
        "false: state (%)": 100 * sums["false states"] / max(1, sums["states"]),
        "false: rank (%)": 100 * sums["false ranks"] / max(1, sums["ranks"]),
        "false: widest gap (%)": 100 * sums["false widest"] / max(1, sums["ordered"]),
        "false: strongest (%)": 100 * sums["false strongest"] / max(1, sums["ordered"]),
        "states certain (%)": 100 * sums["states told"] / max(1, sums["states"]),
        "false: certain state (%)": 100 * sums["told falsely"] / max(1, sums["states"]),
        "refused (%)": 100 * sums["refused"] / (rounds * THEMES),
    }
    return ", ".join(f"{key} {value:.1f}" for key, value in share.items())


def _count_order(whole: Sequence[tuple[Tally, tuple[float, float] | None]], sums: dict[str, float]) -> None:
    true = [tally.meets / tally.applicable for tally, _ in whole if tally.applicable]
    shown = [
        (1 - numbers[1] / numbers[0], tally.meets / tally.applicable)
        for tally, numbers in whole
        if numbers is not None and tally.applicable
    ]
    if not shown:
        return
    sums["ordered"] += 1
    sums["false widest"] += min(shown)[1] != min(true)
    sums["false strongest"] += max(shown)[1] != max(true)
    for share, its_true in shown:
        gap, true_gap = max(0.0, TARGET - share), max(0.0, TARGET - its_true)
        rank = sum(max(0.0, TARGET - other) > gap for other, _ in shown)
        true_rank = sum(max(0.0, TARGET - other) > true_gap for other in true)
        sums["ranks"] += 1
        sums["false ranks"] += rank != true_rank


def seconds(rule: Rule, audits: int) -> float:
    """Processor time for one theme of a large round."""
    snapshot = Organisation(audits, 1).snapshot()
    _ = snapshot.members
    began = time.process_time()
    rule([snapshot], 0, random.Random(1))
    return time.process_time() - began


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--quick", action="store_true")
    part = 10 if arguments.parse_args().quick else 1
    scenarios: Sequence[tuple[str, int, int, Knowledge]] = (
        ("total known", 10, 1, Knowledge.TOTAL),
        ("combinations known", 10, 1, Knowledge.COMBINATIONS),
        ("bands of every audit known", 40, 1, Knowledge.BANDS),
        ("bands known, 2 snapshots", 12, 2, Knowledge.BANDS),
        ("bands known, 5 snapshots", 6, 5, Knowledge.BANDS),
    )
    print("What is certain, of one theme in organisations of 25 to 150 audits; audits change between snapshots")
    for name, rule in RULES.items():
        for scenario, count, snapshots, knowing in scenarios:
            if name in SLOW and snapshots == 5:
                continue  # it takes minutes for each, and two snapshots tell enough
            few = max(2, count // part // (2 if name in SLOW and knowing is Knowledge.BANDS else 1))
            _print(name, scenario, partial(pins, rule, range(few), snapshots, knowing))
    print("\nHow good what is shown is: rounds of 15 themes")
    for name, rule in RULES.items():
        for size in SIZES:
            rounds = max(2, (10 if "asked first" not in name else 1) // part)
            if "asked first" in name and size == 400:
                continue
            _print(name, f"{size} audits", partial(figures, rule, size, rounds))
    print("\nProcessor seconds of one theme, 20,000 audits")
    for name, rule in RULES.items():
        if "asked first" not in name:
            print(f"{name}: {seconds(rule, 20_000):.2f}", flush=True)


def _print(name: str, what: str, said: Callable[[], str]) -> None:
    began = time.monotonic()
    print(f"{name} | {what} | {said()} | {time.monotonic() - began:.0f} s", flush=True)


if __name__ == "__main__":
    main()
