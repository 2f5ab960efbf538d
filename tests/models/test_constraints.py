"""What the database itself refuses, whatever the code above it does: every rule of every table broken once."""

import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, TypeVar

import pytest
from sqlalchemy import (
    CheckConstraint,
    Connection,
    Enum,
    Executable,
    ForeignKeyConstraint,
    Table,
    UniqueConstraint,
    delete,
    insert,
    text,
    update,
)
from sqlalchemy.exc import IntegrityError, OperationalError
from sqlmodel import SQLModel

from checklists.programme.dates import Cadence
from checklists.retention import RetentionKind
from checklists.samples.sampling import SizeRule
from models import (
    About,
    AccessKind,
    ActionCause,
    ActionKind,
    ActionState,
    AgeBand,
    AuditMode,
    AuditState,
    CaseStatus,
    Category,
    ConcernState,
    EndpointState,
    ErasureReason,
    Exclusion,
    ExerciseState,
    ExportState,
    FollowUpOutcome,
    FollowUpState,
    HoldReason,
    HowSeen,
    ImportState,
    JobKind,
    JobState,
    LineKind,
    LineState,
    MailState,
    NoticeKind,
    PlannedState,
    Role,
    RoundState,
    SampledState,
    SourceKind,
    TemplateVersionState,
    WebhookKind,
    WebhookState,
    now,
)
from models.evidence.guards import drop_guards
from models.storage.database import Database, open_database
from tests.check_each import check_each
from tests.writing_times import filling_for_a_test

pytestmark = pytest.mark.both_databases

Row = dict[str, Any]
Case = TypeVar("Case")
TABLES = SQLModel.metadata.tables
TODAY = date(2026, 1, 31)
NEVER_CHANGE = ("event", "checkpoint")


@dataclass(frozen=True, slots=True)
class Rule:
    """A constraint by the name that the database knows it by."""

    name: str
    table: Table
    columns: tuple[str, ...] = ()


def rules(kind: type[CheckConstraint | UniqueConstraint | ForeignKeyConstraint]) -> list[Rule]:
    prefix = {CheckConstraint: "ck", UniqueConstraint: "uq", ForeignKeyConstraint: "fk"}[kind]
    found = []
    for table in TABLES.values():
        for constraint in table.constraints:
            if isinstance(constraint, kind):
                columns = tuple(column.name for column in constraint.columns)
                plain = str(constraint.name) if constraint.name else "_".join(columns)
                name = plain if plain.startswith(f"{prefix}_") else f"{prefix}_{table.name}_{plain}"
                found.append(Rule(name, table, columns))
    return sorted(found, key=lambda rule: rule.name)


CLOSED_LISTS = [
    Rule(f"ck_{table.name}_{column.type.name}", table, (column.name,))
    for table in TABLES.values()
    for column in table.columns
    if isinstance(column.type, Enum)
]
UNIQUE = rules(UniqueConstraint)
UNIQUE_INDEXES = [
    Rule(str(index.name), table, tuple(column.name for column in index.columns))
    for table in TABLES.values()
    for index in sorted(table.indexes, key=lambda each: str(each.name))
    if index.unique
]
REFERENCES = rules(ForeignKeyConstraint)
WITHIN_AN_ORGANISATION = [rule for rule in REFERENCES if len(rule.columns) > 1]

