"""Recognising the format of an export, and which part of it each table is."""

import re
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from api.case_lists.readers.cells.headings import Headings, possible_headings
from api.case_lists.readers.formats import annex_a, ssda903, standard_dataset
from api.case_lists.readers.questions import QuestionLog
from api.case_lists.readers.result import Format, Question
from api.case_lists.readers.rows import LEAVE, READ, Part
from api.documents.reading.refusals import UnreadableError
from api.documents.reading.sheets import Sheet

_PART_OF: Final[tuple[tuple[Format, Callable[[Headings], Part | None]], ...]] = (
    (Format.ANNEX_A, annex_a.part_of),
    (Format.STANDARD_SAFEGUARDING_DATASET, standard_dataset.part_of),
    (Format.SSDA903, ssda903.part_of),
)
_ALL_OF_THEM: Final = "all"
_A_LIST: Final = re.compile(r"list\s*_?-?\s*([0-9]{1,2})(?![0-9])", re.IGNORECASE)
_NOT_READ: Final = {
    Format.ANNEX_A: "This sheet is not one of the lists.",
    Format.SSDA903: "This module of the return does not give a status.",
    Format.STANDARD_SAFEGUARDING_DATASET: "This table of the dataset does not give a status.",
}


@dataclass(frozen=True, slots=True)
class Recognised:
    """A table, its headings, and the part of the format that it is."""

    sheet: Sheet
    headings: Headings
    part: Part

    @property
    def is_whole(self) -> bool:
        """Whether no required column is missing."""
        return all(any(map(self.headings.holds, self.part.headings[it])) for it in self.part.needed)


def recognise(sheets: Sequence[Sheet]) -> tuple[Format | None, list[Recognised | tuple[Sheet, str]]]:
    """The format of most tables, and for each table its part or the reason why it is not read.

    None, and nothing, when no table is complete as a part of any format. Raises UnreadableError for a sheet named like
    a list of Annex A whose headings match none.
    """
    tops = [(sheet, possible_headings(sheet)) for sheet in sheets]
    best: tuple[Format | None, list[Recognised]] = (None, [])
    for form, part_of in _PART_OF:
        found = [it for sheet, rows in tops if (it := _first(sheet, rows, part_of))]
        if sum(it.is_whole for it in found) > sum(it.is_whole for it in best[1]):
            best = form, found
    chosen, parts = best
    if chosen is None:
        return None, []
    by_sheet = {id(it.sheet): it for it in parts}
    return chosen, [by_sheet.get(id(sheet)) or (sheet, _why_not(chosen, sheet, rows)) for sheet, rows in tops]


def _first(sheet: Sheet, rows: Sequence[Headings], part_of: Callable[[Headings], Part | None]) -> Recognised | None:
    return next((Recognised(sheet, it, part) for it in rows if (part := part_of(it))), None)


def _why_not(form: Format, sheet: Sheet, rows: Sequence[Headings]) -> str:
    if not rows:
        return "This sheet is empty."
    if form is Format.ANNEX_A:
        if any(map(annex_a.is_of_adopters, rows)):
            return annex_a.NO_CASES
        if _A_LIST.match(sheet.name):
            raise UnreadableError(
                f"The headings in sheet “{sheet.name}” do not match an Annex A list. Use the column names from Annex A."
            )
    return _NOT_READ[form]


def choose_among(
    parts: Sequence[Recognised | tuple[Sheet, str]], asking: QuestionLog, *, one_sheet_a_list: bool
) -> list[Recognised | tuple[Sheet, str]]:
    """The same tables, without hidden sheets and copies of a list that a person has left out.

    Asks about each hidden sheet, and about sheets that are the same list unless a list may have several.
    """
    found = [_unless_left_out(it, asking) for it in parts]
    of_part = defaultdict(list)
    for it in found:
        if isinstance(it, Recognised):
            of_part[it.part.name].append(it.sheet)
    chosen = {
        name: _chosen_sheet(name, sheets, asking)
        for name, sheets in of_part.items()
        if one_sheet_a_list and len(sheets) > 1
    }
    return [
        (it.sheet, "Not read: you selected another sheet for this list.")
        if isinstance(it, Recognised) and chosen.get(it.part.name, _ALL_OF_THEM) not in {_ALL_OF_THEM, it.sheet.name}
        else it
        for it in found
    ]


def _unless_left_out(it: Recognised | tuple[Sheet, str], asking: QuestionLog) -> Recognised | tuple[Sheet, str]:
    if not isinstance(it, Recognised) or not it.sheet.is_hidden:
        return it
    question = Question(
        f"hidden-sheet:{it.sheet.name}",
        f"The sheet “{it.sheet.name}” is hidden. Should it be read?",
        {READ: "Yes, read it", LEAVE: "No, exclude it"},
    )
    return (it.sheet, "Not read: the sheet is hidden.") if asking.answer(question) == LEAVE else it


def _chosen_sheet(name: str, sheets: Sequence[Sheet], asking: QuestionLog) -> str:
    names = {sheet.name: sheet.name for sheet in sheets}
    quoted = " and ".join(f"“{each}”" for each in names)
    question = Question(
        f"same-list:{name}",
        f"More than one sheet contains the list “{name}”: {quoted}. Which should be read?",
        {**names, _ALL_OF_THEM: "All of them"},
    )
    return asking.answer(question) or _ALL_OF_THEM
