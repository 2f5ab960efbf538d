"""An audit: one auditor's reading of one case file in one round."""

import uuid
from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, Index, text
from sqlmodel import Field, SQLModel

from checklists.audits.audit_states import AuditState
from models.audits.round import Round
from models.base import KeyOfList, LongText, belongs_to, enum_column, never_empty, new_id, now
from models.cases.case_file import StoredCaseFile
from models.people.person import Person
from models.people.team import StoredTeam


class AuditMode(StrEnum):
    RECORDS_ONLY = "records-only"
    WITH_PRACTITIONER = "with-practitioner"
    WITH_FAMILY = "with-family"
    OBSERVATION = "observation"
    MULTI_AGENCY = "multi-agency"

    @property
    def label(self) -> str:
        return {"multi-agency": "Multi-agency"}.get(self.value, self.value.replace("-", " ").capitalize())


# A withdrawn reading no longer prevents another one.
_NOT_WITHDRAWN = text("state <> 'withdrawn'")

# Writers of many complete audits need not set it.
_EMPTY_AT_FIRST = {"server_default": text("''")}


class Audit(SQLModel, table=True):
    __table_args__ = (
        belongs_to(Round, "round_id"),
        belongs_to(StoredCaseFile, "case_file_id"),
        belongs_to(Person, "auditor_id"),
        belongs_to(StoredTeam, "team_id"),
        belongs_to(Person, "signed_by_id"),
        Index(
            "uq_audit_one_of_each_reading",
            "organisation_id",
            "round_id",
            "case_file_id",
            "reading",
            unique=True,
            sqlite_where=_NOT_WITHDRAWN,
            postgresql_where=_NOT_WITHDRAWN,
        ),
        Index(
            "uq_audit_readings_by_different_people",
            "organisation_id",
            "round_id",
            "case_file_id",
            "auditor_id",
            unique=True,
            sqlite_where=_NOT_WITHDRAWN,
            postgresql_where=_NOT_WITHDRAWN,
        ),
        # No index led by the organisation: see `belongs_to`.
        # In the order of submission: an auditor's first audits are found without reading the others.
        Index("ix_audit_auditor", "auditor_id", "state", "organisation_id", "submitted_at"),
        # What a round's report counts is all in this index: so many audits need not be read one by one.
        Index("ix_audit_round", "round_id", "state", "organisation_id", "team_id", "submitted_at", "id"),
        Index("ix_audit_case_file", "case_file_id", "organisation_id"),
        *never_empty("status", "age_band"),
        CheckConstraint("reading IN (1, 2)", name="first_or_second_reading"),
        CheckConstraint(
            "state NOT IN ('submitted', 'in-moderation', 'agreed', 'signed-off') OR (submitted_at IS NOT NULL"
            " AND team_id IS NOT NULL AND status IS NOT NULL AND age_band IS NOT NULL AND answers <> '')",
            name="handed_in_is_complete",
        ),
        CheckConstraint(
            "state NOT IN ('agreed', 'signed-off') OR (agreed_answers <> '' AND agreed_at IS NOT NULL)",
            name="agreed_has_answers",
        ),
        CheckConstraint("agreed_answers <> '' OR agreed_overall = ''", name="agreed_overall_with_answers"),
        CheckConstraint("agreed_overall <> '' OR agreed_overall_reason = ''", name="agreed_overall_reason_for_one"),
        CheckConstraint("length(agreed_answers) IN (0, length(answers))", name="agreed_answers_every_theme"),
        CheckConstraint(
            "(state = 'signed-off') = (signature <> '' AND signed_at IS NOT NULL AND signed_by_id IS NOT NULL)",
            name="signed_off_is_signed",
        ),
        CheckConstraint("(state = 'withdrawn') = (withdrawn_at IS NOT NULL)", name="withdrawn_has_a_time"),
        CheckConstraint("state <> 'withdrawn' OR withdrawal_reason <> ''", name="withdrawn_has_a_reason"),
        CheckConstraint("state <> 'returned' OR return_reason <> ''", name="returned_has_a_reason"),
        CheckConstraint("(overall_override = '') = (override_reason = '')", name="override_has_a_reason"),
        CheckConstraint("sampling_weight > 0", name="weight_is_positive"),
    )

    organisation_id: int = Field(primary_key=True, foreign_key="organisation.id")
    id: uuid.UUID = Field(primary_key=True, default_factory=new_id)
    round_id: uuid.UUID
    case_file_id: uuid.UUID
    auditor_id: uuid.UUID
    reading: int = 1
    # How many cases of the sampling frame this one represents; None when it was not drawn from a frame.
    sampling_weight: float | None = None
    mode: AuditMode = Field(default=AuditMode.RECORDS_ONLY, sa_type=enum_column(AuditMode, "mode"))
    state: AuditState = Field(default=AuditState.DRAFT, sa_type=enum_column(AuditState, "state"))
    version: int = 1
    created_at: datetime = Field(default_factory=now)
    submitted_at: datetime | None = None
    withdrawn_at: datetime | None = None
    withdrawal_reason: str = Field(default="", sa_type=LongText)
    return_reason: str = Field(default="", sa_type=LongText)
    # The overall judgement that the auditor's answers give by the template's rule, and the auditor's own with its
    # reason: one for every audit where the template says that auditors judge, else only where it is another.
    overall_calculated: str = Field(default="", max_length=40)
    overall_override: str = Field(default="", max_length=40)
    override_reason: str = Field(default="", sa_type=LongText)
    # Why the judgement is better than a cap of the template allows without a reason.
    cap_reason: str = Field(default="", sa_type=LongText, sa_column_kwargs=_EMPTY_AT_FIRST)
    # The auditor's answers as they were submitted: see `checklists.reports.tallies.encode_answers`.
    answers: str = Field(default="", sa_type=LongText)
    # The answers to questions and the facts about the case as they were submitted; nothing where the template has none:
    # see `checklists.reports.beside.encode_beside`.
    question_answers: str = Field(default="", sa_type=LongText, sa_column_kwargs=_EMPTY_AT_FIRST)
    case_facts: str = Field(default="", sa_type=LongText, sa_column_kwargs=_EMPTY_AT_FIRST)
    # Where the answers come from as they were submitted: see `checklists.audits.sources.encode_sources`.
    answer_sources: str = Field(default="", sa_type=LongText, sa_column_kwargs=_EMPTY_AT_FIRST)
    # The agreed answers to themes, in the form of `answers`; nothing until then. Where there are any, these count.
    agreed_answers: str = Field(default="", sa_type=LongText, sa_column_kwargs=_EMPTY_AT_FIRST)
    agreed_at: datetime | None = None
    # The overall judgement that was agreed with them: a rating, or nothing when there is nothing to judge by. The
    # reason is for one that the agreed answers do not give by the template's rule.
    agreed_overall: str = Field(default="", max_length=40, sa_column_kwargs=_EMPTY_AT_FIRST)
    agreed_overall_reason: str = Field(default="", sa_type=LongText, sa_column_kwargs=_EMPTY_AT_FIRST)
    # What was signed, as a hash: see docs/moderation.md.
    signature: str = Field(default="", max_length=64, sa_column_kwargs=_EMPTY_AT_FIRST)
    signed_at: datetime | None = None
    signed_by_id: uuid.UUID | None = None
    # The case as it was when the audit was submitted: later changes of the case do not affect past reports.
    team_id: uuid.UUID | None = None
    status: str | None = Field(default=None, sa_type=KeyOfList)
    age_band: str | None = Field(default=None, sa_type=KeyOfList)


class AuditHarm(SQLModel, table=True):
    """A form of harm of the case when the audit was submitted."""

    __tablename__ = "audit_harm"
    __table_args__ = (belongs_to("audit", "audit_id"),)

    organisation_id: int = Field(primary_key=True)
    audit_id: uuid.UUID = Field(primary_key=True)
    form_of_harm: str = Field(primary_key=True, max_length=60)
