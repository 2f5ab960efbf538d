"""Where what an item of a response says belongs in an audit: one list for writing, reading and faults."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from api.audit_templates.xlsforms import layout
from api.fhir.audit_items import THEME_TEXTS
from api.fhir.link_ids import link_ids_of_facts
from checklists.audits.conclusion import ConclusionPart
from checklists.audits.family_views import FamilyMember
from checklists.audits.scoring import TEXT_NAMES
from checklists.templates.template import Template

# The entries of a complete audit, with its scores by theme.
Place = tuple[str, ...]
JUDGEMENT: Final[Place] = ("judgement",)
CASE_FILE, SCORES, QUESTIONS, FACTS = "case_file", "scores", "questions", "facts"
KEEP: Final = "keep_names"


def places_of(template: Template) -> dict[str, Place]:
    """The place in an audit by the linkId of each item that an audit of this template can answer."""
    return dict(_places(template))


def _places(template: Template) -> Iterator[tuple[str, Place]]:
    yield layout.STATUS, (CASE_FILE, "status")
    yield layout.AGE_BAND, (CASE_FILE, "age_band")
    yield layout.INVOLVES, (CASE_FILE, "forms_of_harm")
    yield "case.synopsis", ("synopsis",)
    for theme in template.themes:
        yield theme.key, (SCORES, theme.key, "answer")
        for text in (*TEXT_NAMES, "sources"):
            yield layout.part_of(theme.key, text), (SCORES, theme.key, text)
        for text in THEME_TEXTS:
            yield layout.part_of(theme.key, text), ("theme_notes", "themes", theme.key, text)
        yield layout.part_of(theme.key, "exemplary"), ("theme_notes", "themes", theme.key, "exemplary")
        yield layout.part_of(theme.key, "worker-agrees"), ("theme_notes", "themes", theme.key, "worker_agrees")
        for question in theme.questions:
            yield question.key, (QUESTIONS, question.key)
    # After the themes: a fact may have the name of an item that its theme does not ask.
    for fact, link_id in link_ids_of_facts(template).items():
        yield link_id, (FACTS, fact)
    yield from _places_of_whole()
    for who in FamilyMember:
        view = ("family_views", who.value)
        yield f"view.{who.value}.how", (*view, "how")
        yield f"view.{who.value}.no-view", (*view, "no_view")
        yield f"view.{who.value}.words", (*view, "words")
        for asked in template.family_questions:
            yield f"view.{who.value}.answer.{asked.key}", (*view, "answers", asked.key)


def _places_of_whole() -> Iterator[tuple[str, Place]]:
    yield "whole.mode", ("mode",)
    yield "whole.overall", ("overall_override",)
    yield "whole.overall-reason", ("override_reason",)
    yield "whole.cap-reason", ("cap_reason",)
    yield "whole.judgement", JUDGEMENT
    for part in ConclusionPart:
        yield f"whole.{part.value.replace('_', '-')}", ("conclusion", part.value)
    yield "whole.minutes", ("conclusion", "minutes")
    yield "whole.exemplary-practice", ("theme_notes", "whole", "exemplary")
    yield "whole.agrees-to-share", ("theme_notes", "whole", "worker_agrees")
    for name in ("held-on", "took-part", "obstacles", "obstacle-words"):
        yield f"whole.{name}", ("conversation", name.replace("-", "_"))


def value_at(content: Mapping[str, Any], place: Place) -> Any:
    """The value at a place of an audit; None when there is none."""
    found: Any = content
    for step in place:
        found = found.get(step) if isinstance(found, Mapping) else None
    return found


def put(content: dict[str, Any], place: Place, value: Any) -> None:
    """Put a value at a place of an audit."""
    within = content
    for step in place[:-1]:
        within = within.setdefault(step, {})
    within[place[-1]] = value


class LinkIds:
    """The linkId of the item that a fault in a complete audit is about."""

    def __init__(self, places: Mapping[str, Place], themes: Sequence[str]) -> None:
        self._by_place = {place: link_id for link_id, place in places.items()}
        # The scores of a complete audit are a list: the theme of each.
        self._themes = themes

    def of(self, pointer: str) -> str:
        """The linkId for a pointer into a complete audit; "" for what no item says."""
        steps = pointer.split("/")[1:]
        if steps[:1] == [SCORES] and len(steps) > 1:
            theme = self._themes[int(steps[1])] if steps[1].isdecimal() else steps[1]
            name = steps[2] if len(steps) > 2 else "answer"
            steps = [SCORES, theme, "answer" if name == "theme" else name]
        while steps:
            if tuple(steps) in self._by_place:
                return self._by_place[tuple(steps)]
            steps.pop()
        return ""
