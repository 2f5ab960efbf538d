"""The rows of complete audits, before they are written together."""

from dataclasses import dataclass, field
from typing import Any

from sqlmodel import Session

from api.case_files import actions as case_files
from api.foundation.permissions import Actor
from models import (
    Audit,
    AuditCase,
    AuditFact,
    AuditHarm,
    BlindRecord,
    Conclusion,
    Conversation,
    FamilyView,
    QuestionAnswer,
    Score,
    ThemeNote,
)
from models.storage.bulk import ReadyRows, make_ready


@dataclass(slots=True)
class CompleteRows:
    """The rows to write, table by table, once the whole list has been checked."""

    case_files: list[dict[str, Any]] = field(default_factory=list)
    case_file_harms: list[tuple[str, ...]] = field(default_factory=list)
    audits: list[dict[str, Any]] = field(default_factory=list)
    audit_harms: list[dict[str, Any]] = field(default_factory=list)
    scores: list[dict[str, Any]] = field(default_factory=list)
    questions: list[dict[str, Any]] = field(default_factory=list)
    conclusions: list[dict[str, Any]] = field(default_factory=list)
    facts: list[dict[str, Any]] = field(default_factory=list)
    cases: list[dict[str, Any]] = field(default_factory=list)
    conversations: list[dict[str, Any]] = field(default_factory=list)
    family_views: list[dict[str, Any]] = field(default_factory=list)
    theme_notes: list[dict[str, Any]] = field(default_factory=list)
    blind_records: list[dict[str, Any]] = field(default_factory=list)
    events: list[dict[str, Any]] = field(default_factory=list)

    def of_audits(self) -> dict[str, list[dict[str, Any]]]:
        """The rows of the tables that an audit consists of."""
        return {
            "audit": self.audits,
            "audit_harm": self.audit_harms,
            "score": self.scores,
            "question_answer": self.questions,
            "conclusion": self.conclusions,
            "audit_fact": self.facts,
            "audit_case": self.cases,
            "conversation": self.conversations,
            "family_view": self.family_views,
            "theme_note": self.theme_notes,
            "blind_record": self.blind_records,
        }

    def made_ready(self, session: Session, by: Actor) -> ReadyRows:
        rows = case_files.rows_with(self.case_files, self.case_file_harms, by=by)
        return make_ready(
            session,
            {
                **rows,
                Audit: self.audits,
                AuditHarm: self.audit_harms,
                Score: self.scores,
                QuestionAnswer: self.questions,
                Conclusion: self.conclusions,
                AuditFact: self.facts,
                AuditCase: self.cases,
                Conversation: self.conversations,
                FamilyView: self.family_views,
                ThemeNote: self.theme_notes,
                BlindRecord: self.blind_records,
            },
        )
