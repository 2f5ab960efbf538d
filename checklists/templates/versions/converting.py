"""A template of format 1 written in format 2: the same audit, and every entry of format 2 open to it."""

from collections.abc import Iterator

from checklists.templates.asks import FORMAT_1_TEXTS
from checklists.templates.format_2 import FORMAT_2
from checklists.templates.overall import CANNOT_BE_JUDGED_LABEL
from checklists.templates.template import Template


def in_format_2(template: Template) -> Template:
    """The template in format 2, asking what it asked: limiting themes are a cap with the same meaning, the same texts
    are asked, and auditors read no advice that was not there. One in format 2 already is returned as it is.
    """
    if not template.is_format_1:
        return template
    caps = template.overall_rule.caps
    domains = [
        domain.model_copy(
            update={"themes": tuple(theme.model_copy(update={"limiting": False}) for theme in domain.themes)}
        )
        for domain in template.learning_domains
    ]
    plain = template.model_copy(update={"learning_domains": tuple(domains)}).model_dump()
    return Template.model_validate(
        {
            **plain,
            "format": FORMAT_2,
            "words": template.own_words.model_dump(),
            "overall": {"caps": [cap.model_dump() for cap in caps]} if caps else None,
            "texts": FORMAT_1_TEXTS.model_dump(),
        }
    )


def changes_on_converting(template: Template) -> tuple[str, ...]:
    """What becomes of a template of format 1 when it is converted, in sentences."""
    return tuple(_changes(template)) if template.is_format_1 else ()


def _changes(template: Template) -> Iterator[str]:
    limiting = [f"“{theme.label}”" for theme in template.themes if theme.limiting]
    best = template.scale.label(template.scale.best_below_standard)
    worst = template.scale.label(template.scale.worst)
    if limiting:
        yield (
            f"The limiting themes become a cap. The overall judgement cannot be better than {best} if "
            f"any of {', '.join(limiting)} is rated {worst}. As now, an auditor can lift the cap with "
            "a reason."
        )
    else:
        yield "There are no limiting themes, so there is no cap on the overall judgement. You can add a cap."
    yield "Every answer keeps its 3 text boxes: rationale, impact and evidence. You can then ask for fewer."
    yield f"Auditors can also give the judgement “{CANNOT_BE_JUDGED_LABEL}”."
    yield "Nothing else changes. Published versions stay in format 1."
