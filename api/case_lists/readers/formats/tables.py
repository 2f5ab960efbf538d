"""A council's own table: its columns are recognised by common headings, or asked about once and remembered."""

import re
from collections.abc import Mapping
from typing import Final

from api.case_lists.readers.cells.headings import Field, Headings, plain_heading, possible_headings
from api.case_lists.readers.result import Question
from api.case_lists.readers.rows import Part, ReadState, read_part
from api.documents.reading.refusals import UnreadableError
from api.documents.reading.sheets import Sheet

_COMMON: Final[Mapping[Field, tuple[str, ...]]] = {
    Field.CHILD: (
        "Child Unique ID",
        "Child ID",
        "Person ID",
        "Client ID",
        "Case ID",
        "Case number",
        "Child reference",
        "Adult ID",
    ),
    Field.STATUS: ("Case status", "Status", "Current status"),
    Field.BORN: ("Date of Birth", "DOB", "Birth date"),
    Field.AGE: ("Age of Child (Years)", "Age", "Age in years"),
    Field.CATEGORY: ("Category", "Category of Abuse", "Latest Category of Abuse", "Primary Need Code", "Primary need"),
    Field.TEAM: ("Allocated Team", "Team", "Team name"),
    Field.WORKER: ("Allocated Worker", "Worker", "Social worker", "Key worker", "Lead worker"),
    Field.STARTED: ("Start date", "Date started", "Date opened", "Started"),
    Field.CLOSED: ("End date", "Date ended", "Date closed", "Closure date", "Closed"),
}
# Used where the table has them, and not asked about otherwise: most tables do not.
_IF_PRESENT: Final[Mapping[Field, tuple[str, ...]]] = {
    Field.RE_REFERRAL: ("Re-referral", "Rereferral", "Re-referral within 12 months", "Is re-referral", "Re-referred"),
    Field.REFERRALS: (
        "Referrals in the last 12 months",
        "Referrals in last 12 months",
        "Number of Referrals in Last 12 Months",
    ),
    Field.ENQUIRIES: (
        "Section 47 enquiries in the last 12 months",
        "Number of Section 47 Enquiries in the last 12 months",
    ),
    Field.PLACEMENTS: ("Placements in the last 12 months", "Number of Placements in the Last 12 months"),
    Field.MISSING: ("Times missing in the last 12 months", "Missing episodes in the last 12 months"),
}
_KNOWN: Final = {**_COMMON, **_IF_PRESENT}
_NEEDED: Final = (Field.CHILD, Field.STATUS)
# Answers that are not headings begin with this.
_ALL: Final = "all:"
_NOT_IN_TABLE: Final = ""
_LONGEST_HEADING: Final = 60
_MOST_HEADINGS: Final = 60
_LIKE_A_VALUE: Final = re.compile(r"[0-9]{3}|^[0-9.,/\- ]+$|@")


def read_table(sheet: Sheet, choices: Mapping[str, str], gathered: ReadState) -> list[Question]:
    """Add what the table says, or the questions to be answered first.

    `choices` holds "column:team" and the like: a heading, nothing for a field that the table does not have, or
    "all:closed" and the like for one status of every row. Raises UnreadableError when the first row does not hold
    headings.
    """
    headings = _headings(sheet, choices)
    columns: dict[Field, tuple[str, ...]] = {}
    status: str | None = None
    statuses = gathered.asking.words.statuses
    questions = []
    for field in _KNOWN:
        answer = _answer(field, headings, choices, statuses)
        if answer is None and field in _IF_PRESENT and not any(map(headings.holds, _IF_PRESENT[field])):
            continue
        # A date of birth gives the age.
        if answer is None and field is Field.AGE and Field.BORN in columns:
            continue
        if answer is None:
            questions.append(_question(field, headings, statuses))
        elif answer.startswith(_ALL):
            status = answer.removeprefix(_ALL)
        elif answer:
            columns[field] = (answer,)
    if not questions:
        read_part(Part("Table", columns, status=status), sheet, headings, gathered)
    return questions


def _headings(sheet: Sheet, choices: Mapping[str, str]) -> Headings:
    """The row with the most known headings. Titles and settings of the report may come before it."""
    possible = [it for it in possible_headings(sheet) if sum(map(bool, it.plain)) > 1]
    if not possible:
        raise UnreadableError("The file has no heading row with 2 or more columns.")
    known = {plain_heading(heading) for headings in _KNOWN.values() for heading in headings}
    known |= {plain_heading(text) for key, text in choices.items() if key.startswith("column:") and text}
    # Of two rows with as many, the first: the second may repeat the headings. A single known word may be a value.
    best = max(possible, key=lambda it: len(known.intersection(it.plain)))
    found = best if len(known.intersection(best.plain)) > 1 else possible[0]
    given = [text for text in found.texts if text]
    if any(_LIKE_A_VALUE.search(text) or len(text) > _LONGEST_HEADING for text in given):
        raise UnreadableError("The first row does not contain headings. Add a heading in words above each column.")
    if len(given) > _MOST_HEADINGS:
        raise UnreadableError(f"The table has more than {_MOST_HEADINGS} columns. Remove columns that are not needed.")
    return found


def _answer(field: Field, headings: Headings, choices: Mapping[str, str], statuses: Mapping[str, str]) -> str | None:
    """The heading chosen for a field, if the table still has it; else the one that is recognised."""
    chosen = choices.get(f"column:{field.value}")
    if chosen is not None:
        if chosen == _NOT_IN_TABLE and field not in _NEEDED:
            return chosen
        if field is Field.STATUS and chosen.removeprefix(_ALL) in statuses and chosen.startswith(_ALL):
            return chosen
        if plain_heading(chosen) and headings.holds(chosen):
            return chosen
    present = [heading for heading in _KNOWN[field] if headings.holds(heading)]
    # When two headings match, choosing one would be a guess.
    return present[0] if chosen is None and len(present) == 1 else None


def _question(field: Field, headings: Headings, statuses: Mapping[str, str]) -> Question:
    options = {text: text for text in headings.texts if text}
    if field is Field.STATUS:
        options |= {f"{_ALL}{key}": f"No column: every case is “{label}”" for key, label in statuses.items()}
    elif field not in _NEEDED:
        options[_NOT_IN_TABLE] = "Not in this table"
    return Question(f"column:{field.value}", f"Which column contains: {field.label.lower()}?", options)
