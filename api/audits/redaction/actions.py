"""Redactions: permanently removing text that should never have been written in an audit.

The old text is overwritten in its row, and no copy is kept, neither in the event nor in a stored response. Answers
never change, and so a redaction is allowed in every state of the audit and its round.
"""

import uuid
from collections.abc import Sequence
from enum import StrEnum
from typing import Final

from sqlalchemy import delete
from sqlmodel import Session, col, select

from api.access.audits import check_can_read_audit, check_not_own_audit
from api.audits.actions import conclusion_of, get_audit, scores_of
from api.audits.scoring.drafts import discard_drafts
from api.foundation import events
from api.foundation.permissions import Actor, Permission, check_may
from api.foundation.problems import Conflict, Fault, Invalid, NotFound, check_version
from checklists.audits.conclusion import ConclusionPart
from checklists.audits.family_views import FamilyMember
from models import (
    Audit,
    AuditCase,
    Conclusion,
    Conversation,
    Export,
    ExportFile,
    FamilyView,
    FeedbackSheet,
    FollowUpTheme,
    IdempotentRequest,
    Moderation,
    Representation,
    Score,
    ThemeNote,
)

MARK: Final = "[redacted]"
MOST_PLACES: Final = 100


class RedactionReason(StrEnum):
    """Why a text is removed."""

    CHILD_OR_FAMILY = "child-or-family"
    OTHER_PERSON = "other-person"
    COPIED_FROM_FILE = "copied-from-file"

    @property
    def label(self) -> str:
        return _LABELS[self]


_LABELS: Final = {
    RedactionReason.CHILD_OR_FAMILY: "It could identify a child or family",
    RedactionReason.OTHER_PERSON: "It could identify someone else, and does not need to",
    RedactionReason.COPIED_FROM_FILE: "It is copied from the case file, where only the place in the file is needed",
}


class Field(StrEnum):
    """A text of an audit: of a theme, of the conclusion, or of the whole audit."""

    RATIONALE = "rationale"
    IMPACT = "impact"
    EVIDENCE = "evidence"
    STRENGTHS = "strengths"
    DEVELOPMENT = "development"
    WORKS_WELL = "works_well"
    WORRIES = "worries"
    NEEDS_TO_HAPPEN = "needs_to_happen"
    FEEDBACK = "feedback"
    SYNOPSIS = "synopsis"
    OBSTACLE_WORDS = "obstacle_words"
    # Family views, by whose they are.
    VIEWS_OF_CHILD = "views_of_child"
    VIEWS_OF_PARENT = "views_of_parent"
    VIEWS_OF_CARER = "views_of_carer"
    VIEWS_OF_OTHER = "views_of_other"
    OVERRIDE_REASON = "override_reason"
    CAP_REASON = "cap_reason"
    # The moderator's reason for the overall judgement, and the one that was agreed, which may be a copy of it.
    OVERALL_REASON = "overall_reason"
    AGREED_OVERALL_REASON = "agreed_overall_reason"
    # The feedback to the practitioner, their reflection, and what the team disagrees with.
    SHEET_WORKS_WELL = "sheet_works_well"
    SHEET_THINK_ABOUT = "sheet_think_about"
    REFLECTION = "reflection"
    REPRESENTATION = "representation"
    REPRESENTATION_DECISION = "representation_decision"
    # What a follow-up has found.
    FOLLOW_UP = "follow_up"
    RETURN_REASON = "return_reason"
    WITHDRAWAL_REASON = "withdrawal_reason"

    @property
    def label(self) -> str:
        if self in OF_THE_CONCLUSION:
            return f"Conclusion: {ConclusionPart(self.value).label.lower()}"
        if self in OF_THE_FAMILY:
            return f"Family views: {OF_THE_FAMILY[self].label.lower()}"
        return _FIELD_LABELS.get(self) or self.value.replace("_", " ").capitalize()

    @property
    def column(self) -> str:
        """The column of its row."""
        if self in OF_THE_FAMILY:
            return "words"
        return OF_ANOTHER_ROW.get(self) or self.value


