"""Merges all that an export says of a child into one case.

Lists and tables differ in reliability. One that holds the state on the day (children in need, plans, looked after, care
leavers) outweighs one that holds events (referrals, assessments, enquiries): a child referred in May whose case was
closed in June is closed. A contact says least, and counts only when there is nothing else.

Of what is open, the most serious counts. The order is that of the codes of "Case Status" in Ofsted's Annex A, where a
looked-after child comes before a child protection plan, and that before a child in need: the authority is then a
parent, the care plan leads, and the child is audited as looked after, with or without a plan. A care leaver comes
before a child in need, since every open case may be on the list of children in need as well; and after a plan.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import IntEnum

from api.case_lists.readers.result import Place, RefusedRow, SourceCase
from checklists.case_counts import CaseCount, counts_line
from checklists.cases import CHILDRENS_WORDS, CLOSED, CaseStatus, CaseWords
from checklists.characteristics import encode_groups
from checklists.referrals import is_re_referral


class Weight(IntEnum):
    """How reliably a part of an export gives a case's status."""

    FACT = 0
    CONTACT = 1
    EVENT = 2
    # Lists states that other lists hold with their own dates and categories: the list of children in need.
    OVERVIEW = 3
    STATE = 4


@dataclass(frozen=True, slots=True, repr=False)
class CaseRecord:
    """What one row says of a child; without a status when it gives only details. No `repr`, so none is logged."""

    child: str
    place: Place
    weight: Weight
    status: str | None = None
    born: date | None = None
    unborn: bool = False
    age: int | None = None
    category: str | None = None
    team: str = ""
    worker: str = ""
    started: date | None = None
    closed: date | None = None
    # The day of the referral that the row is about, and whether the export says that it was a re-referral.
    referred: date | None = None
    re_referral: bool | None = None
    counts: tuple[tuple[CaseCount, int], ...] = ()
    # The groups of the organisation's characteristics that the row says, by the key of each.
    groups: Mapping[str, str] = field(default_factory=dict)

    @property
    def key(self) -> str:
        """The same for one child whatever the case of its letters."""
        return self.child.casefold()


def merge(
    case_records: Iterable[CaseRecord], concerned: set[str], words: CaseWords = CHILDRENS_WORDS
) -> tuple[list[SourceCase], list[RefusedRow]]:
    """One case for each child, and the children left out: with two birth dates, or without any status.

    Children with open questions are in neither. The time grows linearly with the number of records.
    """
    by_child: dict[str, list[CaseRecord]] = {}
    for record in case_records:
        by_child.setdefault(record.key, []).append(record)
    outcomes = [_case(of_child, words) for key, of_child in by_child.items() if key not in concerned]
    cases = [it for it in outcomes if isinstance(it, SourceCase)]
    return cases, [it for it in outcomes if isinstance(it, RefusedRow)]


def _case(case_records: Sequence[CaseRecord], words: CaseWords) -> SourceCase | RefusedRow:
    births = [it for it in case_records if it.born]
    other = next((it for it in births if it.born != births[0].born), None)
    if other:
        return RefusedRow(
            other.place,
            "Date of birth",
            ("Two rows give different dates of birth for this child. Correct the date of birth and export again."),
        )
    counting = _counting_records([it for it in case_records if it.status])
    if not counting:
        return RefusedRow(case_records[0].place, "Status", "The export does not give a status for this child's case.")
    ordered = sorted(counting, key=lambda it: _rank(it, words), reverse=True)
    first = ordered[0]
    facts = sorted((it for it in case_records if not it.status), key=_start, reverse=True)
    rest = [*ordered, *facts]
    return SourceCase(
        child=first.child,
        status=first.status or CLOSED,
        place=first.place,
        born=births[0].born if births else None,
        age=None if births else next((it.age for it in [*rest, *case_records] if it.age is not None), None),
        unborn=not births and any(it.unborn for it in case_records),
        category=next((it.category for it in ordered if it.category), None),
        team=next((it.team for it in rest if it.team), ""),
        worker=next((it.worker for it in rest if it.worker), ""),
        started=first.started,
        closed=first.closed if first.status == CLOSED else None,
        re_referral=_re_referral(case_records),
        counts=_counts(case_records),
        # The first that says it, in the order of what counts.
        characteristics=encode_groups(
            {key: group for it in reversed([*rest, *case_records]) for key, group in it.groups.items()}
        ),
    )


def _re_referral(case_records: Sequence[CaseRecord]) -> bool | None:
    """Whether the latest referral was a re-referral; None when the export does not show it.

    An export holds the referrals of some months: that it has no earlier one does not say that there was none.
    """
    if is_re_referral(it.referred for it in case_records if it.referred):
        return True
    told = {
        (it.referred or date.min, it.re_referral) for it in case_records if it.referred or it.re_referral is not None
    }
    newest = max((day for day, _ in told), default=date.min)
    of_newest = {answer for day, answer in told if day == newest}
    return True if True in of_newest else False if False in of_newest else None


def _counts(case_records: Sequence[CaseRecord]) -> str:
    """Each count from the newest row that has it; of several rows of one day, the largest."""
    newest: dict[CaseCount, tuple[date, int]] = {}
    for it in case_records:
        for count, number in it.counts:
            told = (it.referred or _start(it), number)
            newest[count] = max(told, newest.get(count, told))
    return counts_line({count: number for count, (_, number) in newest.items()})


def _counting_records(case_records: Sequence[CaseRecord]) -> list[CaseRecord]:
    """The records that count: no contact beside anything else, and nothing that a later closure has ended."""
    weightier = [it for it in case_records if it.weight > Weight.CONTACT] or list(case_records)
    closures = [it for it in weightier if it.status == CLOSED]
    of_case = max((_end(it) for it in closures if it.weight > Weight.EVENT), default=date.min)
    of_referral = max((_end(it) for it in closures if it.weight is Weight.EVENT), default=date.min)

    def is_overtaken(it: CaseRecord) -> bool:
        if it.weight is not Weight.EVENT or it.status == CLOSED:
            return False
        # A referral that led to nothing does not end early help.
        closed = max(of_case, of_referral) if it.status == CaseStatus.CHILD_IN_NEED else of_case
        return closed > date.min and _start(it) <= closed

    return [it for it in weightier if not is_overtaken(it)]


def _start(it: CaseRecord) -> date:
    return it.started or date.min


def _end(it: CaseRecord) -> date:
    """When a closure happened; in a list of states, one without a date has happened already."""
    return it.closed or (date.max if it.weight > Weight.EVENT else date.min)


def _rank(it: CaseRecord, words: CaseWords) -> tuple[int, int, date]:
    """The most serious highest; of two equal ones the one of its own list, and then the newest."""
    if it.status is None or it.status == CLOSED:
        return words.seriousness.get(CLOSED, 0), 0, it.closed or _start(it)
    return words.seriousness.get(it.status, 0), it.weight, _start(it)
