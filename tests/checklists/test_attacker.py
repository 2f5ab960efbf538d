"""Nothing about few children follows from what is shown: an attacker who can compute tries to prove otherwise."""

import random
from collections.abc import Callable, Sequence
from functools import cache

from checklists.deduction import Shown, strict_enough
from checklists.disclosure import Record, ReleaseRule, lattice
from tests.checklists.attacker import (
    Attack,
    Findings,
    Part,
    Scheme,
    Shape,
    by_rule,
)
from tests.checklists.samples import a_template, theme

RecordProperty = Callable[[str, object], None]

SIZES = (40, 120, 400)
FEW_SEEDS, MANY_SEEDS = range(3), range(10)
NEW = 10
DIMENSIONS = {
    "team": ("north", "south", "east", "west"),
    "status": ("in-need", "protection", "looked-after"),
    "age": ("under-5", "5-to-11", "12-and-over"),
    "harm": ("fear", "neglect", "loss"),
}


def a_shape(*themes: str) -> Shape:
    template = a_template(
        learning_domains=[{"key": "practice", "title": "Practice", "themes": [theme(key) for key in themes]}],
        forms_of_harm=[{"key": key, "label": key.capitalize()} for key in DIMENSIONS["harm"]],
    )
    return Shape(template, DIMENSIONS, "harm")


SHAPE, SMALLER_SHAPE = a_shape("plan", "review"), a_shape("review")


def an_organisation(size: int, seed: int, shape: Shape = SHAPE) -> list[Record]:
    """Audits in uneven teams and bands; in the last theme most have the gap, and many are not applicable."""
    chance = random.Random(f"{size} {seed}")
    weights = {name: [chance.uniform(0.3, 1) ** 2 for _ in values] for name, values in DIMENSIONS.items()}
    rates = [(chance.uniform(0, 0.2), chance.uniform(0.2, 0.6)), (chance.uniform(0, 0.4), chance.uniform(0.6, 0.95))]
    records = []
    for _ in range(size):
        bands = {name: tuple(chance.choices(DIMENSIONS[name], weights[name])) for name in shape.single}
        bands["harm"] = tuple(
            value
            for value, weight in zip(DIMENSIONS["harm"], weights["harm"], strict=True)
            if chance.random() < 0.6 * weight
        )
        states = [0 if chance.random() < spared else 2 if chance.random() < gap else 1 for spared, gap in rates]
        records.append(Record(shape.line(states[-len(shape.themes) :]), bands))
    return records


def unrounded() -> Scheme:
    """All of the rule but its rounding: no rule of the product can be made so."""
    rule = ReleaseRule()
    object.__setattr__(rule, "rounding", 1)
    return by_rule(rule)


def chosen_rule(records: Sequence[Record], *earlier: Shown, shape: Shape = SHAPE) -> ReleaseRule | None:
    """The thresholds that a snapshot of these records takes, when the mildest are asked for."""
    safe = strict_enough(
        ReleaseRule(),
        lambda rule: lattice(shape.template, records, shape.dimensions, rule),
        frozenset(range(len(records))),
        earlier=earlier,
        several={shape.several},
    )
    return None if safe is None else safe[1]


def shown_to_all(records: Sequence[Record], scheme: Scheme) -> Attack:
    return Attack(SHAPE, {"all": Part(records)}, {("all",): scheme})


@cache
def attacked(size: int, seed: int) -> Findings:
    """The attack on a snapshot of one organisation as the product makes it."""
    records = an_organisation(size, seed)
    rule = chosen_rule(records)
    assert rule is not None
    return shown_to_all(records, by_rule(rule)).run(("all",))


def all_together(findings: Sequence[Findings]) -> Findings:
    together = Findings()
    for each in findings:
        together.add(each)
    return together


def assert_nothing_is_told(findings: Findings) -> None:
    assert findings.attacked > 0
    assert findings.pinned == []
    assert findings.undecided == []
