"""What tallies count of each audit, and the tallies of any audits: of a whole round, or of what changed in it."""

import json
import uuid
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from functools import cached_property
from typing import Any, Final, NamedTuple

from sqlalchemy import ColumnElement, String, bindparam, case, literal, select, type_coerce
from sqlmodel import Session, col

from api.reports.breakdowns import AnyBreakdown, Breakdown, FactBreakdown, SamplingWeight
from api.reports.tallies import (
    ExclusionReason,
    GroupCounts,
    Tallies,
    counted_answers,
    counted_overall,
    exclusion_reason,
    is_counted,
)
from checklists.audits.conclusion import ConclusionPart
from checklists.audits.sources import (
    count_answers_with_a_source,
    count_recording_gaps,
    decode_sources,
    names_a_source,
)
from checklists.reports.coded_lines import CodedLines, code_lines
from checklists.reports.tallies import decode_answers, tally
from checklists.templates.template import Template as TemplateContent
from models import Audit, AuditHarm, Conclusion, FirstJudgement, Round
from models.storage.dialects import is_among
from models.storage.driver import PlainId, plain_id
from models.storage.joins import linked
from models.storage.prepared import Prepared

# For the audits of a round: in all (""), and by what is counted.
MINUTES: Final = "minutes"
FIRST_JUDGEMENTS: Final = "first-judgements"
CONCLUSIONS: Final = "conclusions"
SOURCES: Final = "sources"
RECORDING_GAPS: Final = "recording-gaps"
WITH_A_SOURCE: Final = "with-a-source"
CHANGED, KEPT = "changed", "kept"
_BETWEEN: Final = " "


class AuditRow(NamedTuple):
    """What tallies count of one audit. One that is left out has nothing but the reason; a counted one has none."""

    left_out: str
    answers: str = ""
    overall: str = ""
    questions: str = ""
    facts: str = ""
    sources: str = ""
    weight: float | None = None
    minutes: int | None = None
    first_judgement: str = ""
    # A "1" for each part of the conclusion that has a text, else a "0".
    conclusion: str = ""
    team: str = ""
    status: str = ""
    age_band: str = ""
    mode: str = ""
    harms: str = ""

    def to_json(self) -> str:
        return json.dumps(self[:1] if self.left_out else self, separators=(",", ":"))

    @classmethod
    def from_json(cls, text: str) -> "AuditRow":
        return cls(*json.loads(text))


def read_rows(
    session: Session, audit_round: Round, cases_of: Collection[uuid.UUID] | None = None
) -> dict[PlainId, AuditRow]:
    """The rows of a round's audits by their identifiers; or of every audit of the cases that these audits read."""
    here = {"own": audit_round.organisation_id, "its_round": audit_round.id}
    if cases_of is None:
        return _rows(session, _OF_ROUND, here)
    return _rows(session, _OF_CASES, {**here, "read": cases_of})


class _Statements(NamedTuple):
    """The statements for some audits: what is counted, and their forms of harm."""

    counted: Prepared
    harms: Prepared


def _statements(*where: ColumnElement[bool]) -> _Statements:
    parts = [col(getattr(Conclusion, part.value)) for part in ConclusionPart]
    has_parts: ColumnElement[str] = literal("")
    for part in parts:
        has_parts = has_parts.concat(case((part != "", "1"), else_="0"))
    columns = (
        plain_id(col(Audit.id)),
        case((is_counted(), ""), else_=exclusion_reason()),
        counted_answers(),
        counted_overall(),
        col(Audit.question_answers),
        col(Audit.case_facts),
        col(Audit.answer_sources),
        col(Audit.sampling_weight),
        col(Conclusion.minutes),
        case(
            (col(FirstJudgement.overall).is_(None), ""),
            (col(FirstJudgement.overall) != col(Audit.overall_override), CHANGED),
            else_=KEPT,
        ),
        case((col(Conclusion.audit_id).is_(None), ""), else_=has_parts),
        type_coerce(col(Audit.team_id), String),
        type_coerce(col(Audit.status), String),
        type_coerce(col(Audit.age_band), String),
        type_coerce(col(Audit.mode), String),
    )
    query = (
        select(*columns)
        .select_from(Audit)
        .outerjoin(Conclusion, linked(Conclusion.audit_id, Audit.id))
        .outerjoin(FirstJudgement, linked(FirstJudgement.audit_id, Audit.id))
        .where(*where)
    )
    harms = select(plain_id(col(Audit.id)), col(AuditHarm.form_of_harm)).join(
        AuditHarm, linked(AuditHarm.audit_id, Audit.id)
    )
    return _Statements(Prepared(query), Prepared(harms.where(*where)))


# Made once: every report asks them.
_HERE: Final = (col(Audit.organisation_id) == bindparam("own"), col(Audit.round_id) == bindparam("its_round"))
_OF_ROUND: Final = _statements(*_HERE)
# Whether the second reading of a case is counted depends on the first.
_OF_CASES: Final = _statements(
    *_HERE,
    col(Audit.case_file_id).in_(
        select(col(Audit.case_file_id)).where(
            col(Audit.organisation_id) == bindparam("own"), is_among(col(Audit.id), "read")
        )
    ),
)


def _rows(session: Session, statements: _Statements, named: Mapping[str, Any]) -> dict[PlainId, AuditRow]:
    session.flush()
    harms: dict[PlainId, list[str]] = defaultdict(list)
    for audit_id, harm in statements.harms.rows(session, named):
        harms[audit_id].append(harm)
    teams = _Teams()
    return {
        audit_id: AuditRow(left_out)
        if left_out
        else AuditRow._make((left_out, *said, teams[team], *bands, _BETWEEN.join(sorted(harms.get(audit_id, ())))))
        for audit_id, left_out, *said, team, status, age_band, mode in statements.counted.rows(session, named)
        for bands in [(status, age_band, mode)]
    }


