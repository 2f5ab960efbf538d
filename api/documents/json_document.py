"""Documents over REST: as JSON with the very cells that every file holds, or as a file."""

from datetime import date
from typing import Any, Self

from pydantic import BaseModel, Field

from api.documents.document import Cell, Document, Origin, Section, Table
from api.documents.files import MEDIA_TYPES


class CellOut(BaseModel):
    text: str = Field(description="The text of the cell. A hidden figure is `c`, never 0.")
    kind: str
    number: int | float | None = Field(description="The figure: a share as a fraction of 1, or points, or a count.")

    @classmethod
    def of(cls, cell: Cell) -> "CellOut":
        return CellOut.model_construct(text=cell.text, kind=cell.kind.value, number=cell.number)


class TableOut(BaseModel):
    key: str
    caption: str
    columns: list[str]
    rows: list[list[CellOut]]

    @classmethod
    def of(cls, table: Table) -> Self:
        return cls(
            key=table.key,
            caption=table.caption,
            columns=[column.label for column in table.columns],
            rows=[[CellOut.of(cell) for cell in row] for row in table.rows],
        )


class SectionOut(BaseModel):
    heading: str
    paragraphs: list[str]
    points: list[str]
    table: TableOut | None

    @classmethod
    def of(cls, section: Section) -> Self:
        return cls(
            heading=section.heading,
            paragraphs=list(section.paragraphs),
            points=list(section.points),
            table=None if section.table is None else TableOut.of(section.table),
        )


class OriginOut(BaseModel):
    organisation: str
    rounds: list[str] = Field(description="The titles of the rounds in the report.")
    period_from: date | None
    period_to: date | None
    made_by: str = Field(description="The creator of the report. Released reports do not name a person.")
    counted: str = Field(description="The number of audits counted, in words.")

    @classmethod
    def of(cls, origin: Origin) -> Self:
        begins, ends = origin.period or (None, None)
        return cls(
            organisation=origin.organisation,
            rounds=list(origin.rounds),
            period_from=begins,
            period_to=ends,
            made_by=origin.made_by,
            counted=origin.counted,
        )


class DocumentOut(BaseModel):
    title: str
    subtitle: str
    marking: str = Field(description="Whether the report is internal, or released under disclosure control.")
    made_on: date
    origin: OriginOut
    sections: list[SectionOut]

    @classmethod
    def of(cls, document: Document) -> Self:
        return cls(
            title=document.title,
            subtitle=document.subtitle,
            marking=document.marking,
            made_on=document.made_on,
            origin=OriginOut.of(document.origin),
            sections=[SectionOut.of(section) for section in document.sections],
        )


# For a route that answers with a file: what its document says of 200.
FILE_ANSWER: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "The file",
        "content": {
            media_type.partition(";")[0]: {"schema": {"type": "string", "format": "binary"}}
            for media_type in MEDIA_TYPES.values()
        },
    }
}
