"""Sums over one audit: its themes without an answer, and its overall judgement."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Final

from checklists.audits.asking import Asked
from checklists.templates.overall import CANNOT_BE_JUDGED, CANNOT_BE_JUDGED_LABEL, Cap, CappedAnswer
from checklists.templates.scale import NOT_APPLICABLE, NOT_ASKED, NOT_EVIDENCED
from checklists.templates.template import NotEvidencedRule, Template, TextName

TEXT_NAMES: Final[tuple[TextName, ...]] = ("rationale", "impact", "evidence")


def missing_themes(template: Template, answers: Mapping[str, str]) -> tuple[str, ...]:
    """Keys of the themes without an answer, in template order."""
    return tuple(key for key in template.theme_keys if key not in answers)


def missing_questions(asked: Asked, answers: Mapping[str, str]) -> tuple[str, ...]:
    """Keys of the questions that are asked and have no answer, in template order."""
    return tuple(key for key in asked.questions if key not in answers)


def lacking_texts(template: Template, answer: str, texts: Mapping[TextName, str]) -> tuple[TextName, ...]:
    """The texts that the answer needs and does not have: the only such rule, which submission applies."""
    if answer == NOT_ASKED:
        return ()
    return tuple([name for name in TEXT_NAMES if not texts.get(name) and template.needs_text(name, answer)])


def lacks_rationale(template: Template, answer: str, rationale: str) -> bool:
    """Whether the answer needs a rationale and has none."""
    return "rationale" in lacking_texts(template, answer, {"rationale": rationale})


def overall_judgement(template: Template, answers: Mapping[str, str]) -> str | None:
    """The overall judgement that the answers so far give: the key of a rating, or CANNOT_BE_JUDGED; None when there is
    nothing to judge by.

    The lower median: ratings in order from best to worst, the middle one, and the worse of the middle two when their
    number is even. Not evidenced counts as the best rating below the standard, unless the template leaves it out; not
    applicable and not asked are left out. Then the template's caps: the outcome is never better than `best_allowed`.
    KeyError if an answer is not one of the template's. Answers to themes it does not have are ignored.
    """
    if not template.graded:
        return None
    scale = template.scale
    given = [
        answer
        for key in template.theme_keys
        if (answer := answers.get(key)) is not None and answer not in {NOT_APPLICABLE, NOT_ASKED}
    ]
    positions = [scale.position(answer) for answer in given if answer != NOT_EVIDENCED]
    if template.not_evidenced is NotEvidencedRule.BELOW_STANDARD and (unseen := len(given) - len(positions)):
        positions += [scale.position(scale.best_below_standard)] * unseen
    best = best_allowed(template, answers)
    if not positions:
        return best if best == CANNOT_BE_JUDGED else None
    middle = scale.ratings[sorted(positions)[len(positions) // 2]].key
    return max(middle, best, key=partial(overall_rank, template))


def overall_rank(template: Template, overall: str) -> float:
    """The rank of an overall judgement, 0 for the best rating. One that cannot be judged stands just above the lowest
    rating: nobody could say that the case was worked well, and nothing shows that it failed. KeyError for anything
    else.
    """
    if overall == CANNOT_BE_JUDGED:
        return len(template.scale.ratings) - 1.5
    return template.scale.position(overall)


def overall_choices(template: Template) -> tuple[str, ...]:
    """What a person may choose as the overall judgement: the ratings best first, and in format 2 that it cannot be
    judged from the file. Nothing for a template without ratings.
    """
    if not template.graded:
        return ()
    ratings = tuple(rating.key for rating in template.scale.ratings)
    return ratings if template.is_format_1 else (*ratings, CANNOT_BE_JUDGED)


def overall_label(template: Template, overall: str) -> str:
    """The overall judgement as people read it. KeyError for anything else."""
    return CANNOT_BE_JUDGED_LABEL if overall == CANNOT_BE_JUDGED else template.scale.label(overall)


def meets_overall(template: Template, overall: str) -> bool:
    """Whether an overall judgement meets the standard; one that cannot be judged does not."""
    return overall != CANNOT_BE_JUDGED and template.scale.meets_standard(overall)


def caps_reached(template: Template, answers: Mapping[str, str]) -> tuple[Cap, ...]:
    """The template's caps that these answers reach, in its order."""
    return tuple(cap for cap in template.overall_rule.caps if _is_reached(template, cap, answers))


def _is_reached(template: Template, cap: Cap, answers: Mapping[str, str]) -> bool:
    given = [answers.get(theme) for theme in cap.themes or template.theme_keys]
    applicable = sum(answer not in {None, NOT_APPLICABLE, NOT_ASKED} for answer in given)
    return cap.is_reached(len(themes_reaching(template, cap, answers)), applicable)


def themes_reaching(template: Template, cap: Cap, answers: Mapping[str, str]) -> tuple[str, ...]:
    """The keys of the themes with the answer that a cap counts, in the cap's order, or the template's for all."""
    counted = NOT_EVIDENCED if cap.answer is CappedAnswer.NOT_EVIDENCED else template.scale.worst
    return tuple(theme for theme in cap.themes or template.theme_keys if answers.get(theme) == counted)


def best_allowed(template: Template, answers: Mapping[str, str]) -> str:
    """The best overall judgement that the caps allow for these answers, when no reason lifts one."""
    return _strictest(template, caps_reached(template, answers))


def best_with_reason(template: Template, answers: Mapping[str, str]) -> str:
    """The best overall judgement that anybody may give for these answers, whatever the reason."""
    return _strictest(template, tuple(cap for cap in caps_reached(template, answers) if not cap.unless))


