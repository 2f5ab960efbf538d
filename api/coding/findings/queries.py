"""Reads the findings of a round, each with the count of its code."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from sqlmodel import Session, col, select

from api.coding.codes.queries import list_codes
from api.coding.passages.counts import counts_of_findings
from api.coding.rules import CodedRound, coded_round
from api.foundation.permissions import Actor
from api.foundation.problems import NotFound
from checklists.passages.counting import CodeCount
from models import WrittenFinding


@dataclass(frozen=True, slots=True)
class FoundFinding:
    """A finding with its theme's label, its code and in how many audits that is.

    There is no count without a code, nor for a person who has not finished coding the theme.
    """

    finding: WrittenFinding
    theme_label: str
    code: str
    count: CodeCount | None

    @property
    def with_count(self) -> str:
        """Its sentence, and the count after it."""
        words = self.finding.words
        return words if self.count is None else f"{words} ({self.count.sentence})"


def list_findings(session: Session, *, round_id: uuid.UUID, theme: str | None = None, by: Actor) -> list[FoundFinding]:
    """The findings of a round in the order of its themes, or of one theme. Raises Conflict, NotAllowed, NotFound."""
    coded = coded_round(session, round_id, by=by)
    query = select(WrittenFinding).where(
        col(WrittenFinding.organisation_id) == by.organisation_id, col(WrittenFinding.round_id) == round_id
    )
    if theme is not None:
        query = query.where(col(WrittenFinding.theme) == coded.check_theme(theme))
    found = session.exec(query.order_by(col(WrittenFinding.id))).all()
    order = {key: place for place, key in enumerate(coded.themes)}
    return _with_counts(session, coded, sorted(found, key=lambda it: order.get(it.theme, len(order))), by=by)


def sentence_of(session: Session, *, round_id: uuid.UUID, finding_id: uuid.UUID, by: Actor) -> str:
    """The sentence of a finding, without its count. Raises Conflict, NotAllowed, NotFound."""
    return find_finding(session, coded_round(session, round_id, by=by), finding_id).words


def find_finding(session: Session, coded: CodedRound, finding_id: uuid.UUID, *, lock: bool = False) -> WrittenFinding:
    """A finding of the round. Raises NotFound."""
    query = select(WrittenFinding).where(
        col(WrittenFinding.organisation_id) == coded.round.organisation_id,
        col(WrittenFinding.round_id) == coded.round.id,
        col(WrittenFinding.id) == finding_id,
    )
    found = session.exec(query.with_for_update(key_share=True) if lock else query).one_or_none()
    if found is None:
        raise NotFound("finding")
    return found


def _with_counts(
    session: Session, coded: CodedRound, findings: Sequence[WrittenFinding], *, by: Actor
) -> list[FoundFinding]:
    names = {code.id: code.name for code in list_codes(session, coded)}
    counts: dict[uuid.UUID, CodeCount] = {}
    for theme, some in groupby(findings, key=lambda it: it.theme):
        counts.update(counts_of_findings(session, coded, theme, list(some), by=by))
    return [
        FoundFinding(
            each,
            coded.label_of(each.theme),
            names[each.code_id] if each.code_id is not None else "",
            counts.get(each.id),
        )
        for each in findings
    ]
