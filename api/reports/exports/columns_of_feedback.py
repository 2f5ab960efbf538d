"""The columns about feedback to practitioners, and about representations of teams."""

from typing import Final

from api.reports.exports.columns import DAY, TEXT, YES_NO, AnswerColumn, AuditColumn
from api.reports.exports.contents import Answer
from models import Representation


def _of(each: Answer) -> Representation | None:
    return each.audit.representations.get(each.theme)


def _upheld(each: Answer) -> str:
    found = _of(each)
    return "" if found is None or found.upheld is None else "yes" if found.upheld else "no"


FEEDBACK_COLUMNS: Final = (
    AuditColumn(
        "feedback_given_on",
        DAY,
        "The date on which feedback was given to the practitioner; empty for none.",
        lambda each: "" if each.feedback is None else each.feedback.given_on.isoformat(),
    ),
    AuditColumn(
        "practitioner_reflected",
        YES_NO,
        "Whether the practitioner reflected on the feedback; empty if none was given.",
        lambda each: "" if each.feedback is None else "yes" if each.feedback.reflected_at else "no",
        lambda _: "yes; no",
    ),
)
REPRESENTATION_COLUMNS: Final = (
    AnswerColumn(
        "representation",
        TEXT,
        "Why the team of the case disagrees with the answer; empty if it does not.",
        lambda each: found.words if (found := _of(each)) else "",
    ),
    AnswerColumn(
        "representation_upheld",
        YES_NO,
        "Whether a moderator upheld the representation; empty until answered.",
        _upheld,
        lambda _: "yes; no",
    ),
    AnswerColumn(
        "representation_decision",
        TEXT,
        "The moderator's reasons.",
        lambda each: found.decision if (found := _of(each)) else "",
    ),
)
