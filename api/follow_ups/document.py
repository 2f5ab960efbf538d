"""Follow-ups in the reports of a round and of a year: what was corrected, and after how many days."""

from collections.abc import Sequence
from typing import Final

from sqlmodel import Session

from api.documents.document import NOTHING, Cell, Column, Section, Table, count, days, share_of, text
from api.follow_ups.counting import counts_of_rounds
from api.foundation.permissions import Actor
from api.reports.deleted_audits import deleted_in_words
from api.reports.gaps.columns import interval
from checklists.audits.follow_up import FollowUpCounts, FollowUpOutcome
from checklists.plurals import plural
from checklists.statistics.intervals import wilson
from models import Round, RoundState

HEADING: Final = "Audits at the lowest rating, and their follow-ups"
DEFINITION: Final = (
    "In a follow-up another auditor reads the same file again, only for what fell short. A file is corrected when "
    "every theme is. Days are counted from the day the audit was found to that of the follow-up. The interval is "
    "Wilson’s at 95%."
)
_COLUMNS: Final = (
    Column("Audits at the lowest rating", numeric=True),
    Column("Notified in time", numeric=True),
    Column("Notified late", numeric=True),
    Column("Not notified yet", numeric=True),
    Column("Followed up", numeric=True),
    *(Column(f"Files {kind.label.lower()}", numeric=True) for kind in FollowUpOutcome),
    Column("Share of files corrected", numeric=True),
    Column("95% interval", numeric=True),
    Column("Themes corrected", numeric=True),
    Column("Median days", numeric=True),
)


def section_of_round(session: Session, audit_round: Round, by: Actor) -> Section | None:
    """The section of a round's report; None where no audit was at the lowest rating by the rule of the round."""
    if audit_round.state is RoundState.PLANNED:
        return None
    counts = counts_of_rounds(session, [audit_round.id], by=by)
    if not counts.found:
        return None
    deleted = deleted_in_words(session, [audit_round])
    return section_of([(audit_round.title, counts)], first="Round", deleted=deleted)


def section_of(rows: Sequence[tuple[str, FollowUpCounts]], *, first: str, deleted: str = "") -> Section:
    """A section with a row for each of these counts. `first`: the heading of the names."""
    notes = [_in_words(rows[-1][1]), DEFINITION]
    return Section(
        HEADING,
        paragraphs=tuple(note for note in (*notes, deleted) if note),
        table=Table(
            "follow-ups",
            "Audits at the lowest rating, and what was corrected",
            (Column(first), *_COLUMNS),
            tuple((text(name), *_cells(counts)) for name, counts in rows),
        ),
    )


def _cells(counts: FollowUpCounts) -> tuple[Cell, ...]:
    right = counts.files[FollowUpOutcome.CORRECTED]
    return (
        count(counts.found),
        count(counts.notified_in_time),
        count(counts.notified_late),
        count(counts.not_notified),
        count(counts.done),
        *(count(counts.files[kind]) for kind in FollowUpOutcome),
        share_of(right, counts.done),
        text(interval(wilson(right, counts.done))) if counts.done else NOTHING,
        share_of(counts.themes[FollowUpOutcome.CORRECTED], counts.themes_followed_up),
        days(counts.median_days),
    )


def _in_words(counts: FollowUpCounts) -> str:
    if not counts.done:
        return f"{_audits(counts.found)} at the lowest rating by the rule of the round. None is followed up yet."
    right = counts.files[FollowUpOutcome.CORRECTED]
    median = days(counts.median_days).text
    return (
        f"{_audits(counts.found)} at the lowest rating by the rule of the round. Of {counts.done:,} followed up, "
        f"{plural(right, 'was', 'were')} corrected. "
        f"The median was {median} {'day' if median == '1' else 'days'}."
    )


def _audits(number: int) -> str:
    return plural(number, "audit was", "audits were")
