"""Three database hosts and two web hosts lose one machine after another while programs work: nobody loses a word."""

import time
from collections.abc import Callable
from dataclasses import dataclass

import pytest

from api.reports.keeping import differing_rounds
from models.storage.database import open_database
from models.storage.postgresql.leading import CUT_OFF_AFTER_SECONDS
from tests.live import a_ground
from tests.trials.conftest import Place, Record
from tests.trials.faults.under_load import NOTHING_WRONG, faults_of_the_trail
from tests.trials.killing import Aftermath, look_at
from tests.trials.several_machines.load import Load
from tests.trials.several_machines.machines import DATABASES, PROXY, WEB, Machines, at_work

pytestmark = pytest.mark.trial

BETWEEN = 40  # audits acknowledged between two faults
LONGEST_GAP_SECONDS = 45.0
CUT_OFF_FOR_SECONDS = 45.0


class Trial:
    """The faults, one after another, each with the longest time in which nothing was acknowledged."""

    def __init__(self, council: Machines, load: Load) -> None:
        self.council, self.load = council, load
        self.gaps: dict[str, float] = {}
        self.led_after = 0.0  # in how many seconds another host leads the background work
        self.most_leaders = 0  # at one moment, while a web host is split off

    def member(self, role: str) -> str:
        return next(name for name, each in self.council.members().items() if each == role)

    def bear(self, fault: str, break_it: Callable[[], None], mend: Callable[[], None]) -> None:
        """Break something, wait until audits are acknowledged again, mend it, and let all come back."""
        self.load.wait_for(BETWEEN)
        began = time.monotonic()
        break_it()
        self.load.wait_for(BETWEEN)
        mend()
        self.council.wait_for_members()
        for name in WEB:
            self.council.wait_for_web(name)
        self.load.wait_for(BETWEEN)
        self.gaps[fault] = self.load.longest_gap(began)
        print(
            f"{fault}: {self.gaps[fault]:.1f} s, {len(self.load.acknowledged)} acknowledged, {dict(self.load.refused)}"
        )

    def primary_is_killed(self) -> None:
        name = self.member("leader")
        self.bear(
            "primary killed",
            lambda: self.council.network.kill(name),
            lambda: self.council.start_database(name),
        )

    def primary_is_split_off(self) -> None:
        """From the other database hosts, while the web hosts still reach it, and it knows of no other primary."""
        name, network = self.member("leader"), self.council.network
        others = [each for each in DATABASES if each != name]

        def split() -> None:
            network.split(name, *others)
            time.sleep(CUT_OFF_FOR_SECONDS)

        self.bear("network split", split, lambda: network.join(name, *others))

    def is_cut_off(self, fault: str, role: str) -> None:
        name, network = self.member(role), self.council.network

        def cut() -> None:
            network.cut(name)
            time.sleep(CUT_OFF_FOR_SECONDS)  # long enough for what is cut off to notice

        self.bear(fault, cut, lambda: network.heal(name))

    def web_host_is_split_off(self) -> None:
        """That which leads the background work, from all databases, while the proxy and people still reach it."""
        (name,) = self.council.who_leads()
        network = self.council.network

        def split() -> None:
            network.split(name, *DATABASES)
            began = time.monotonic()
            while time.monotonic() - began < CUT_OFF_FOR_SECONDS:
                leaders = self.council.who_leads()
                self.most_leaders = max(self.most_leaders, len(leaders))
                if not self.led_after and leaders and name not in leaders:
                    self.led_after = time.monotonic() - began
                time.sleep(0.1)

        self.bear("web host split off", split, lambda: network.join(name, *DATABASES))

    def web_host_is_lost(self) -> None:
        """That which leads the background work, as when its power fails."""
        (name,) = self.council.who_leads()
        network = self.council.network

        def lose() -> None:
            network.cut(name)
            network.kill(name)
            began = time.monotonic()
            while not self.council.who_leads():
                assert time.monotonic() - began < LONGEST_GAP_SECONDS
                time.sleep(0.1)
            self.led_after = time.monotonic() - began

        def bring_back() -> None:
            network.heal(name)
            self.council.start_web(name)

        self.bear("web host lost", lose, bring_back)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What was found when all was over."""

    load: Load
    aftermath: Aftermath
    trail: list[str]
    wrong_tallies: int
    leaders: int

    def figure(self, gaps: dict[str, float]) -> str:
        """All of it in a sentence or two."""
        without = ", ".join(f"{fault} {seconds:.1f} s" for fault, seconds in gaps.items())
        load = self.load
        return (
            f"{len(load.acknowledged)} audits acknowledged: {self.aftermath}; trail {self.trail or 'whole'}; wrong "
            f"tallies {self.wrong_tallies}; nothing acknowledged for at most: {without}; longest request "
            f"{load.longest_seconds:.1f} s; {load.reports} reports, {load.older} of them older than what was "
            f"acknowledged; refused {dict(load.refused)}"
        )


def bear_all(council: Machines, *faults: Callable[[Trial], None]) -> tuple[Trial, Outcome]:
    """The faults one after another under load, and what is found afterwards. From the desk."""
    database = open_database(council.url)
    ground = a_ground(database)
    load = Load(PROXY["proxy"], ground)
    trial = Trial(council, load)
    load.start()
    try:
        for fault in faults:
            fault(trial)
    finally:
        load.stop()
    database.engine.dispose()
    outcome = Outcome(
        load,
        look_at(database, ground, load.acknowledged),
        faults_of_the_trail(Place(council.url, database, ground, council.shared)),
        len(differing_rounds(database)),
        len(council.who_leads()),
    )
    database.close()
    return trial, outcome


def test_machines_are_lost_one_after_another_and_nobody_loses_a_word(record_property: Record) -> None:
    with at_work() as council:
        trial, outcome = bear_all(
            council,
            Trial.primary_is_killed,
            Trial.primary_is_split_off,
            lambda trial: trial.is_cut_off("primary cut off", "leader"),
            lambda trial: trial.is_cut_off("synchronous standby cut off", "sync_standby"),
            Trial.web_host_is_lost,
        )
    figure = f"{outcome.figure(trial.gaps)}; another host leads the background work after {trial.led_after:.1f} s"
    print(figure)
    record_property("figure", figure)
    assert outcome.load.failures == []
    assert outcome.aftermath == NOTHING_WRONG
    assert outcome.trail == []
    assert outcome.wrong_tallies == 0
    assert outcome.load.older == 0
    assert outcome.load.reports > 0
    assert outcome.leaders == 1
    assert trial.led_after <= CUT_OFF_AFTER_SECONDS
    assert max(trial.gaps.values()) <= LONGEST_GAP_SECONDS


def test_a_web_host_that_reaches_no_database_is_passed_by_and_leads_no_more(record_property: Record) -> None:
    with at_work() as council:
        trial, outcome = bear_all(council, Trial.web_host_is_split_off)
    figure = (
        f"{outcome.figure(trial.gaps)}; another host leads the background work after {trial.led_after:.1f} s, at most "
        f"{trial.most_leaders} at a time"
    )
    print(figure)
    record_property("figure", figure)
    assert outcome.load.failures == []
    assert outcome.aftermath == NOTHING_WRONG
    assert outcome.trail == []
    assert outcome.wrong_tallies == 0
    assert outcome.load.older == 0
    assert (trial.most_leaders, outcome.leaders) == (1, 1)
    assert 0 < trial.led_after <= CUT_OFF_AFTER_SECONDS
    assert max(trial.gaps.values()) <= LONGEST_GAP_SECONDS


def test_the_same_trial_finds_the_loss_where_what_is_acknowledged_is_on_one_machine_only(
    record_property: Record,
) -> None:
    with at_work(synchronous=False) as council:
        trial, outcome = bear_all(council, Trial.primary_is_split_off)
    figure = f"Not synchronous: {outcome.figure(trial.gaps)}"
    print(figure)
    record_property("figure", figure)
    assert outcome.aftermath.lost > 0
