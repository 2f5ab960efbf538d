"""Organisations to attack: audits with uneven bands and answers, the same for the same size and seed."""

import random

from checklists.disclosure import Record
from tests.checklists.attacker import Shape
from tests.checklists.samples import a_template, theme

TEMPLATE = a_template(
    learning_domains=[{"key": "practice", "title": "Practice", "themes": [theme("plan"), theme("review")]}],
    forms_of_harm=[{"key": key, "label": key.capitalize()} for key in ("fear", "neglect", "loss")],
)
DIMENSIONS = {
    "team": ["north", "south", "east", "west"],
    "status": ["in-need", "protection", "looked-after"],
    "age": ["under-5", "5-to-11", "12-and-over"],
    "harm": ["fear", "neglect", "loss"],
}
SHAPE = Shape(TEMPLATE, DIMENSIONS, "harm")


def an_organisation(size: int, seed: int) -> list[Record]:
    chance = random.Random(f"{size}-{seed}")
    weights = {name: [chance.uniform(0.3, 1) ** 2 for _ in values] for name, values in DIMENSIONS.items()}
    rates = [
        (chance.uniform(0, 0.2), chance.uniform(0.2, 0.6)),
        (chance.uniform(0, 0.4), chance.uniform(0.6, 0.95)),
    ]
    made = []
    for _ in range(size):
        bands: dict[str, tuple[str, ...]] = {
            name: (chance.choices(DIMENSIONS[name], weights[name])[0],) for name in SHAPE.single
        }
        bands["harm"] = tuple(
            harm
            for harm, weight in zip(DIMENSIONS["harm"], weights["harm"], strict=True)
            if chance.random() < weight * 0.6
        )
        states = tuple(
            0 if chance.random() < not_applicable else (2 if chance.random() < below else 1)
            for not_applicable, below in rates
        )
        made.append(Record(SHAPE.line(states), bands))
    return made
