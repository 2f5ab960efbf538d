"""The SSDA903 return of looked-after children: its modules as tables, and the return as XML.

Columns: the guide to the return (Department for Education). Dates are day first, as the guide has it. A module is
recognised by its columns, not by the name of its file.
"""

from collections.abc import Iterable
from typing import Final

from api.case_lists.readers.cells.codes import Kind
from api.case_lists.readers.cells.headings import Field, Headings
from api.case_lists.readers.cells.values import DateOrder
from api.case_lists.readers.merging import Weight
from api.case_lists.readers.rows import Part, ReadState, read_part
from api.documents.reading.sheets import Row, Sheet
from api.documents.reading.xml_stream import records
from checklists.cases import CaseStatus

_CHILD: Final = {Field.CHILD: ("CHILD", "CHILDID"), Field.BORN: ("DOB",)}
_HEADER: Final = Part(
    "Header", {**_CHILD}, Weight.FACT, needed=(Field.CHILD, Field.BORN), date_order=DateOrder.DAY_FIRST
)
_EPISODES: Final = Part(
    "Episodes",
    {
        **_CHILD,
        Field.STARTED: ("DECOM",),
        Field.CLOSED: ("DEC",),
        Field.CATEGORY: ("CIN",),
        Field.STATUS: ("LS",),
    },
    Weight.STATE,
    CaseStatus.CHILD_LOOKED_AFTER,
    (Field.CHILD, Field.STARTED, Field.CLOSED),
    words=Kind.LEGAL_STATUS,
    date_order=DateOrder.DAY_FIRST,
)
_LEAVERS: Final = Part(
    "Care leavers",
    {**_CHILD, Field.STATUS: ("IN_TOUCH",)},
    Weight.STATE,
    CaseStatus.CARE_LEAVER,
    words=Kind.IN_TOUCH,
    date_order=DateOrder.DAY_FIRST,
)
_WORKERS: Final = Part(
    "Social workers",
    {**_CHILD, Field.WORKER: ("SW_ID",), Field.STARTED: ("SW_DECOM",), Field.CLOSED: ("SW_DEC",)},
    Weight.FACT,
    date_order=DateOrder.DAY_FIRST,
)
# Each module by columns that only it has.
_MODULES: Final = (
    (("DECOM", "RNE"), _EPISODES),
    (("DECOM", "LS"), _EPISODES),
    (("IN_TOUCH", "ACTIV"), _LEAVERS),
    (("SW_ID", "SW_DECOM"), _WORKERS),
    (("SEX", "ETHNIC"), _HEADER),
)


def part_of(headings: Headings) -> Part | None:
    """The module with these columns; None when no module that is read has them."""
    if not any(map(headings.holds, _CHILD[Field.CHILD])):
        return None
    return next((part for marks, part in _MODULES if all(map(headings.holds, marks))), None)


def read_xml(chunks: Iterable[bytes], gathered: ReadState) -> None:
    """Add what the return says as XML, which names two columns differently from the tables."""
    headers: list[Row] = []
    episodes: list[Row] = []
    for number, child in enumerate(records(chunks, "CHILD"), start=1):
        about = next(iter(child.all("HEADER")), child)
        who = about.text_of("CHILDID", "CHILD")
        headers.append((number, [who, about.text_of("DOB")]))
        episodes.extend((number, [who, *map(it.text_of, ("DECOM", "DEC", "CIN", "LS"))]) for it in child.all("EPISODE"))
    for part, name, texts, rows in (
        (_HEADER, "HEADER", ["CHILDID", "DOB"], headers),
        (_EPISODES, "EPISODE", ["CHILDID", "DECOM", "DEC", "CIN", "LS"], episodes),
    ):
        read_part(part, Sheet(name, rows.__iter__), Headings.of(0, texts), gathered)
