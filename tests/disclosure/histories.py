"""Random histories of a round between its snapshots: audits are added, returned, moderated and withdrawn."""

import random
import time
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from string import ascii_lowercase
from typing import Final

from checklists.cases import AgeBand, CaseStatus
from checklists.release.altered_copy import EarlierCopy, InCopy, NoCopyError
from checklists.release.counting import as_counted, release_round
from checklists.release.disclosure import Record, may_follow_snapshot
from checklists.templates.library import load_library_template
from checklists.templates.template import Template
from models import AuditMode

LEAST_AUDITS, MOST_AUDITS = 40, 400
HARM: Final = "form-of-harm"


@dataclass
class Round:
    """The counted audits of a round, as they stand, and what has been shown of them."""

    template: Template
    dimensions: Mapping[str, Sequence[str]]
    chance: random.Random
    audits: dict[int, Record] = field(default_factory=dict)
    copies: list[EarlierCopy] = field(default_factory=list)
    next_id: int = 0

    def add(self, number: int) -> None:
        for _ in range(number):
            self.audits[self.next_id] = Record(self._line(), self._bands(), self._overall())
            self.next_id += 1

    def withdraw(self, number: int) -> None:
        for audit in self._some(number):
            del self.audits[audit]

    def moderate(self, number: int) -> None:
        """One to three answers of each are agreed to be others."""
        for audit in self._some(number):
            line, other = list(self.audits[audit].line), self._line()
            for theme in self.chance.sample(range(len(line)), self.chance.randint(1, 3)):
                line[theme] = other[theme]
            self.audits[audit] = replace(self.audits[audit], line="".join(line))

    def return_and_submit_again(self, number: int) -> None:
        """With other answers, and now and then with other bands, when the case has moved on."""
        for audit in self._some(number):
            bands = self._bands() if self.chance.random() < 0.3 else self.audits[audit].bands
            self.audits[audit] = Record(self._line(), bands, self._overall())

    def _overall(self) -> bool | None:
        return self.chance.choice((True, True, False, None))

    def _some(self, number: int) -> list[int]:
        return self.chance.sample(sorted(self.audits), min(number, len(self.audits)))

    def _line(self) -> str:
        letters = ascii_lowercase[: len(self.template.scale.answers)]
        return "".join(self.chance.choices(letters, self._weights, k=len(self.template.theme_keys)))

    def _bands(self) -> dict[str, Sequence[str]]:
        bands: dict[str, Sequence[str]] = {}
        for name, values in self.dimensions.items():
            if name == HARM:
                bands[name] = tuple(value for value in values if self.chance.random() < 0.3)
            else:
                bands[name] = (values[min(int(self.chance.expovariate(2) * len(values)), len(values) - 1)],)
        return bands

    @property
    def _weights(self) -> tuple[int, ...]:
        return (6, 9, 4, 2, 1, 2)[: len(self.template.scale.answers)]


@dataclass(frozen=True)
class Outcome:
    """What came of asking for a snapshot: "made", "refused" or "too soon"; and what it took."""

    what: str
    seconds: float
    audits: int
    before: int


def a_round(seed: int) -> Round:
    """The same for the same seed: 40 to 400 audits of the 15 themes of the first template, in 1 to 8 teams."""
    chance = random.Random(f"round {seed}")
    template = load_library_template("scr-themes", 2)
    dimensions: dict[str, Sequence[str]] = {
        "team": [f"team {number}" for number in range(chance.randint(1, 8))],
        "status": [each.value for each in CaseStatus],
        "age-band": [each.value for each in AgeBand],
        HARM: [harm.key for harm in template.forms_of_harm],
        "mode": [each.value for each in AuditMode],
    }
    audit_round = Round(template, dimensions, chance)
    audit_round.add(chance.randint(LEAST_AUDITS, MOST_AUDITS))
    return audit_round


def ask_for_a_snapshot(audit_round: Round) -> Outcome:
    """As the service does."""
    before, began, audits = len(audit_round.copies), time.process_time(), audit_round.audits

    def outcome(what: str) -> Outcome:
        return Outcome(what, time.process_time() - began, len(audits), before)

    if not all(may_follow_snapshot(audits.keys(), earlier.audits.keys()) for earlier in audit_round.copies):
        return outcome("too soon")
    how = as_counted(audit_round.template, audits, with_overall=True)
    try:
        released = release_round(
            audit_round.template,
            audits,
            how,
            audit_round.dimensions,
            key=b"a key",
            earlier=audit_round.copies,
            with_overall=True,
        )
    except NoCopyError:
        return outcome("refused")
    made = outcome("made")
    letters: dict[Hashable, InCopy] = {
        audit: InCopy(its.bands, its.answers, released.copied[audit]) for audit, its in how.items()
    }
    audit_round.copies.append(EarlierCopy(released.rule.within, letters))
    return made


def a_history(seed: int) -> list[Outcome]:
    """Two to five snapshots of a round are asked for, and much happens in between."""
    return live(a_round(seed))


def a_lived_round(seed: int) -> Round:
    """A round after its history."""
    audit_round = a_round(seed)
    live(audit_round)
    return audit_round


def live(audit_round: Round) -> list[Outcome]:
    """Ask for two to five snapshots, with much that happens in between."""
    chance = audit_round.chance
    outcomes = []
    for _ in range(chance.randint(2, 5)):
        outcomes.append(ask_for_a_snapshot(audit_round))
        audit_round.withdraw(chance.choice((0, 0, 1, 3, 10)))
        audit_round.moderate(chance.choice((0, 1, 2, 5, len(audit_round.audits) // 5)))
        audit_round.return_and_submit_again(chance.choice((0, 0, 1, 3)))
        audit_round.add(chance.choice((0, 9, 10, 12, 30, 60)))
    return outcomes
