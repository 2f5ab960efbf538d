"""The states of a joint round, of a case in it and of an agency's part, and the kinds of events of a chronology."""

from enum import StrEnum


class JointRoundState(StrEnum):
    """Planned: cases and questions are chosen. Open: agencies answer, and panels meet. Closed: nothing changes."""

    PLANNED = "planned"
    OPEN = "open"
    CLOSED = "closed"

    @property
    def label(self) -> str:
        return self.value.capitalize()


class JointCaseState(StrEnum):
    """Collecting: nobody sees another agency's part. Panel: those who returned a part see all. Finished: agreed."""

    COLLECTING = "collecting"
    PANEL = "panel"
    FINISHED = "finished"

    @property
    def label(self) -> str:
        return {"collecting": "Waiting for agencies", "panel": "Panel open", "finished": "Finished"}[self.value]


class PartState(StrEnum):
    """Draft: its auditor may change it. Submitted: returned. Not returned: the panel opened without it."""

    DRAFT = "draft"
    SUBMITTED = "submitted"
    NOT_RETURNED = "not-returned"

    @property
    def label(self) -> str:
        return {"draft": "Not returned yet", "submitted": "Returned", "not-returned": "Not returned"}[self.value]


class ChronologyKind(StrEnum):
    """What happened in a month, in broad words that identify nobody."""

    CONTACT = "contact"
    REFERRAL = "referral"
    VISIT = "visit"
    ASSESSMENT = "assessment"
    MEETING = "meeting"
    INCIDENT = "incident"
    HEALTH = "health"
    EDUCATION = "education"
    OTHER = "other"

    @property
    def label(self) -> str:
        return {
            "contact": "Contact",
            "referral": "Referral",
            "visit": "Visit",
            "assessment": "Assessment",
            "meeting": "Meeting or conference",
            "incident": "Incident",
            "health": "Health appointment",
            "education": "School or nursery",
            "other": "Other",
        }[self.value]
