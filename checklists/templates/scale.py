"""Ordered ratings, the standard among them, and the two answers that are not ratings."""

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Annotated, Final, Self, TypeGuard, TypeVar

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from checklists.templates.faults import PlaceAndWords, refuse
from checklists.templates.template_strings import Label, Paragraph

P = TypeVar("P")

NOT_EVIDENCED: Final = "not-evidenced"
NOT_APPLICABLE: Final = "not-applicable"
# Not an answer that anybody gives: what a condition of the template left out for the case.
NOT_ASKED: Final = "not-asked"
NOT_ASKED_LABEL: Final = "Not asked"
RESERVED_LABELS: Final[Mapping[str, str]] = {NOT_EVIDENCED: "Not evidenced", NOT_APPLICABLE: "Not applicable"}

RatingKey = Annotated[
    str,
    StringConstraints(strict=True, strip_whitespace=True, max_length=40, pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$"),
]


class Rating(BaseModel):
    """One grade of a scale."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    key: RatingKey = Field(description="The key that identifies the rating. Never shown to auditors.")
    label: Label = Field(description="The label auditors see.")
    description: Paragraph = Field(default="", description="What the rating means whatever the theme.")


class RatingScale(BaseModel):
    """Grades in order, best first, and the lowest of them that still meets the standard."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    ratings: tuple[Rating, ...] = Field(min_length=2, max_length=20, description="The ratings, best first.")
    standard: RatingKey = Field(description="The key of the lowest rating that still meets the standard.")

    @model_validator(mode="after")
    def _keeps_its_rules(self) -> Self:
        refuse(scale_faults(self.model_dump()))
        return self

    @cached_property
    def _positions(self) -> Mapping[str, int]:
        return {rating.key: position for position, rating in enumerate(self.ratings)}

    @cached_property
    def answers(self) -> tuple[str, ...]:
        """Every answer a theme may be given: the ratings best first, then not evidenced and not applicable."""
        return (*self._positions, NOT_EVIDENCED, NOT_APPLICABLE)

    @property
    def worst(self) -> str:
        """The key of the lowest rating."""
        return self.ratings[-1].key

    @property
    def best_below_standard(self) -> str:
        """The key of the highest rating that does not meet the standard."""
        return self.ratings[self.position(self.standard) + 1].key

    def is_rating(self, answer: str) -> bool:
        """Whether the answer is a grade of this scale; the two reserved answers are not."""
        return answer in self._positions

    def position(self, answer: str) -> int:
        """The position of a rating, 0 for the best. KeyError for anything that is not a rating of this scale."""
        return self._positions[answer]

    def meets_standard(self, answer: str) -> bool:
        """Whether a rating is at or above the standard. The reserved answers do not meet it; others: KeyError."""
        if answer in RESERVED_LABELS or answer == NOT_ASKED:
            return False
        return self.position(answer) <= self.position(self.standard)

    def label(self, answer: str) -> str:
        """The label of an answer, or of "not asked". KeyError for anything else."""
        reserved = NOT_ASKED_LABEL if answer == NOT_ASKED else RESERVED_LABELS.get(answer)
        return self.ratings[self.position(answer)].label if reserved is None else reserved


# Stands for the scale of a template without ratings: an answer says that the practice is described in words.
DESCRIBED: Final = "described"
WORDS_ONLY: Final = RatingScale.model_construct(
    ratings=(Rating(key=DESCRIBED, label="Described", description="What you found, in your own words."),),
    standard=DESCRIBED,
)


def scale_faults(scale: object) -> list[PlaceAndWords]:
    """The faults against rules between the entries of a scale, in a value that may be malformed."""
    if not isinstance(scale, Mapping):
        return []
    ratings = scale.get("ratings")
    found: list[PlaceAndWords] = []
    keys = keys_in(ratings)
    for place, key in keys:
        if key in RESERVED_LABELS:
            words = f"The key '{key}' is reserved for an answer that every scale has. Give this rating another key."
            found.append((("ratings", place, "key"), words))
    found += [
        (("ratings", place, "key"), f"Two ratings have the key '{key}'. Give each rating its own key.")
        for place, key in repeated(keys)
    ]
    standard = scale.get("standard")
    well_formed = isinstance(ratings, Sequence) and len(keys) == len(ratings) and len(keys) >= 2
    if well_formed and isinstance(standard, str):
        known = [key for _, key in keys]
        if standard.strip() not in known:
            words = f"The standard must be the key of one of the ratings: {listed(known)}."
            found.append((("standard",), words))
        elif standard.strip() == known[-1]:
            words = (
                "The standard is the lowest rating, so no answer could be below the standard. Use a "
                "higher rating, or add a rating below this one."
            )
            found.append((("standard",), words))
    return found


def keys_in(entries: object) -> list[tuple[int, str]]:
    """The place and key of every entry that has a key of sensible length."""
    if not isinstance(entries, list | tuple):
        return []
    keys = [(place, entry.get("key")) for place, entry in enumerate(entries) if isinstance(entry, Mapping)]
    return [(place, key.strip()) for place, key in keys if may_be_key(key)]


def may_be_key(value: object) -> TypeGuard[str]:
    """Whether a value is a text of sensible length, so that it is worth comparing with keys."""
    return isinstance(value, str) and len(value) <= 80


def shown_key(key: str) -> str:
    """A key as far as a sentence repeats it."""
    return key[:60]


def repeated(keys: Sequence[tuple[P, str]]) -> list[tuple[P, str]]:
    """The repeated keys, in order: the second of two, and the third of three."""
    seen: set[str] = set()
    again = []
    for place, key in keys:
        if key in seen:
            again.append((place, key))
        seen.add(key)
    return again


def listed(keys: Sequence[str]) -> str:
    """At most twenty keys, for a sentence."""
    return ", ".join(map(shown_key, keys[:20])) + (", ..." if len(keys) > 20 else "")


FOUR_GRADES: Final = RatingScale(
    ratings=(
        Rating(
            key="outstanding",
            label="Outstanding",
            description="Good throughout, and work of real skill has made a marked difference to the child.",
        ),
        Rating(
            key="good",
            label="Good",
            description="The child's needs and risks are understood and acted on in time, and life is better for it.",
        ),
        Rating(
            key="requires-improvement",
            label="Requires improvement",
            description="The child is not left unsafe, but work is late, thin or uneven and helps less than it should.",
        ),
        Rating(
            key="inadequate",
            label="Inadequate",
            description="Practice has left the child harmed, at risk of harm or unseen, or nobody could tell.",
        ),
    ),
    standard="good",
)
MET_PARTLY_NOT: Final = RatingScale(
    ratings=(
        Rating(key="met", label="Met"),
        Rating(key="partly-met", label="Partly met"),
        Rating(key="not-met", label="Not met"),
    ),
    standard="met",
)
ZERO_TO_TEN: Final = RatingScale(
    ratings=tuple(Rating(key=str(number), label=str(number)) for number in range(10, -1, -1)),
    standard="7",
)
