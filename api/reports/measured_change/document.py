"""The measured change as a document: unrounded counts, for people who may read every audit."""

import uuid
from collections.abc import Iterator, Sequence
from datetime import date
from typing import Final

from sqlmodel import Session

from api.documents.document import (
    Column,
    Document,
    Origin,
    Section,
    Table,
    Tone,
    percent,
    points,
    text,
)
from api.foundation.local_time import local_date
from api.foundation.permissions import Actor
from api.reports.gaps.sections import MARKING
from api.reports.measured_change.queries import MeasuredChange, measured_change
from api.reports.origins import counted_audits, working_origin
from api.reports.round_report.comparison import (
    CHANGE_TONES,
    METHODS,
    compared_shares,
    confidence_in_words,
    interval_in_points,
    question_comparison,
    same_cases_in_words,
)
from checklists.plurals import plural
from checklists.reports.change import Change, Method, ThemeChange
from checklists.reports.comparability import Verdict
from checklists.reports.control_charts import MINIMUM_POINTS
from models import now

TITLE: Final = "Measured change"
OF_DOMAINS: Final = "Of each learning domain, only the themes that both rounds ask about in the same way are counted."
WHY_COMPARED: Final = (
    "Shares rise and fall for reasons other than practice. A theme is called improved or worse only if none of these "
    "differences could explain it."
)
_VERDICT_TONES: Final = {Verdict.ALIKE: Tone.GOOD, Verdict.NOTE: Tone.UNSURE, Verdict.PREVENTS: Tone.BAD}


def document_of(session: Session, *, round_id: uuid.UUID, by: Actor) -> Document:
    """The change between a closed round and the closed round that it follows. Raises NotFound, Conflict."""
    found = measured_change(session, round_id=round_id, by=by)
    return change_document(found, made_on=local_date(now()), origin=origin_of(session, found, by=by))


def origin_of(session: Session, found: MeasuredChange, *, by: Actor) -> Origin:
    """The origin of the report that `by` makes."""
    rounds = (*found.earlier.rounds, *found.now.rounds)
    numbers = (found.earlier, found.now)
    left_out = {
        reason: sum(each.left_out.get(reason, 0) for each in numbers) for each in numbers for reason in each.left_out
    }
    counted = counted_audits(sum(each.counted for each in numbers), left_out)
    return working_origin(session, rounds, counted=counted, by=by)


def change_document(found: MeasuredChange, *, made_on: date, origin: Origin) -> Document:
    """What has changed, whether the rounds can be compared, and how that was worked out."""
    (audit_round,) = found.now.rounds
    sections = (
        _summary(found),
        _changes("Themes", "themes", "Theme", found.themes, found),
        *([_changes("Learning domains", "domains", "Learning domain", found.domains, found)] if found.domains else []),
        _comparability(found),
        *_questions(found),
        _chain(found),
        Section("Method and definitions", points=tuple(_definitions(found)), sheet="definitions"),
    )
    return Document(
        title=f"{TITLE}: {audit_round.title}",
        subtitle=f"Compared with {found.earlier.rounds[0].title}.",
        marking=MARKING,
        made_on=made_on,
        sections=sections,
        origin=origin,
        kind="measured-change",
        about=audit_round.title,
    )


def _summary(found: MeasuredChange) -> Section:
    return Section("Summary", paragraphs=tuple(summary_sentences(found)))


def summary_sentences(found: MeasuredChange) -> Iterator[str]:
    """The change in a few sentences: the themes by state, the overall judgement, and what prevents a comparison."""
    if found.deleted:
        yield found.deleted
    prevented = found.comparability.prevented_by
    if prevented:
        yield "These rounds cannot be compared, so no difference between them is called a change."
        yield from (f"{check.label}: {check.words}" for check in prevented)
    yield how_many(found.themes)
    if found.now.rounds[0].scope:
        whole = len(found.earlier.template.themes)
        yield f"This round is about chosen themes only. The earlier round audited {whole}."
    for change in (Change.IMPROVED, Change.WORSE):
        named = [each.label for each in found.themes if each.change is change]
        if named:
            yield f"{change.label}: {', '.join(named)}."
    overall = found.overall
    if overall.compared is not None:
        if overall.why:
            yield f"Overall judgement: not comparable. {overall.why}"
        else:
            shares = percent(overall.compared.before).text, percent(overall.compared.now).text
            yield (
                f"Overall judgement: {shares[0]} of audits met the standard in the earlier round, "
                f"and {shares[1]} in this round. {overall.change.label}."
            )


