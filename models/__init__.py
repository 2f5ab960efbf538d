"""The database tables: one table a file."""

from checklists.actions.action_states import ActionState
from checklists.audits.audit_states import AuditState
from checklists.audits.follow_up import FollowUpOutcome, FollowUpState
from checklists.cases import AgeBand, CaseStatus, Category
from checklists.joint.states import ChronologyKind, JointCaseState, JointRoundState, PartState
from models.audits.allocation import Exemption
from models.audits.audit import Audit, AuditHarm, AuditMode
from models.audits.beside.audit_case import AuditCase
from models.audits.beside.conversation import Conversation, FamilyView
from models.audits.beside.feedback import FeedbackLink, FeedbackSheet, Representation
from models.audits.beside.first_judgement import FirstJudgement
from models.audits.beside.follow_up import FollowUp, FollowUpRule, FollowUpTheme
from models.audits.beside.theme_note import ThemeNote
from models.audits.calibration import (
    CalibrationAgreement,
    CalibrationAnswer,
    CalibrationExercise,
    CalibrationReading,
    ExerciseState,
)
from models.audits.concern import ConcernNotice, ConcernOutcome, ConcernState, UrgentConcern
from models.audits.conclusion import Conclusion
from models.audits.consensus import Consensus
from models.audits.moderation import Comment, ModeratedScore, Moderation, ModerationRule, Reopening
from models.audits.open_tally import ChangedAudit, CountedAudit, OpenTally
from models.audits.own_place import OwnPlace
from models.audits.question_answer import AuditFact, QuestionAnswer
from models.audits.round import Round, RoundState, RoundTally
from models.audits.score import Score
from models.audits.score_draft import ScoreDraft
from models.audits.seen import BlindRecord, HasListed, HasSeen, HowSeen
from models.audits.template import Template, TemplateVersion, TemplateVersionState
from models.base import new_id, now
from models.cases.case_file import CaseFile, CaseFileChange, CaseFileHarm, RemovedTag, StoredCaseFile
from models.cases.case_list import CaseList, CaseListDraft, CaseListEntry, ImportState, ReadingChoice, StoredCaseList
from models.cases.characteristic import StoredCharacteristic
from models.cases.erasure import BeingErased, Erasure, ErasureReason, HoldReason, LegalHold
from models.cases.retention import RetentionChange
from models.cases.sample import Exclusion, Sample, SampledCase, SampledState, SampleExclusion
from models.improvement.action import Action, ActionCause, ActionKind, ActionNote, ActionStep, ActionTeam, EvidenceKind
from models.improvement.action_defaults import ActionDefaults
from models.improvement.recommendation import Recommendation, SourceKind
from models.joint.agency import Agency, AgencyMember, AgencyTheme
from models.joint.joint_case import ChronologyEntry, JointAnswer, JointCase, JointFinding, JointPart
from models.joint.joint_round import JointQuestion, JointReminder, JointReminderKind, JointRound
from models.people.access_request import AccessKind, AccessRequest
from models.people.key_holder import KeyHolder
from models.people.notice import Notice, NoticeKind
from models.people.organisation import Organisation
from models.people.person import Absence, Person, Role, RoleGrant, ScoringLayout, TeamMember
from models.people.risky_term import RiskyTerm
from models.people.second_factor import OneTimeCodes, Passkey, RecoveryCode, SecondFactorRule
from models.people.sign_in import SignInCount, SignInLink, WebSession
from models.people.single_sign_on import GroupRole, PasswordKeeper, ProviderAccount, SingleSignOn, SpentAnswer
from models.people.team import StoredTeam, Team
from models.people.token import Token
from models.programme.programme import Programme
from models.programme.programme_line import LineKind, LineState, ProgrammeLine
from models.programme.programme_round import PlannedState, ProgrammeRound
from models.programme.training import Training
from models.reports.briefing import Briefing
from models.reports.coding import CodedPassage, FinishedCoding, PassageCode, WrittenFinding
from models.reports.export import Export, ExportFile, ExportState
from models.reports.snapshot import Snapshot, SnapshotAudit
from models.service.event import Event
from models.service.idempotency import IdempotentRequest
from models.service.information import InformationPage
from models.service.job import Job, JobKind, JobState
from models.service.outbox import About, MailState, OutboxMessage, WhyParked
from models.service.verification import Verification
from models.service.webhook import (
    EndpointState,
    WebhookEndpoint,
    WebhookKind,
    WebhookMessage,
    WebhookState,
    WhyNotSent,
)
from models.storage.trail import Checkpoint, Trail

