"""What is kept of erasures and legal holds."""

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

ERASURE_RECORDS: Final = (ERASURE, LEGAL_HOLD)