YESTERDAY = now() - timedelta(days=1)
SUBMITTED_STATES: Row = {
    "submitted_at": YESTERDAY,
    "team_id": "its team",
    "status": CaseStatus.CLOSED,
    "age_band": AgeBand.UNBORN,
    "answers": "ab",
}
AGREED: Row = {"agreed_answers": "bb", "agreed_at": YESTERDAY}
CLOSED_ACTION: Row = {"done": "the guide is read", "closed_at": YESTERDAY}
IMPACT: Row = {"impact": "plans have names", "impact_on": TODAY}
DECIDED: Row = {"decided_at": YESTERDAY, "upheld": True, "decision": "the page shows it"}
# Each CHECK, with a change of a row that stands that breaks it and no other.
BREAKS: dict[str, list[Row]] = {
    **{
        f"ck_{table}_{column}": [{column: ""}]
        for table, columns in {
            "audit": ("status", "age_band"),
            "case_file": ("status", "age_band", "category"),
            "case_file_change": ("status", "age_band", "category"),
            "case_list_entry": ("status", "age_band", "category"),
        }.items()
        for column in columns
    },
    "ck_erasure_decided_by_somebody": [{"decided_at": YESTERDAY}],
    "ck_erasure_confirmed_is_decided": [{"confirmed": True}],
    "ck_erasure_decided_by_another": [{"decided_by_id": "its own person"}],
    "ck_retention_change_months_are_possible": [{"months": 0}, {"months": 1_201}],
    "ck_retention_change_confirmed_is_decided": [{"confirmed": True}],
    "ck_retention_change_decided_by_another": [{"decided_by_id": "its own person"}],
    "ck_legal_hold_lifted_by_somebody": [{"lifted_at": YESTERDAY}],
    "ck_legal_hold_lifted_by_another": [{"lifted_by_id": "its own person"}],
    "ck_access_request_confirmed_is_decided": [{"confirmed": True, "decided_at": None, "decided_by_id": None}],
    "ck_access_request_decided_at_a_time": [{"decided_at": None}],
    "ck_action_action_has_words": [{"words": ""}],
    "ck_action_child_level_has_an_audit": [{"kind": "practice"}, {"audit_id": None}],
    "ck_action_closed_has_a_time": [{"closed_at": YESTERDAY}],
    "ck_action_done_says_what_was_done": [{"state": "done"}],
    "ck_action_due_moves_count_up": [{"due_moves": -1}],
    "ck_action_impact_has_evidence": [
        {**CLOSED_ACTION, "state": "impact-shown"},
        {**CLOSED_ACTION, "state": "no-impact"},
    ],
    "ck_action_impact_is_confirmed_by_another": [
        {**CLOSED_ACTION, **IMPACT, "state": "impact-shown", "closed_by_id": "its own person"}
    ],
    "ck_action_not_pursued_has_a_reason": [{"state": "not-pursued", "closed_at": YESTERDAY}],
    "ck_action_one_owner": [{"owner_post": "Head of Service"}, {"owner_id": None}],
    "ck_action_note_note_has_words": [{"words": ""}],
    "ck_characteristic_characteristic_has_a_title": [{"title": ""}, {"key": ""}],
    "ck_passage_code_code_has_a_name": [{"name": ""}],
    "ck_coded_passage_of_a_part": [{"part": ""}],
    "ck_coded_passage_given_now_or_blind": [{"given": False}],
    "ck_written_finding_finding_has_words": [{"words": ""}],
    "ck_recommendation_answered_by_somebody": [{"answered_by_id": None}],
    "ck_recommendation_answered_says_how": [{"answer": ""}],
    "ck_recommendation_one_owner": [{"owner_post": "Head of Service"}, {"owner_id": None}],
    "ck_recommendation_recommendation_has_a_source": [{"source": ""}],
    "ck_recommendation_recommendation_has_words": [{"words": ""}],
    "ck_action_step_numbered_from_one": [{"number": 0}],
    "ck_action_step_step_has_words": [{"words": ""}],
    "ck_blind_record_tainted_is_not_blind": [{"taints": True}],
    "ck_verification_finished_says_what_it_found": [{"finished_at": YESTERDAY}, {"is_whole": True}],
    "ck_audit_first_or_second_reading": [{"reading": 0}, {"reading": 3}],
    "ck_audit_handed_in_is_complete": [{"state": "submitted"}, {"state": "in-moderation"}],
    "ck_audit_agreed_has_answers": [{"state": "agreed", **SUBMITTED_STATES}],
    "ck_audit_agreed_answers_every_theme": [{"agreed_answers": "a"}],
    "ck_audit_agreed_overall_with_answers": [{"agreed_overall": "good"}],
    "ck_audit_agreed_overall_reason_for_one": [{"agreed_overall_reason": "seen in person"}],
    "ck_audit_signed_off_is_signed": [{"state": "signed-off", **SUBMITTED_STATES, **AGREED}],
    "ck_audit_withdrawn_has_a_time": [{"state": "withdrawn", "withdrawal_reason": "moved"}],
    "ck_audit_withdrawn_has_a_reason": [{"state": "withdrawn", "withdrawn_at": YESTERDAY}],
    "ck_audit_returned_has_a_reason": [{"state": "returned"}],
    "ck_audit_override_has_a_reason": [{"overall_override": "good"}, {"override_reason": "seen in person"}],
    "ck_person_email_is_lower_case": [{"email": "Asha@example.org"}],
    "ck_round_period_runs_forward": [{"period_from": TODAY + timedelta(days=1)}],
    "ck_round_lowest_is_a_percentage": [{"lowest_percent": -1}, {"lowest_percent": 100}],
    "ck_round_target_is_a_percentage": [{"target_percent": 0}, {"target_percent": 101}],
    "ck_round_minimum_is_positive": [{"minimum_applicable": 0}, {"minimum_applicable": 1001}],
    "ck_round_does_not_follow_itself": [{"follows_id": "its own"}],
    "ck_round_opened_has_a_time": [{"state": "open"}, {"opened_at": YESTERDAY}],
    "ck_round_closed_has_a_time": [{"state": "closed", "opened_at": YESTERDAY}, {"closed_at": YESTERDAY}],
    "ck_audit_weight_is_positive": [{"sampling_weight": 0}, {"sampling_weight": -1}],
    "ck_snapshot_thresholds_only_raised": [{"smallest": 9}, {"rounding": 4}, {"small_gap": 4}],
    "ck_snapshot_within_two_or_more": [{"within": 1}],
    "ck_snapshot_audit_says_all_or_nothing": [{"bands": "a"}, {"answers": "a"}],
    "ck_snapshot_audit_copies_what_it_says": [{"copied": "m"}],
    "ck_one_time_codes_steps_count_up": [{"last_step": -1}],
    "ck_passkey_signatures_count_up": [{"sign_count": -1}],
    "ck_sign_in_count_attempts_count_up": [{"attempts": -1}],
    "ck_job_asked_by_somebody": [{"person_id": None}],
    "ck_job_counts_up": [{"size": -1}, {"attempts": -1}],
    "ck_job_over_has_a_time": [{"state": "failed"}, {"finished_at": YESTERDAY}],
    "ck_job_done_made_something": [{"state": "done", "finished_at": YESTERDAY}, {"made_id": "its team"}],
    "ck_export_counts_up": [{"audits": -1}, {"written": -1}],
    "ck_export_ready_has_a_time": [{"state": "ready"}, {"finished_at": YESTERDAY}],
    "ck_person_most_audits_counts_up": [{"most_audits": -1}],
    "ck_moderation_rule_share_is_a_percentage": [{"share_percent": -1}, {"share_percent": 101}],
    "ck_moderation_rule_first_audits_count_up": [{"first_audits": -1}, {"first_audits": 101}],
    "ck_moderation_taken_by_somebody": [{"taken_at": None}, {"moderator_id": None}],
    "ck_moderated_score_has_both_answers": [{"answer": "", "reason": "why"}, {"auditor_answer": "", "reason": "why"}],
    "ck_moderated_score_change_has_a_reason": [{"answer": "inadequate"}],
    "ck_comment_says_something": [{"words": ""}],
    "ck_comment_resolved_by_somebody": [{"resolved_at": None}],
    "ck_action_defaults_days_are_some": [{"child_days": 0}, {"child_days": 251}],
    "ck_programme_programme_runs_forward": [{"last_day": TODAY - timedelta(days=1)}],
    "ck_programme_line_size_is_some": [{"size": 0}, {"size": 1001}],
    "ck_programme_line_days_are_some": [{"days_to_finish": 0}, {"days_to_finish": 121}],
    "ck_programme_line_months_are_some": [{"months_judged": 0}, {"months_judged": 25}],
    "ck_programme_line_double_is_a_percentage": [{"double_percent": -1}, {"double_percent": 101}],
    "ck_programme_line_each_auditor_has_some": [{"each_auditor": 0}, {"each_auditor": 101}],
    "ck_programme_line_target_is_a_percentage": [{"target_percent": 0}, {"target_percent": 101}],
    "ck_programme_line_lowest_is_a_percentage": [{"lowest_percent": -1}, {"lowest_percent": 100}],
    "ck_programme_line_agencies_of_a_multi_agency_line": [{"agencies": "x", "kind": "monthly"}],
    "ck_programme_round_expected_counts_up": [{"expected": -1}],
    "ck_programme_round_made_has_a_round": [
        {"state": "made", "round_id": None},
        {"state": "made", "joint_round_id": "its own joint_round"},
    ],
    "ck_programme_round_exemption_has_a_reason": [
        {"state": "exemption-asked"},
        {"state": "exemption-asked", "asked_by_id": "its own person"},
    ],
    "ck_programme_round_exempt_by_somebody": [
        {"state": "exempt", "reason": "an inspection", "asked_by_id": "its own person"}
    ],
    "ck_programme_round_exempt_by_another": [{"asked_by_id": "its own person", "decided_by_id": "its own person"}],
    "ck_feedback_link_expires_after_it_is_made": [{"expires_at": YESTERDAY}],
    "ck_feedback_sheet_sheet_says_something": [{"works_well": ""}],
    "ck_feedback_sheet_shared_by_somebody": [{"shared_at": YESTERDAY}],
    "ck_feedback_sheet_reflected_in_words": [{"reflection": "I will ask."}, {"reflected_at": YESTERDAY}],
    "ck_follow_up_rule_one_contact": [{"contact_id": None}, {"contact_post": "Head of Service"}],
    "ck_follow_up_rule_notify_within_days": [{"notify_within": 0}, {"notify_within": 21}],
    "ck_follow_up_rule_follows_within_weeks": [{"weeks": 0}, {"weeks": 53}],
    "ck_follow_up_rule_role_that_moderates": [{"moderator_role": "auditor"}],
    "ck_follow_up_something_is_at_the_lowest": [{"of_overall": False}],
    "ck_follow_up_one_contact": [{"contact_id": None}, {"contact_post": "Head of Service"}],
    "ck_follow_up_somebody_reads": [{"reader_id": None}],
    "ck_follow_up_is_about_themes": [{"themes": ""}],
    "ck_follow_up_done_has_a_day": [{"done_on": TODAY}],
    "ck_follow_up_theme_theme_has_words": [{"theme": ""}, {"words": ""}],
    "ck_agency_agency_has_a_name": [{"name": ""}],
    "ck_joint_round_period_runs_forward": [{"period_from": TODAY + timedelta(days=1)}],
    "ck_joint_round_opened_has_a_time": [{"state": "open"}, {"opened_at": YESTERDAY}],
    "ck_joint_round_closed_has_a_time": [{"state": "closed", "opened_at": YESTERDAY}, {"closed_at": YESTERDAY}],
    "ck_joint_case_finished_has_words": [{"state": "finished"}],
    "ck_joint_part_submitted_has_a_time": [{"state": "submitted"}, {"submitted_at": YESTERDAY}],
    "ck_joint_part_submitted_by_somebody": [{"state": "submitted", "submitted_at": YESTERDAY, "auditor_id": None}],
    "ck_joint_answer_answer_is_given": [{"answer": ""}],
    "ck_chronology_entry_entry_has_words": [{"words": ""}],
    "ck_representation_disagrees_with_reasons": [{"theme": ""}, {"words": ""}],
    "ck_representation_decided_by_somebody": [{**DECIDED, "decided_by_id": None}],
    "ck_representation_decided_one_way": [{"upheld": True}],
    "ck_representation_decided_with_reasons": [{"decision": "the page shows it"}],
    "ck_representation_decided_by_another": [{**DECIDED, "decided_by_id": "its own person"}],
    "ck_reopening_has_a_reason": [{"reason": ""}],
    "ck_reopening_decided_by_somebody": [{"decided_at": YESTERDAY, "confirmed": True}],
    "ck_reopening_decided_one_way": [{"confirmed": True}],
    "ck_reopening_decided_by_another": [
        {"decided_by_id": "its own person", "decided_at": YESTERDAY, "confirmed": True}
    ],
    "ck_calibration_exercise_has_a_case": [{"practice_case": ""}],
    "ck_calibration_exercise_closed_has_a_time": [{"state": "closed"}, {"closed_at": YESTERDAY}],
    "ck_calibration_answer_has_an_answer": [{"answer": ""}],
    "ck_calibration_agreement_has_an_answer_and_words": [{"answer": ""}, {"words": ""}],
    "ck_absence_absence_runs_forward": [{"last_day": TODAY - timedelta(days=1)}],
    "ck_exemption_exemption_has_a_reason": [{"reason": ""}],
    "ck_case_list_counts_up": [{"cases": 0, "made": 0, "stored": 0}, {"made": -1}, {"made": 2}],
    "ck_case_list_stored_counts_up": [{"stored": -1}, {"stored": 2}],
    "ck_sample_size_fits_the_frame": [{"size": 0}, {"size": 2}],
    "ck_sample_share_is_a_percentage": [{"share_percent": 0}, {"share_percent": 101}],
    "ck_sample_smallest_stratum_counts_up": [{"smallest_stratum": -1}],
    "ck_sample_most_of_a_worker_is_positive": [{"most_of_a_worker": 0}],
    "ck_sample_months_count_up": [{"months_since_audit": -1}],
    "ck_sample_drawn_for_one_round": [{"round_id": None}, {"joint_round_id": "its own joint_round"}],
    "ck_sampled_case_probability_is_one": [{"probability": 0}, {"probability": 1.1}],
    "ck_sampled_case_place_counts_up": [{"place": 0}],
    "ck_sampled_case_replaced_has_a_reason": [{"state": "replaced"}, {"reason": "moved away"}],
    "ck_key_holder_is_a_person_or_a_post": [
        {"post": "Performance team", "contact": "01632 960001"},
        {"person_id": None},
    ],
    "ck_key_holder_post_has_a_contact": [{"person_id": None, "post": "Performance team"}, {"contact": "01632 960001"}],
    "ck_risky_term_has_a_word": [{"words": 0}, {"words": 9}],
    "ck_consensus_consensus_has_an_answer": [{"answer": ""}],
    "ck_consensus_consensus_has_a_reason": [{"reason": ""}],
    "ck_consensus_consensus_counts_up": [{"version": 0}],
    "ck_urgent_concern_concern_has_words": [{"words": ""}],
    "ck_urgent_concern_concern_leaves_time": [{"answer_by": YESTERDAY}],
    "ck_urgent_concern_acknowledged_has_a_time": [{"acknowledged_at": YESTERDAY}, {"state": "acknowledged"}],
    "ck_urgent_concern_closed_has_a_time": [{"closed_at": YESTERDAY}],
    "ck_urgent_concern_closed_says_what_was_done": [
        {"state": "closed", "acknowledged_at": YESTERDAY, "closed_at": YESTERDAY}
    ],
    "ck_notice_number_counts_up": [{"number": -1}],
    "ck_outbox_message_parked_says_why": [{"state": "parked"}],
    "ck_audit_fact_has_a_choice": [{"choice": ""}],
    "ck_question_answer_has_an_answer": [{"answer": ""}],
    "ck_first_judgement_has_a_judgement": [{"overall": ""}],
    "ck_conversation_held_with_somebody": [{"held_on": None}, {"took_part": ""}],
    "ck_theme_note_says_something": [{"strengths": ""}],
    "ck_theme_note_agreed_to_a_mark": [{"worker_agrees": True}],
    "ck_theme_note_texts_of_a_theme": [{"theme": ""}],
    "ck_conclusion_minutes_are_some": [{"minutes": 0}, {"minutes": 6001}],
    "ck_family_view_view_or_reason": [{"how": ""}, {"no_view": "refused"}],
    "ck_family_view_words_of_a_view": [{"how": "", "no_view": "refused", "words": "Fine."}],
    "ck_round_read_before_the_period": [{"read_from": TODAY + timedelta(days=400)}],
    "ck_sample_months_open_run_up": [{"least_months_open": 5, "most_months_open": 4}],
    "ck_score_has_an_answer": [{"answer": ""}],
    "ck_sign_in_link_expires_after_it_is_made": [{"expires_at": YESTERDAY}],
    "ck_template_version_numbered_from_one": [{"number": 0}],
    "ck_template_version_published_has_a_time": [{"state": "published"}, {"published_at": YESTERDAY}],
    "ck_template_version_retired_has_a_time": [{"retired_at": YESTERDAY}],
    "ck_token_expires_after_it_is_made": [{"expires_at": YESTERDAY}],
    "ck_webhook_endpoint_hears_of_something": [{"kinds": ""}],
    "ck_webhook_endpoint_former_secret_is_there": [{"former_until": YESTERDAY}],
    "ck_webhook_endpoint_failures_count_up": [{"failures": -1}],
    "ck_webhook_message_settled_at_some_time": [{"state": "delivered"}, {"state": "parked"}],
    "ck_webhook_message_attempts_count_up": [{"attempts": -1}],
}