def _strictest(template: Template, caps: Sequence[Cap]) -> str:
    best = template.scale.ratings[0].key
    if not caps:
        return best
    return max((best, *(cap.at_best for cap in caps)), key=partial(overall_rank, template))


def exceeds_rule(template: Template, answers: Mapping[str, str], overall: str) -> bool:
    """Whether an overall judgement is better than the caps allow for these answers without a reason."""
    return overall_rank(template, overall) < overall_rank(template, best_allowed(template, answers))


def exceeds_every_reason(template: Template, answers: Mapping[str, str], overall: str) -> bool:
    """Whether an overall judgement is better than any reason can justify for these answers."""
    return overall_rank(template, overall) < overall_rank(template, best_with_reason(template, answers))


def reasons_wanted(template: Template, answers: Mapping[str, str], overall: str) -> tuple[str, ...]:
    """What the reason of this overall judgement must say, for each cap that it lifts. Format 1 asks for none beside
    the reason that every other judgement than the calculated one needs.
    """
    if template.is_format_1:
        return ()
    rank = overall_rank(template, overall)
    lifted = (cap for cap in caps_reached(template, answers) if rank < overall_rank(template, cap.at_best))
    return tuple(dict.fromkeys(cap.unless for cap in lifted if cap.unless))


def overall_after_agreement(
    template: Template, answers: Mapping[str, str], agreed: Mapping[str, str], override: str
) -> str:
    """The overall judgement to agree if nobody gives another: what the agreed answers give by the rule.

    The auditor's own (`override`, a rating or "") stays if their answers were agreed unchanged. "" when there is
    nothing to judge by. An audit that was signed before signatures covered the judgement is also checked against this.
    """
    if override and dict(answers) == dict(agreed):
        return override
    return overall_judgement(template, agreed) or ""


def needs_overall_reason(
    template: Template, answers: Mapping[str, str], agreed: Mapping[str, str], *, override: str, overall: str
) -> bool:
    """Whether an overall judgement of a moderator or signer needs a reason of its own.

    It does when the agreed answers give another judgement by the template's rule. It does not when it is the auditor's
    own, with the auditor's reason, and the answers still give the same as then.
    """
    calculated = overall_judgement(template, agreed) or ""
    kept = bool(override) and overall == override and calculated == (overall_judgement(template, answers) or "")
    return overall != calculated and not kept


def overall_rule_in_words(template: Template) -> str:
    """How the overall judgement comes about, in the template's own words, for people to read."""
    if not template.graded:
        return "This template has no ratings, so there is no overall judgement."
    scale = template.scale
    below = scale.label(scale.best_below_standard)
    if template.not_evidenced is NotEvidencedRule.BELOW_STANDARD:
        kept = f"Not evidenced counts as {below}, and not applicable is excluded."
    else:
        kept = "Not evidenced and not applicable are excluded."
    if template.overall_rule.auditor_chooses:
        first = (
            "The auditor chooses the overall judgement, with reasons, before the calculated "
            "judgement is shown. The calculated judgement is the middle rating when the ratings are "
            "ordered from best to worst. If there are 2 middle ratings, the lower one is used."
        )
    else:
        first = (
            "The overall judgement is the middle rating when the ratings are ordered from best to "
            "worst. If there are 2 middle ratings, the lower one is used."
        )
    return " ".join([first, kept, *(cap_in_words(template, cap) for cap in template.overall_rule.caps)])


def cap_in_words(template: Template, cap: Cap) -> str:
    """When a cap is reached and what it does, in a sentence."""
    scale = template.scale
    if template.is_format_1:
        limiting = [template.theme(key).label for key in cap.themes]
        best = scale.label(cap.at_best)
        return (
            f"The overall judgement cannot be better than {best} if {_any_of(limiting)} is rated "
            f"{scale.label(scale.worst)}."
        )
    answer = "Not evidenced" if cap.answer is CappedAnswer.NOT_EVIDENCED else f"rated {scale.label(scale.worst)}"
    if cap.in_at_least is None and cap.in_at_least_percent is None:
        subject = f"{_any_of([template.theme(key).label for key in cap.themes])} is" if cap.themes else "any theme is"
        when = f"{subject} {answer}"
    else:
        themes = f"of {_listed([template.theme(key).label for key in cap.themes])}" if cap.themes else "themes"
        numbers = [f"at least {cap.in_at_least}"] if cap.in_at_least is not None else []
        if cap.in_at_least_percent is not None:
            numbers.append(
                f"at least {cap.in_at_least_percent}% of the applicable"
                if not cap.themes
                else f"at least {cap.in_at_least_percent}% of the applicable ones"
            )
        when = f"{' or '.join(numbers)} {themes} are {answer}"
    unless = " unless the auditor gives a reason for a better judgement" if cap.unless else ""
    if cap.at_best == CANNOT_BE_JUDGED:
        return f"The overall judgement is “cannot be judged from the file” if {when}{unless}."
    return f"The overall judgement cannot be better than {scale.label(cap.at_best)} if {when}{unless}."


def reached_cap_in_words(template: Template, cap: Cap, answers: Mapping[str, str]) -> str:
    """What a cap that these answers reach does, and by which themes."""
    labels = [template.theme(key).label for key in themes_reaching(template, cap, answers)]
    themes = "; ".join(labels) if len(labels) <= _MOST_NAMED else f"{len(labels)} themes"
    return f"{cap_in_words(template, cap)} In this audit: {themes}."


_MOST_NAMED: Final = 10


def _any_of(labels: list[str]) -> str:
    if len(labels) > _MOST_NAMED:
        return "any of the limiting themes"
    return _listed(labels, "or")


def _listed(labels: list[str], word: str = "and") -> str:
    return labels[0] if len(labels) == 1 else f"{', '.join(labels[:-1])} {word} {labels[-1]}"
