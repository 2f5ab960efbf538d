"""Who was heard in the audits of a round, what got in the way, and what only words show."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from checklists.audits.family_views import FamilyMember, WhyNotHeard, decode_family_answers
from checklists.templates.template import Template


@dataclass(frozen=True, slots=True)
class SaidOfFamily:
    """What one audit says of one of the family, as it is stored."""

    who: str
    how: str
    not_heard: str
    answers: str


@dataclass(frozen=True, slots=True)
class FamilyCounts:
    """Over many audits: in how many each of the family was heard, why not, and what they answered.

    `answers`: by question and choice, over everybody who was heard.
    """

    heard: Mapping[FamilyMember, int]
    reasons: Mapping[WhyNotHeard, int]
    answers: Mapping[tuple[str, str], int]


def count_family_views(template: Template, views: Sequence[SaidOfFamily]) -> FamilyCounts:
    """Count the views of the family. ValueError for answers of another template."""
    heard = Counter(view.who for view in views if view.how)
    reasons = Counter(view.not_heard for view in views if view.not_heard)
    answers: Counter[tuple[str, str]] = Counter()
    for view in views:
        answers.update(decode_family_answers(template, view.answers).items())
    return FamilyCounts(
        {who: heard[who] for who in FamilyMember},
        {why: reasons[why] for why in WhyNotHeard if reasons[why]},
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
