"""What is kept of actions and recommendations."""

from typing import Final

from models.evidence.kept import Part, Record, Rows, kinds, words

ACTION: Final = Record(
    "action",
    "action",
    "action",
    "id",
    parts=(
        Part(
            "plan",
            "plan, finding and owner",
            (
                Rows(
                    "action",
                    "id",
                    words(
                        "kind words cause why finding themes round_id audit_id recommendation_id follows_id"
                        " owner_id owner_post due_days measure measure_from measure_by created_at created_by_id"
                    ),
                ),
                Rows("action_team", "action_id", words("team_id")),
            ),
            kinds("proposed changed went-live redacted", "action"),
            None,
            None,
        ),
        Part(
            "due-date",
            "due date",
            (Rows("action", "id", words("due_on first_due_on due_moves")),),
            kinds("proposed changed due-date-moved went-live", "action"),
            None,
            None,
        ),
        Part(
            "progress",
            "steps and notes",
            (
                Rows("action_step", "action_id", words("number words done_on")),
                Rows("action_note", "action_id", words("id words due_from due_to written_at written_by_id")),
            ),
            kinds("proposed changed progress-noted due-date-moved finished resumed redacted", "action"),
            None,
            None,
        ),
        Part(
            "state",
            "state and impact",
            (
                Rows(
                    "action",
                    "id",
                    words(
                        "state done done_at impact_from impact impact_on impact_round_id drop_reason closed_at"
                        " closed_by_id"
                    ),
                ),
            ),
            kinds(
                "proposed agreed started finished resumed impact-confirmed no-impact dropped went-live redacted",
                "action",
            ),
            None,
            None,
        ),
    ),
    gone_by=kinds("erased", "action"),
)

RECOMMENDATION: Final = Record(
    "recommendation",
    "recommendation",
    "recommendation",
    "id",
    parts=(
        Part(
            "content",
            "text, source, themes and owner",
            (
                Rows(
                    "recommendation",
                    "id",
                    words(
                        "source_kind source source_on words sentence place template_id template_version themes owner_id"
                        " owner_post due_on created_at created_by_id"
                    ),
                ),
            ),
            kinds("recorded changed", "recommendation"),
            None,
            None,
            form=2,
        ),
        Part(
            "answer",
            "answer",
            (Rows("recommendation", "id", words("answer answered_on answered_by_id")),),
            kinds("recorded answered", "recommendation"),
            None,
            None,
        ),
    ),
)

FINDING: Final = Record(
    "finding",
    "finding",
    "written_finding",
    "id",
    parts=(
        Part(
            "content",
            "sentence, example, theme and code",
            (
                Rows(
                    "written_finding",
                    "id",
                    words("round_id theme code_id words example created_at created_by_id"),
                ),
            ),
            kinds("written changed", "finding"),
            None,
            None,
        ),
    ),
    gone_by=kinds("deleted", "finding"),
)

IMPROVEMENT_RECORDS: Final = (ACTION, RECOMMENDATION, FINDING)