def rows(organisation_id: int) -> dict[str, Row]:
    """One row of every table, all of one organisation, in the order in which they can be inserted."""
    names = (
        "person",
        "team",
        "template",
        "round",
        "case_file",
        "audit",
        "token",
        "webhook",
        "risky_term",
        "earlier",
        "snapshot",
        "export",
        "case_list",
        "sample",
        "comment",
        "exercise",
        "concern",
        "access_request",
        "erasure",
        "legal_hold",
        "retention_change",
        "verification",
        "changed_audit",
        "action",
        "recommendation",
        "programme",
        "programme_line",
        "sheet",
        "passkey",
        "code",
        "finding",
        "agency",
        "joint_round",
        "joint_case",
        "joint_part",
    )
    ids = {name: uuid.uuid4() for name in names}
    own, at, later = {"organisation_id": organisation_id}, now(), now() + timedelta(days=1)
    secret = uuid.uuid4().hex * 2
    bands = {"status": CaseStatus.CLOSED, "age_band": AgeBand.UNBORN}
    a_round = {
        **own,
        "title": "Spring",
        "template_id": ids["template"],
        "template_version": 1,
        "due_on": TODAY,
        "period_from": TODAY,
        "period_to": TODAY,
        "target_percent": 90,
        "minimum_applicable": 5,
        "state": RoundState.PLANNED,
        "version": 1,
        "created_at": at,
    }
    person = {"email": f"{ids['person'].hex}@example.org", "name": "Asha", "active": True, "scoring_layout": "theme"}
    return {
        "organisation": {"id": organisation_id, "name": f"Organisation {organisation_id}", "created_at": at},
        "person": {**own, "id": ids["person"], **person, "version": 1, "created_at": at},
        "role_grant": {**own, "person_id": ids["person"], "role": Role.AUDITOR},
        "team": {**own, "id": ids["team"], "name": "North", "active": True, "version": 1, "created_at": at},
        "template": {**own, "id": ids["template"], "key": "neglect", "created_at": at},
        "information_page": {
            **own,
            "page": "help",
            "number": 1,
            "text": "Ask the quality lead.",
            "written_at": at,
            "written_by_id": ids["person"],
        },
        "own_place": {
            **own,
            "template_id": ids["template"],
            "theme": "voice",
            "words": "The visits tab.",
            "version": 1,
            "changed_at": at,
        },
        "template_version": {
            **own,
            "template_id": ids["template"],
            "number": 1,
            "title": "Neglect",
            "state": TemplateVersionState.DRAFT,
            "document": "{}",
            "version": 1,
            "created_at": at,
        },
        "round": {**a_round, "id": ids["round"]},
        "round_tally": {**own, "round_id": ids["round"], "breakdown": "whole", "counts": "{}"},
        "open_tally": {**own, "round_id": ids["round"], "breakdown": "whole", "counts": "{}", "version": 1},
        "counted_audit": {**own, "round_id": ids["round"], "audit_id": ids["audit"], "counted": "[]"},
        "changed_audit": {**own, "round_id": ids["round"], "audit_id": ids["audit"], "id": ids["changed_audit"]},
        "case_file": {
            **own,
            "id": ids["case_file"],
            "reference": "CF-2345",
            "team_id": ids["team"],
            **bands,
            "version": 1,
            "created_at": at,
        },
        "case_file_harm": {**own, "case_file_id": ids["case_file"], "form_of_harm": "neglect"},
        "removed_tag": {**own, "case_file_id": ids["case_file"], "form_of_harm": "neglect"},
        "audit": {
            **own,
            "id": ids["audit"],
            "round_id": ids["round"],
            "case_file_id": ids["case_file"],
            "auditor_id": ids["person"],
            "reading": 1,
            "mode": AuditMode.RECORDS_ONLY,
            "state": AuditState.DRAFT,
            "version": 1,
            "created_at": at,
            "withdrawal_reason": "",
            "return_reason": "",
            "override_reason": "",
            "overall_calculated": "",
            "overall_override": "",
            **bands,
            "team_id": ids["team"],
        }
        | {"team_id": None, "status": None, "age_band": None},
        "team_member": {**own, "person_id": ids["person"], "team_id": ids["team"]},
        "calibration_exercise": {
            **own,
            "id": ids["exercise"],
            "title": "The Ash siblings",
            "template_id": ids["template"],
            "template_version": 1,
            "practice_case": "A made-up case.",
            "due_on": TODAY,
            "state": ExerciseState.OPEN,
            "made_at": at,
            "version": 1,
        },
        "calibration_reading": {**own, "exercise_id": ids["exercise"], "person_id": ids["person"], "version": 1},
        "calibration_answer": {
            **own,
            "exercise_id": ids["exercise"],
            "person_id": ids["person"],
            "theme": "voice",
            "answer": "good",
            "rationale": "",
        },
        "calibration_agreement": {
            **own,
            "exercise_id": ids["exercise"],
            "theme": "voice",
            "answer": "good",
            "words": "Seen alone.",
        },
        "question_answer": {
            **own,
            "audit_id": ids["audit"],
            "question": "seen-alone",
            "answer": "yes",
            "version": 1,
        },
        "audit_fact": {**own, "audit_id": ids["audit"], "fact": "open-for", "choice": "short"},
        "conversation": {
            **own,
            "audit_id": ids["audit"],
            "held_on": TODAY,
            "took_part": "worker",
            "obstacles": "",
            "obstacle_words": "",
            "version": 1,
        },
        "first_judgement": {**own, "audit_id": ids["audit"], "overall": "good", "judged_at": YESTERDAY},
        "family_view": {
            **own,
            "audit_id": ids["audit"],
            "who": "child",
            "how": "visit",
            "no_view": "",
            "answers": "",
            "words": "",
            "version": 1,
        },
        "blind_record": {**own, "audit_id": ids["audit"], "blind": True, "taints": False},
        "has_seen": {
            **own,
            "round_id": ids["round"],
            "case_file_id": ids["case_file"],
            "person_id": ids["person"],
            "audit_id": ids["audit"],
            "first_seen_at": YESTERDAY,
            "how": HowSeen.OPENED,
            "wrote": False,
        },
        "has_listed": {
            **own,
            "round_id": ids["round"],
            "person_id": ids["person"],
            "first_seen_at": YESTERDAY,
            "how": HowSeen.LISTED,
        },
        "access_request": {
            **own,
            "id": ids["access_request"],
            "person_id": ids["person"],
            "kind": AccessKind.ROLES,
            "roles": "auditor",
            "link_hash": "",
            "asked_by_id": ids["person"],
            "asked_at": YESTERDAY,
            "decided_by_id": ids["person"],
            "decided_at": at,
            "confirmed": False,
        },
        "erasure": {
            **own,
            "id": ids["erasure"],
            "case_file_id": ids["case_file"],
            "reason": ErasureReason.ASKED,
            "asked_by_id": ids["person"],
            "asked_at": at,
            "confirmed": False,
            "erased": "{}",
        },
        "legal_hold": {
            **own,
            "id": ids["legal_hold"],
            "case_file_id": ids["case_file"],
            "reason": HoldReason.INQUIRY,
            "placed_by_id": ids["person"],
            "placed_at": at,
        },
        "retention_change": {
            **own,
            "id": ids["retention_change"],
            "kind": RetentionKind.AUDITS,
            "months": 12,
            "asked_by_id": ids["person"],
            "asked_at": at,
            "confirmed": False,
        },
        "being_erased": {**own, "id": ids["erasure"]},
        "verification": {
            **own,
            "id": ids["verification"],
            "asked_at": YESTERDAY,
            "events": 0,
            "seconds": 0,
            "said": "",
        },
        "theme_note": {
            **own,
            "audit_id": ids["audit"],
            "theme": "voice",
            "strengths": "Seen alone.",
            "development": "",
            "exemplary": False,
            "worker_agrees": False,
            "version": 1,
        },
        "audit_case": {**own, "audit_id": ids["audit"], "synopsis": "A baby, seen at home.", "version": 1},
        "conclusion": {
            **own,
            "audit_id": ids["audit"],
            "works_well": "Seen alone.",
            "worries": "",
            "needs_to_happen": "",
            "feedback": "",
            "version": 1,
        },
        "moderation_rule": {
            **own,
            "round_id": ids["round"],
            "seed": "abc",
            "share_percent": 20,
            "lowest": True,
            "first_audits": 3,
            "version": 1,
        },
        "moderation": {
            **own,
            "audit_id": ids["audit"],
            "moderator_id": ids["person"],
            "taken_at": at,
            "by_hand": False,
        },
        "moderated_score": {
            **own,
            "audit_id": ids["audit"],
            "theme": "voice",
            "answer": "good",
            "auditor_answer": "good",
            "reason": "",
            "moderator_id": ids["person"],
        },
        "comment": {
            **own,
            "id": ids["comment"],
            "audit_id": ids["audit"],
            "thread_id": ids["comment"],
            "theme": "",
            "words": "Look again.",
            "author_id": ids["person"],
            "written_at": at,
            "resolved_at": at,
            "resolved_by_id": ids["person"],
        },
        "feedback_sheet": {
            **own,
            "id": ids["sheet"],
            "audit_id": ids["audit"],
            "code": f"K7MW{organisation_id:04}",
            "works_well": "seen weekly",
            "think_about": "",
            "themes": "voice",
            "given_by_id": ids["person"],
            "given_on": TODAY,
            "reflection": "",
            "version": 1,
        },
        "feedback_link": {
            **own,
            "secret_hash": secret,
            "sheet_id": ids["sheet"],
            "made_by_id": ids["person"],
            "made_at": at,
            "expires_at": later,
        },
        "representation": {
            **own,
            "audit_id": ids["audit"],
            "theme": "voice",
            "words": "it is on the page before",
            "answer": "good",
            "made_by_id": ids["person"],
            "made_at": at,
            "on_paper": False,
            "decision": "",
        },
        "follow_up_rule": {
            **own,
            "round_id": ids["round"],
            "overall": True,
            "themes": "voice",
            "contact_id": ids["person"],
            "contact_post": "",
            "notify_within": 2,
            "moderator_role": "moderator",
            "weeks": 8,
            "version": 1,
        },
        "follow_up": {
            **own,
            "audit_id": ids["audit"],
            "state": FollowUpState.ALLOCATED,
            "of_overall": True,
            "of_themes": "",
            "found_on": TODAY,
            "contact_id": ids["person"],
            "contact_post": "",
            "notify_by": TODAY,
            "due_on": TODAY,
            "themes": "voice",
            "reader_id": ids["person"],
            "version": 1,
        },
        "follow_up_theme": {
            **own,
            "audit_id": ids["audit"],
            "theme": "voice",
            "answer": "inadequate",
            "outcome": FollowUpOutcome.PARTLY,
            "words": "seen once more",
        },
        "agency": {
            **own,
            "id": ids["agency"],
            "name": "Police",
            "active": True,
            "version": 1,
            "created_at": at,
        },
        "agency_member": {**own, "person_id": ids["person"], "agency_id": ids["agency"]},
        "agency_theme": {
            **own,
            "template_id": ids["template"],
            "agency_id": ids["agency"],
            "theme": "voice",
            "asked": True,
            "words": "was the child seen",
        },
        "joint_round": {
            **own,
            "id": ids["joint_round"],
            "title": "Neglect",
            "template_id": ids["template"],
            "template_version": 1,
            "agencies": "",
            "period_from": TODAY,
            "period_to": TODAY,
            "due_on": TODAY,
            "state": "planned",
            "version": 1,
            "created_at": at,
            "closing_reason": "",
        },
        "joint_reminder": {
            **own,
            "joint_round_id": ids["joint_round"],
            "kind": "due-soon",
            "given_at": at,
        },
        "joint_question": {
            **own,
            "joint_round_id": ids["joint_round"],
            "agency_id": ids["agency"],
            "theme": "voice",
            "words": "",
        },
        "joint_case": {
            **own,
            "id": ids["joint_case"],
            "joint_round_id": ids["joint_round"],
            "case_file_id": ids["case_file"],
            "state": "collecting",
            "grade": "",
            "words": "",
            "practitioners_words": "",
            "version": 1,
        },
        "joint_part": {
            **own,
            "id": ids["joint_part"],
            "joint_case_id": ids["joint_case"],
            "agency_id": ids["agency"],
            "auditor_id": ids["person"],
            "state": "draft",
            "known": True,
            "took_part": "",
            "version": 1,
        },
        "joint_answer": {
            **own,
            "joint_part_id": ids["joint_part"],
            "theme": "voice",
            "answer": "good",
            "words": "seen alone",
        },
        "chronology_entry": {
            **own,
            "joint_part_id": ids["joint_part"],
            "place": 1,
            "month": TODAY,
            "kind": "visit",
            "words": "a visit was made",
        },
        "joint_finding": {
            **own,
            "joint_case_id": ids["joint_case"],
            "theme": "voice",
            "strengths": "seen alone",
            "development": "",
            "recommendations": "",
        },
        "action_defaults": {**own, "child_days": 5, "version": 1},
        "programme": {
            **own,
            "id": ids["programme"],
            "title": "Audits of the year",
            "first_day": TODAY,
            "last_day": TODAY,
            "lead_id": ids["person"],
            "version": 1,
            "created_at": at,
        },
        "training": {
            **own,
            "person_id": ids["person"],
            "trained_on": TODAY,
            "recorded_by_id": ids["person"],
        },
        "programme_line": {
            **own,
            "id": ids["programme_line"],
            "programme_id": ids["programme"],
            "title": "Monthly audits",
            "kind": LineKind.MONTHLY,
            "template_id": ids["template"],
            "template_version": 1,
            "cadence": Cadence.MONTHLY,
            "first_on": TODAY,
            "days_to_finish": 28,
            "months_judged": 6,
            "size": 6,
            "each_auditor": 2,
            "target_percent": 80,
            "lowest_percent": 10,
            "state": LineState.ACTIVE,
            "version": 1,
            "created_at": at,
        },
        "programme_round": {
            **own,
            "line_id": ids["programme_line"],
            "starts_on": TODAY,
            "state": PlannedState.PASSED_OVER,
            "expected": 6,
            "round_id": ids["round"],
            "made_at": at,
        },
        "reopening": {
            **own,
            "id": uuid.uuid4(),
            "audit_id": ids["audit"],
            "reason": "A page of the file was missing.",
            "asked_by_id": ids["person"],
            "asked_at": at,
            "voided_signature": "",
        },
        "absence": {
            **own,
            "id": uuid.uuid4(),
            "person_id": ids["person"],
            "first_day": TODAY,
            "last_day": TODAY,
        },
        "exemption": {
            **own,
            "round_id": ids["round"],
            "person_id": ids["person"],
            "reason": "new in post",
            "made_at": at,
        },
        "outbox_message": {
            **own,
            "id": uuid.uuid4(),
            "about": About.OVERDUE,
            "subject_id": ids["round"],
            "person_id": ids["person"],
            "state": MailState.WAITING,
            "attempts": 0,
            "made_at": at,
            "due_at": at,
        },
        "urgent_concern": {
            **own,
            "id": ids["concern"],
            "audit_id": ids["audit"],
            "raised_by_id": ids["person"],
            "raised_at": at,
            "words": "seen alone",
            "person_id": ids["person"],
            "asked_at": at,
            "answer_by": later,
            "state": ConcernState.RAISED,
            "acknowledgement": "",
            "done": "",
            "version": 1,
        },
        "characteristic": {
            **own,
            "key": "sex",
            "title": "Sex",
            "headings": "",
            "groups": "[]",
            "active": True,
            "version": 1,
            "created_at": at,
        },
        "passage_code": {
            **own,
            "id": ids["code"],
            "round_id": ids["round"],
            "name": "No chronology",
            "meaning": "",
            "created_by_id": ids["person"],
            "created_at": at,
            "version": 1,
        },
        "coded_passage": {
            **own,
            "audit_id": ids["audit"],
            "theme": "voice",
            "part": "rationale",
            "code_id": ids["code"],
            "coder_id": ids["person"],
            "given": True,
            "given_blind": False,
            "digest": "0" * 16,
        },
        "finished_coding": {
            **own,
            "round_id": ids["round"],
            "theme": "voice",
            "coder_id": ids["person"],
            "finished_at": at,
        },
        "written_finding": {
            **own,
            "id": ids["finding"],
            "round_id": ids["round"],
            "theme": "voice",
            "code_id": ids["code"],
            "words": "children are not seen alone",
            "example": "",
            "created_by_id": ids["person"],
            "created_at": at,
            "version": 1,
        },
        "recommendation": {
            **own,
            "id": ids["recommendation"],
            "source_kind": SourceKind.OWN,
            "source": "Learning of the year",
            "source_on": TODAY,
            "words": "name who does what",
            "template_id": ids["template"],
            "template_version": 1,
            "themes": "",
            "owner_id": ids["person"],
            "owner_post": "",
            "due_on": TODAY,
            "answer": "plans have names",
            "answered_on": TODAY,
            "answered_by_id": ids["person"],
            "created_at": at,
            "created_by_id": ids["person"],
            "version": 1,
        },
        "action": {
            **own,
            "id": ids["action"],
            "kind": ActionKind.CHILD_LEVEL,
            "audit_id": ids["audit"],
            "words": "write a guide",
            "cause": ActionCause.GAP,
            "why": "",
            "finding": "",
            "themes": "",
            "round_id": ids["round"],
            "recommendation_id": ids["recommendation"],
            "owner_id": ids["person"],
            "owner_post": "",
            "due_on": TODAY,
            "first_due_on": TODAY,
            "due_moves": 0,
            "reminded": "none",
            "measure": "",
            "state": ActionState.PROPOSED,
            "done": "",
            "impact": "",
            "drop_reason": "",
            "created_at": at,
            "created_by_id": ids["person"],
            "version": 1,
        },
        "action_team": {**own, "action_id": ids["action"], "team_id": ids["team"]},
        "action_step": {**own, "action_id": ids["action"], "number": 1, "words": "ask the team"},
        "action_note": {
            **own,
            "id": uuid.uuid4(),
            "action_id": ids["action"],
            "words": "half is done",
            "written_at": at,
            "written_by_id": ids["person"],
        },
        "notice": {
            **own,
            "id": uuid.uuid4(),
            "person_id": ids["person"],
            "kind": NoticeKind.ALLOCATED,
            "subject_id": ids["round"],
            "number": 1,
            "made_at": at,
        },
        "concern_notice": {**own, "concern_id": ids["concern"], "person_id": ids["person"], "made_at": at},
        "case_list": {
            **own,
            "id": ids["case_list"],
            "listed_on": TODAY,
            "source": "table",
            "key_id": "1a2b3c4d",
            "cases": 1,
            "made": 1,
            "digest": secret,
            "taken_at": at,
            "state": ImportState.SETTLING,
            "stored": 1,
        },
        "case_file_change": {
            **own,
            "case_file_id": ids["case_file"],
            "case_list_id": ids["case_list"],
            "reference": "CF-2345",
            "team_id": ids["team"],
            **bands,
            "category": Category.NEGLECT,
            "worker": "",
            "key_id": "1a2b3c4d",
            "version": 2,
        },
        "case_list_draft": {
            **own,
            "person_id": ids["person"],
            "digest": secret,
            "content": b"",
            "made_at": at,
        },
        "reading_choice": {**own, "key": "column:team", "answer": "Service area"},
        "case_list_entry": {
            **own,
            "case_list_id": ids["case_list"],
            "case_file_id": ids["case_file"],
            "reference": "CF-2345",
            "team_id": ids["team"],
            **bands,
            "category": Category.NEGLECT,
            "worker": "",
        },
        "sample": {
            **own,
            "id": ids["sample"],
            "round_id": ids["round"],
            "case_list_id": ids["case_list"],
            "seed": "one",
            "method": "1",
            "frame_hash": secret,
            "frame_size": 1,
            "size": 1,
            "strata": "",
            "rule": SizeRule.PROPORTIONAL,
            "smallest_stratum": 0,
            "months_since_audit": 0,
            "with_closed": False,
            "only_statuses": "",
            "only_teams": "",
            "only_age_bands": "",
            "only_categories": "",
            "only_involving": "",
            "drawn_on": TODAY,
            "drawn_at": at,
            "version": 1,
        },
        "sample_exclusion": {
            **own,
            "sample_id": ids["sample"],
            "case_file_id": ids["case_file"],
            "reason": Exclusion.CLOSED,
            "words": "",
        },
        "sampled_case": {
            **own,
            "sample_id": ids["sample"],
            "case_file_id": ids["case_file"],
            "stratum": "",
            "place": 1,
            "probability": 0.5,
            "state": SampledState.SELECTED,
            "reason": "",
        },
        "snapshot": {
            **own,
            "id": ids["snapshot"],
            "round_id": ids["round"],
            "title": "For the board",
            "made_at": at,
            "made_by_id": ids["person"],
            "smallest": 10,
            "rounding": 5,
            "small_gap": 5,
            "content": "{}",
        },
        "snapshot_audit": {**own, "snapshot_id": ids["snapshot"], "audit_id": ids["audit"]},
        "briefing": {
            **own,
            "id": uuid.uuid4(),
            "snapshot_id": ids["snapshot"],
            "title": "What we learned",
            "made_at": at,
            "version": 1,
            "words": "{}",
        },
        "export": {
            **own,
            "id": ids["export"],
            "round_id": ids["round"],
            "person_id": ids["person"],
            "state": ExportState.WAITING,
            "audits": 0,
            "written": 0,
            "made_at": at,
            "beat_at": at,
        },
        "job": {
            **own,
            "id": uuid.uuid4(),
            "kind": JobKind.SNAPSHOT,
            "state": JobState.WAITING,
            "person_id": ids["person"],
            "round_id": ids["round"],
            "asked": b"",
            "size": 5_000,
            "attempts": 0,
            "made_at": at,
            "beat_at": at,
            "refusal": "",
        },
        "export_file": {**own, "export_id": ids["export"], "content": b""},
        "key_holder": {**own, "person_id": ids["person"], "post": "", "contact": "", "version": 1},
        "risky_term": {
            **own,
            "id": ids["risky_term"],
            "label": "list of April",
            "first_hash": secret[:32],
            "whole_hash": secret[:32],
            "key_mark": secret[:16],
            "words": 1,
            "added_at": at,
        },
        "audit_harm": {**own, "audit_id": ids["audit"], "form_of_harm": "neglect"},
        "score_draft": {
            **own,
            "audit_id": ids["audit"],
            "theme": "voice",
            "person_id": ids["person"],
            "seen": "0.0123456789abcdef",
            "fields": "{}",
            "saved_at": at,
        },
        "score": {
            **own,
            "audit_id": ids["audit"],
            "theme": "voice",
            "answer": "good",
            "version": 1,
            "rationale": "",
            "impact": "",
            "evidence": "",
        },
        "consensus": {
            **own,
            "audit_id": ids["audit"],
            "theme": "voice",
            "first_answer": "good",
            "second_answer": "inadequate",
            "answer": "good",
            "reason": "The plan says so.",
            "proposed_by_id": ids["person"],
            "changed_at": at,
            "version": 1,
        },
        "event": {
            **own,
            "number": 1,
            "at": at,
            "kind": "x",
            "subject_id": ids["audit"],
            "details": "{}",
            "hash": secret,
        },
        "trail": {**own, "length": 1, "hash": secret},
        "checkpoint": {**own, "number": 1, "serial": organisation_id, "signed": "{}"},
        "idempotent_request": {
            **own,
            "asker_id": ids["person"],
            "key": "one",
            "fingerprint": secret,
            "status": 201,
            "body": b"",
            "location": "",
            "etag": "",
            "created_at": at,
        },
        "token": {
            **own,
            "id": ids["token"],
            "secret_hash": secret,
            "name": "Spreadsheet",
            "person_id": ids["person"],
            "scopes": "account",
            "created_by_id": ids["person"],
            "created_at": at,
            "expires_at": later,
        },
        "web_session": {
            **own,
            "secret_hash": secret,
            "person_id": ids["person"],
            "started_at": at,
            "last_seen_at": at,
        },
        "sign_in_link": {
            **own,
            "secret_hash": secret,
            "person_id": ids["person"],
            "created_at": at,
            "expires_at": later,
        },
        "sign_in_count": {"key_hash": secret, "attempts": 1, "at": at},
        "one_time_codes": {
            **own,
            "person_id": ids["person"],
            "sealed_secret": secret,
            "created_at": at,
            "last_step": 0,
        },
        "passkey": {
            **own,
            "id": ids["passkey"],
            "person_id": ids["person"],
            "name": "Laptop",
            "credential_id": secret,
            "public_key": secret,
            "sign_count": 0,
            "created_at": at,
            "challenged_at": at,
        },
        "recovery_code": {**own, "person_id": ids["person"], "code_hash": secret},
        "second_factor_rule": {**own, "roles": "administrator", "version": 1},
        "single_sign_on": {**own, "allowed": True, "passwords": True, "changed_by_id": ids["person"], "version": 1},
        "password_keeper": {**own, "person_id": ids["person"]},
        "group_role": {**own, "group_name": "Auditors", "role": Role.AUDITOR},
        "provider_account": {
            **own,
            "person_id": ids["person"],
            "issuer": "https://login.example",
            "subject": secret,
            "linked_at": at,
            "last_used_at": at,
        },
        "spent_answer": {"answer_hash": secret, "at": at},
        "webhook_endpoint": {
            **own,
            "id": ids["webhook"],
            "name": "Case system",
            "address": "https://hooks.example.org/in",
            "kinds": "round.opened",
            "state": EndpointState.ON,
            "sealed_secret": secret,
            "sealed_former": "",
            "created_by_id": ids["person"],
            "created_at": at,
            "version": 1,
            "position": 0,
            "failures": 0,
            "due_at": at,
        },
        "webhook_message": {
            **own,
            "id": uuid.uuid4(),
            "endpoint_id": ids["webhook"],
            "number": 1,
            "kind": WebhookKind.ROUND_OPENED,
            "subject_id": ids["round"],
            "happened_at": at,
            "state": WebhookState.WAITING,
            "attempts": 0,
            "queued_at": at,
        },
    }


