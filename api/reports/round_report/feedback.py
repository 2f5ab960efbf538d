"""How much feedback was given to practitioners in time, and how many reflected on it."""

from api.documents.document import Column, Section, Table, count, share_of, text
from checklists.audits.feedback import FEEDBACK_DAYS, FeedbackCounts


def feedback_section(found: FeedbackCounts) -> Section | None:
    """The section about feedback; None while none was given or due."""
    if not found.due:
        return None
    notes = [
        (
            f"Of the {found.due:,} audits on which feedback was given or is overdue. Feedback should be given within "
            f"{FEEDBACK_DAYS} working days of submission."
        )
    ]
    if found.not_due:
        notes.append(f"Submitted, and feedback not given or due yet: {found.not_due:,}.")
    rows = (
        (text(f"Feedback within {FEEDBACK_DAYS} working days"), found.in_time),
        (text("Feedback later"), found.late),
        (text("Overdue"), found.not_given),
        (text("With the practitioner’s reflection"), found.reflected),
    )
    columns = (Column("Audits"), Column("Number", numeric=True), Column("Share", numeric=True))
    return Section(
        "Feedback to practitioners",
        paragraphs=tuple(notes),
        table=Table(
            "feedback",
            "Feedback and reflections",
            columns,
            tuple((label, count(number), share_of(number, found.due)) for label, number in rows),
        ),
    )
