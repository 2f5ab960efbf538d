"""The children in need census as XML, read leniently: real files use true for 1, and elements of other years.

Elements: the specification of the census (Department for Education). The census does not cover early help, and does not
say who is looked after or has left care.
"""

from collections.abc import Iterable
from typing import Final

from api.case_lists.readers.cells.headings import Field, Headings
from api.case_lists.readers.merging import Weight
from api.case_lists.readers.rows import Part, ReadState, read_part
from api.documents.reading.sheets import Row, Sheet
from api.documents.reading.xml_stream import Element, records
from checklists.cases import CaseStatus

_CHILD: Final = Part(
    "Children",
    {
        Field.CHILD: ("LAchildID",),
        Field.BORN: ("PersonBirthDate",),
        Field.EXPECTED: ("ExpectedPersonBirthDate",),
    },
    Weight.FACT,
)
_EPISODE: Final = Part(
    "Episodes of need",
    {
        Field.CHILD: ("LAchildID",),
        Field.STARTED: ("CINreferralDate",),
        Field.CLOSED: ("CINclosureDate",),
        Field.CATEGORY: ("PrimaryNeedCode",),
        Field.REFERRED: ("Referral date",),
    },
    Weight.STATE,
    CaseStatus.CHILD_IN_NEED,
)
_PLAN: Final = Part(
    "Child protection plans",
    {
        Field.CHILD: ("LAchildID",),
        Field.STARTED: ("CPPstartDate",),
        Field.CLOSED: ("CPPendDate",),
        Field.CATEGORY: ("LatestCategoryOfAbuse",),
    },
    Weight.STATE,
    CaseStatus.CHILD_PROTECTION_PLAN,
)


def read_xml(chunks: Iterable[bytes], gathered: ReadState) -> None:
    """Add what the census says. A place is the number of the child in the file."""
    rows: dict[str, list[Row]] = {"Child": [], "CINdetails": [], "ChildProtectionPlans": []}
    for number, child in enumerate(records(chunks, "Child"), start=1):
        about = next(iter(child.all("ChildIdentifiers")), child)
        who = about.text_of("LAchildID")
        born, expected = about.text_of("PersonBirthDate"), about.text_of("ExpectedPersonBirthDate")
        rows["Child"].append((number, [who, born, expected]))
        for episode in child.all("CINdetails"):
            rows["CINdetails"].append((number, [who, *_dates_and_need(episode)]))
            for plan in episode.all("ChildProtectionPlans"):
                # A plan left open in a closed episode ended with it.
                ended = plan.text_of("CPPendDate") or episode.text_of("CINclosureDate")
                abuse = plan.text_of("LatestCategoryOfAbuse", "InitialCategoryOfAbuse")
                rows["ChildProtectionPlans"].append((number, [who, plan.text_of("CPPstartDate"), ended, abuse]))
    for part, (name, of_part) in zip((_CHILD, _EPISODE, _PLAN), rows.items(), strict=True):
        headings = [texts[0] for texts in part.headings.values()]
        read_part(part, Sheet(name, of_part.__iter__), Headings.of(0, headings), gathered)


def _dates_and_need(episode: Element) -> list[str]:
    """Start, end, need and referral of an episode: a referral that led to nothing ended on its day."""
    referred, closed = episode.text_of("CINreferralDate"), episode.text_of("CINclosureDate")
    if not closed and episode.text_of("ReferralNFA").casefold() in {"1", "true"}:
        closed = referred
    plans = episode.all("CINPlanDates")
    planned = max((it.text_of("CINPlanStartDate") for it in plans if not it.text_of("CINPlanEndDate")), default="")
    return [planned or referred, closed, episode.text_of("PrimaryNeedCode"), referred]
