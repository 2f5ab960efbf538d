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
            "worker": "The allocated worker",
            "earlier-worker": "An earlier worker",
            "manager": "Their manager or supervisor",
            "senior-manager": "A senior manager",
            "reviewing-officer": "The reviewing officer or conference chair",
            "another-agency": "Somebody from another agency",
        }[self.value]