HERE, THERE = rows(1), rows(2)


@pytest.fixture(scope="module")
def filled(shared_database_url: str) -> Iterator[Database]:
    """One row in every table for each of two organisations. Triggers that refuse earlier than a rule are dropped."""
    database = open_database(shared_database_url)
    with filling_for_a_test(), database.writing() as session:
        drop_guards(session.connection())
        for organisation in (HERE, THERE):
            for name, row in organisation.items():
                session.connection().execute(insert(TABLES[name]), [row])
    yield database
    database.close()


@pytest.fixture
def connection(filled: Database) -> Iterator[Connection]:
    """What is written through it is given up."""
    with filled.reading() as session:
        yield session.connection()


def refusal(connection: Connection, statement: Executable, values: Row | None = None) -> IntegrityError:
    with pytest.raises(IntegrityError) as raised, connection.begin_nested():
        connection.execute(statement, values or {})
    return raised.value


def assert_refused_by(error: IntegrityError, rule: Rule) -> None:
    """That this very rule refused, and not another. SQLite tells a CHECK by name and a key by its columns."""
    diagnosis = getattr(error.orig, "diag", None)
    if diagnosis is not None:
        assert diagnosis.constraint_name == rule.name
    elif rule.name.startswith("ck_"):
        assert str(error.orig) == f"CHECK constraint failed: {rule.name}"
    elif rule.name.startswith("fk_"):
        assert str(error.orig) == "FOREIGN KEY constraint failed"
    else:
        columns = ", ".join(f"{rule.table.name}.{column}" for column in rule.columns)
        assert str(error.orig) == f"UNIQUE constraint failed: {columns}"


