"""Conclusions in a round's report: the numbers always, the texts only on request."""

import uuid
from collections.abc import Iterator, Sequence
from typing import Final

from sqlmodel import Session

from api.documents.document import Column, Section, Table, count, share_of, text
from api.foundation.permissions import Actor
from api.reports.conclusions.queries import ConclusionCounts, RoundConclusion, list_conclusions
from checklists.audits.conclusion import FOR_REPORTS

# Audits whose texts a report holds: more would be a book.
MOST_WITH_TEXTS: Final = 200
HEADING: Final = "Auditors’ conclusions"


def conclusion_section(found: ConclusionCounts, audits: int, *, path: str = "") -> Section | None:
    """How many of the counted audits have each part; None when none has any. With `path`, numbers lead to the texts."""
    if not found.concluded:
        return None
    rows = tuple(
        (
            text(part.label),
            count(number, href=f"{path}?part={part.value}" if path and number else ""),
            share_of(number, audits),
        )
        for part, number in found.parts.items()
    )
    columns = (
        Column("Part of the conclusion"),
        Column("Audits", numeric=True),
        Column("Share of all audits", numeric=True),
    )
    said = "1 audit has a conclusion." if found.concluded == 1 else f"{found.concluded:,} audits have a conclusion."
    return Section(
        HEADING,
        paragraphs=(f"{said} Every part of a conclusion is optional.",),
        table=Table("conclusions", "Counted audits by part of the conclusion", columns, rows),
    )


def texts_for_report(session: Session, *, round_id: uuid.UUID, by: Actor) -> Sequence[RoundConclusion]:
    """The conclusions that a report with texts holds, and one more when there are others. Raises NotAllowed."""
    return list_conclusions(session, round_id=round_id, limit=MOST_WITH_TEXTS + 1, by=by)


def text_sections(found: Sequence[RoundConclusion]) -> Iterator[Section]:
    """The texts by part, each after the reference of its case. Feedback to practitioners is never in a report."""
    shown = found[:MOST_WITH_TEXTS]
    for part in FOR_REPORTS:
        points = tuple(f"{each.reference}: {_one_line(each.texts[part])}" for each in shown if part in each.texts)
        if points:
            yield Section(part.label, paragraphs=_cut(found), points=points, sheet="conclusions")


def _cut(found: Sequence[RoundConclusion]) -> tuple[str, ...]:
    if len(found) <= MOST_WITH_TEXTS:
        return ("Auditors’ own text.",)
    return (
        f"Auditors’ own text from the first {MOST_WITH_TEXTS} audits with a conclusion. The service shows the rest.",
    )


def _one_line(words: str) -> str:
    return " ".join(words.split())
