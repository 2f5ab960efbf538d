"""Recording gaps beside practice gaps, theme by theme: what falls short, and what is good only by what people said."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from pydantic import BaseModel, Field

from api.documents.document import Column, Section, Table, count, share_of, text
from api.reports.counting import RECORDING_GAPS, SOURCES, WITH_A_SOURCE
from api.reports.gaps.queries import GapReport, Group

HEADING: Final = "Practice gaps and recording gaps"
DEFINITION: Final = (
    "A practice gap is an answer below the standard. A recording gap is an answer that meets the standard only on "
    "verbal information from the practitioner or family. Recording gaps are shown as a share of the answers that meet "
    "the standard and record their sources."
)


@dataclass(frozen=True, slots=True)
class RecordingGaps:
    """Over the counted audits of a report: by theme, recording gaps, and answers that could be one.

    `audits` of all counted ones say where answers come from.
    """

    audits: int
    gaps: Mapping[str, int]
    with_a_source: Mapping[str, int]


class RecordingGapOut(BaseModel):
    """The recording gaps of a theme."""

    theme: str
    recording_gaps: int = Field(description="Answers that meet the standard only on verbal information.")
    with_a_source: int = Field(description="Answers that meet the standard and record their sources.")

    @classmethod
    def of_report(cls, found: RecordingGaps | None) -> "list[RecordingGapOut] | None":
        if found is None:
            return None
        return [
            cls(theme=theme, recording_gaps=found.gaps.get(theme, 0), with_a_source=number)
            for theme, number in found.with_a_source.items()
        ]


def recording_gaps_of(report: GapReport) -> RecordingGaps | None:
    """The recording gaps of the report's rounds added up; None where no template asks where answers come from."""
    asking = [counts for counts in report.counts if counts.content.further.sources]
    if not asking:
        return None
    gaps, with_a_source = Counter[str](), Counter[str]()
    for counts in asking:
        gaps.update(counts.beside(RECORDING_GAPS))
        with_a_source.update(counts.beside(WITH_A_SOURCE))
    themes = report.template.theme_keys
    return RecordingGaps(
        sum(counts.beside(SOURCES).get("", 0) for counts in asking),
        {theme: gaps[theme] for theme in themes if gaps[theme]},
        {theme: with_a_source[theme] for theme in themes},
    )


def recording_section(report: GapReport, group: Group, found: RecordingGaps | None) -> Section | None:
    """A row for each theme: how many answers fall short, and how many are good only by what people said."""
    if found is None:
        return None
    said = f"{found.audits:,} of {report.counted:,} counted audits record the sources of their answers."
    if not found.audits:
        return Section(HEADING, paragraphs=(DEFINITION, said))
    rows = tuple(
        (
            text(gap.label),
            count(gap.below),
            share_of(gap.below, gap.applicable),
            count(found.gaps.get(gap.key, 0)),
            share_of(found.gaps.get(gap.key, 0), found.with_a_source[gap.key]),
        )
        for gap in group.themes
    )
    columns = (
        Column("Theme"),
        Column("Practice gaps", numeric=True),
        Column("Share of applicable answers", numeric=True),
        Column("Recording gaps", numeric=True),
        Column("Share of answers meeting the standard with a source", numeric=True),
    )
    table = Table("recording-gaps", "Practice gaps and recording gaps by theme", columns, rows)
    return Section(HEADING, paragraphs=(DEFINITION, said), table=table, sheet="themes")
