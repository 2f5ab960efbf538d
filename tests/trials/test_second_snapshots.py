"""Second and later snapshots over 1,000 random histories of a round: each is made or refused, and soon.

CASEAUDIT_TRIAL_HISTORIES runs fewer of them, CASEAUDIT_TRIAL_FIRST_HISTORY begins at a later seed.
"""

import multiprocessing
import os
import random
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import pytest

from checklists.release.beside import columns_beside
from checklists.release.counting import as_counted, release_round
from checklists.release.disclosure import Record as Counted
from checklists.templates.library import load_library_template
from tests.disclosure.histories import Outcome, a_history, a_round, ask_for_a_snapshot
from tests.trials.conftest import Record

pytestmark = pytest.mark.trial

HISTORIES = int(os.environ.get("CASEAUDIT_TRIAL_HISTORIES", "1000"))
FIRST = int(os.environ.get("CASEAUDIT_TRIAL_FIRST_HISTORY", "0"))
PROCESSES = 2
# It takes long, so it shows now and then how far it is.
SHOWN_EVERY = 50
# Of processor time: what a lead waits for one snapshot to be checked on a machine that does nothing else.
LONGEST_SECONDS = 2.0
RELEASED = "made"
REFUSED = {
    "too soon": "fewer audits than needed have been counted since an earlier one",
    "refused": "too much of what earlier ones counted is gone or has changed",
}
# Refusals are an answer; they must stay rare.
MOST_REFUSED = 0.06


@dataclass(frozen=True, slots=True)
class Lived:
    """One history: what came of each snapshot that was asked for."""

    seed: int
    outcomes: tuple[Outcome, ...]

    @property
    def answers(self) -> list[str]:
        return [each.what for each in self.outcomes]

    @property
    def later(self) -> list[Outcome]:
        """Those that are held beside an earlier snapshot."""
        return [each for each in self.outcomes if each.before]


def live(seed: int) -> Lived:
    """Live through one history."""
    return Lived(seed, tuple(a_history(seed)))


def test_each_second_snapshot_is_made_or_refused_in_time(record_property: Record) -> None:
    began, lived = time.monotonic(), list[Lived]()
    seeds = range(FIRST, FIRST + HISTORIES)
    with multiprocessing.get_context("spawn").Pool(PROCESSES) as pool:
        for each in pool.imap_unordered(live, seeds):
            lived.append(each)
            if len(lived) % SHOWN_EVERY == 0:
                print(f"\n{_shown(lived, time.monotonic() - began)}", flush=True)
    lived.sort(key=lambda each: each.seed)
    shown = _shown(lived, time.monotonic() - began)
    print(f"\n{shown}")
    record_property("figure", shown)
    assert [each.seed for each in lived] == list(seeds)
    later = Counter(answer for each in lived for answer in each.answers[1:])
    assert later[RELEASED] > HISTORIES / 2
    assert later["refused"] <= MOST_REFUSED * later[RELEASED]
    assert [(each.seed, one.seconds) for each in lived for one in each.outcomes if one.seconds > LONGEST_SECONDS] == []


def _shown(lived: Sequence[Lived], seconds: float) -> str:
    seeds = [each.seed for each in lived]
    first = Counter(each.answers[0] for each in lived)
    later = Counter(answer for each in lived for answer in each.answers[1:])
    lines = [
        f"Snapshots of rounds in {len(lived):,} random histories (seeds {min(seeds)} to {max(seeds)})",
        f"  {'':<76}{'first':>7}{'later':>7}",
        f"  {'released':<76}{first[RELEASED]:>7}{later[RELEASED]:>7}",
    ]
    for what, why in REFUSED.items():
        said = f"refused: {why}"
        lines.append(f"  {said:<76}{first[what]:>7}{later[what]:>7}")
    checked = [(one, each.seed) for each in lived for one in each.later if one.what != "too soon"]
    if checked:
        slowest, of = max(checked, key=lambda one: one[0].seconds)
        took = sorted(one.seconds for one, _ in checked)
        within = took[len(took) * 99 // 100]
        lines.append(
            f"  later ones checked {len(took)}: median {took[len(took) // 2]:.2f} s, 99 of 100 in {within:.2f} s"
        )
        lines.append(f"  longest {_said(slowest, of)}; the limit is {LONGEST_SECONDS:.1f} s")
    return "\n".join([*lines, f"  all in {seconds:.0f} s; load average {os.getloadavg()[0]:.1f}"])


def _said(one: Outcome, seed: int) -> str:
    return (
        f"{one.seconds:.2f} s of processor time, with {one.audits} audits beside {one.before} snapshots (seed {seed})"
    )


def test_second_snapshots_of_20_000_audits_take_no_longer(record_property: Record) -> None:
    audit_round = a_round(0)
    audit_round.add(20_000 - len(audit_round.audits))
    first = ask_for_a_snapshot(audit_round)
    audit_round.withdraw(10)
    audit_round.moderate(4_000)
    audit_round.add(500)
    second = ask_for_a_snapshot(audit_round)
    record_property(
        "figure",
        f"Snapshots of 20,000 audits, 15 themes: the first {first.seconds:.2f} s, the second {second.seconds:.2f} s of "
        f"processor time ({first.what}, {second.what})",
    )
    assert first.what == second.what == RELEASED
    assert max(first.seconds, second.seconds) <= LONGEST_SECONDS


def test_what_20_000_audits_say_beside_the_themes_takes_no_longer(record_property: Record) -> None:
    template, audit_round = load_library_template("core-case-file"), a_round(0)
    audit_round.add(20_000 - len(audit_round.audits))
    columns, chance = columns_beside(template), random.Random(1)
    lines = {at: "".join(chance.choice(each.column.letters) for each in columns) for at in audit_round.audits}
    own = len(template.theme_keys)
    records = {at: Counted(each.line[:own], each.bands) for at, each in audit_round.audits.items()}
    counted = as_counted(template, records, with_overall=True, beside=lines)
    began = time.process_time()
    released = release_round(template, records, counted, audit_round.dimensions, key=b"a key", with_overall=True)
    took = time.process_time() - began
    record_property(
        "figure",
        f"A snapshot of 20,000 audits with {own} themes and {len(columns)} columns of questions, facts and views: "
        f"{took:.2f} s of processor time",
    )
    assert len(released.beside) == len(columns)
    assert took <= LONGEST_SECONDS
