"""Everything held about a case as a document: each record with every field that has a value, in words."""

import uuid
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from enum import Enum
from typing import Any, Final

from sqlmodel import Session

from api.documents.document import Column, Document, Origin, Section, Table, count, text
from api.erasure.held import Held, Row
from api.foundation.events import EVENT_TEXTS
from api.foundation.local_time import LOCAL_TIME, day_in_words, local_date
from api.foundation.permissions import Actor
from checklists.reports.tallies import decode_answers
from checklists.templates.template import Template
from models import now

MARKING: Final = "Confidential: everything held about one case. Check what may be handed over before you hand it over."
NOT_SEARCHED: Final = (
    "Texts about a whole round or service, such as briefings and practice actions, are not searched for this case. "
    "Backups hold copies until they are deleted. Replies to programs are kept for 7 days."
)
# What people read for each table: every one that belongs to a case has its words here.
TITLES: Final = {
    "case_file": "Case file",
    "case_file_change": "Change by a case list that is being imported",
    "case_file_harm": "Forms of harm",
    "removed_tag": "Forms of harm that a person removed",
    "case_list_entry": "Case lists that had the case",
    "sample_exclusion": "Samples that left the case out",
    "sampled_case": "Places in samples",
    "audit": "Audits",
    "audit_case": "Case in a few words",
    "audit_fact": "Facts about the case",
    "audit_harm": "Forms of harm when the audit was submitted",
    "score": "Answers to themes",
    "score_draft": "Typed and not saved",
    "question_answer": "Answers to questions",
    "conversation": "Conversation with the worker",
    "family_view": "Family views",
    "theme_note": "Notes on themes",
    "coded_passage": "Codes given to what was written",
    "first_judgement": "First overall judgement",
    "conclusion": "Conclusion",
    "moderation": "Moderation",
    "moderated_score": "Moderated answers",
    "consensus": "Consensus of two readers",
    "comment": "Comments",
    "reopening": "Reopenings",
    "feedback_sheet": "Feedback to the practitioner",
    "feedback_link": "Links for the practitioner",
    "representation": "Representations of the team",
    "follow_up": "Follow-up of an audit at the lowest rating",
    "follow_up_theme": "What the follow-up found",
    "urgent_concern": "Urgent concerns",
    "concern_notice": "People notified of urgent concerns",
    "action": "Child-level actions",
    "action_team": "Teams of actions",
    "action_step": "Steps of actions",
    "action_note": "Notes on actions",
    "joint_case": "Joint audits of several agencies",
    "joint_part": "Parts of agencies in joint audits",
    "joint_answer": "Answers of agencies to themes",
    "chronology_entry": "Chronology of agencies by month",
    "joint_finding": "What the panel of a joint audit found",
    "has_seen": "People who have seen an audit",
    "blind_record": "Blind readings",
    "snapshot_audit": "Snapshots that count the case",
}
# Of the service itself, or a copy of answers that are shown beside it.
_LEFT_OUT: Final = frozenset(
    {"organisation_id", "version", "signature", "voided_signature", "secret_hash", "answers", "question_answers"}
    | {"case_facts", "answer_sources", "bands", "copied", "wrote", "brought_by", "reminded"}
)
_CALLED: Final = {
    "auditor_id": "Auditor",
    "by_hand": "Selected manually",
    "case_file_id": "Case",
    "given_by_id": "Given by",
    "handed_in_at": "Submitted",
    "round_id": "Round",
    "stands_for_id": "Replaces",
    "taken_at": "Moderation started",
    "words": "Text",
    "why": "Why",
}


def document_of(session: Session, held: Held, *, by: Actor) -> Document:
    """Everything held about a case, with the rounds and exports that it is in and how many events are about it."""
    templates = {identifier: found for identifier, each in held.rounds.items() if (found := each.content(session))}
    told = _Teller(held, templates)
    sections = [
        Section(title, table=told.table(name, title, held.rows[name]))
        for name, title in TITLES.items()
        if held.rows.get(name)
    ]
    return Document(
        title="Everything held about a case",
        subtitle=f"Case file {held.case_file.reference}",
        marking=MARKING,
        made_on=local_date(now()),
        sections=(*sections, *_around(held)),
        origin=Origin(held.organisation, tuple(each.title for each in held.rounds.values()), made_by=by.name),
        kind="case-record",
        about=held.case_file.reference,
    )


