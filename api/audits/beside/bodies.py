"""What an audit says beside its themes, over REST."""

from datetime import date
from typing import Annotated, Any

from pydantic import BaseModel, Field

from api.audits.actions import ReadAudit
from api.audits.case.routes import CaseOut
from api.audits.conversation.routes import ConversationOut
from api.audits.family_views.routes import FamilyViewsOut
from api.audits.theme_notes.routes import ThemeNotesOut


class BesideThemes(BaseModel):
    """The period of an audit, its case, the conversation with the worker, family views, and notes on
    themes.
    """

    period_from: Annotated[date, Field(description="First day of the period under review.")]
    period_to: Annotated[date, Field(description="Last day of the period under review.")]
    read_from: Annotated[
        date | None, Field(description="Day to read the case file from, if earlier than the period under review.")
    ]
    case: CaseOut
    conversation: ConversationOut
    family_views: FamilyViewsOut
    theme_notes: ThemeNotesOut

    @staticmethod
    def said(found: ReadAudit) -> dict[str, Any]:
        """The values of its fields for an audit."""
        return {
            "period_from": found.round.period_from,
            "period_to": found.round.period_to,
            "read_from": found.round.read_from,
            "case": CaseOut.of(found.case),
            "conversation": ConversationOut.of(found.conversation),
            "family_views": FamilyViewsOut.of(found),
            "theme_notes": ThemeNotesOut.of(found),
        }
