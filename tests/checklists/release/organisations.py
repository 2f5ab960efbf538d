"""Organisations to attack: audits with uneven bands and answers, the same for the same size and seed."""

import random
from collections.abc import Mapping, Sequence
from typing import Final

from checklists.release.disclosure import Record
from tests.checklists.release.attacker import Shape
from tests.checklists.small_template import a_template, theme

DIMENSIONS: Final[Mapping[str, Sequence[str]]] = {
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


TWO_THEMES, ONE_THEME = a_shape("plan", "review"), a_shape("review")


def an_organisation(size: int, seed: int, shape: Shape = TWO_THEMES) -> list[Record]:
    """In the last theme most have the gap, and for many it is not applicable."""
    chance = random.Random(f"{size} {seed}")
    weights = {name: [chance.uniform(0.3, 1) ** 2 for _ in values] for name, values in DIMENSIONS.items()}
    rates = [(chance.uniform(0, 0.2), chance.uniform(0.2, 0.6)), (chance.uniform(0, 0.4), chance.uniform(0.6, 0.95))]
    records = []
    for _ in range(size):
        bands = {name: tuple(chance.choices(DIMENSIONS[name], weights[name])) for name in shape.single}
        harms = zip(DIMENSIONS["harm"], weights["harm"], strict=True)
        bands["harm"] = tuple(value for value, weight in harms if chance.random() < 0.6 * weight)
        states = [0 if chance.random() < spared else 2 if chance.random() < gap else 1 for spared, gap in rates]
        records.append(Record(shape.line(states[-len(shape.themes) :]), bands))
    return records
