"""Reports of a template without ratings: how many audits describe each theme. There is no share and no gap."""

from collections.abc import Mapping
from typing import Final

from api.documents.document import Column, Section, Table, count, text
from api.reports.gaps.columns import Behind, nowhere
from api.reports.gaps.queries import GapReport, Group
from api.reports.sentences import lowered
from checklists.plurals import plural
from checklists.reports.gaps import Gap
from checklists.templates.scale import DESCRIBED, NOT_ASKED

NO_RATINGS: Final = "This template has no ratings. Auditors describe practice in their own words, so there are no gaps."


def described_summary(report: GapReport) -> Section:
    """How many audits are counted, and that none of them is rated."""
    audits = plural(report.counted, "audit")
    return Section("Summary", paragraphs=(f"{audits} counted.", NO_RATINGS, *report.notes))


def described_themes(report: GapReport, group: Group, behind: Behind = nowhere) -> Section:
    """How many audits describe each theme, and how many say that it is not evidenced, not applicable or not asked."""
    scale = report.template.scale
    answers = report.template.counted_answers
    rows = tuple(
        (text(gap.label), *(count(number, href=_texts(behind, gap, answer)) for answer, number in _of(gap, answers)))
        for gap in group.themes
    )
    columns = (Column("Theme"), *(Column(scale.label(answer), numeric=True) for answer in answers))
    caption = f"{group.label}: what auditors described" if group.key else "What auditors described"
    return Section("Themes", table=Table("themes", caption, columns, rows), sheet="themes")


def described_by_group(split: GapReport) -> Section:
    """How many audits of each group describe each theme."""
    label = lowered(split.split_label)
    if not split.groups:
        return Section(f"By {label}", paragraphs=("No counted audits are in any group.",), sheet="breakdowns")
    columns = (Column("Theme"), *(Column(f"{group.label} ({group.audits:,})", numeric=True) for group in split.groups))
    rows = tuple(
        (text(theme.label), *(count(group.themes[place].counts[DESCRIBED]) for group in split.groups))
        for place, theme in enumerate(split.template.themes)
    )
    words = "Audits that describe the theme. The number of audits is next to each heading."
    table = Table(f"by-{split.breakdown.value}", f"Audits that describe each theme, by {label}", columns, rows)
    return Section(f"By {label}", paragraphs=(words, *split.notes), table=table, sheet="breakdowns")


def described_definitions() -> Section:
    """How a report without ratings is worked out."""
    words = "Described: the auditor described the theme in their own words. No theme is rated."
    return Section("Method and definitions", points=(words,), sheet="definitions")


def _of(gap: Gap, answers: tuple[str, ...]) -> list[tuple[str, int]]:
    counts: Mapping[str, int] = gap.counts
    return [(answer, counts[answer]) for answer in answers]


def _texts(behind: Behind, gap: Gap, answer: str) -> str:
    """The page with the words of the answers; nobody wrote any where something was not asked."""
    return behind(theme=gap.key, answer=answer) if gap.counts[answer] and answer != NOT_ASKED else ""
