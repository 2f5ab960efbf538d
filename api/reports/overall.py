"""The distribution of overall judgements as a section of a report, and as JSON."""

from fractions import Fraction
from typing import Annotated, Final, Self

from pydantic import BaseModel, BeforeValidator, Field

from api.documents.document import NOTHING, Cell, Column, Section, Table, count, percent, text
from api.reports.gaps.columns import MEETS, interval
from api.reports.gaps.queries import GapReport
from api.reports.sentences import lowered
from checklists.audits.scoring import overall_label
from checklists.plurals import plural
from checklists.reports.overall import OverallDistribution
from checklists.templates.scale import RatingScale
from checklists.templates.template import Template

HEADING: Final = "Overall judgements"
KEY: Final = "overall-judgement"
LABEL: Final = "Overall judgement"
DEFINITION: Final = (
    "Overall judgement: the agreed judgement of each audit, or the auditor’s until it is agreed. Audits without "
    "a judgement are excluded from the share. An audit that cannot be judged from the file does not meet the "
    "standard."
)
# A share of 1, rounded to six places.
Share = Annotated[float, BeforeValidator(lambda share: round(float(share), 6))]


class OverallOut(BaseModel):
    """The overall judgements of counted audits. Shares are fractions of 1, rounded to six places."""

    counts: dict[str, int] = Field(description="Number of audits at each rating.")
    not_judged: int = Field(description="Audits without a judgement; excluded from the share.")
    judged: int
    meeting: int
    share_meeting: Share | None
    meeting_interval: tuple[Share, Share] | None = Field(
        description="Wilson 95% interval of the share meeting the standard."
    )

    @classmethod
    def of(cls, found: OverallDistribution) -> Self:
        return cls.model_validate(found, from_attributes=True)


def meets_in_words(scale: RatingScale) -> str:
    """What meets the standard: "Good or better", or the best rating alone."""
    label = scale.label(scale.standard)
    return label if scale.standard == scale.ratings[0].key else f"{label} or better"


def overall_sentence(found: OverallDistribution, scale: RatingScale) -> str:
    """The first figure of a report: how many of the audits meet the standard overall."""
    if found.share_meeting is None:
        return "No audit has an overall judgement yet."
    audits = plural(found.judged, "audit")
    share, ends = percent(found.share_meeting).text, interval(found.meeting_interval)
    judged = "was judged" if found.meeting == 1 else "were judged"
    return f"{found.meeting:,} of {audits} ({share}, 95% interval {ends}) {judged} {meets_in_words(scale)} overall."


def overall_section(whole: OverallDistribution, template: Template) -> Section:
    """The distribution over all counted audits."""
    scale = template.scale
    rows: list[tuple[Cell, ...]] = [
        (text(overall_label(template, overall)), count(number), percent(_share(number, whole.judged)), NOTHING)
        for overall, number in whole.counts.items()
    ]
    meeting = text(interval(whole.meeting_interval)) if whole.meeting_interval else NOTHING
    rows.append((text(meets_in_words(scale)), count(whole.meeting), percent(whole.share_meeting), meeting))
    if whole.not_judged:
        rows.append((text("No judgement"), count(whole.not_judged), NOTHING, NOTHING))
    columns = (
        Column("Overall judgement"),
        Column("Audits", numeric=True),
        Column("Share of audits judged", numeric=True),
        Column("95% interval", numeric=True),
    )
    table = Table("overall", "Audits by overall judgement", columns, tuple(rows))
    return Section(HEADING, table=table, sheet="themes")


def overall_by_group(report: GapReport) -> Section | None:
    """The distribution in each group of a breakdown that has audits; None when there is none."""
    if not report.groups:
        return None
    label, key, template = report.split_label, report.breakdown.value, report.template
    scale = template.scale
    groups = [(group.label, group.overall) for group in report.groups]
    rows = tuple(
        (
            text(heading),
            *(count(number) for number in found.counts.values()),
            count(found.meeting),
            percent(found.share_meeting),
            text(interval(found.meeting_interval)) if found.meeting_interval else NOTHING,
        )
        for heading, found in groups
    )
    columns = (
        Column(label),
        *(Column(overall_label(template, overall), numeric=True) for overall in groups[0][1].counts),
        Column(meets_in_words(scale), numeric=True),
        Column(MEETS, numeric=True),
        Column("95% interval", numeric=True),
    )
    table = Table(f"overall-by-{key}", f"Audits by overall judgement and {lowered(label)}", columns, rows)
    return Section(f"Overall judgements by {lowered(label)}", table=table, sheet="breakdowns")


def _share(number: int, judged: int) -> Fraction | None:
    return Fraction(number, judged) if judged else None
