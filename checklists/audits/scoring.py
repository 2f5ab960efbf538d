"""Sums over one audit: its themes without an answer, and its overall judgement."""

from collections.abc import Mapping

from checklists.templates.scale import NOT_APPLICABLE, NOT_EVIDENCED
from checklists.templates.template import NotEvidencedRule, Template


def missing_themes(template: Template, answers: Mapping[str, str]) -> tuple[str, ...]:
    """Keys of the themes without an answer, in template order."""
    return tuple(key for key in template.theme_keys if key not in answers)


def lacks_rationale(template: Template, answer: str, rationale: str) -> bool:
    """Whether the answer needs a reason and has none: the only such rule, which submission applies."""
    return not rationale and template.needs_rationale(answer)


def overall_judgement(template: Template, answers: Mapping[str, str]) -> str | None:
    """The key of the rating that the answers so far give; None when there is nothing to judge by.

    The lower median: ratings in order from best to worst, the middle one, and the worse of the middle two when their
    number is even. Not evidenced counts as the best rating below the standard, unless the template leaves it out; not
    applicable is left out. A limiting theme with the worst rating keeps the outcome at or under the best rating below
    the standard. KeyError if an answer is not one of the template's. Answers to themes it does not have are ignored.
    """
    scale = template.scale
    positions = []
    for theme in template.themes:
        answer = answers.get(theme.key)
        if answer is None or answer == NOT_APPLICABLE:
            continue
        if answer != NOT_EVIDENCED:
            positions.append(scale.position(answer))
        elif template.not_evidenced is NotEvidencedRule.BELOW_STANDARD:
            positions.append(scale.position(scale.best_below_standard))
    if not positions:
        return None
    middle = sorted(positions)[len(positions) // 2]
    return scale.ratings[max(middle, scale.position(best_allowed(template, answers)))].key


def best_allowed(template: Template, answers: Mapping[str, str]) -> str:
    """The key of the best overall rating that these answers allow: a limiting theme with the worst one sets a limit."""
    scale = template.scale
    is_limited = any(theme.limiting and answers.get(theme.key) == scale.worst for theme in template.themes)
    return scale.best_below_standard if is_limited else scale.ratings[0].key


def exceeds_rule(template: Template, answers: Mapping[str, str], overall: str) -> bool:
    """Whether an overall rating is better than the template's rule allows for these answers."""
    scale = template.scale
    return scale.position(overall) < scale.position(best_allowed(template, answers))


def overall_after_agreement(
    template: Template, answers: Mapping[str, str], agreed: Mapping[str, str], override: str
) -> str:
    """The overall judgement to agree where nobody gives another: what the agreed answers give by the rule.

    The auditor's own (`override`, a rating or "") stays where their answers were agreed as they are. "" for nothing to
    judge by. Also what an audit's signature is held against when it was signed before it covered the judgement.
    """
    if override and dict(answers) == dict(agreed):
        return override
    return overall_judgement(template, agreed) or ""


def needs_overall_reason(
    template: Template, answers: Mapping[str, str], agreed: Mapping[str, str], *, override: str, overall: str
) -> bool:
    """Whether an overall judgement of a moderator or signer needs a reason of its own.

    It does when the agreed answers give another by the template's rule; not when it is the auditor's own, with the
    auditor's reason, of answers that give the same as they did then.
    """
    calculated = overall_judgement(template, agreed) or ""
    kept = bool(override) and overall == override and calculated == (overall_judgement(template, answers) or "")
    return overall != calculated and not kept


def overall_rule(template: Template) -> str:
    """How the overall judgement is calculated, in the template's own words, for people to read."""
    scale = template.scale
    below = scale.label(scale.best_below_standard)
    if template.not_evidenced is NotEvidencedRule.BELOW_STANDARD:
        kept = f"Not evidenced counts as {below}, and not applicable is left out."
    else:
        kept = "Not evidenced and not applicable are left out."
    middle = (
        "The overall judgement is the middle one of the ratings given, put in order from best to worst; "
        "of two in the middle it is the worse."
    )
    sentences = [middle, kept]
    limiting = [theme.label for theme in template.themes if theme.limiting]
    if limiting:
        sentences.append(
            f"It can be no better than {below} when {_any_of(limiting)} is rated {scale.label(scale.worst)}."
        )
    return " ".join(sentences)


def _any_of(labels: list[str]) -> str:
    if len(labels) > 6:
        return "any of the limiting themes"
    return labels[0] if len(labels) == 1 else f"{', '.join(labels[:-1])} or {labels[-1]}"
