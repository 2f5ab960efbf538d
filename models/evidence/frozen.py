"""What no action may ever change. The database itself refuses it: the guards are generated from this list.

Texts that may be redacted are not in it, nor what an ordinary action may change: those are in `kept`, and a change
behind the service's back is found by verification.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from models.every import TABLES
from models.evidence.kept import SUBMITTED, words

ALL: Final = ("*",)


@dataclass(frozen=True, slots=True)
class Frozen:
    """Columns of a table that may not change while a condition holds of the row; and whether rows may be deleted.

    `when` is SQL of `OLD`, and of `NEW` where it is about an update. `but`: of all columns, the ones that may change.
    `part_of`: the table, its key and the column that names it here: the condition is then about that row, `owner`.
    """

    table: str
    columns: tuple[str, ...]
    when: str = ""
    but: tuple[str, ...] = ()
    delete: bool = False
    insert: bool = False
    part_of: tuple[str, str, str] | None = None


def _listed(values: frozenset[str]) -> str:
    return ", ".join(f"'{value}'" for value in sorted(values))


_OF_AUDIT: Final = ("audit", "id", "audit_id")
_OF_SUBMITTED: Final = f"owner.state IN ({_listed(SUBMITTED)})"
_OF_SIGNED: Final = "owner.state = 'signed-off'"
_OF_ROUND: Final = ("round", "id", "round_id")
_OF_ACTION: Final = ("action", "id", "action_id")
_OF_EXERCISE: Final = ("calibration_exercise", "id", "exercise_id")
_OF_PART: Final = ("joint_part", "id", "joint_part_id")
_OF_JOINT_CASE: Final = ("joint_case", "id", "joint_case_id")
_PART_RETURNED: Final = "owner.state <> 'draft'"
_CLOSED: Final = "owner.state = 'closed'"
_ACTION_CLOSED: Final = "state IN ('impact-shown', 'no-impact', 'not-pursued')"

FROZEN: Final = (
    Frozen(
        "audit",
        words(
            "organisation_id id round_id case_file_id auditor_id reading sampling_weight mode created_at submitted_at"
            " answers question_answers case_facts answer_sources overall_calculated overall_override team_id status"
            " age_band"
        ),
        f"OLD.state IN ({_listed(SUBMITTED)}) AND NEW.state IN ({_listed(SUBMITTED | {'withdrawn'})})",
    ),
    Frozen("audit", words("state"), f"OLD.state IN ({_listed(SUBMITTED)}) AND NEW.state = 'draft'"),
    Frozen(
        "audit",
        ALL,
        "OLD.state = 'withdrawn'",
        words("version override_reason cap_reason withdrawal_reason") + words("return_reason agreed_overall_reason"),
    ),
    Frozen("audit", (), "OLD.state <> 'draft'", delete=True),
    Frozen(
        "score", words("organisation_id audit_id theme answer sources"), _OF_SUBMITTED, delete=True, part_of=_OF_AUDIT
    ),
    Frozen("question_answer", ALL, _OF_SUBMITTED, delete=True, part_of=_OF_AUDIT),
    Frozen("audit_fact", ALL, _OF_SUBMITTED, delete=True, part_of=_OF_AUDIT),
    Frozen("audit_harm", ALL, _OF_SUBMITTED, delete=True, part_of=_OF_AUDIT),
    Frozen("conversation", ALL, _OF_SUBMITTED, words("obstacle_words version"), delete=True, part_of=_OF_AUDIT),
    Frozen("family_view", ALL, _OF_SUBMITTED, words("words version"), delete=True, part_of=_OF_AUDIT),
    Frozen("conclusion", words("organisation_id audit_id"), _OF_SUBMITTED, delete=True, part_of=_OF_AUDIT),
    Frozen("audit_case", words("organisation_id audit_id"), _OF_SUBMITTED, delete=True, part_of=_OF_AUDIT),
    Frozen(
        "theme_note",
        words("organisation_id audit_id theme exemplary worker_agrees"),
        _OF_SUBMITTED,
        delete=True,
        part_of=_OF_AUDIT,
    ),
    Frozen("first_judgement", ALL, _OF_SUBMITTED, delete=True, part_of=_OF_AUDIT),
    Frozen("moderation", ALL, _OF_SIGNED, ("overall_reason",), delete=True, part_of=_OF_AUDIT),
    Frozen("moderated_score", ALL, _OF_SIGNED, delete=True, insert=True, part_of=_OF_AUDIT),
    Frozen("consensus", ALL, _OF_SIGNED, delete=True, insert=True, part_of=_OF_AUDIT),
    Frozen("feedback_sheet", words("organisation_id id audit_id code"), delete=True),
    Frozen("feedback_sheet", words("shared_at shared_by_id"), "OLD.shared_at IS NOT NULL"),
    Frozen("feedback_sheet", words("reflected_at typed_by_id"), "OLD.reflected_at IS NOT NULL"),
    Frozen(
        "representation",
        words("organisation_id audit_id theme answer made_by_id made_at on_paper"),
        delete=True,
    ),
    Frozen("representation", words("upheld decided_by_id decided_at"), "OLD.decided_at IS NOT NULL"),
    Frozen("follow_up", words("organisation_id audit_id"), delete=True),
    Frozen("follow_up", ALL, "OLD.state = 'done'", words("notified_on version")),
    Frozen("follow_up_theme", ALL, "", ("words",), delete=True),
    Frozen("joint_round", ALL, "OLD.state = 'closed'"),
    Frozen("joint_round", ALL, "OLD.state = 'open'", words("state version closed_at closing_reason")),
    Frozen("joint_round", ("state",), "OLD.state = 'open' AND NEW.state = 'planned'"),
    Frozen("joint_round", (), delete=True),
    Frozen("joint_question", ALL, delete=True),
    Frozen("joint_case", words("organisation_id id joint_round_id case_file_id")),
    Frozen("joint_case", words("state panel_on grade practitioners_on"), "OLD.state = 'finished'"),
    Frozen("joint_case", (), "OLD.state <> 'collecting'", delete=True),
    Frozen(
        "joint_finding",
        words("organisation_id joint_case_id theme"),
        "owner.state = 'finished'",
        delete=True,
        insert=True,
        part_of=_OF_JOINT_CASE,
    ),
    Frozen("joint_part", words("organisation_id id joint_case_id agency_id"), delete=True),
    Frozen("joint_part", words("auditor_id known submitted_at"), "OLD.state <> 'draft' AND NEW.state <> 'draft'"),
    Frozen("joint_part", ("state",), "OLD.state = 'not-returned'"),
    Frozen("joint_answer", ALL, _PART_RETURNED, ("words",), delete=True, insert=True, part_of=_OF_PART),
    Frozen("chronology_entry", ALL, _PART_RETURNED, ("words",), delete=True, insert=True, part_of=_OF_PART),
    Frozen("comment", ALL, "", words("resolved_at resolved_by_id"), delete=True),
    Frozen("reopening", words("organisation_id id audit_id reason asked_by_id asked_at"), delete=True),
    Frozen("reopening", ALL, "OLD.decided_at IS NOT NULL"),
    Frozen("template_version", ALL, "OLD.state <> 'draft'", words("state retired_at version"), delete=True),
    Frozen("template_version", words("state retired_at"), "OLD.state = 'retired'"),
    Frozen("template_version", ("state",), "OLD.state <> 'draft' AND NEW.state = 'draft'"),
    Frozen("round", ALL, "OLD.state = 'closed'"),
    Frozen(
        "round",
        words(
            "organisation_id id template_id template_version period_from period_to read_from target_percent"
            " lowest_percent minimum_applicable follows_id scope created_at opened_at"
        ),
        "OLD.state = 'open'",
    ),
    Frozen("round", ("state",), "OLD.state = 'open' AND NEW.state = 'planned'"),
    Frozen("round", (), "OLD.state <> 'planned'", delete=True),
    Frozen("round_tally", ALL, delete=True),
    Frozen("moderation_rule", ALL, _CLOSED, delete=True, insert=True, part_of=_OF_ROUND),
    Frozen("follow_up_rule", ALL, _CLOSED, delete=True, insert=True, part_of=_OF_ROUND),
    Frozen("exemption", ALL, _CLOSED, delete=True, insert=True, part_of=_OF_ROUND),
    Frozen("sample", ALL, "", ("version",), delete=True),
    Frozen("sampled_case", ALL, "", words("state reason"), delete=True),
    Frozen("sample_exclusion", ALL, delete=True),
    Frozen("snapshot", ALL, "", ("published_at",), delete=True),
    Frozen("snapshot", ("published_at",), "OLD.published_at IS NOT NULL"),
    Frozen("snapshot_audit", ALL, delete=True),
    Frozen("urgent_concern", words("organisation_id id audit_id raised_by_id raised_at words themes"), delete=True),
    Frozen("urgent_concern", ALL, "OLD.state = 'closed'"),
    Frozen(
        "action",
        words("organisation_id id kind cause finding themes round_id audit_id")
        + words("recommendation_id follows_id created_at created_by_id"),
        delete=True,
    ),
    Frozen(
        "action",
        ALL,
        f"OLD.{_ACTION_CLOSED}",
        words("version words why owner_post measure done impact drop_reason"),
    ),
    Frozen("action_team", ALL, f"owner.{_ACTION_CLOSED}", delete=True, insert=True, part_of=_OF_ACTION),
    Frozen("action_step", ALL, f"owner.{_ACTION_CLOSED}", ("words",), delete=True, insert=True, part_of=_OF_ACTION),
    Frozen("action_note", ALL, "", ("words",), delete=True),
    Frozen("recommendation", words("organisation_id id created_at created_by_id"), delete=True),
    Frozen("recommendation", ALL, "OLD.answered_on IS NOT NULL"),
    Frozen("calibration_exercise", ALL, "OLD.state = 'closed'", ("version",)),
    Frozen("calibration_answer", ALL, _CLOSED, delete=True, insert=True, part_of=_OF_EXERCISE),
    Frozen(
        "calibration_reading",
        words("organisation_id exercise_id person_id handed_in_at"),
        _CLOSED,
        delete=True,
        insert=True,
        part_of=_OF_EXERCISE,
    ),
    Frozen("token", words("organisation_id id secret_hash person_id scopes created_by_id created_at expires_at")),
    Frozen("token", ("revoked_at",), "OLD.revoked_at IS NOT NULL"),
    Frozen("organisation", ALL, delete=True),
    Frozen("has_seen", ALL, "", ("wrote",), delete=True),
    Frozen("has_seen", ("wrote",), "OLD.wrote"),
    Frozen("has_listed", ALL, delete=True),
    Frozen("blind_record", words("organisation_id audit_id"), delete=True),
    Frozen("blind_record", words("blind taints"), "OLD.taints"),
    Frozen("erasure", words("organisation_id id case_file_id reason asked_by_id asked_at"), delete=True),
    Frozen("erasure", ALL, "OLD.decided_at IS NOT NULL"),
    Frozen("legal_hold", words("organisation_id id case_file_id reason placed_by_id placed_at"), delete=True),
    Frozen("legal_hold", ALL, "OLD.lifted_at IS NOT NULL"),
    Frozen("retention_change", words("organisation_id id kind months asked_by_id asked_at"), delete=True),
    Frozen("retention_change", ALL, "OLD.decided_at IS NOT NULL"),
    Frozen("access_request", words("organisation_id id person_id kind"), delete=True),
    Frozen("access_request", ALL, "OLD.decided_at IS NOT NULL"),
)


def frozen_columns() -> Iterator[tuple[str, str]]:
    """Every column, with its table, that the database refuses to change in rows that it also refuses to delete."""
    deleted = {frozen.table for frozen in FROZEN if frozen.delete and not frozen.when}
    for frozen in FROZEN:
        if frozen.table in deleted and not frozen.when and frozen.part_of is None:
            yield from ((frozen.table, column) for column in columns_of(frozen))


def columns_of(frozen: Frozen) -> list[str]:
    """The columns that may not change."""
    if frozen.columns != ALL:
        return list(frozen.columns)
    return [column.name for column in TABLES[frozen.table].columns if column.name not in frozen.but]