def the_row(table: Table) -> Any:
    """The condition that finds this organisation's row of the table."""
    row = HERE[table.name]
    return [column == row[column.name] for column in table.primary_key.columns]


def name_of(rule: Rule | Table) -> str:
    return rule.name


def undone(check: Callable[[Case, Connection], None], connection: Connection) -> Callable[[Case], None]:
    """The same check on this connection, of which nothing is left for the next."""

    def check_and_undo(case: Case) -> None:
        with connection.begin_nested() as trial:
            check(case, connection)
            trial.rollback()

    return check_and_undo


def test_every_table_has_a_row_to_break() -> None:
    assert set(HERE) == set(TABLES)


def test_every_check_is_broken_below() -> None:
    closed_lists = {rule.name for rule in CLOSED_LISTS}
    assert {rule.name for rule in rules(CheckConstraint)} == closed_lists | BREAKS.keys()


def test_what_contradicts_itself_is_refused(connection: Connection) -> None:
    check_each(
        [rule for rule in rules(CheckConstraint) if rule.name in BREAKS],
        undone(break_check, connection),
        name_of=name_of,
    )


def break_check(rule: Rule, connection: Connection) -> None:
    for change in BREAKS[rule.name]:
        known = {
            "its own": HERE["round"]["id"],
            "its team": HERE["team"]["id"],
            "its own person": HERE["person"]["id"],
            "its own joint_round": HERE["joint_round"]["id"],
        }
        values = {name: known.get(value, value) if isinstance(value, str) else value for name, value in change.items()}
        error = refusal(connection, update(rule.table).where(*the_row(rule.table)).values(**values))
        assert_refused_by(error, rule)


