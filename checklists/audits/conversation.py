"""The conversation with the worker: who took part."""

from enum import StrEnum


class Participant(StrEnum):
    """Who took part in the conversation, by role and never by name."""

    WORKER = "worker"
    EARLIER_WORKER = "earlier-worker"
    MANAGER = "manager"
    SENIOR_MANAGER = "senior-manager"
    REVIEWING_OFFICER = "reviewing-officer"
    ANOTHER_AGENCY = "another-agency"

    @property
    def label(self) -> str:
        return {
            "worker": "Allocated practitioner",
            "earlier-worker": "Previous practitioner",
            "manager": "Practitioner’s manager or supervisor",
            "senior-manager": "Senior manager",
            "reviewing-officer": "Reviewing officer or conference chair",
            "another-agency": "Professional from another agency",
        }[self.value]