__all__ = [
    "About",
    "Absence",
    "AccessKind",
    "AccessRequest",
    "Action",
    "ActionCause",
    "ActionDefaults",
    "ActionKind",
    "ActionNote",
    "ActionState",
    "ActionStep",
    "ActionTeam",
    "AgeBand",
    "Agency",
    "AgencyMember",
    "AgencyTheme",
    "Audit",
    "AuditCase",
    "AuditFact",
    "AuditHarm",
    "AuditMode",
    "AuditState",
    "BeingErased",
    "BlindRecord",
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
    "ChangedAudit",
    "Checkpoint",
    "ChronologyEntry",
    "ChronologyKind",
    "CodedPassage",
    "Comment",
    "ConcernNotice",
    "ConcernOutcome",
    "ConcernState",
    "Conclusion",
    "Consensus",
    "Conversation",
    "CountedAudit",
    "EndpointState",
    "Erasure",
    "ErasureReason",
    "Event",
    "EvidenceKind",
    "Exclusion",
    "Exemption",
    "ExerciseState",
    "Export",
    "ExportFile",
    "ExportState",
    "FamilyView",
    "FeedbackLink",
    "FeedbackSheet",
    "FinishedCoding",
    "FirstJudgement",
    "FollowUp",
    "FollowUpOutcome",
    "FollowUpRule",
    "FollowUpState",
    "FollowUpTheme",
    "GroupRole",
    "HasListed",
    "HasSeen",
    "HoldReason",
    "HowSeen",
    "IdempotentRequest",
    "ImportState",
    "InformationPage",
    "Job",
    "JobKind",
    "JobState",
    "JointAnswer",
    "JointCase",
    "JointCaseState",
    "JointFinding",
    "JointPart",
    "JointQuestion",
    "JointReminder",
    "JointReminderKind",
    "JointRound",
    "JointRoundState",
    "KeyHolder",
    "LegalHold",
    "LineKind",
    "LineState",
    "MailState",
    "ModeratedScore",
    "Moderation",
    "ModerationRule",
    "Notice",
    "NoticeKind",
    "OneTimeCodes",
    "OpenTally",
    "Organisation",
    "OutboxMessage",
    "OwnPlace",
    "PartState",
    "PassageCode",
    "Passkey",
    "PasswordKeeper",
    "Person",
    "PlannedState",
    "Programme",
    "ProgrammeLine",
    "ProgrammeRound",
    "ProviderAccount",
    "QuestionAnswer",
    "ReadingChoice",
    "Recommendation",
    "RecoveryCode",
    "RemovedTag",
    "Reopening",
    "Representation",
    "RetentionChange",
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
    "ScoreDraft",
    "ScoringLayout",
    "SecondFactorRule",
    "SignInCount",
    "SignInLink",
    "SingleSignOn",
    "Snapshot",
    "SnapshotAudit",
    "SourceKind",
    "SpentAnswer",
    "StoredCaseFile",
    "StoredCaseList",
    "StoredCharacteristic",
    "StoredTeam",
    "Team",
    "TeamMember",
    "Template",
    "TemplateVersion",
    "TemplateVersionState",
    "ThemeNote",
    "Token",
    "Trail",
    "Training",
    "UrgentConcern",
    "Verification",
    "WebSession",
    "WebhookEndpoint",
    "WebhookKind",
    "WebhookMessage",
    "WebhookState",
    "WhyNotSent",
    "WhyParked",
    "WrittenFinding",
    "new_id",
    "now",
]
