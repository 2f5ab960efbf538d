"""The tallies of one round: stored ones of a closed round; of an open one those kept, and what changed since."""

import uuid
from collections.abc import Collection, Mapping
from typing import Any, Final

from sqlalchemy import ColumnElement, bindparam, select
from sqlmodel import Session, col

from api.access.blindness import hidden_readings
from api.audits.actions import template_of
from api.foundation.permissions import Actor
from api.reports.breakdowns import WEIGHT, AnyBreakdown, Breakdown, SamplingWeight, splits_of
from api.reports.counting import AuditRow, CountedRows, read_rows
from api.reports.tallies import Tallies, summed
from checklists.templates.template import Template as TemplateContent
from models import ChangedAudit, CountedAudit, OpenTally, Round, RoundState, RoundTally
from models.storage.dialects import is_among
from models.storage.driver import PlainId, identifier, plain_id
from models.storage.prepared import Prepared

# Of more changed audits than this, counting every audit of the round takes no longer.
MOST_CHANGED: Final = 4_000
# How often what is kept is read again because it changed meanwhile.
_TRIES: Final = 5
AnySplit = AnyBreakdown | SamplingWeight
# What reports say of a round beside what it is split by.
ALWAYS: Final = (Breakdown.WHOLE, Breakdown.STATUS, Breakdown.AGE_BAND, Breakdown.FORM_OF_HARM, WEIGHT)


def _of_round(model: Any) -> tuple[ColumnElement[bool], ...]:
    return (col(model.organisation_id) == bindparam("own"), col(model.round_id) == bindparam("its_round"))


def _its(audit_round: Round) -> dict[str, Any]:
    return {"own": audit_round.organisation_id, "its_round": audit_round.id}


# Every report asks them.
_STORED: Final = Prepared(
    select(col(RoundTally.breakdown), col(RoundTally.counts)).where(
        *_of_round(RoundTally), is_among(col(RoundTally.breakdown), "names")
    )
)
_KEPT: Final = Prepared(
    select(col(OpenTally.breakdown), col(OpenTally.counts), col(OpenTally.version)).where(
        *_of_round(OpenTally), is_among(col(OpenTally.breakdown), "names")
    )
)
_VERSION: Final = Prepared(
    select(col(OpenTally.version)).where(*_of_round(OpenTally), col(OpenTally.breakdown) == Breakdown.WHOLE.value)
)
_CHANGED: Final = Prepared(
    select(col(ChangedAudit.audit_id)).where(*_of_round(ChangedAudit)).distinct().limit(bindparam("most"))
)
_COUNTED: Final = Prepared(
    select(plain_id(col(CountedAudit.audit_id)), col(CountedAudit.counted)).where(
        *_of_round(CountedAudit), is_among(col(CountedAudit.audit_id), "audits")
    )
)


class RoundCounts:
    """The tallies of a round by any of the breakdowns that they were read for."""

    def __init__(
        self,
        session: Session,
        audit_round: Round,
        content: TemplateContent,
        *,
        stored: Mapping[str, str],
        gone: Collection[AuditRow] = (),
        new: Collection[AuditRow] = (),
        hidden: Collection[PlainId] = (),
    ) -> None:
        self.round = audit_round
        self.content = content
        self._session = session
        self._stored = stored
        self._gone = CountedRows(content, gone) if gone else None
        self._new = CountedRows(content, new) if new else None
        self._hidden = frozenset(hidden)
        self._every: CountedRows | None = None
        self._found: dict[AnySplit, Tallies] = {}

    def by(self, breakdown: AnySplit) -> Tallies:
        """The tallies by this breakdown."""
        if breakdown not in self._found:
            self._found[breakdown] = self._tallies(breakdown)
        return self._found[breakdown]

    def sizes(self, breakdown: AnySplit) -> Mapping[str, int]:
        """How many audits each group of this breakdown has: quicker than `by`, which counts their answers too."""
        text = self._stored.get(breakdown.value)
        if text is None or breakdown in self._found or breakdown is Breakdown.WHOLE:
            return self.by(breakdown).audits
        found = Tallies.sizes_in(text)
        if self._gone is not None:
            found = summed(found, self._gone.sizes(breakdown), -1)
        return found if self._new is None else summed(found, self._new.sizes(breakdown))

    @property
    def is_kept(self) -> bool:
        """Whether these come from stored tallies, so that they are quick however many audits there are."""
        return bool(self._stored)

    @property
    def whole(self) -> Tallies:
        return self.by(Breakdown.WHOLE)

    def beside(self, name: str) -> Mapping[str, int]:
        """What audits say beside their answers, by its name in `api.reports.counting`."""
        return (self.whole.beside or {}).get(name, {})

    def _tallies(self, breakdown: AnySplit) -> Tallies:
        text = self._stored.get(breakdown.value)
        if text is None:
            return self._counted(breakdown)
        found = Tallies.from_json(text)
        # Rounds that an earlier version closed were stored without some of it.
        if found.audits and not found.overall and any(found.audits.values()):
            found.overall = self._counted(breakdown).overall
        if breakdown is Breakdown.WHOLE and found.beside is None:
            found.beside = self._counted(breakdown).beside
        if self._gone is not None:
            found = found.plus(self._gone.tallies(breakdown), -1)
        return found if self._new is None else found.plus(self._new.tallies(breakdown))

    def _counted(self, breakdown: AnySplit) -> Tallies:
        """Counted from every audit of the round."""
        if self._every is None:
            rows = read_rows(self._session, self.round)
            self._every = CountedRows(self.content, (row for key, row in rows.items() if key not in self._hidden))
        return self._every.tallies(breakdown)