_FIELD_LABELS: Final = {
    Field.DEVELOPMENT: "Areas for development",
    Field.OBSTACLE_WORDS: "Barriers to the work",
    Field.IMPACT: "Impact on the child",
    Field.SHEET_WORKS_WELL: "Feedback sheet: what is working well",
    Field.SHEET_THINK_ABOUT: "Feedback sheet: what to think about",
    Field.REFLECTION: "The practitioner’s reflection",
    Field.REPRESENTATION: "Representation of the team",
    Field.REPRESENTATION_DECISION: "Answer to the representation",
    Field.FOLLOW_UP: "What the follow-up found",
    Field.OVERRIDE_REASON: "Auditor’s reason for the overall judgement",
    Field.CAP_REASON: "Auditor’s reason for a judgement above the limit",
    Field.RETURN_REASON: "Reason for returning the audit",
    Field.WITHDRAWAL_REASON: "Reason for withdrawing the audit",
    Field.OVERALL_REASON: "Moderator’s reason for the overall judgement",
    Field.AGREED_OVERALL_REASON: "Reason for the agreed overall judgement",
}
OF_A_SCORE: Final = (Field.RATIONALE, Field.IMPACT, Field.EVIDENCE)
OF_A_NOTE: Final = (Field.STRENGTHS, Field.DEVELOPMENT)
# With the columns of their rows.
OF_THE_SHEET: Final = {
    Field.SHEET_WORKS_WELL: "works_well",
    Field.SHEET_THINK_ABOUT: "think_about",
    Field.REFLECTION: "reflection",
}
OF_A_REPRESENTATION: Final = {Field.REPRESENTATION: "words", Field.REPRESENTATION_DECISION: "decision"}
OF_A_FOLLOW_UP: Final = {Field.FOLLOW_UP: "words"}
OF_A_THEME: Final = (*OF_A_SCORE, *OF_A_NOTE, *OF_A_REPRESENTATION, *OF_A_FOLLOW_UP)
OF_ANOTHER_ROW: Final = {**OF_THE_SHEET, **OF_A_REPRESENTATION, **OF_A_FOLLOW_UP}
OF_THE_FAMILY: Final = {
    Field.VIEWS_OF_CHILD: FamilyMember.CHILD,
    Field.VIEWS_OF_PARENT: FamilyMember.PARENT,
    Field.VIEWS_OF_CARER: FamilyMember.CARER,
    Field.VIEWS_OF_OTHER: FamilyMember.OTHER,
}
OF_THE_CONCLUSION: Final = (Field.WORKS_WELL, Field.WORRIES, Field.NEEDS_TO_HAPPEN, Field.FEEDBACK)


def check_can_redact(audit: Audit, *, by: Actor, version: int | None = None) -> None:
    """Raise the Problem for which this person cannot redact an audit now."""
    check_may(by, Permission.REDACT_AUDITS)
    check_not_own_audit(by, audit)
    check_version(audit.version, version)


def redact_audit(
    session: Session,
    *,
    audit_id: uuid.UUID,
    field: Field,
    theme: str = "",
    places: Sequence[tuple[int, int]] = (),
    reason: RedactionReason,
    version: int,
    by: Actor,
) -> Audit:
    """Replace these characters of a text (from `start` and before `end`), or all of it without places, by MARK.

    By a moderator or a quality lead, never in one's own audit. Exports of the round are deleted, because they contain
    the old text. Raises NotFound, NotAllowed, Stale, Conflict, Invalid.
    """
    audit = check_can_read_audit(by, get_audit(session, audit_id, by, lock=True))
    check_can_redact(audit, by=by, version=version)
    row = redaction_row(session, audit, field=field, theme=theme)
    text: str = getattr(row, field.column)
    if not text:
        raise Conflict("There is no text here to redact.")
    audit.version += 1
    redacted = redacted_text(text, places)
    for each, name in ((row, field.column), *_copies(session, audit, field, text)):
        setattr(each, name, redacted)
        session.add(each)
    if isinstance(row, AuditCase | Conclusion | Conversation | FamilyView | Score | ThemeNote):
        row.version = audit.version
    if isinstance(row, FeedbackSheet):
        row.version += 1
    session.add(audit)
    session.flush()
    _throw_away_exports(session, audit)
    _throw_away_replies(session, audit)
    discard_drafts(session, audit)
    told = " ".join(f"{start}-{end}" for start, end in places) or "all"
    details = {"theme": theme, "field": field.value, "places": told, "reason": reason.value}
    events.record(session, "audit.redacted", audit.id, by=by, details=details)
    return audit


def redacted_text(text: str, places: Sequence[tuple[int, int]]) -> str:
    """A text with MARK in place of these characters, or of all of it without places. Raises Invalid."""
    return _without(text, _merged(text, places))


def _copies(session: Session, audit: Audit, field: Field, text: str) -> list[tuple[Audit | Moderation, str]]:
    """Where else the same text is stored: a moderator's reason for the overall judgement is agreed as it is."""
    if field not in {Field.OVERALL_REASON, Field.AGREED_OVERALL_REASON}:
        return []
    places = ((audit, Field.AGREED_OVERALL_REASON.value), (_moderation(session, audit), Field.OVERALL_REASON.value))
    return [(each, name) for each, name in places if getattr(each, name) == text]


def _moderation(session: Session, audit: Audit) -> Moderation:
    key = (audit.organisation_id, audit.id)
    return session.get(Moderation, key) or Moderation(organisation_id=audit.organisation_id, audit_id=audit.id)


Row = (
    Audit
    | AuditCase
    | Conclusion
    | Conversation
    | FamilyView
    | FeedbackSheet
    | FollowUpTheme
    | Moderation
    | Representation
    | Score
    | ThemeNote
)


OfTheme = FollowUpTheme | Representation | Score | ThemeNote


