"""The attributes of a case: closed lists of values that identify no child."""

from datetime import date
from enum import StrEnum


class CaseStatus(StrEnum):
    """How services work with the child."""

    EARLY_HELP = "early-help"
    CHILD_IN_NEED = "child-in-need"
    CHILD_PROTECTION_PLAN = "child-protection-plan"
    CHILD_LOOKED_AFTER = "child-looked-after"
    CARE_LEAVER = "care-leaver"
    CLOSED = "closed"

    @property
    def label(self) -> str:
        return self.value.replace("-", " ").capitalize()


class AgeBand(StrEnum):
    """Bands as in the children in need and looked-after statistics, with unborn children separate."""

    UNBORN = "unborn"
    UNDER_1 = "under-1"
    FROM_1_TO_4 = "1-to-4"
    FROM_5_TO_9 = "5-to-9"
    FROM_10_TO_15 = "10-to-15"
    FROM_16_TO_17 = "16-to-17"
    OVER_17 = "18-and-over"
    NOT_KNOWN = "not-known"

    @property
    def label(self) -> str:
        return self.value.replace("-", " ").capitalize()

    @classmethod
    def of_age(cls, years: int) -> "AgeBand":
        """The band of an age in completed years; a negative age is of an unborn child."""
        if years < 0:
            return cls.UNBORN
        bands = ((1, cls.UNDER_1), (5, cls.FROM_1_TO_4), (10, cls.FROM_5_TO_9), (16, cls.FROM_10_TO_15))
        for below, band in (*bands, (18, cls.FROM_16_TO_17)):
            if years < below:
                return band
        return cls.OVER_17

    @classmethod
    def of_birth(cls, born: date, on: date) -> "AgeBand":
        """The band, on a day, of a child born on a date. Somebody born on 29 February is a year older on 1 March."""
        if born > on:
            return cls.UNBORN
        return cls.of_age(on.year - born.year - ((on.month, on.day) < (born.month, born.day)))


class Category(StrEnum):
    """Why a child is known to services.

    The categories of abuse of child protection plans, and the primary need codes N0 to N9 of the children in need
    census (Department for Education).
    """

    NEGLECT = "neglect"
    PHYSICAL_ABUSE = "physical-abuse"
    SEXUAL_ABUSE = "sexual-abuse"
    EMOTIONAL_ABUSE = "emotional-abuse"
    MULTIPLE = "multiple"
    ABUSE_OR_NEGLECT = "abuse-or-neglect"
    CHILDS_DISABILITY = "childs-disability"
    PARENTAL_ILLNESS_OR_DISABILITY = "parental-illness-or-disability"
    FAMILY_IN_ACUTE_STRESS = "family-in-acute-stress"
    FAMILY_DYSFUNCTION = "family-dysfunction"
    SOCIALLY_UNACCEPTABLE_BEHAVIOUR = "socially-unacceptable-behaviour"
    LOW_INCOME = "low-income"
    ABSENT_PARENTING = "absent-parenting"
    OTHER_THAN_NEED = "other-than-need"
    NOT_STATED = "not-stated"

    @property
    def label(self) -> str:
        return {"childs-disability": "Child's disability"}.get(self.value, self.value.replace("-", " ").capitalize())
