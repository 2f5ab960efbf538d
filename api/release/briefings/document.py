"""The 7-minute briefing as a document: what a snapshot shows, in seven parts, one or two pages long.

The parts are those of the briefing that the first template was made from: background, what was audited, the learning
domains with their gaps and strengths, what to do, and what to think about.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from sqlalchemy import case, func, select
from sqlmodel import Session, col

from api.documents.document import Document, Section
from api.foundation.local_time import local_date
from api.foundation.permissions import Actor
from api.release.snapshots import actions as snapshots
from api.release.snapshots.changes import ReleasedChange, released_change
from api.release.snapshots.document import UNSAID, how_many_counted, marking, released_origin, summary
from api.release.snapshots.queries import ReleasedReport, read_released
from api.release.snapshots.sentences import UNTOLD, about, certain_strengths
from checklists.plurals import plural
from checklists.release.certain import CertainGap, by_released_gap
from checklists.release.disclosure import ReleasedGroup
from checklists.reports.gaps import GapState
from models import Action, ActionKind, ActionState, Briefing, Round, Snapshot

PROMPTS: Final = 4
GAPS_OF_A_DOMAIN, STRENGTHS_OF_A_DOMAIN = 3, 1
MOST_CHANGES = 5
BACKGROUND, AUDITED, CHANGED, TO_DO, THINK = "background", "audited", "what-has-changed", "what-to-do", "think-about"


@dataclass(frozen=True, slots=True)
class Part:
    """One part: its key, heading, and the text and points taken from the snapshot."""

    key: str
    heading: str
    paragraphs: tuple[str, ...] = ()
    points: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Since:
    """What has changed since the round before, where that has a snapshot too.

    `planned` and `done`: the practice actions that followed that round, by the day of the snapshot. They are about
    practice, not about children, so their numbers are exact.
    """

    title: str
    changes: Sequence[ReleasedChange]
    planned: int
    done: int


def since_of(session: Session, snapshot: Snapshot, report: ReleasedReport) -> Since | None:
    """What a briefing says about the round before; None if that has no snapshot."""
    audit_round = session.get_one(Round, (snapshot.organisation_id, snapshot.round_id))
    title, changes = released_change(session, audit_round, report)
    if not changes:
        return None
    planned, done = session.execute(
        select(func.count(), func.count(case((col(Action.done_at) <= snapshot.made_at, 1)))).where(
            col(Action.organisation_id) == snapshot.organisation_id,
            col(Action.round_id) == audit_round.follows_id,
            col(Action.kind) == ActionKind.PRACTICE,
            col(Action.state).not_in((ActionState.PROPOSED, ActionState.NOT_PURSUED)),
            col(Action.created_at) <= snapshot.made_at,
        )
    ).one()
    return Since(title, changes, planned, done)


def parts_of(report: ReleasedReport, since: Since | None = None) -> tuple[Part, ...]:
    """The parts with their figures filled in: seven where the template has three learning domains, and one more where
    the round follows another that has a snapshot.
    """
    _, group = report.group({})
    gaps = {gap.key: gap for gap in report.gaps(group)}
    return (
        Part(BACKGROUND, "Background", paragraphs=_background(report)),
        Part(AUDITED, "Audits included", paragraphs=_audited(report, group)),
        *(
            _domain(domain.key, domain.title, [gaps[theme.key] for theme in domain.themes])
            for domain in report.template.learning_domains
        ),
        *([Part(CHANGED, "What has changed", _changed(since), _changes(since.changes))] if since is not None else []),
        Part(TO_DO, "Actions", points=_to_do(by_released_gap([*gaps.values()]), report.template.own_words.subjects)),
        Part(THINK, "Questions to discuss", points=_think_about(report, by_released_gap([*gaps.values()]))),
    )


def document_of(session: Session, briefing: Briefing, *, by: Actor) -> Document:
    """A briefing with its figures and words, as of the day its snapshot was made. Raises NotFound."""
    snapshot = snapshots.find_snapshot(session, snapshot_id=briefing.snapshot_id, by=by)
    report = read_released(session, snapshot)
    return briefing_document(
        report,
        title=briefing.title,
        words=words_of(briefing),
        made_on=local_date(snapshot.made_at),
        since=since_of(session, snapshot, report),
    )


def briefing_document(
    report: ReleasedReport, *, title: str, words: Mapping[str, str], made_on: date, since: Since | None = None
) -> Document:
    """The briefing: each part has the figures first, then the lead's own text."""
    sections = tuple(
        Section(
            f"{place}. {part.heading}",
            paragraphs=(*part.paragraphs, *_paragraphs(words.get(part.key, ""))),
            points=part.points,
        )
        for place, part in enumerate(parts_of(report, since), start=1)
    )
    _, whole = report.group({})
    origin = released_origin(report, whole)
    return Document(title, "7-minute briefing", marking(report), made_on, sections, origin, kind="briefing")


