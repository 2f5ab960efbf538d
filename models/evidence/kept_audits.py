"""What is kept of audits, and of what others say of them."""

from typing import Final

from models.evidence.kept import SUBMITTED, Part, Record, Rows, kinds, words

BLINDNESS: Final = "blindness"
_SUBMITTING: Final = "submitted recorded"
_TAKEN_BACK: Final = "returned reallocated"
_AGREED: Final = frozenset({"agreed", "signed-off"})

AUDIT: Final = Record(
    "audit",
    "audit",
    "audit",
    "id",
    state="state",
    parts=(
        Part(
            "answers",
            "answers, sampling weight and case",
            (
                Rows(
                    "audit",
                    "id",
                    words(
                        "round_id case_file_id auditor_id reading sampling_weight mode created_at submitted_at answers"
                        " question_answers case_facts answer_sources overall_calculated overall_override team_id status"
                        " age_band"
                    ),
                ),
                Rows("audit_harm", "audit_id", ("form_of_harm",)),
                Rows("score", "audit_id", words("theme answer sources")),
                Rows("question_answer", "audit_id", words("question answer")),
                Rows("audit_fact", "audit_id", words("fact choice")),
                Rows("conversation", "audit_id", words("held_on took_part obstacles")),
                Rows("family_view", "audit_id", words("who how no_view answers")),
                Rows("theme_note", "audit_id", words("theme exemplary worker_agrees")),
                Rows("conclusion", "audit_id", ("minutes",)),
                Rows("first_judgement", "audit_id", words("overall judged_at")),
            ),
            kinds(f"{_SUBMITTING} {_TAKEN_BACK}", "audit"),
            SUBMITTED,
            SUBMITTED,
        ),
        Part(
            "texts",
            "auditor's texts",
            (
                Rows("audit", "id", words("override_reason cap_reason")),
                Rows("score", "audit_id", words("theme rationale impact evidence")),
                Rows("conclusion", "audit_id", words("works_well worries needs_to_happen feedback")),
                Rows("audit_case", "audit_id", ("synopsis",)),
                Rows("conversation", "audit_id", ("obstacle_words",)),
                Rows("family_view", "audit_id", words("who words")),
                Rows("theme_note", "audit_id", words("theme strengths development")),
            ),
            kinds(f"{_SUBMITTING} {_TAKEN_BACK} redacted", "audit"),
            SUBMITTED | {"withdrawn"},
            SUBMITTED,
        ),
        Part(
            "agreement",
            "agreed answers and overall judgement",
            (Rows("audit", "id", words("agreed_answers agreed_at agreed_overall")),),
            kinds(
                f"agreed accepted consensus-reached overall-changed-at-sign-off {_TAKEN_BACK}",
                "audit",
            ),
            _AGREED,
            _AGREED,
        ),
        Part(
            "reasons",
            "overall judgement's reasons",
            (
                Rows("audit", "id", ("agreed_overall_reason",)),
                Rows("moderation", "audit_id", ("overall_reason",)),
            ),
            kinds(
                "agreed accepted consensus-reached overall-moderated overall-changed-at-sign-off returned redacted",
                "audit",
            ),
            None,
            _AGREED,
        ),
        Part(
            "review",
            "moderation",
            (
                Rows("moderation", "audit_id", words("moderator_id taken_at by_hand overall overall_calculated")),
                Rows("moderated_score", "audit_id", words("theme answer auditor_answer reason moderator_id")),
            ),
            kinds(
                "taken-into-moderation moderated overall-moderated chosen-for-moderation"
                " no-longer-chosen-for-moderation",
                "audit",
            ),
            None,
        ),
        Part(
            "consensus",
            "settled answers",
            (
                Rows(
                    "consensus",
                    "audit_id",
                    words("theme first_answer second_answer answer reason proposed_by_id settled_by_id changed_at"),
                    "settled_by_id IS NOT NULL",
                ),
            ),
            kinds("consensus-proposed consensus-settled", "audit"),
            None,
        ),
        Part(
            "state",
            "state, auditor and signature",
            (
                Rows(
                    "audit",
                    "id",
                    words("state auditor_id case_file_id round_id withdrawn_at signature signed_at signed_by_id"),
                ),
            ),
            kinds(
                f"{_SUBMITTING} {_TAKEN_BACK} withdrawn taken-into-moderation agreed accepted consensus-reached"
                " signed-off reopened",
                "audit",
            ),
            None,
            SUBMITTED | {"returned", "withdrawn"},
        ),
        Part(
            "why",
            "reason for returning or withdrawing it",
            (Rows("audit", "id", words("return_reason withdrawal_reason")),),
            kinds(f"{_SUBMITTING} {_TAKEN_BACK} withdrawn redacted", "audit"),
            None,
            SUBMITTED | {"returned", "withdrawn"},
        ),
        Part(
            BLINDNESS,
            "record of blind reading",
            (
                Rows("blind_record", "audit_id", words("blind taints")),
                Rows("has_seen", "audit_id", ("person_id",), "wrote"),
            ),
            kinds(f"{_SUBMITTING} reallocated", "audit"),
            None,
            SUBMITTED,
            generation=2,
        ),
        Part(
            "comments",
            "comments",
            (
                Rows(
                    "comment",
                    "audit_id",
                    words("id thread_id theme words author_id written_at resolved_at resolved_by_id"),
                ),
            ),
            kinds("commented comment-resolved", "audit"),
            None,
        ),
        Part(
            "feedback",
            "feedback to the practitioner",
            (
                Rows(
                    "feedback_sheet",
                    "audit_id",
                    words("id code works_well think_about themes given_by_id given_on shared_at shared_by_id"),
                ),
            ),
            kinds("feedback-given feedback-changed feedback-shared redacted", "audit"),
            None,
            generation=3,
        ),
        Part(
            "reflection",
            "practitioner's reflection",
            (Rows("feedback_sheet", "audit_id", words("reflection reflected_at typed_by_id")),),
            kinds("feedback-given reflected reflection-typed redacted", "audit"),
            None,
            generation=3,
        ),
        Part(
            "representations",
            "representations of the team",
            (
                Rows(
                    "representation",
                    "audit_id",
                    words("theme words answer made_by_id made_at on_paper upheld decision decided_by_id decided_at"),
                ),
            ),
            kinds("disagreed representation-decided redacted", "audit"),
            None,
            generation=3,
        ),
        Part(
            "follow-up",
            "follow-up",
            (
                Rows(
                    "follow_up",
                    "audit_id",
                    words(
                        "state of_overall of_themes found_on contact_id contact_post notify_by notified_on due_on"
                        " themes reader_id done_on"
                    ),
                ),
                Rows("follow_up_theme", "audit_id", words("theme answer outcome words")),
            ),
            kinds(
                "follow-up-found follow-up-notified follow-up-allocated follow-up-done follow-up-not-needed redacted",
                "audit",
            ),
            None,
            generation=4,
        ),
        Part(
            "reopenings",
            "reopenings",
            (
                Rows(
                    "reopening",
                    "audit_id",
                    words(
                        "id reason asked_by_id asked_at decided_by_id decided_at confirmed voided_signature"
                        " signed_by_id signed_at"
                    ),
                ),
            ),
            kinds("reopening-asked reopening-refused reopened", "audit"),
            None,
        ),
    ),
    gone_by=kinds("erased", "audit"),
)