def test_a_word_outside_its_list_is_refused(connection: Connection) -> None:
    check_each(CLOSED_LISTS, undone(break_closed_list, connection), name_of=name_of)


def break_closed_list(rule: Rule, connection: Connection) -> None:
    column = rule.columns[0]
    # A state goes with a time; all but "planned", "draft" and "raised" have one.
    time = {
        "ck_round_state": "opened_at",
        "ck_joint_round_state": "opened_at",
        "ck_template_version_state": "published_at",
        "ck_urgent_concern_state": "acknowledged_at",
    }.get(rule.name)
    with_time = f", {time} = '2026-01-31 12:00:00'" if time else ""
    error = refusal(connection, text(f"UPDATE {rule.table.name} SET {column} = 'made-up'{with_time}"))
    assert_refused_by(error, rule)


def test_a_row_is_there_once(connection: Connection) -> None:
    check_each(TABLES.values(), undone(insert_again, connection), name_of=name_of)


def insert_again(table: Table, connection: Connection) -> None:
    key = tuple(column.name for column in table.primary_key.columns)
    other = {
        "case_file_id": uuid.uuid4(),
        "subject_id": uuid.uuid4(),
        "serial": 99,
        **dict.fromkeys(("reference", "email", "name", "key", "secret_hash", "digest", "whole_hash"), "other"),
        "credential_id": "other",
        "issuer": "other",
    }
    if table.name == "feedback_sheet":
        other |= {"code": "other", "audit_id": uuid.uuid4()}
    if table.name == "case_list":
        other["state"] = ImportState.SETTLED  # of those that are not, an organisation has one
    if table.name == "retention_change":
        other["kind"] = RetentionKind.EMAILS
    if table.name == "webhook_message":
        other["number"] = 2
    if table.name == "joint_part":
        other["agency_id"] = uuid.uuid4()
    apart = {name: value for name, value in other.items() if name in HERE[table.name] and name not in key}
    error = refusal(connection, insert(table), {**HERE[table.name], **apart})
    assert_refused_by(error, Rule(f"pk_{table.name}", table, key))


