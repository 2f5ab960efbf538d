"""An attacker on what is released beside the themes, who knows which audits each snapshot counts and which changed.

It reads what a snapshot stores and shares no code with the release.
"""

import json
import random
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from itertools import pairwise
from typing import Any

from api.release.snapshots.collecting import SnapshotData
from checklists.release.altered_copy import EarlierCopy, InCopy, NoCopyError
from checklists.release.counting import as_counted
from checklists.release.disclosure import Record
from checklists.reports.tallies import encode_answers
from checklists.templates.template import Template
from models import Round
from tests.checklists.small_template import a_template, theme
from tests.disclosure.pinning import Known, Terms, pin

# By column: the answers that an audit may have. Those of one that leaves the sums come last.
ANSWERS: Mapping[str, tuple[str, ...]] = {
    "seen": ("meets", "below"),
    "plan": ("meets", "below", "left-out"),
    "where": ("home", "school", "elsewhere", "not-evidenced", "left-out"),
    "moves": ("none", "one", "more", "not-evidenced"),
    "views": ("with-view", "without-view"),
    "held": ("yes", "no"),
    "told-only": ("yes", "no"),
    "caseload": ("yes", "no"),
}


@cache
def the_template() -> Template:
    """Two questions with a standard, of which one may not apply; one without; a fact; family views; a conversation,
    sources and a barrier.
    """
    asked = [
        {"key": "seen", "text": "Was the child seen?", "kind": "yes-no", "meets": ["yes"]},
        {"key": "plan", "text": "Is there a plan?", "kind": "yes-no", "meets": ["yes"], "not_applicable": True},
        {
            "key": "where",
            "text": "Where was the child seen?",
            "kind": "choice",
            "not_applicable": True,
            "choices": [{"key": key, "label": key.capitalize()} for key in ANSWERS["where"][:3]],
        },
    ]
    return a_template(
        format="caseaudit-template/2",
        learning_domains=[
            {"key": "practice", "title": "Practice", "themes": [{**theme("voice"), "questions": asked}]},
        ],
        case_facts=[
            {
                "key": "moves",
                "title": "Moves",
                "choices": [{"key": key, "label": key.capitalize()} for key in ANSWERS["moves"][:3]],
            }
        ],
        asks={"family_views": True, "conversation": True, "sources": True},
        obstacles=[{"key": "caseload", "label": "Caseload"}],
    )


@dataclass(frozen=True)
class Version:
    """An audit as it is between two changes: which it is, how often it changed, and its answer in each column."""

    audit: int
    change: int
    answers: Mapping[str, str]


class Asked:
    """Audits of one round: the same for the same seed. Some come, some go, some change."""

    def __init__(self, size: int, seed: int) -> None:
        self.chance = random.Random(f"beside {size} {seed}")
        self.weights = {key: [self.chance.choice((0.02, 0.2, 1, 3)) for _ in of] for key, of in ANSWERS.items()}
        self.next, self.audits = 0, list[Version]()
        self.add(size)

    def _answers(self) -> dict[str, str]:
        return {key: self.chance.choices(of, self.weights[key])[0] for key, of in ANSWERS.items()}

    def add(self, count: int) -> None:
        for _ in range(count):
            self.audits.append(Version(self.next, 0, self._answers()))
            self.next += 1

    def snapshots(self, count: int) -> list[Sequence[Version]]:
        found: list[Sequence[Version]] = [tuple(self.audits)]
        for _ in range(count - 1):
            gone = set(self.chance.sample(range(len(self.audits)), self.chance.choice((0, 0, 1, 3))))
            changed = set(self.chance.sample(range(len(self.audits)), self.chance.choice((0, 1, 1, 4))))
            self.audits = [
                Version(each.audit, each.change + 1, self._answers()) if at in changed else each
                for at, each in enumerate(self.audits)
                if at not in gone
            ]
            self.add(self.chance.choice((10, 12, 20)))
            found.append(tuple(self.audits))
        return found


def stored(snapshots: Sequence[Sequence[Version]], seed: int) -> list[tuple[str, int]] | None:
    """What each snapshot stores, and how far its numbers may be off; None when one is refused."""
    earlier, found, template = list[EarlierCopy](), list[tuple[str, int]](), the_template()
    letters = {key: {name: chr(ord("a") + at) for at, name in enumerate(of)} for key, of in ANSWERS.items()}
    audit_round = Round(
        organisation_id=1,
        due_on=date(2026, 4, 1),
        title="Spring", period_from=date(2026, 1, 1), period_to=date(2026, 3, 1), target_percent=90,
        template_id=uuid.UUID(int=0), template_version=1, minimum_applicable=5,
    )  # fmt: skip
    line = encode_answers(template, dict.fromkeys(template.theme_keys, template.scale.standard))
    for each in snapshots:
        records = {uuid.UUID(int=of.audit): Record(line, {}) for of in each}
        beside = {uuid.UUID(int=of.audit): "".join(letters[key][of.answers[key]] for key in ANSWERS) for of in each}
        counted = as_counted(template, records, with_overall=True, beside=beside)
        data = SnapshotData(audit_round, template, records, counted, {}, {}, "")
        try:
            released = data.release(key=b"%d" % seed, smallest=10, earlier=earlier)
        except NoCopyError:
            return None
        copied: dict[Any, InCopy] = {
            audit: InCopy(how.bands, how.answers, released.copied[audit]) for audit, how in counted.items()
        }
        earlier.append(EarlierCopy(released.rule.within, copied))
        found.append((data.content(released), released.rule.within))
    return found


