"""What the service remembers: one table a file."""

from checklists.audit_states import AuditState
from checklists.cases import AgeBand, CaseStatus, Category
from models.allocation import Exemption
from models.audit import Audit, AuditHarm, AuditMode
from models.base import new_id, now
from models.briefing import Briefing
from models.calibration import (
    CalibrationAgreement,
    CalibrationAnswer,
    CalibrationExercise,
    CalibrationReading,
    ExerciseState,
)
from models.case_file import CaseFile, CaseFileChange, CaseFileHarm, StoredCaseFile
from models.case_list import CaseList, CaseListDraft, CaseListEntry, ImportState, ReadingChoice, StoredCaseList
from models.concern import ConcernNotice, ConcernOutcome, ConcernState, UrgentConcern
from models.consensus import Consensus
from models.event import Event
from models.export import Export, ExportFile, ExportState
from models.idempotency import IdempotentRequest
from models.job import Job, JobKind, JobState
from models.moderation import Comment, ModeratedScore, Moderation, ModerationRule, Reopening
from models.organisation import Organisation
from models.outbox import About, MailState, OutboxMessage, WhyParked
from models.person import Absence, Person, Role, RoleGrant, ScoringLayout, TeamMember
from models.risky_term import RiskyTerm
from models.round import Round, RoundState, RoundTally
from models.sample import Exclusion, Sample, SampledCase, SampledState, SampleExclusion
from models.score import Score
from models.sign_in import SignInCount, SignInLink, WebSession
from models.snapshot import Snapshot, SnapshotAudit
from models.team import StoredTeam, Team
from models.template import Template, TemplateVersion, TemplateVersionState
from models.token import Token
from models.trail import Checkpoint, Trail

__all__ = [
    "About",
    "Absence",
    "AgeBand",
    "Audit",
    "AuditHarm",
    "AuditMode",
    "AuditState",
    "Briefing",
    "CalibrationAgreement",
    "CalibrationAnswer",
    "CalibrationExercise",
    "CalibrationReading",
    "CaseFile",
    "CaseFileChange",
    "CaseFileHarm",
    "CaseList",
    "CaseListDraft",
    "CaseListEntry",
    "CaseStatus",
    "Category",
    "Checkpoint",
    "Comment",
    "ConcernNotice",
    "ConcernOutcome",
    "ConcernState",
    "Consensus",
    "Event",
    "Exclusion",
    "Exemption",
    "ExerciseState",
    "Export",
    "ExportFile",
    "ExportState",
    "IdempotentRequest",
    "Job",
    "JobKind",
    "JobState",
    "MailState",
    "ModeratedScore",
    "Moderation",
    "ModerationRule",
    "Organisation",
    "OutboxMessage",
    "Person",
    "ReadingChoice",
    "Reopening",
    "RiskyTerm",
    "Role",
    "RoleGrant",
    "Round",
    "RoundState",
    "RoundTally",
    "Sample",
    "SampleExclusion",
    "SampledCase",
    "SampledState",
    "Score",
    "ScoringLayout",
    "SignInCount",
    "SignInLink",
    "Snapshot",
    "SnapshotAudit",
    "StoredCaseFile",
    "StoredCaseList",
    "StoredTeam",
    "ImportState",
    "Team",
    "TeamMember",
    "Template",
    "TemplateVersion",
    "TemplateVersionState",
    "Token",
    "Trail",
    "UrgentConcern",
    "WebSession",
    "WhyParked",
    "new_id",
    "now",
]
