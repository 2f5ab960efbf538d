"""The conversation with the worker as the pages of an audit show it."""

from api.audits.actions import ReadAudit
from api.audits.beside.section import BlankLine, Section
from api.documents.document import day_in_words
from checklists.audits.conversation import Participant

TITLE = "Conversation with the practitioner"


def conversation_section(found: ReadAudit) -> Section | None:
    """The conversation and what got in the way; None where the template asks for neither."""
    said, template = found.conversation, found.template
    if not template.further.conversation:
        return None
    labels = {each.key: each.label for each in template.obstacles}
    rows = (
        ("Held on", day_in_words(said.held_on) if said.held_on else ""),
        ("Who took part", "; ".join(Participant(each).label for each in said.took_part.split())),
        ("Barriers to the work", "; ".join(labels.get(key, key) for key in said.obstacles.split())),
        ("Barriers, in the auditor’s words", said.obstacle_words),
    )
    return Section(
        key="conversation",
        title=TITLE,
        rows=[row for row in rows if row[1]],
        blank=(
            BlankLine("Held on"),
            BlankLine("Who took part", [each.label for each in Participant]),
            BlankLine("Barriers to the work", [each.label for each in template.obstacles]),
            BlankLine("Describe the barriers"),
        ),
        path=f"/audits/{found.audit.id}/conversation",
        status="Written" if said.held_on or said.obstacles or said.obstacle_words else "Optional",
        hint="Date, who took part and barriers to the work",
        is_begun=bool(said.version),
    )