def how_many(changes: Sequence[ThemeChange]) -> str:
    """How many themes have which state."""
    numbers = {kind: sum(each.change is kind for each in changes) for kind in Change}
    said = ", ".join(f"{number} {kind.label.lower()}" for kind, number in numbers.items() if number)
    return f"Change in {plural(len(changes), 'theme')}: {said}."


def _changes(heading: str, key: str, first: str, changes: Sequence[ThemeChange], found: MeasuredChange) -> Section:
    rows = tuple(
        (
            text(each.label),
            text(each.change.label, tone=CHANGE_TONES[each.change]),
            *compared_shares(each),
            points(each.difference, signed=True),
            text(interval_in_points(each.interval)),
            text(each.why),
        )
        for each in changes
    )
    columns = (
        Column(first),
        Column("Change"),
        Column("Earlier", numeric=True),
        Column("Applicable, earlier", numeric=True),
        Column("Now", numeric=True),
        Column("Applicable, now", numeric=True),
        Column("Difference (points)", numeric=True),
        Column(f"{_confidence(found)} interval", numeric=True),
        Column("Why not comparable"),
    )
    return Section(
        heading,
        paragraphs=(OF_DOMAINS,) if changes is found.domains else (),
        table=Table(f"change-{key}", f"Share meeting the standard, earlier and now, by {first.lower()}", columns, rows),
        sheet="themes",
    )


def _comparability(found: MeasuredChange) -> Section:
    rows = tuple(
        (
            text(check.label),
            text(check.before),
            text(check.now),
            text(check.verdict.label, tone=_VERDICT_TONES[check.verdict]),
            text(check.words),
        )
        for check in found.comparability.checks
    )
    columns = (Column("What was compared"), Column("Earlier"), Column("Now"), Column("Result"), Column("In words"))
    return Section(
        "Can the rounds be compared?",
        paragraphs=(WHY_COMPARED,),
        points=found.template_changes,
        table=Table("comparability", "How each round was audited", columns, rows),
    )


def _questions(found: MeasuredChange) -> Iterator[Section]:
    if found.questions and not found.comparability.prevented_by:
        yield question_comparison(found.questions, found.confidence)


def _chain(found: MeasuredChange) -> Section:
    number = len(found.chain)
    paragraphs = [f"This is change number {found.link} in a chain of {number} rounds."]
    if found.link > 1:
        paragraphs.append(
            f"Measuring again and again makes a chance result more likely, so this change uses {_confidence(found)} "
            "intervals. See the method."
        )
    needed = f"A control chart of the chain needs {MINIMUM_POINTS} rounds"
    paragraphs.append(
        f"{needed}. It is in the report over time." if number >= MINIMUM_POINTS else f"{needed}; it has {number}."
    )
    return Section("Chain of rounds", paragraphs=tuple(paragraphs), points=tuple(each.title for each in found.chain))


def _definitions(found: MeasuredChange) -> Iterator[str]:
    yield "Difference: the share of applicable answers meeting the standard now, less the share in the earlier round."
    yield METHODS[found.method]
    if found.method is Method.PAIRED:
        yield f"{same_cases_in_words(found.same_cases)} Questions and overall judgements are of all counted audits."
    elif found.same_cases:
        yield f"{found.same_cases:,} cases were counted in both rounds. They are compared as if they were different."
    yield (
        f"Improved or worse: the whole {_confidence(found)} interval is above or below 0, and nothing about the audits "
        "prevents the comparison. Of 20 themes that did not change, 1 is expected to look as if it had."
    )
    yield (
        "Chains: the first change in a chain has 95% intervals. Each further one may be wrong half as often as the one "
        "before (97.5%, 98.75% and so on). However long the chain, a theme that never changes is called improved in "
        "about 5 of 100 chains at most."
    )
    yield (
        "Milder auditing: moderation shows how often checked answers were too good. Unchecked answers are assumed to "
        "be too good as often. A change is reported only if it is clear without that part."
    )
    yield (
        "Learning domains: the answers to all their themes that both rounds ask, counted as no more cases than the "
        "theme with the most answers."
    )
    yield (
        "Not released: this report has true counts. Snapshots and briefings do not show measured changes, because a "
        "difference between two released figures could show what each of them hides."
    )


def _confidence(found: MeasuredChange) -> str:
    return confidence_in_words(found.confidence)
