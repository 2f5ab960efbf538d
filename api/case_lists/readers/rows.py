"""Reading the rows of a table whose columns are known: which child each row is about, and what it says."""

from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from datetime import date
from typing import Final

from api.case_lists.readers.cells.codes import LEAVE_OUT, NO, YES, Kind
from api.case_lists.readers.cells.dates import DateColumn, MixedOrderError
from api.case_lists.readers.cells.headings import Field, Headings
from api.case_lists.readers.cells.values import (
    DateOrder,
    UnclearValueError,
    UnorderedDate,
    age_of,
    date_of,
    identifier_of,
    says_not_known,
    says_unborn,
    text_of,
)
from api.case_lists.readers.merging import CaseRecord, Weight
from api.case_lists.readers.own_columns import OwnColumns
from api.case_lists.readers.questions import QuestionLog
from api.case_lists.readers.records import has_one_value, impossible_date, why_no_record
from api.case_lists.readers.referrals import counts_own, number_in, number_with_own, says_re_referral
from api.case_lists.readers.result import Place, Question, RefusedRow, SheetRead
from api.documents.reading.limits import MOST_ROWS_IN_ALL
from api.documents.reading.refusals import UnreadableError
from api.documents.reading.sheets import Cell, Formula, Sheet
from checklists.case_counts import CaseCount
from checklists.cases import CLOSED
from checklists.characteristics import Characteristic

READ: Final = "read"
LEAVE: Final = "leave-out"
_DATES: Final = (Field.BORN, Field.EXPECTED, Field.STARTED, Field.CLOSED)
_ORDERED_DATES: Final = (*_DATES, Field.REFERRED)
# Numbers that may include the event of their own row, or not; the others leave no doubt.
_OF_EVENTS: Final[Mapping[Field, CaseCount]] = {
    Field.REFERRALS: CaseCount.REFERRALS,
    Field.ENQUIRIES: CaseCount.SECTION_47_ENQUIRIES,
}
_PLAIN_COUNTS: Final[Mapping[Field, CaseCount]] = {
    Field.PLACEMENTS: CaseCount.PLACEMENTS,
    Field.MISSING: CaseCount.TIMES_MISSING,
}


@dataclass(frozen=True, slots=True)
class Part:
    """A table of a known kind: the headings of its fields, and what a row says of a case."""

    name: str
    headings: Mapping[Field, tuple[str, ...]]
    weight: Weight = Weight.STATE
    # The status of a case when the row says nothing else; None for a table of children's details only.
    status: str | None = None
    # Fields without which the table would be misread.
    needed: tuple[Field, ...] = (Field.CHILD,)
    # What the words of its status column are about.
    words: Kind = Kind.STATUS
    # The answer to "nothing further is done?" that closes a case; its closing date counts with that answer only.
    over_when: str = YES
    # The order of dates, where the format prescribes one.
    date_order: DateOrder | None = None


@dataclass(slots=True)
class ReadState:
    """What has been read so far of an export."""

    asking: QuestionLog
    on: date
    sheets: list[SheetRead] = field(default_factory=list)
    case_records: list[CaseRecord] = field(default_factory=list)
    refused: list[RefusedRow] = field(default_factory=list)
    remarks: list[RefusedRow] = field(default_factory=list)
    # What columns beside the fields may say, where the organisation wants to know.
    characteristics: Sequence[Characteristic] = ()
    rows: int = 0

    def count_row(self) -> None:
        self.rows += 1
        if self.rows > MOST_ROWS_IN_ALL:
            raise UnreadableError(f"The export has more than {MOST_ROWS_IN_ALL:,} rows. Export fewer months.")


class _UnansweredError(Exception):
    """The row depends on an open question."""


@dataclass(slots=True)
class _RawRow:
    number: int
    cells: dict[Field, Cell]
    groups: Mapping[str, str]


def read_part(part: Part, sheet: Sheet, headings: Headings, gathered: ReadState) -> None:
    """Add what a table says to the state. Raises UnreadableError when a required column is missing."""
    columns = headings.columns(sheet.name, part.headings)
    missing = [it for it in part.needed if it not in columns]
    if missing:
        raise UnreadableError(
            f"{sheet.name or 'The file'} is read as “{part.name}”, but has no column with the heading "
            f"“{part.headings[missing[0]][0]}”. Use this heading, or include the column in the export."
        )
    _Table(part, sheet, headings, columns, gathered).read()


