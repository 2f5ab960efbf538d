"""The lists of Ofsted's Annex A, and the case status that each implies.

Headings: the schema of the Annex A pipeline of Social Finance Digital Labs (liia-tools-pipeline, MIT licence). A list
is recognised by its headings, whatever its sheet is called.

Lists 1 to 5 hold events of the last months, and a child may be in them many times; lists 6 to 9 hold the state on the
day. Referrals, assessments and enquiries are work under section 17 or 47 of the Children Act 1989, which the census
counts as children in need; one that led to nothing is closed. List 10 is of decisions: a child in it is looked after
until an adoption order is made.
"""

from typing import Final

from api.case_lists.readers.cells.codes import NO, Kind
from api.case_lists.readers.cells.headings import Field, Headings
from api.case_lists.readers.merging import Weight
from api.case_lists.readers.rows import Part
from checklists.cases import CaseStatus

_CHILD: Final = {
    Field.CHILD: ("Child Unique ID", "Child ID", "Unique Child ID"),
    Field.BORN: ("Date of Birth", "DOB"),
    Field.AGE: ("Age of Child (Years)", "Age"),
}
_ALLOCATED: Final = {Field.TEAM: ("Allocated Team",), Field.WORKER: ("Allocated Worker",)}
_ADOPTERS: Final = "Individual adopter identifier"
NO_CASES: Final = "This sheet lists adopters, who are not cases."

# Each list by headings that only it has.
_LISTS: Final = (
    (
        ("Date of Contact", "Contact Source"),
        Part(
            "List 1: contacts",
            {**_CHILD, Field.STARTED: ("Date of Contact",)},
            Weight.CONTACT,
            CaseStatus.EARLY_HELP,
        ),
    ),
    (
        ("Assessment start date", "Organisation completing assessment"),
        Part(
            "List 2: early help assessments",
            {**_CHILD, Field.STARTED: ("Assessment start date",)},
            Weight.EVENT,
            CaseStatus.EARLY_HELP,
        ),
    ),
    (
        ("Date of referral", "Referral NFA?"),
        Part(
            "List 3: referrals",
            {
                **_CHILD,
                **_ALLOCATED,
                Field.STARTED: ("Date of referral",),
                Field.OVER: ("Referral NFA?",),
                Field.REFERRED: ("Date of referral",),
                Field.REFERRALS: ("Number of Referrals in Last 12 Months",),
            },
            Weight.EVENT,
            CaseStatus.CHILD_IN_NEED,
            (Field.CHILD, Field.OVER),
        ),
    ),
    (
        ("Continuous Assessment Start Date", "Continuous Assessment Date of Authorisation"),
        Part(
            "List 4: assessments",
            {
                **_CHILD,
                **_ALLOCATED,
                Field.STARTED: ("Continuous Assessment Start Date",),
                Field.CLOSED: ("Continuous Assessment Date of Authorisation",),
                Field.OVER: ("Was the child assessed as requiring LA children's social care support?",),
            },
            Weight.EVENT,
            CaseStatus.CHILD_IN_NEED,
            (Field.CHILD, Field.OVER),
            over_when=NO,
        ),
    ),
    (
        ("Strategy discussion initiating Section 47 Enquiry Start Date", "Number of ICPCs in the last 12 months"),
        Part(
            "List 5: section 47 enquiries",
            {
                **_CHILD,
                **_ALLOCATED,
                Field.STARTED: ("Strategy discussion initiating Section 47 Enquiry Start Date",),
                Field.ENQUIRIES: ("Number of Section 47 Enquiries in the last 12 months",),
            },
            Weight.EVENT,
            CaseStatus.CHILD_IN_NEED,
        ),
    ),
    (
        ("CIN Start Date", "CIN Closure Date"),
        Part(
            "List 6: children in need",
            {
                **_CHILD,
                **_ALLOCATED,
                Field.STATUS: ("Case Status",),
                Field.CATEGORY: ("Primary Need Code",),
                Field.STARTED: ("CIN Start Date",),
                Field.CLOSED: ("CIN Closure Date",),
            },
            Weight.OVERVIEW,
            CaseStatus.CHILD_IN_NEED,
            (Field.CHILD, Field.STATUS, Field.CLOSED),
        ),
    ),
    (
        ("Child Protection Plan Start Date", "Child Protection Plan End Date"),
        Part(
            "List 7: child protection plans",
            {
                **_CHILD,
                **_ALLOCATED,
                Field.CATEGORY: ("Latest Category of Abuse", "Initial Category of Abuse"),
                Field.STARTED: ("Child Protection Plan Start Date",),
                Field.CLOSED: ("Child Protection Plan End Date",),
            },
            Weight.STATE,
            CaseStatus.CHILD_PROTECTION_PLAN,
            (Field.CHILD, Field.CLOSED),
        ),
    ),
    (
        ("Date Started to be Looked After", "Date Ceased to be Looked After"),
        Part(
            "List 8: children in care",
            {
                **_CHILD,
                **_ALLOCATED,
                Field.CATEGORY: ("Child's Category of Need",),
                Field.STARTED: ("Date Started to be Looked After",),
                Field.CLOSED: ("Date Ceased to be Looked After",),
                Field.PLACEMENTS: ("Number of Placements in the Last 12 months",),
                Field.MISSING: (
                    "Number of Episodes the Child has been 'Missing' from their Placement in the last 12 months",
                ),
            },
            Weight.STATE,
            CaseStatus.CHILD_LOOKED_AFTER,
            (Field.CHILD, Field.CLOSED),
        ),
    ),
    (
        ("Eligibility Category", "LA in Touch"),
        Part(
            "List 9: care leavers",
            {
                **_CHILD,
                Field.TEAM: ("Allocated Team",),
                Field.WORKER: ("Allocated Worker", "Allocated Personal Advisor"),
                Field.STATUS: ("Eligibility Category",),
            },
            Weight.STATE,
            CaseStatus.CARE_LEAVER,
            words=Kind.ELIGIBILITY,
        ),
    ),
    (
        ("Date the Child Entered Care", "Date of Placement Order"),
        Part(
            "List 10: adoption",
            {**_CHILD, Field.STARTED: ("Date the Child Entered Care",), Field.CLOSED: ("Date of Adoption Order",)},
            Weight.EVENT,
            CaseStatus.CHILD_LOOKED_AFTER,
            (Field.CHILD, Field.CLOSED),
        ),
    ),
)


def is_of_adopters(headings: Headings) -> bool:
    return headings.holds(_ADOPTERS)


def part_of(headings: Headings) -> Part | None:
    """The list with these headings; None when no list has them."""
    if not any(map(headings.holds, _CHILD[Field.CHILD])):
        return None
    return next((part for marks, part in _LISTS if any(map(headings.holds, marks))), None)
