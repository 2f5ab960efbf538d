"""Whose views there are in the audits of a round, what got in the way, and what only words show."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from checklists.audits.family_views import FamilyMember, WhyNoView, decode_family_answers
from checklists.templates.template import Template


@dataclass(frozen=True, slots=True)
class SaidOfFamily:
    """What one audit says of one of the family, as it is stored."""

    who: str
    how: str
    no_view: str
    answers: str


@dataclass(frozen=True, slots=True)
class FamilyCounts:
    """Over many audits: in how many there are views of each of the family, why not, and their answers.

    `answers`: by question and choice, over everybody who gave their views.
    """

    views: Mapping[FamilyMember, int]
    reasons: Mapping[WhyNoView, int]
    answers: Mapping[tuple[str, str], int]


def count_family_views(template: Template, views: Sequence[SaidOfFamily]) -> FamilyCounts:
    """Count family views. ValueError for answers of another template."""
    told = Counter(view.who for view in views if view.how)
    reasons = Counter(view.no_view for view in views if view.no_view)
    answers: Counter[tuple[str, str]] = Counter()
    for view in views:
        answers.update(decode_family_answers(template, view.answers).items())
    return FamilyCounts(
        {who: told[who] for who in FamilyMember},
        {why: reasons[why] for why in WhyNoView if reasons[why]},
        {
            (question.key, choice.key): answers[question.key, choice.key]
            for question in template.family_questions
            for choice in question.choices
        },
    )


def count_obstacles(template: Template, lines: Sequence[str]) -> dict[str, int]:
    """In how many audits each obstacle of the template got in the way, most often first. `lines`: as stored."""
    counts = Counter(key for line in lines for key in set(line.split()))
    found = {each.key: counts[each.key] for each in template.obstacles}
    return dict(sorted(found.items(), key=lambda each: -each[1]))