def _changed(since: Since) -> tuple[str, ...]:
    actions = plural(since.planned, "action was", "actions were")
    done = f", and {since.done:,} of them {'is' if since.done == 1 else 'are'} done" if since.planned else ""
    return (
        f"After “{since.title}”, {actions} planned about practice{done}.",
        "A share that rose or fell may have done so by chance.",
    )


def _changes(changes: Sequence[ReleasedChange]) -> tuple[str, ...]:
    """The themes whose share certainly rose or fell, the largest change first, and how many others there are."""
    told = [each for each in changes if each.is_certain]
    told.sort(key=lambda each: min(map(abs, each.between)), reverse=True)
    lines = [f"{each.label}: {each.in_words}." for each in told[:MOST_CHANGES]]
    untold = len(changes) - len(told)
    if untold:
        themes = plural(untold, "theme")
        lines.append(f"Whether the share of {themes} rose or fell {UNTOLD}.")
    return tuple(lines)


def _background(report: ReleasedReport) -> tuple[str, ...]:
    source = report.template.source
    subject = report.template.own_words.subject
    article = "an" if subject[0] in "aeiou" else "a"
    return (
        f"When {article} {subject} known to services dies or is seriously harmed, a case review is "
        "published. We audited our own case files against the learning from case reviews"
        + (f", as described in {source.title}." if source else "."),
    )


def _audited(report: ReleasedReport, group: ReleasedGroup) -> tuple[str, ...]:
    period = f"{report.period_from:%B %Y} to {report.period_to:%B %Y}"
    if group.audits is None:
        return (f"Too few case files from {period} were audited to report more.",)
    counted = how_many_counted(report, group).replace("audits", "case files")
    return (summary(report, group, f"{counted} from {period} were audited"),)


def _domain(key: str, title: str, gaps: Sequence[CertainGap]) -> Part:
    known = [gap for gap in gaps if gap.share_meeting is not None]
    lines = [
        f"{gap.label}: {about(gap)} met the standard"
        + (" (may be due to chance)." if gap.state is not GapState.GAP else ".")
        for gap in _short(known)[:GAPS_OF_A_DOMAIN]
    ]
    lines += [f"A strength: {gap.label}, {about(gap)}." for gap in certain_strengths(known)[:STRENGTHS_OF_A_DOMAIN]]
    untold = sum(gap.state is None for gap in known)
    if untold:
        lines.append(f"{_reach(untold)} the target {UNTOLD}.")
    hidden = len(gaps) - len(known)
    if hidden:
        lines.append(f"{plural(hidden, 'theme')} {UNSAID}.")
    return Part(key, title, points=tuple(lines))


def _short(gaps: Sequence[CertainGap]) -> list[CertainGap]:
    """The themes that are under the target for certain, or that may be by chance, the widest released gap first."""
    return [gap for gap in by_released_gap(gaps) if gap.state in {GapState.GAP, GapState.POSSIBLE_GAP}]


def _reach(number: int) -> str:
    return "Whether 1 more theme meets" if number == 1 else f"Which of {number} more themes meet"


def _to_do(gaps: Sequence[CertainGap], subjects: str) -> tuple[str, ...]:
    widest = [gap.label for gap in _short(gaps)][:2]
    named = " and ".join(f"“{label}”" for label in widest)
    return (
        "Read this briefing with your team and share it with partners.",
        f"Choose one of your own cases and review it for {named}." if widest else "Review one of your own cases.",
        "Discuss one of the questions below at your next supervision.",
        f"Agree what you will change, by when, and how you will know that the change has helped {subjects}.",
    )


def _think_about(report: ReleasedReport, gaps: Sequence[CertainGap]) -> tuple[str, ...]:
    """Prompts of the themes with the widest released gaps: the first of each, then the second of each."""
    wide = _short(gaps) or list(gaps)
    chosen = [report.template.theme(gap.key) for gap in wide[:PROMPTS]]
    first = [theme.prompts[0] for theme in chosen]
    second = [theme.prompts[1] for theme in chosen if len(theme.prompts) > 1]
    return tuple((first + second)[:PROMPTS])


def _paragraphs(words: str) -> tuple[str, ...]:
    return tuple(paragraph.strip() for paragraph in words.split("\n\n") if paragraph.strip())


def words_of(briefing: Briefing) -> dict[str, str]:
    """The lead's own text by the key of the part."""
    words: dict[str, str] = json.loads(briefing.words)
    return words