@dataclass
class ToldBeside:
    """What is certain: answers of few or of all alike, numbers at all, and what could not be settled in time."""

    answers: int = 0
    sizes: int = 0
    undecided: int = 0

    def add(self, other: "ToldBeside") -> None:
        self.answers += other.answers
        self.sizes += other.sizes
        self.undecided += other.undecided


def attack(
    snapshots: Sequence[Sequence[Version]], contents: Sequence[tuple[str, int]], *, nearer: int = 0
) -> ToldBeside:
    """Attack each column. ValueError where the truth is further off than stated, less `nearer`."""
    told = ToldBeside()
    for key in ANSWERS:
        told.add(_attack_column(key, snapshots, contents, nearer))
    return told


def _groups(key: str, snapshots: Sequence[Sequence[Version]]) -> dict[tuple[int, ...], list[str]]:
    """The answers of versions that the same snapshots count: these cannot be told apart."""
    seen: dict[tuple[int, int], list[int]] = {}
    answers: dict[tuple[int, int], str] = {}
    for at, each in enumerate(snapshots):
        for of in each:
            seen.setdefault((of.audit, of.change), []).append(at)
            answers[of.audit, of.change] = of.answers[key]
    groups: dict[tuple[int, ...], list[str]] = {}
    for version, counted in seen.items():
        groups.setdefault(tuple(counted), []).append(answers[version])
    return groups


Span = tuple[Sequence[str], float, float]
"""Answers of a column, and between what their number in a snapshot lies."""


def _attack_column(
    key: str, snapshots: Sequence[Sequence[Version]], contents: Sequence[tuple[str, int]], nearer: int
) -> ToldBeside:
    said = [
        _spans(key, {column: counts for _, column, counts in json.loads(content)["beside"]}[key], within, nearer)
        for content, within in contents
    ]
    return _told(key, snapshots, said)


def _spans(key: str, shown: Mapping[str, int] | None, within: int, nearer: int) -> list[Span]:
    """What the released counts of a column say."""
    inside = [name for name in ANSWERS[key] if name != "left-out"]
    if shown is None:
        return [(inside, 0, 9 + within)]
    near = within - nearer
    number = sum(shown[name] for name in inside)
    return [
        *(([name], shown[name] - near, shown[name] + near) for name in ANSWERS[key]),
        (inside, number - near, number + near),
    ]


def attack_former(snapshots: Sequence[Sequence[Version]]) -> ToldBeside:
    """Attack what the former rule would have shown: counts up to 5 hidden, others rounded to 5."""
    told = ToldBeside()
    for key, names in ANSWERS.items():
        said = [[_formerly(each, key, name) for name in names] for each in snapshots]
        told.add(_told(key, snapshots, said))
    return told


def _formerly(snapshot: Sequence[Version], key: str, name: str) -> Span:
    number = sum(of.answers[key] == name for of in snapshot)
    rounded = (number + 2) // 5 * 5
    return ([name], 0, 5) if number <= 5 else ([name], max(6, rounded - 2), rounded + 2)


def _told(key: str, snapshots: Sequence[Sequence[Version]], said: Sequence[Sequence[Span]]) -> ToldBeside:
    """What is certain of a column from this of each snapshot."""
    names, groups = ANSWERS[key], _groups(key, snapshots)
    place = {(group, name): at for at, (group, name) in enumerate((g, n) for g in groups for n in names)}
    known = Known([len(groups[group]) for group, _ in place])
    for group, of_group in groups.items():
        known.add({place[group, name]: 1 for name in names}, len(of_group), len(of_group))
    for at, spans in enumerate(said):
        for wanted, least, most in spans:
            terms: Terms = {place[group, name]: 1 for group in groups if at in group for name in wanted}
            known.add(terms, least, most)
    truth = [groups[group].count(name) for group, name in place]
    sums = [{at: 1} for at in range(len(place))]
    sums += [
        {place[group, name]: 1 for group in groups if at in group} for at in range(len(snapshots)) for name in names
    ]
    pinned = pin(known, sums, truth)
    told = ToldBeside(undecided=len(pinned.undecided))
    for which in pinned.certain:
        is_group = which < len(place)
        told.answers += is_group
        told.sizes += not is_group
    return told


def a_history(seed: int, count: int) -> list[Sequence[Version]]:
    """The audits that each snapshot of a round counts."""
    return Asked(25 + 5 * (seed % 26), seed).snapshots(count)


def attack_round(seed: int, count: int, *, nearer: int = 0) -> ToldBeside | None:
    """Attack a round of 25 to 150 audits; None where a snapshot of it is refused."""
    snapshots = a_history(seed, count)
    assert all(len(one) < len(other) + 4 for one, other in pairwise(snapshots))
    contents = stored(snapshots, seed)
    return None if contents is None else attack(snapshots, contents, nearer=nearer)