class _Table:
    def __init__(
        self, part: Part, sheet: Sheet, headings: Headings, columns: Mapping[Field, int], gathered: ReadState
    ) -> None:
        self._part, self._sheet, self._headings, self._gathered = part, sheet, headings, gathered
        self._columns = columns
        self._own = OwnColumns(gathered.characteristics, sheet.name, headings)
        self._orders: dict[Field, DateOrder | None] = {}
        self._counts_own: dict[Field, bool | None] = {}

    def read(self) -> None:
        raw = list(self._raw_rows())
        self._orders = self._date_orders(raw)
        for it in _OF_EVENTS:
            self._counts_own[it] = counts_own(number_in(row.cells.get(it, "")) for row in raw)
        for row in raw:
            self._read_row(row)
        used = {*self._columns.values(), *self._own.used.values()}
        self._note_hidden_columns(used)
        self._gathered.sheets.append(
            SheetRead(
                name=self._sheet.name,
                rows=len(raw),
                columns={it.label: self._heading(it) for it in self._columns}
                | {title: self._headings.texts[at] for title, at in self._own.used.items()},
                left_aside=tuple(
                    text for at, text in enumerate(self._headings.texts) if at not in used and self._headings.plain[at]
                ),
            )
        )

    def _raw_rows(self) -> Iterator[_RawRow]:
        """The records below the headings with a value in a column that is used."""
        columns = list(self._columns.items())
        hidden = 0
        for number, cells in self._sheet.rows():
            if number <= self._headings.row:
                continue
            taken = {it: cells[at] for it, at in columns if at < len(cells)}
            if not any(text_of(cell) for cell in taken.values()):
                continue
            if why := why_no_record(taken, cells, self._headings.plain, len(columns)):
                self._gathered.remarks.append(RefusedRow(Place(self._sheet.name, number), "", why))
                continue
            if has_one_value(cells, len(columns)):
                self._refuse(
                    Place(self._sheet.name, number),
                    Field.CHILD,
                    "This row has one value and nothing else: it may be a count. If it is a child, export the other "
                    "columns too.",
                )
                continue
            if number in self._sheet.hidden_rows:
                hidden += 1
                if self._hidden_rows_answer() != READ:
                    continue
            self._check_for_formulas(number, taken)
            self._gathered.count_row()
            for heading, words in self._own.unread(cells):
                self._gathered.remarks.append(RefusedRow(Place(self._sheet.name, number), heading, words))
            yield _RawRow(number, taken, self._own.groups(cells))
        if hidden and self._hidden_rows_answer() == LEAVE:
            self._gathered.remarks.append(
                RefusedRow(
                    Place(self._sheet.name),
                    "",
                    "1 hidden row was excluded." if hidden == 1 else f"{hidden:,} hidden rows were excluded.",
                )
            )

    def _hidden_rows_answer(self) -> str | None:
        question = Question(
            f"hidden-rows:{self._sheet.name}",
            f"Rows of the sheet “{self._sheet.name}” are hidden by a filter or by hand. Should they be read?",
            {READ: "Yes, read the hidden rows", LEAVE: "No, exclude the hidden rows"},
        )
        return self._gathered.asking.answer(question)

    def _check_for_formulas(self, number: int, taken: Mapping[Field, Cell]) -> None:
        for it, cell in taken.items():
            if isinstance(cell, Formula):
                raise UnreadableError(
                    f"Row {number} of the sheet “{self._sheet.name}” has a formula in the column "
                    f"“{self._heading(it)}”. Its value may be out of date. Copy the column and paste it over itself as "
                    "values."
                )

    def _note_hidden_columns(self, used: AbstractSet[int]) -> None:
        for at in sorted(used & self._sheet.hidden_columns):
            words = "This column is hidden in the sheet. It was read."
            self._gathered.remarks.append(RefusedRow(Place(self._sheet.name), self._headings.texts[at], words))

    def _date_orders(self, raw: Sequence[_RawRow]) -> dict[Field, DateOrder | None]:
        orders = {}
        for it in _ORDERED_DATES:
            if it in self._columns:
                try:
                    orders[it] = self._date_order(it, raw)
                except MixedOrderError as mixed:
                    raise UnreadableError(
                        f"{self._sheet.name or 'The file'}: in the column “{self._heading(it)}” the day comes "
                        "first in some dates and the month in others. A spreadsheet may have changed some dates: "
                        "export again, and do not open the file in a spreadsheet."
                    ) from mixed
        return orders

    def _date_order(self, wanted: Field, raw: Sequence[_RawRow]) -> DateOrder | None:
        column = DateColumn()
        for row in raw:
            cell = row.cells.get(wanted, "")
            if isinstance(cell, date):
                column.add_real(cell)
            else:
                try:
                    found = date_of(cell)
                except UnclearValueError:
                    continue
                if isinstance(found, UnorderedDate):
                    column.add(found)
        order = column.order()
        stated = self._part.date_order
        if stated is None:
            return order or self._gathered.asking.date_order
        if not column.could_all_be(stated):
            raise MixedOrderError
        return stated

    def _read_row(self, row: _RawRow) -> None:
        place = Place(self._sheet.name, row.number)
        wanted = Field.CHILD
        impossible = None
        try:
            child = identifier_of(row.cells.get(wanted, ""))
            values: dict[Field, date | None] = {}
            for wanted in _DATES:
                values[wanted] = self._day(wanted, row, child)
            wanted = Field.AGE
            says_age = row.cells.get(wanted, "")
            age = None if says_unborn(says_age) or says_not_known(says_age) else age_of(says_age)
            impossible = impossible_date(values, age, on=self._gathered.on, oldest=self._gathered.asking.words.oldest)
        except UnclearValueError as unclear:
            self._refuse(place, wanted, str(unclear))
            return
        except _UnansweredError:
            return
        if impossible is not None:
            self._refuse(place, impossible.field, impossible.words)
            return
        try:
            self._gathered.case_records.append(self._case_record(row, place, child, values, age))
        except UnclearValueError as unclear:
            self._refuse(place, Field.STATUS, str(unclear))
        except _UnansweredError:
            return

    def _refuse(self, place: Place, field: Field, words: str) -> None:
        self._gathered.refused.append(RefusedRow(place, self._heading(field), words))

    def _case_record(
        self, row: _RawRow, place: Place, child: str, days: Mapping[Field, date | None], age: int | None
    ) -> CaseRecord:
        started, closed = days[Field.STARTED], days[Field.CLOSED]
        status = self._status(row, place, child, closed)
        is_past = status is None and closed is not None and closed <= self._gathered.on
        if status != CLOSED:
            closed = None
        elif Field.OVER in self._columns:
            closed = closed or started
        category = self._meaning(Field.CATEGORY, Kind.CATEGORY, row, place, child)
        born = days[Field.BORN]
        said = any(says_unborn(row.cells.get(it, "")) for it in (Field.BORN, Field.AGE))
        return CaseRecord(
            child=child,
            place=place,
            weight=self._part.weight,
            status=status,
            born=born,
            unborn=born is None and (said or days[Field.EXPECTED] is not None or (age is not None and age < 0)),
            age=None if age is not None and age < 0 else age,
            category=category or None,
            # A previous worker says nothing about today.
            team="" if is_past else text_of(row.cells.get(Field.TEAM, "")),
            worker="" if is_past else text_of(row.cells.get(Field.WORKER, "")),
            started=started,
            closed=closed,
            referred=self._referred(row, child),
            re_referral=self._re_referral(row, place, child),
            counts=tuple(self._counts(row)),
            groups=row.groups,
        )

    def _referred(self, row: _RawRow, child: str) -> date | None:
        """The day of the referral; None for an impossible one, since only the order of referrals depends on it."""
        try:
            day = self._day(Field.REFERRED, row, child)
        except UnclearValueError:
            return None
        return day if day is not None and day <= self._gathered.on else None

    def _re_referral(self, row: _RawRow, place: Place, child: str) -> bool | None:
        if Field.RE_REFERRAL in self._columns:
            return {YES: True, NO: False}.get(self._meaning(Field.RE_REFERRAL, Kind.YES_NO, row, place, child))
        number = number_in(row.cells.get(Field.REFERRALS, ""))
        return says_re_referral(number, with_own=self._counts_own[Field.REFERRALS])

    def _counts(self, row: _RawRow) -> Iterator[tuple[CaseCount, int]]:
        for it, count in _OF_EVENTS.items():
            number = number_with_own(number_in(row.cells.get(it, "")), with_own=self._counts_own[it])
            if number is not None:
                yield count, number
        for it, count in _PLAIN_COUNTS.items():
            number = number_in(row.cells.get(it, ""))
            if number is not None:
                yield count, number

    def _status(self, row: _RawRow, place: Place, child: str, closed: date | None) -> str | None:
        part = self._part
        if part.weight is Weight.FACT:
            return None
        if Field.OVER in self._columns:
            is_over = self._meaning(Field.OVER, Kind.YES_NO, row, place, child) == part.over_when
        else:
            is_over = closed is not None and closed <= self._gathered.on
        if is_over:
            return CLOSED
        word = self._meaning(Field.STATUS, part.words, row, place, child)
        if word == LEAVE_OUT:
            raise UnclearValueError("Excluded because of your answer for this status.")
        if word:
            return word
        if part.status is None:
            raise UnclearValueError("The status is missing.")
        return part.status

    def _meaning(self, wanted: Field, kind: Kind, row: _RawRow, place: Place, child: str) -> str:
        text = text_of(row.cells.get(wanted, ""))
        if not text:
            return ""
        found = self._gathered.asking.meaning(
            kind, text, child=child.casefold(), place=place, column=self._heading(wanted)
        )
        if found is None:
            raise _UnansweredError
        return found

    def _day(self, wanted: Field, row: _RawRow, child: str) -> date | None:
        cell = row.cells.get(wanted, "")
        # An unknown end is not the same as none: such a case may be closed, and its row is excluded.
        if wanted is Field.BORN and (says_unborn(cell) or says_not_known(cell)):
            return None
        found = date_of(cell)
        if isinstance(found, UnorderedDate):
            # A day that equals its month, such as 5/5/2020, is one date in either order.
            order = self._orders[wanted] or (DateOrder.DAY_FIRST if found.first == found.second else None)
            if order is None:
                self._gathered.asking.needs_date_order(child.casefold(), self._heading(wanted))
                raise _UnansweredError
            return found.in_order(order)
        return found

    def _heading(self, wanted: Field) -> str:
        at = self._columns.get(wanted)
        return wanted.label if at is None else self._headings.texts[at]
