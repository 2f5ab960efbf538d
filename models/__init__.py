"""The database tables: one table a file, imported when one of its names is first asked for.

`from models import Audit` imports the table of audits, and the tables that it refers to (`models.base.belongs_to`).
Code that needs every table imports `models.every`.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

from models.base import new_id, now

# Every table refers to it.
from models.people.organisation import Organisation

if TYPE_CHECKING:
    from checklists.actions.action_states import ActionState
    from checklists.audits.audit_states import AuditState
    from checklists.audits.follow_up import FollowUpOutcome, FollowUpState
    from checklists.audits.how_seen import HowSeen
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
    from models.audits.seen import BlindRecord, HasListed, HasSeen
    from models.audits.template import Template, TemplateVersion, TemplateVersionState
    from models.cases.case_file import CaseFile, CaseFileChange, CaseFileHarm, RemovedTag, StoredCaseFile
    from models.cases.case_list import CaseList, CaseListDraft, ImportState, ReadingChoice, StoredCaseList
    from models.cases.case_list_entry import CaseListEntry
    from models.cases.characteristic import StoredCharacteristic
    from models.cases.erasure import BeingErased, Erasure, ErasureReason, HoldReason, LegalHold
    from models.cases.retention import RetentionChange
    from models.improvement.action import (
        Action,
        ActionCause,
        ActionKind,
        ActionNote,
        ActionStep,
        ActionTeam,
        EvidenceKind,
    )
    from models.improvement.action_defaults import ActionDefaults
    from models.improvement.recommendation import Recommendation, SourceKind
    from models.joint.agency import Agency, AgencyMember, AgencyTheme
    from models.joint.joint_case import ChronologyEntry, JointAnswer, JointCase, JointFinding, JointPart
    from models.joint.joint_round import JointQuestion, JointReminder, JointReminderKind, JointRound
    from models.people.access_request import AccessKind, AccessRequest
    from models.people.key_holder import KeyHolder
    from models.people.notice import Notice, NoticeKind
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
    from models.samples.sample import Exclusion, Sample, SampledCase, SampledState, SampleExclusion
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

# The names that each module offers here.
MODULES: Final = {
    "checklists.actions.action_states": "ActionState",
    "checklists.audits.audit_states": "AuditState",
    "checklists.audits.follow_up": "FollowUpOutcome FollowUpState",
    "checklists.audits.how_seen": "HowSeen",
    "checklists.cases": "AgeBand CaseStatus Category",
    "checklists.joint.states": "ChronologyKind JointCaseState JointRoundState PartState",
    "models.audits.allocation": "Exemption",
    "models.audits.audit": "Audit AuditHarm AuditMode",
    "models.audits.beside.audit_case": "AuditCase",
    "models.audits.beside.conversation": "Conversation FamilyView",
    "models.audits.beside.feedback": "FeedbackLink FeedbackSheet Representation",
    "models.audits.beside.first_judgement": "FirstJudgement",
    "models.audits.beside.follow_up": "FollowUp FollowUpRule FollowUpTheme",
    "models.audits.beside.theme_note": "ThemeNote",
    "models.audits.calibration": (
        "CalibrationAgreement CalibrationAnswer CalibrationExercise CalibrationReading ExerciseState"
    ),
    "models.audits.concern": "ConcernNotice ConcernOutcome ConcernState UrgentConcern",
    "models.audits.conclusion": "Conclusion",
    "models.audits.consensus": "Consensus",
    "models.audits.moderation": "Comment ModeratedScore Moderation ModerationRule Reopening",
    "models.audits.open_tally": "ChangedAudit CountedAudit OpenTally",
    "models.audits.own_place": "OwnPlace",
    "models.audits.question_answer": "AuditFact QuestionAnswer",
    "models.audits.round": "Round RoundState RoundTally",
    "models.audits.score": "Score",
    "models.audits.score_draft": "ScoreDraft",
    "models.audits.seen": "BlindRecord HasListed HasSeen",
    "models.audits.template": "Template TemplateVersion TemplateVersionState",
    "models.cases.case_file": "CaseFile CaseFileChange CaseFileHarm RemovedTag StoredCaseFile",
    "models.cases.case_list": "CaseList CaseListDraft ImportState ReadingChoice StoredCaseList",
    "models.cases.case_list_entry": "CaseListEntry",
    "models.cases.characteristic": "StoredCharacteristic",
    "models.cases.erasure": "BeingErased Erasure ErasureReason HoldReason LegalHold",
    "models.cases.retention": "RetentionChange",
    "models.samples.sample": "Exclusion Sample SampleExclusion SampledCase SampledState",
    "models.improvement.action": "Action ActionCause ActionKind ActionNote ActionStep ActionTeam EvidenceKind",
    "models.improvement.action_defaults": "ActionDefaults",
    "models.improvement.recommendation": "Recommendation SourceKind",
    "models.joint.agency": "Agency AgencyMember AgencyTheme",
    "models.joint.joint_case": "ChronologyEntry JointAnswer JointCase JointFinding JointPart",
    "models.joint.joint_round": "JointQuestion JointReminder JointReminderKind JointRound",
    "models.people.access_request": "AccessKind AccessRequest",
    "models.people.key_holder": "KeyHolder",
    "models.people.notice": "Notice NoticeKind",
    "models.people.person": "Absence Person Role RoleGrant ScoringLayout TeamMember",
    "models.people.risky_term": "RiskyTerm",
    "models.people.second_factor": "OneTimeCodes Passkey RecoveryCode SecondFactorRule",
    "models.people.sign_in": "SignInCount SignInLink WebSession",
    "models.people.single_sign_on": "GroupRole PasswordKeeper ProviderAccount SingleSignOn SpentAnswer",
    "models.people.team": "StoredTeam Team",
    "models.people.token": "Token",
    "models.programme.programme": "Programme",
    "models.programme.programme_line": "LineKind LineState ProgrammeLine",
    "models.programme.programme_round": "PlannedState ProgrammeRound",
    "models.programme.training": "Training",
    "models.reports.briefing": "Briefing",
    "models.reports.coding": "CodedPassage FinishedCoding PassageCode WrittenFinding",
    "models.reports.export": "Export ExportFile ExportState",
    "models.reports.snapshot": "Snapshot SnapshotAudit",
    "models.service.event": "Event",
    "models.service.idempotency": "IdempotentRequest",
    "models.service.information": "InformationPage",
    "models.service.job": "Job JobKind JobState",
    "models.service.outbox": "About MailState OutboxMessage WhyParked",
    "models.service.verification": "Verification",
    "models.service.webhook": "EndpointState WebhookEndpoint WebhookKind WebhookMessage WebhookState WhyNotSent",
    "models.storage.trail": "Checkpoint Trail",
}
_MODULE_OF: Final = {name: module for module, names in MODULES.items() for name in names.split()}

if not TYPE_CHECKING:

    def __getattr__(name: str) -> Any:
        """A name that a module offers; imports the module."""
        if name not in _MODULE_OF:
            raise AttributeError(f"module 'models' has no attribute {name!r}")
        found = globals()[name] = getattr(import_module(_MODULE_OF[name]), name)
        return found


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