def test_what_must_be_its_own_is_taken_once(connection: Connection) -> None:
    check_each([*UNIQUE, *UNIQUE_INDEXES], undone(take_again, connection), name_of=name_of)


def take_again(rule: Rule, connection: Connection) -> None:
    row = HERE[rule.table.name]
    other = {"id": uuid.uuid4(), "email": "other", "name": "other", "reading": 2, "auditor_id": uuid.uuid4()}
    if rule.table.name == "organisation":
        other["id"] = 3
    if rule.table.name == "feedback_sheet":
        other |= {"code": "other", "audit_id": uuid.uuid4()}
    if rule.table.name == "provider_account":
        other["person_id"] = uuid.uuid4()
    if rule.name == "uq_checkpoint_serial":
        other["number"] = 99
    if rule.name == "uq_case_list_one_under_way":
        other["digest"] = "other"
    elif rule.table.name == "case_list":
        other["state"] = ImportState.SETTLED
    apart = {name: value for name, value in other.items() if name in row and name not in rule.columns}
    assert_refused_by(refusal(connection, insert(rule.table), {**row, **apart}), rule)


def test_a_withdrawn_reading_stands_in_nobodys_way(connection: Connection) -> None:
    check_each(
        [rule for rule in UNIQUE_INDEXES if rule.table.name == "audit"],
        undone(withdraw_and_insert, connection),
        name_of=name_of,
    )