def _around(held: Held) -> Iterator[Section]:
    exports = tuple(
        (text(title), text(export.state.label), text(_moment(export.made_at))) for export, title in held.exports
    )
    if exports:
        columns = (Column("Round"), Column("State"), Column("Requested"))
        table = Table("exports", "Exports of its rounds", columns, exports)
        yield Section("Exports", ("Each of these files has the answers and texts of its audits.",), table=table)
    texts = {kind: words for each in EVENT_TEXTS for kind, words in each.items()}
    events = tuple((text(_plain(texts.get(kind, kind))), count(number)) for kind, number in held.events.items())
    if events:
        table = Table("events", "Events about it", (Column("What was done"), Column("Times", numeric=True)), events)
        yield Section("Events", ("Events say who did what and when. They stay when a case is erased.",), table=table)
    yield Section("Not searched", (NOT_SEARCHED,), sheet="definitions")


class _Teller:
    """Writes rows in words."""

    def __init__(self, held: Held, templates: Mapping[uuid.UUID, Template]) -> None:
        self._held = held
        self._templates = templates
        self._audits = {audit["id"]: (place, audit) for place, audit in enumerate(held.audits, start=1)}
        rows = held.rows
        # Of what hangs on an audit by way of something else: which audit that is.
        self._of = {row["id"]: row["audit_id"] for name in _OWNERS for row in rows.get(name, ())}

    def table(self, name: str, title: str, rows: Sequence[Row]) -> Table:
        """The rows of a table: a line for each field with a value."""
        lines = []
        for row in rows:
            called = self._called(name, row)
            for column, value in row.items():
                said = self._said(column, value, row)
                if said:
                    lines.append((text(called), text(_CALLED.get(column) or _spelt(column)), text(said)))
        return Table(
            name, f"{title}, field by field", (Column("Record"), Column("Field"), Column("Value")), tuple(lines)
        )

    def _called(self, name: str, row: Row) -> str:
        audit_id = row["id"] if name == "audit" else self._audit_id(row)
        if audit_id not in self._audits:
            return TITLES[name] if name == "case_file" else "The case"
        place, audit = self._audits[audit_id]
        theme = str(row.get("theme") or "")
        template = self._templates.get(audit["round_id"])
        label = template.theme(theme).label if template is not None and template.has_theme(theme) else theme
        return f"Audit {place}: {label}" if label else f"Audit {place}"

    def _audit_id(self, row: Row) -> uuid.UUID | None:
        found = row.get("audit_id")
        owner = next((row[column] for column in _OWNED_BY if column in row), None)
        return found or self._of.get(owner)

    def _said(self, column: str, value: Any, row: Row) -> str:
        """A value in words; empty for one that is left out."""
        if column in _LEFT_OUT or value is None or value == "" or column == "id":
            return ""
        if column == "case_file_id":
            return self._held.case_file.reference
        if column in _ANSWERS:
            return self._answer(column, str(value), row)
        if isinstance(value, uuid.UUID):
            # Never the reference of another case.
            return "another case" if column == "stands_for_id" else self._held.names.get(value, str(value))
        return _in_words(value)

    def _answer(self, column: str, value: str, row: Row) -> str:
        _, audit = self._audits.get(self._audit_id(row) or row.get("id"), (0, {}))
        template = self._templates.get(audit.get("round_id", uuid.UUID(int=0)))
        if template is None:
            return value
        if column != "agreed_answers":
            return template.scale.label(value) if template.is_answer(value) else value
        agreed = decode_answers(template, value)
        return "; ".join(f"{template.theme(key).label}: {template.scale.label(each)}" for key, each in agreed.items())


_ANSWERS: Final = frozenset({"answer", "first_answer", "second_answer", "auditor_answer", "agreed_answers"})
# Tables of what hangs on an audit and has something hang on it, and the columns that name such.
_OWNERS: Final = ("feedback_sheet", "urgent_concern", "action")
_OWNED_BY: Final = ("sheet_id", "concern_id", "action_id")


def _spelt(column: str) -> str:
    words = column.removesuffix("_id").removesuffix("_at").removesuffix("_on").replace("_", " ")
    return words.capitalize()


def _in_words(value: Any) -> str:
    if isinstance(value, bool):
        return "Yes" if value else "No"
    if isinstance(value, datetime):
        return _moment(value)
    if isinstance(value, date):
        return day_in_words(value)
    return str(getattr(value, "label", value.value) if isinstance(value, Enum) else value)


def _moment(value: datetime) -> str:
    local = value.astimezone(LOCAL_TIME)
    return f"{day_in_words(local.date())}, {local:%H:%M}"


def _plain(sentence: str) -> str:
    """The sentence of a kind of event without the people and things that it names."""
    for ending in (" by {who}", ": {themes}"):
        sentence = sentence.replace(ending, "")
    return sentence.replace("{auditor}", "an auditor").replace("{person}", "a person").replace("{number}", "").strip()
