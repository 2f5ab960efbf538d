"""What is kept of joint rounds, of their cases and of the parts of agencies."""

from typing import Final

from models.evidence.kept import Part, Record, Rows, kinds, words

_RETURNED: Final = frozenset({"submitted", "not-returned"})

JOINT_ROUND: Final = Record(
    "joint-round",
    "joint round",
    "joint_round",
    "id",
    state="state",
    parts=(
        Part(
            "plan",
            "template, agencies and period",
            (
                Rows(
                    "joint_round",
                    "id",
                    words("title template_id template_version agencies period_from period_to due_on created_at"),
                ),
            ),
            kinds("made changed", "joint-round"),
            None,
            None,
        ),
        Part(
            "state",
            "state",
            (Rows("joint_round", "id", words("state opened_at closed_at closing_reason")),),
            kinds("made opened closed", "joint-round"),
            None,
            None,
        ),
        Part(
            "questions",
            "what agencies are asked",
            (Rows("joint_question", "joint_round_id", words("agency_id theme words")),),
            kinds("opened", "joint-round"),
            None,
            frozenset({"open", "closed"}),
        ),
    ),
)

JOINT_CASE: Final = Record(
    "joint-case",
    "case of a joint round",
    "joint_case",
    "id",
    state="state",
    parts=(
        Part(
            "case",
            "case",
            (Rows("joint_case", "id", words("joint_round_id case_file_id")),),
            kinds("added", "joint-case"),
            None,
            None,
        ),
        Part(
            "panel",
            "what the panel agreed on",
            (
                Rows(
                    "joint_case",
                    "id",
                    words("state panel_on grade words practitioners_on practitioners_words"),
                ),
                Rows("joint_finding", "joint_case_id", words("theme strengths development recommendations")),
                Rows("joint_part", "joint_case_id", words("agency_id took_part"), where="took_part <> ''"),
            ),
            kinds("added panel-opened panel-recorded finding-recorded panel-finished redacted", "joint-case"),
            None,
            None,
        ),
    ),
    gone_by=kinds("removed erased", "joint-case"),
)

JOINT_PART: Final = Record(
    "joint-part",
    "part of an agency",
    "joint_part",
    "id",
    state="state",
    parts=(
        Part(
            "answers",
            "answers and chronology",
            (
                Rows("joint_part", "id", words("joint_case_id agency_id auditor_id state known submitted_at")),
                Rows("joint_answer", "joint_part_id", words("theme answer words")),
                Rows("chronology_entry", "joint_part_id", words("place month kind words")),
            ),
            kinds("submitted returned not-returned redacted", "joint-part"),
            _RETURNED,
            _RETURNED,
        ),
    ),
    gone_by=kinds("erased", "joint-part"),
)

JOINT_RECORDS: Final = (JOINT_ROUND, JOINT_CASE, JOINT_PART)