def withdraw_and_insert(rule: Rule, connection: Connection) -> None:
    withdrawn = {"state": "withdrawn", "withdrawn_at": YESTERDAY, "withdrawal_reason": "moved"}
    with connection.begin_nested() as attempt:
        connection.execute(update(rule.table).where(*the_row(rule.table)).values(**withdrawn))
        connection.execute(insert(rule.table), [{**HERE["audit"], "id": uuid.uuid4()}])
        attempt.rollback()


def test_nothing_refers_to_another_organisations_row(connection: Connection) -> None:
    check_each(WITHIN_AN_ORGANISATION, undone(refer_to_another_organisation, connection), name_of=name_of)


def refer_to_another_organisation(rule: Rule, connection: Connection) -> None:
    reference = next(each for each in rule.table.foreign_key_constraints if _refers_by(each, rule))
    theirs = THERE[reference.referred_table.name]
    values = {
        key.parent.name: theirs[key.column.name] for key in reference.elements if key.parent.name != "organisation_id"
    }
    assert values, "a reference within an organisation names more than the organisation"
    if any(column.name in values for column in rule.table.primary_key.columns):
        # An account at a provider is of one person.
        apart = {"subject": "other"} if rule.table.name == "provider_account" else {}
        error = refusal(connection, insert(rule.table), {**HERE[rule.table.name], **apart, **values})
    else:
        values |= OTHERWISE_EMPTY.get(rule.name, {})
        error = refusal(connection, update(rule.table).where(*the_row(rule.table)).values(**values))
    assert_refused_by(error, rule)


# A sample is of a round or of a joint round, never of both.
OTHERWISE_EMPTY: dict[str, dict[str, Any]] = {"fk_sample_organisation_id_joint_round_id": {"round_id": None}}


def test_nothing_refers_to_what_does_not_exist(connection: Connection) -> None:
    check_each(REFERENCES, undone(refer_to_nothing, connection), name_of=name_of)


def refer_to_nothing(rule: Rule, connection: Connection) -> None:
    last = rule.columns[-1]
    nowhere = uuid.uuid4() if last.endswith("_id") and last != "organisation_id" else 999
    if rule.table.name in {*NEVER_CHANGE, "trail"}:
        apart = {"serial": 99} if rule.table.name == "checkpoint" else {}
        error = refusal(connection, insert(rule.table), {**HERE[rule.table.name], **apart, last: nowhere})
    else:
        error = refusal(
            connection,
            update(rule.table)
            .where(*the_row(rule.table))
            .values({last: nowhere, **OTHERWISE_EMPTY.get(rule.name, {})}),
        )
    assert "foreign key" in str(error.orig).lower()


TO_ITS_OWN_TABLE = {"fk_round_follows_id", "fk_comment_organisation_id_thread_id"}


def test_what_is_referred_to_cannot_be_deleted(connection: Connection) -> None:
    check_each(
        [rule for rule in REFERENCES if rule.name not in TO_ITS_OWN_TABLE],
        undone(delete_what_is_referred_to, connection),
        name_of=name_of,
    )


def delete_what_is_referred_to(rule: Rule, connection: Connection) -> None:
    reference = next(each for each in rule.table.foreign_key_constraints if _refers_by(each, rule))
    error = refusal(connection, delete(reference.referred_table).where(*the_row(reference.referred_table)))
    assert "foreign key" in str(error.orig).lower()


def test_what_is_in_the_trail_is_neither_changed_nor_deleted(connection: Connection) -> None:
    check_each(NEVER_CHANGE, undone(change_the_trail, connection))


def change_the_trail(table: str, connection: Connection) -> None:
    for statement in (f"UPDATE {table} SET number = number", f"DELETE FROM {table}"):
        assert "the trail is only ever added to" in str(refusal(connection, text(statement)))


def test_the_head_of_a_trail_only_moves_on(connection: Connection) -> None:
    statements = (
        "DELETE FROM trail",
        "UPDATE trail SET length = length",
        "UPDATE trail SET length = length - 1",
        "UPDATE trail SET organisation_id = 3, length = length + 1 WHERE organisation_id = 2",
    )
    check_each(statements, undone(move_back, connection))


def move_back(statement: str, connection: Connection) -> None:
    assert "the trail is only ever added to" in str(refusal(connection, text(statement)))


def test_a_trail_is_not_emptied_at_once(connection: Connection) -> None:
    if connection.dialect.name == "postgresql":
        for table in (*NEVER_CHANGE, "trail"):
            assert "the trail is only ever added to" in str(refusal(connection, text(f"TRUNCATE {table}")))
    else:
        # SQLite has no other way to empty a table than DELETE, which is refused.
        assert "syntax error" in _syntax_error(connection, "TRUNCATE event")


def _syntax_error(connection: Connection, statement: str) -> str:
    with pytest.raises(OperationalError) as raised, connection.begin_nested():
        connection.execute(text(statement))
    return str(raised.value)


def _refers_by(constraint: ForeignKeyConstraint, rule: Rule) -> bool:
    return tuple(column.name for column in constraint.columns) == rule.columns
