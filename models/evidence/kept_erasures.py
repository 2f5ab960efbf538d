"""What is kept of erasures, legal holds and retention periods."""

from typing import Final

from models.evidence.kept import Part, Record, Rows, kinds, words

ERASURE: Final = Record(
    "erasure",
    "erasure",
    "erasure",
    "id",
    parts=(
        Part(
            "request",
            "request",
            (Rows("erasure", "id", words("case_file_id reason asked_by_id asked_at")),),
            kinds("asked", "erasure"),
            None,
            None,
        ),
        Part(
            "decision",
            "decision",
            (Rows("erasure", "id", words("decided_by_id decided_at confirmed erased")),),
            kinds("asked confirmed declined", "erasure"),
            None,
            None,
        ),
    ),
)

LEGAL_HOLD: Final = Record(
    "legal-hold",
    "legal hold",
    "legal_hold",
    "id",
    parts=(
        Part(
            "hold",
            "case and reason",
            (Rows("legal_hold", "id", words("case_file_id reason placed_by_id placed_at")),),
            kinds("placed", "legal-hold"),
            None,
            None,
        ),
        Part(
            "end",
            "end",
            (Rows("legal_hold", "id", words("lifted_by_id lifted_at")),),
            kinds("placed lifted", "legal-hold"),
            None,
            None,
        ),
    ),
)

RETENTION_CHANGE: Final = Record(
    "retention-change",
    "change of a retention period",
    "retention_change",
    "id",
    parts=(
        Part(
            "request",
            "kind and period",
            (Rows("retention_change", "id", words("kind months asked_by_id asked_at")),),
            kinds("asked lengthened", "retention"),
            None,
            None,
        ),
        Part(
            "decision",
            "decision",
            (Rows("retention_change", "id", words("decided_by_id decided_at confirmed")),),
            kinds("asked lengthened confirmed declined", "retention"),
            None,
            None,
        ),
    ),
)

ERASURE_RECORDS: Final = (ERASURE, LEGAL_HOLD, RETENTION_CHANGE)
