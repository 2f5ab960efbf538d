"""The pack for a team's discussion as a document: released figures only, strengths first, then the two widest gaps."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Final

from api.documents.document import NOTHING, Column, Document, Section, Table, text
from api.foundation.local_time import local_date
from api.release.snapshots.document import UNSAID, how_many_counted, in_words, marking, released_origin
from api.release.snapshots.queries import ReleasedReport
from api.release.snapshots.sentences import UNTOLD, about, certain_strengths
from checklists.release.certain import CertainGap, by_released_gap
from checklists.reports.gaps import GapState
from checklists.templates.template import Theme
from models import Snapshot

STRENGTHS: Final = 5
GAPS: Final = 2
QUESTIONS: Final = 4
LINES, DECISIONS = 5, 3


def document_of(snapshot: Snapshot, report: ReleasedReport, filters: Mapping[str, Sequence[str]]) -> Document:
    """The pack of a snapshot, for all its audits or for the cell that `filters` name. Raises Invalid."""
    return pack_document(report, made_on=local_date(snapshot.made_at), filters=filters)


def pack_document(report: ReleasedReport, *, made_on: date, filters: Mapping[str, Sequence[str]]) -> Document:
    """The pack. Raises Invalid for filters that ask for more than one cell."""
    wanted, group = report.group(filters)
    gaps = report.gaps(group)
    widest = widest_gaps(gaps)
    counted = how_many_counted(report, group)
    return Document(
        title="Pack for a team discussion",
        subtitle=f"Filtered: only {in_words(report, wanted)}." if wanted else "",
        marking=marking(report),
        made_on=made_on,
        sections=(
            Section(
                "Before you begin",
                (
                    f"Figures from {counted[0].lower()}{counted[1:]}, released under disclosure control.",
                    "Talk about practice, not about cases or people. Begin with what works well.",
                ),
            ),
            _strengths(gaps),
            *(_gap(report.template.theme(gap.key), gap, report) for gap in widest),
            *(() if widest else (_no_gap(gaps),)),
            _notes(),
            _decisions(),
        ),
        origin=released_origin(report, group),
        kind="discussion-pack",
    )


def widest_gaps(gaps: Sequence[CertainGap]) -> tuple[CertainGap, ...]:
    """The two themes with the widest released gaps, among the ones that are or may be below the target."""
    short = (gap for gap in by_released_gap(gaps) if gap.state in {GapState.GAP, GapState.POSSIBLE_GAP})
    return tuple(gap for gap in short if gap.share_meeting is not None)[:GAPS]


def _strengths(gaps: Sequence[CertainGap]) -> Section:
    found = certain_strengths(gaps)[:STRENGTHS]
    if not found:
        return Section(
            "What works well",
            ("Which themes are on target " + UNTOLD + ". Begin with what the team knows it does well.",),
        )
    return Section(
        "What works well",
        ("What helps the team to do this well, and where else could it help?",),
        points=tuple(f"{gap.label}: {about(gap)} met the standard" for gap in found),
    )


def _gap(theme: Theme, gap: CertainGap, report: ReleasedReport) -> Section:
    chance = " This may be due to chance." if gap.state is not GapState.GAP else ""
    standard = report.template.scale.standard
    good = theme.descriptors.get(standard, "")
    return Section(
        f"To discuss: {gap.label}",
        (
            f"{about(gap).capitalize()} met the standard.{chance}",
            *((f"What {report.template.scale.label(standard).lower()} looks like: {good}",) if good else ()),
            "Questions:",
        ),
        points=theme.prompts[:QUESTIONS],
    )


def _no_gap(gaps: Sequence[CertainGap]) -> Section:
    hidden = any(gap.share_meeting is None for gap in gaps)
    words = f"Some themes {UNSAID}." if hidden else "No theme is certain to be below the target."
    return Section("To discuss", (f"{words} Choose a theme that matters most to the team.",))


def _notes() -> Section:
    rows = tuple((text(f"{line}."),) for line in range(1, LINES + 1))
    return Section("Notes", table=Table("notes", "Lines to write on", (Column("What we said"),), rows))


def _decisions() -> Section:
    heads = ("Decision", "What we will do", "Who", "By when", "How we will see that it has worked")
    rows = tuple((text(str(place)), NOTHING, NOTHING, NOTHING, NOTHING) for place in range(1, DECISIONS + 1))
    return Section(
        "What we decided",
        ("Give this page to a quality lead, who enters each decision as an action.",),
        table=Table("decisions", "Decisions", tuple(Column(head) for head in heads), rows),
    )
