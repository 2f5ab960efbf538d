"""The attributes of a case: values of short lists that identify nobody.

The lists of children's services are built in. A template may have its own, such as those of adult safeguarding.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Annotated, Final

from pydantic import StringConstraints


class CaseStatus(StrEnum):
    """How services work with a child."""

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


# The key of a status, an age band or a category, of a built-in list or of a template's.
CaseKey = Annotated[
    str, StringConstraints(strict=True, strip_whitespace=True, max_length=40, pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$")
]

# The keys that every list has: a closed case differs from an open one, and an age may not be known.
CLOSED: Final = CaseStatus.CLOSED.value
NOT_KNOWN: Final = AgeBand.NOT_KNOWN.value


@dataclass(frozen=True, slots=True)
class AgeRange:
    """Ages in completed years that belong to a band; without an end, every greater age does."""

    band: str
    at_least: int
    below: int | None = None

    def holds(self, years: int) -> bool:
        """Whether an age belongs to it."""
        return self.at_least <= years and (self.below is None or years < self.below)


# A greater age, in completed years, is a mistake.
OLDEST_PERSON: Final = 120


@dataclass(frozen=True, slots=True)
class CaseWords:
    """The statuses, age bands and categories that cases may have: the label of each by its key, in the order to show.

    `ages`: which ages belong to which band; `unborn`: the band of a child not born yet, "" for none; `oldest`: the
    greatest age in completed years that somebody may have, a greater one being a mistake. `seriousness`: which status
    of a case counts where an export gives several, the greatest first.
    """

    statuses: Mapping[str, str]
    age_bands: Mapping[str, str]
    categories: Mapping[str, str]
    ages: tuple[AgeRange, ...] = ()
    unborn: str = ""
    oldest: int = OLDEST_PERSON
    seriousness: Mapping[str, int] = field(default_factory=dict)

    def status_label(self, key: str) -> str:
        """The label of a status; for a status that is no longer in any list, its key in plain words."""
        return self.statuses.get(key) or plain_label(key)

    def age_label(self, key: str) -> str:
        """The label of an age band; for a band that is no longer in any list, its key in plain words."""
        return self.age_bands.get(key) or plain_label(key)

    def category_label(self, key: str) -> str:
        """The label of a category; for a category that is no longer in any list, its key in plain words."""
        return self.categories.get(key) or plain_label(key)

    def band_of_age(self, years: int) -> str:
        """The band of an age in completed years; a negative age is of an unborn child."""
        if years < 0:
            return self.unborn or NOT_KNOWN
        return next((each.band for each in self.ages if each.holds(years)), NOT_KNOWN)

    def band_of_birth(self, born: date, on: date) -> str:
        """The band, on a day, of somebody born on a date. One born on 29 February is a year older on 1 March."""
        if born > on:
            return self.unborn or NOT_KNOWN
        return self.band_of_age(on.year - born.year - ((on.month, on.day) < (born.month, born.day)))


def plain_label(key: str) -> str:
    """A key in plain words."""
    return key.replace("-", " ").capitalize()


def _labels(words: Iterable[CaseStatus | AgeBand | Category]) -> dict[str, str]:
    return {word.value: word.label for word in words}


# In the order of the codes of "Case Status" in Ofsted's Annex A, but a care leaver after a plan.
CHILDRENS_WORDS: Final = CaseWords(
    statuses=_labels(CaseStatus),
    age_bands=_labels(AgeBand),
    categories=_labels(Category),
    ages=(
        AgeRange(AgeBand.UNDER_1.value, 0, 1),
        AgeRange(AgeBand.FROM_1_TO_4.value, 1, 5),
        AgeRange(AgeBand.FROM_5_TO_9.value, 5, 10),
        AgeRange(AgeBand.FROM_10_TO_15.value, 10, 16),
        AgeRange(AgeBand.FROM_16_TO_17.value, 16, 18),
        AgeRange(AgeBand.OVER_17.value, 18),
    ),
    unborn=AgeBand.UNBORN.value,
    # Care leavers have support until they are 25; a list from some years ago may have older people.
    oldest=30,
    seriousness={
        status.value: rank
        for rank, status in enumerate(
            (
                CaseStatus.CLOSED,
                CaseStatus.EARLY_HELP,
                CaseStatus.CHILD_IN_NEED,
                CaseStatus.CARE_LEAVER,
                CaseStatus.CHILD_PROTECTION_PLAN,
                CaseStatus.CHILD_LOOKED_AFTER,
            )
        )
    },
)


def joined_words(lists: Iterable[CaseWords]) -> CaseWords:
    """Every word of several lists, each once; if a key has two labels, the first counts."""
    statuses: dict[str, str] = {}
    age_bands: dict[str, str] = {}
    categories: dict[str, str] = {}
    for words in lists:
        for found, added in (
            (statuses, words.statuses),
            (age_bands, words.age_bands),
            (categories, words.categories),
        ):
            for key, label in added.items():
                found.setdefault(key, label)
    return CaseWords(statuses, age_bands, categories)