CONCERN: Final = Record(
    "concern",
    "urgent concern",
    "urgent_concern",
    "id",
    named_in="concern",
    state="state",
    parts=(
        Part(
            "raised",
            "text as it was raised",
            (Rows("urgent_concern", "id", words("audit_id raised_by_id raised_at words themes")),),
            kinds("raised", "concern"),
            None,
            None,
        ),
        Part(
            "acted-on",
            "state, deadline and what was done",
            (
                Rows(
                    "urgent_concern",
                    "id",
                    words(
                        "person_id asked_at answer_by state escalated_at acknowledged_at acknowledged_by_id"
                        " acknowledgement closed_at closed_by_id outcome done"
                    ),
                ),
            ),
            kinds("raised acknowledged closed escalated reassigned", "concern"),
            None,
            None,
        ),
    ),
    gone_by=kinds("erased", "concern"),
)

CALIBRATION: Final = Record(
    "calibration",
    "calibration exercise",
    "calibration_exercise",
    "id",
    state="state",
    parts=(
        Part(
            "exercise",
            "practice case and template",
            (
                Rows(
                    "calibration_exercise",
                    "id",
                    words("title template_id template_version practice_case due_on made_at"),
                ),
            ),
            kinds("made", "calibration"),
            None,
            None,
        ),
        Part(
            "readings",
            "state and answers",
            (
                Rows("calibration_exercise", "id", words("state closed_at")),
                Rows("calibration_reading", "exercise_id", words("person_id handed_in_at")),
                Rows("calibration_answer", "exercise_id", words("person_id theme answer rationale")),
            ),
            kinds("closed", "calibration"),
            frozenset({"closed"}),
            frozenset({"closed"}),
        ),
        Part(
            "agreements",
            "exemplars",
            (Rows("calibration_agreement", "exercise_id", words("theme answer words")),),
            kinds("agreed", "calibration"),
            None,
        ),
    ),
)

AUDIT_RECORDS: Final = (AUDIT, CONCERN, CALIBRATION)