def counts_of(
    session: Session, audit_round: Round, breakdowns: Collection[AnySplit], *, by: Actor | None = None
) -> RoundCounts:
    """The tallies of a round by these breakdowns and by the ones in `ALWAYS`.

    With `by`, leaves out readings hidden from that person by blind reading, in the counts and in the exclusions.
    """
    content = template_of(session, audit_round)
    names = {each.value for each in (*ALWAYS, *breakdowns)}
    session.flush()
    if audit_round.state is RoundState.CLOSED:
        stored = _STORED.rows(session, {**_its(audit_round), "names": names})
        return RoundCounts(session, audit_round, content, stored=dict(stored))
    hidden = hidden_readings(session, audit_round, by.person_id) if by is not None else []
    for _ in range(_TRIES):
        kept = _kept(session, audit_round, content, names, hidden)
        if kept is None:
            break
        counts, version = kept
        # On PostgreSQL each statement sees what is committed by then, and what is kept may be brought up to date.
        if version == _version(session, audit_round):
            return counts
    plain = {_plain_on(session, each) for each in hidden}
    return RoundCounts(session, audit_round, content, stored={}, hidden=plain)


def counted_afresh(session: Session, audit_round: Round) -> RoundCounts:
    """The tallies counted from every audit of the round, and not from stored tallies."""
    return RoundCounts(session, audit_round, template_of(session, audit_round), stored={})


def every_split(content: TemplateContent) -> tuple[AnySplit, ...]:
    """Everything that is stored of a round of this template."""
    return (Breakdown.WHOLE, *splits_of(content), WEIGHT)


def changed_audits(session: Session, organisation_id: int, round_id: uuid.UUID, *, most: int) -> list[uuid.UUID]:
    """Audits that changed since they were counted, as many as `most`."""
    rows = _CHANGED.rows(session, {"own": organisation_id, "its_round": round_id, "most": most})
    return [audit_id for (audit_id,) in rows]


def rows_counted(session: Session, audit_round: Round, audits: Collection[uuid.UUID]) -> dict[PlainId, AuditRow]:
    """What the kept tallies count of these audits."""
    rows = _COUNTED.rows(session, {**_its(audit_round), "audits": audits})
    return {audit_id: AuditRow.from_json(counted) for audit_id, counted in rows}


def _kept(
    session: Session,
    audit_round: Round,
    content: TemplateContent,
    names: Collection[str],
    hidden: Collection[uuid.UUID],
) -> tuple[RoundCounts, int] | None:
    """What is kept, with what changed since, and its version; None when counting every audit is quicker."""
    stored = _KEPT.rows(session, {**_its(audit_round), "names": names})
    version = next((version for name, _, version in stored if name == Breakdown.WHOLE), None)
    if version is None:
        return None
    changed = changed_audits(session, audit_round.organisation_id, audit_round.id, most=MOST_CHANGED + 1)
    if len(changed) > MOST_CHANGED:
        return None
    plain = {_plain_on(session, each) for each in hidden}
    new = read_rows(session, audit_round, changed) if changed else {}
    affected = {*changed, *map(identifier, new), *hidden}
    gone = rows_counted(session, audit_round, affected) if affected else {}
    counts = RoundCounts(
        session,
        audit_round,
        content,
        stored={name: counts for name, counts, _ in stored},
        gone=[row for key, row in gone.items() if new.get(key) != row or key in plain],
        new=[row for key, row in new.items() if key not in plain and gone.get(key) != row],
        hidden=plain,
    )
    return counts, version


def _version(session: Session, audit_round: Round) -> int | None:
    rows = _VERSION.rows(session, _its(audit_round))
    return rows[0].version if rows else None


def _plain_on(session: Session, audit_id: uuid.UUID) -> PlainId:
    """The identifier as the driver reads it."""
    return audit_id.hex if session.get_bind().dialect.name == "sqlite" else audit_id