def feedback_sheet_of(session: Session, audit: Audit) -> FeedbackSheet:
    """The feedback on an audit, not stored where none was given."""
    own = (col(FeedbackSheet.organisation_id) == audit.organisation_id, col(FeedbackSheet.audit_id) == audit.id)
    found = session.exec(select(FeedbackSheet).where(*own)).one_or_none()
    return found or FeedbackSheet(
        organisation_id=audit.organisation_id,
        audit_id=audit.id,
        code="",
        given_by_id=audit.auditor_id,
        given_on=audit.created_at.date(),
    )


def representation_of(session: Session, audit: Audit, theme: str) -> Representation | None:
    """What the team of the case disagrees with in a theme."""
    return session.get(Representation, (audit.organisation_id, audit.id, theme))


def follow_up_of(session: Session, audit: Audit, theme: str) -> FollowUpTheme | None:
    """What a follow-up of the audit has found of a theme."""
    return session.get(FollowUpTheme, (audit.organisation_id, audit.id, theme))


def redaction_row(session: Session, audit: Audit, *, field: Field, theme: str) -> Row:
    """The row of the text. Raises NotFound for a theme without an answer, Invalid where field and theme disagree."""
    if (field in OF_A_THEME) != bool(theme):
        raise Invalid.at("/theme", "Name a theme for a text of a theme, and none for another text.")
    if theme:
        return _row_of_theme(session, audit, field, theme)
    if field in OF_THE_SHEET:
        return feedback_sheet_of(session, audit)
    if field in OF_THE_CONCLUSION:
        return conclusion_of(session, audit)
    if field is Field.OVERALL_REASON:
        return _moderation(session, audit)
    return _row_beside(session, audit, field) or audit


def _row_of_theme(session: Session, audit: Audit, field: Field, theme: str) -> OfTheme:
    """The row of a text of a theme. Raises NotFound."""
    found: OfTheme | None
    if field in OF_A_REPRESENTATION:
        found, called = representation_of(session, audit, theme), "representation"
    elif field in OF_A_FOLLOW_UP:
        found, called = follow_up_of(session, audit, theme), "follow-up"
    elif field in OF_A_NOTE:
        found, called = session.get(ThemeNote, (audit.organisation_id, audit.id, theme)), "note on a theme"
    else:
        found, called = scores_of(session, audit).get(theme), "score"
    if found is None:
        raise NotFound(called)
    return found


def _row_beside(session: Session, audit: Audit, field: Field) -> AuditCase | Conversation | FamilyView | None:
    """The row of a text beside the themes, not stored where nothing was written; None for a text of another row."""
    key = (audit.organisation_id, audit.id)
    if field in OF_THE_FAMILY:
        who = OF_THE_FAMILY[field].value
        return session.get(FamilyView, (*key, who)) or FamilyView(
            organisation_id=key[0], audit_id=key[1], who=who, version=0
        )
    if field is Field.OBSTACLE_WORDS:
        return session.get(Conversation, key) or Conversation(organisation_id=key[0], audit_id=key[1])
    if field is Field.SYNOPSIS:
        return session.get(AuditCase, key) or AuditCase(organisation_id=key[0], audit_id=key[1])
    return None


def places_of(text: str, words: str) -> list[tuple[int, int]]:
    """All places where the words occur in a text, ignoring case."""
    found, start = [], 0
    lower, wanted = text.lower(), words.lower()
    # A letter that lower-cases to two would shift all places after it.
    lower, wanted = (lower, wanted) if len(lower) == len(text) else (text, words)
    while wanted and (start := lower.find(wanted, start)) >= 0:
        found.append((start, start + len(wanted)))
        start += len(wanted)
    return found


def _merged(text: str, places: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    merged: list[tuple[int, int]] = []
    for number, (start, end) in enumerate(places):
        if not 0 <= start < end <= len(text):
            fault = Fault(
                f"/places/{number}", f"Start and end must be from 0 to {len(text)}, and start must be before end."
            )
            raise Invalid(fault.detail, faults=(fault,))
    for start, end in sorted(places):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged


def _without(text: str, places: Sequence[tuple[int, int]]) -> str:
    if not places:
        return MARK
    kept, last = [], 0
    for start, end in places:
        kept += [text[last:start], MARK]
        last = end
    return "".join([*kept, text[last:]])


def _throw_away_replies(session: Session, audit: Audit) -> None:
    """What was answered to the program that entered a representation has its words."""
    sheet = feedback_sheet_of(session, audit)
    own = col(IdempotentRequest.organisation_id) == audit.organisation_id
    session.execute(
        delete(IdempotentRequest).where(own, col(IdempotentRequest.location) == f"/api/v1/team-feedback/{sheet.id}")
    )


def _throw_away_exports(session: Session, audit: Audit) -> None:
    # An export that is being written finds its row deleted, and stops.
    exports = session.exec(
        select(Export.id).where(
            col(Export.organisation_id) == audit.organisation_id, col(Export.round_id) == audit.round_id
        )
    ).all()
    if exports:
        mine = col(ExportFile.organisation_id) == audit.organisation_id
        session.execute(delete(ExportFile).where(mine, col(ExportFile.export_id).in_(exports)))
        own = col(Export.organisation_id) == audit.organisation_id
        session.execute(delete(Export).where(own, col(Export.id).in_(exports)))
