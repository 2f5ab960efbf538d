"""What a programme expects, and what of it is done, late or exempt: by month, by team, and by both."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class Expectation:
    """Numbers of audits. Of the expected ones some are done; late are the ones submitted after the due date or due and
    not submitted, so that an audit may be both done and late. The exempt ones are not among the expected.
    """

    expected: int = 0
    done: int = 0
    late: int = 0
    exempt: int = 0

    def __post_init__(self) -> None:
        if min(self.expected, self.done, self.late, self.exempt) < 0 or max(self.done, self.late) > self.expected:
            raise ValueError("numbers of audits are not negative, and no more are done or late than are expected")

    @property
    def is_empty(self) -> bool:
        """Whether it counts nothing."""
        return self == Expectation()

    def __add__(self, other: "Expectation") -> "Expectation":
        return Expectation(
            self.expected + other.expected,
            self.done + other.done,
            self.late + other.late,
            self.exempt + other.exempt,
        )


@dataclass(frozen=True, slots=True)
class Part:
    """The audits of one round in one team: "" for the ones whose team is not known yet."""

    month: date
    team: str
    counts: Expectation


@dataclass(frozen=True, slots=True)
class ExpectationTable:
    """The sums of a programme. Months are their first days, in order; teams are by name, not known yet last."""

    by_month: Mapping[date, Expectation]
    by_team: Mapping[str, Expectation]
    by_both: Mapping[tuple[date, str], Expectation]
    whole: Expectation


def first_of_month(day: date) -> date:
    """The first day of the month of this day."""
    return day.replace(day=1)


def add_up(parts: Iterable[Part]) -> ExpectationTable:
    """The sums by month, by team and by both."""
    by_both: dict[tuple[date, str], Expectation] = {}
    for part in parts:
        key = (first_of_month(part.month), part.team)
        by_both[key] = by_both.get(key, Expectation()) + part.counts
    by_month: dict[date, Expectation] = {}
    by_team: dict[str, Expectation] = {}
    in_order = sorted(by_both.items(), key=lambda item: (item[0][0], not item[0][1], item[0][1]))
    for (month, team), counts in in_order:
        by_month[month] = by_month.get(month, Expectation()) + counts
        by_team[team] = by_team.get(team, Expectation()) + counts
    teams = sorted(by_team, key=lambda team: (not team, team))
    return ExpectationTable(
        by_month=by_month,
        by_team={team: by_team[team] for team in teams},
        by_both=dict(in_order),
        whole=sum(by_both.values(), Expectation()),
    )