class _Teams(dict[Any, str]):
    """The identifier of a team as text, from the form that the driver reads."""

    def __missing__(self, plain: Any) -> str:
        return self.setdefault(plain, str(uuid.UUID(str(plain))))


class CountedRows:
    """The tallies of some audits."""

    def __init__(self, content: TemplateContent, rows: Iterable[AuditRow]) -> None:
        every = list(rows)
        self._content = content
        self._left_out = Counter(ExclusionReason(row.left_out) for row in every if row.left_out)
        self._rows = [row for row in every if not row.left_out]
        # Column by column; the values at the same place in each column belong to the same audit.
        self._columns = dict(zip(AuditRow._fields, zip(*self._rows, strict=True), strict=True)) if self._rows else {}

    def tallies(self, breakdown: AnyBreakdown | SamplingWeight) -> Tallies:
        """The tallies by this breakdown."""
        groups, answers, judged = self._groups(breakdown), self._column("answers"), self._column("overall")
        is_whole = breakdown is Breakdown.WHOLE
        found = Tallies(
            audits={group: len(places) for group, places in groups.items()},
            answers={group: tally(self._content, [answers[each] for each in of]) for group, of in groups.items()},
            overall={group: dict(Counter([judged[each] for each in of])) for group, of in groups.items()},
            questions=_tallied(self._questions, groups),
            facts=_tallied(self._facts, groups),
            left_out=dict(self._left_out),
            beside=self._beside() if is_whole else None,
        )
        if is_whole:
            found.audits.setdefault("", 0)
        return found

    def sizes(self, breakdown: AnyBreakdown | SamplingWeight) -> dict[str, int]:
        """How many audits each group of this breakdown has."""
        return {group: len(places) for group, places in self._groups(breakdown).items()}

    def _column(self, name: str) -> Sequence[Any]:
        return self._columns.get(name, ())

    @cached_property
    def _questions(self) -> CodedLines:
        return code_lines([question.key for question in self._content.questions], self._column("questions"))

    @cached_property
    def _facts(self) -> CodedLines:
        return code_lines([fact.key for fact in self._content.case_facts], self._column("facts"))

    def _groups(self, breakdown: AnyBreakdown | SamplingWeight) -> Mapping[str, Sequence[int]]:
        """The places of the audits of each group that has any, by the group's key."""
        if breakdown is Breakdown.WHOLE:
            return {"": range(len(self._rows))} if self._rows else {}
        if isinstance(breakdown, FactBreakdown):
            known = {choice.key for choice in breakdown.fact.offered}
            choices = enumerate(self._facts.column(breakdown.fact.key))
            return _by_group((choice, place) for place, choice in choices if choice in known)
        if breakdown is Breakdown.FORM_OF_HARM:
            harms = enumerate(self._column("harms"))
            return _by_group((harm, place) for place, listed in harms for harm in listed.split(_BETWEEN) if harm)
        return _by_group((group, place) for place, group in enumerate(_GROUP_OF[breakdown](self._column)))

    def _beside(self) -> dict[str, dict[str, int]]:
        minutes = Counter(str(number) for number in self._column("minutes") if number is not None)
        parts: Counter[str] = Counter()
        for parted, number in Counter(self._column("conclusion")).items():
            written = [part for part, has in zip(ConclusionPart, parted, strict=False) if has == "1"]
            parts.update({each.value: number for each in written} | ({"": number} if written else {}))
        template, said = self._content, [row for row in self._rows if names_a_source(row.sources)]
        with_sources = [(decode_answers(template, row.answers), decode_sources(template, row.sources)) for row in said]
        counts: dict[str, Mapping[str, int]] = {
            MINUTES: minutes,
            FIRST_JUDGEMENTS: Counter(each for each in self._column("first_judgement") if each),
            CONCLUSIONS: parts,
            SOURCES: {"": len(said)},
            RECORDING_GAPS: count_recording_gaps(template, with_sources),
            WITH_A_SOURCE: count_answers_with_a_source(template, with_sources),
        }
        numbers = {name: {key: n for key, n in of_name.items() if n} for name, of_name in counts.items()}
        return {name: of_name for name, of_name in numbers.items() if of_name}


_GROUP_OF: Final[Mapping[AnyBreakdown | SamplingWeight, Callable[[Callable[[str], Sequence[Any]]], Iterable[str]]]] = {
    Breakdown.TEAM: lambda column: column("team"),
    Breakdown.STATUS: lambda column: column("status"),
    Breakdown.AGE_BAND: lambda column: column("age_band"),
    Breakdown.MODE: lambda column: column("mode"),
    # The group of audits without a weight is "".
    SamplingWeight.WEIGHT: lambda column: ("" if each is None else repr(each) for each in column("weight")),
}


def _tallied(lines: CodedLines, groups: Mapping[str, Sequence[int]]) -> GroupCounts:
    if not lines.keys:
        return {}
    return {group: lines.tally([lines.texts[each] for each in places]) for group, places in groups.items()}


def _by_group(rows: Iterable[tuple[str, int]]) -> dict[str, list[int]]:
    places: dict[str, list[int]] = defaultdict(list)
    for group, place in rows:
        places[group].append(place)
    return dict(places)
