"""Items for the parts of an audit that are not questions of its template, such as sources and the overall judgement."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from api.audit_templates.xlsforms import layout
from api.fhir import names
from checklists.audits.conclusion import ConclusionPart
from checklists.audits.conversation import Participant
from checklists.audits.family_views import FamilyMember, HowAsked, WhyNoView
from checklists.audits.scoring import TEXT_NAMES, overall_choices, overall_label
from checklists.audits.sources import AnswerSource
from checklists.templates.parts import Theme
from checklists.templates.template import Template
from models import AuditMode

Plain = dict[str, Any]
Options = Mapping[str, Sequence[Plain]]
# The entry of an audit that each item of a theme, and of the whole, is kept in. Parts of themes have other names than
# those of the whole: a theme may be called "whole".
THEME_TEXTS: Final = {"strengths": "Strengths", "development": "Areas for development"}
EXEMPLARY, WORKER_AGREES = "Exemplary practice", "The practitioner agrees to share it"
_SOURCES, _TEXT_LABELS = "Sources of the answer", {"rationale": "Rationale", "evidence": "Evidence"}


def audit_items(template: Template, options: Options) -> Iterator[tuple[str, Plain]]:
    """Each item with the linkId of the group that it belongs to, "" for none."""
    if template.further.synopsis:
        yield layout.CASE, _text("case.synopsis", "Synopsis of the case")
    for theme in template.themes:
        for item in theme_items(template, theme):
            yield layout.THEME_OF + theme.key, item
    yield "", _group("whole.audit", "The whole audit", _of_whole(template, options))
    if template.further.conversation:
        yield "", _group("whole.conversation", "Conversation with the practitioner", _of_conversation(template))
    if template.further.family_views:
        views = [_view(template, who, options) for who in FamilyMember]
        yield "", _group("whole.views", "Family views", views)


def with_audit_items(items: list[Plain], added: Iterator[tuple[str, Plain]]) -> list[Plain]:
    """The items with those of audits in the groups that they belong to, each marked as one."""
    groups = {item["linkId"]: item for item in every_item(items) if item["type"] == "group"}
    for group, item in added:
        own = group if group in groups else f"{group}{names.AGAIN}"
        within = groups[own]["item"] if group else items
        within.append(marked(item))
    return items


def marked(item: Plain) -> Plain:
    """An item of audits as a questionnaire has it: reading it back as a template leaves it out."""
    return {"extension": [{"url": names.OF_AUDIT, "valueBoolean": True}], **item}


def every_item(items: Sequence[Plain]) -> Iterator[Plain]:
    """The items with those in them, in order."""
    for item in items:
        yield item
        yield from every_item(item.get("item", ()))


def theme_items(template: Template, theme: Theme) -> Iterator[Plain]:
    """The items for a theme that no row of its form asks."""
    for name in TEXT_NAMES:
        if not any(template.asks_text(name, answer) for answer in template.scale.answers):
            label = _TEXT_LABELS.get(name, template.own_words.impact)
            yield _text(layout.part_of(theme.key, name), label)
    if template.further.sources:
        labels = {source.value: source.label for source in AnswerSource}
        yield _choice(layout.part_of(theme.key, "sources"), _SOURCES, _listed("source", labels), repeats=True)
    if template.further.strengths:
        yield from (_text(layout.part_of(theme.key, part), label) for part, label in THEME_TEXTS.items())
        yield _flag(layout.part_of(theme.key, "exemplary"), EXEMPLARY)
        yield _flag(layout.part_of(theme.key, "worker-agrees"), WORKER_AGREES)


def _of_whole(template: Template, options: Options) -> Iterator[Plain]:
    modes = _listed("mode", {mode.value: mode.label for mode in AuditMode})
    yield {**_choice("whole.mode", "How the audit was done", modes), "required": True}
    if template.graded:
        offered = _overall_options(template, options)
        yield _choice("whole.overall", "Overall judgement that the auditor chose", offered)
        yield _text("whole.overall-reason", "Reason for it")
        yield _text("whole.cap-reason", "Reason for a better judgement than a limit allows")
        judged = "Overall judgement: that of the auditor, or what the answers give"
        yield {**_choice("whole.judgement", judged, offered), "readOnly": True}
    for part in ConclusionPart:
        yield _text(f"whole.{part.value.replace('_', '-')}", part.label)
    if template.further.minutes:
        yield {"linkId": "whole.minutes", "text": "Minutes spent on the audit", "type": "integer"}
    if template.further.strengths:
        yield _flag("whole.exemplary-practice", f"{EXEMPLARY}, as a whole")
        yield _flag("whole.agrees-to-share", WORKER_AGREES)


def _overall_options(template: Template, options: Options) -> list[Plain]:
    """The ratings with their weights, and last the option that the whole cannot be judged."""
    rated = {option["valueCoding"]["code"]: option for option in options[layout.RATINGS]}
    others = {key: overall_label(template, key) for key in overall_choices(template) if key not in rated}
    return [*(rated[key] for key in overall_choices(template) if key in rated), *_listed("overall", others)]


def _of_conversation(template: Template) -> Iterator[Plain]:
    yield {"linkId": "whole.held-on", "text": "Date of the conversation", "type": "date"}
    took_part = _listed("participant", {each.value: each.label for each in Participant})
    yield _choice("whole.took-part", "Who took part", took_part, repeats=True)
    if template.obstacles:
        obstacles = _listed("obstacle", {each.key: each.label for each in template.obstacles})
        yield _choice("whole.obstacles", "Barriers to the work", obstacles, repeats=True)
    yield _text("whole.obstacle-words", "The barriers in the auditor’s words")


def _view(template: Template, who: FamilyMember, options: Options) -> Plain:
    name = f"view.{who.value}"
    how = _listed("how-asked", {each.value: each.label for each in HowAsked})
    why_not = _listed("no-view", {each.value: each.label for each in WhyNoView})
    items = [
        _choice(f"{name}.how", "How they gave their views", how),
        _choice(f"{name}.no-view", "Why there are no views", why_not),
    ]
    for question in template.family_questions:
        offered = options[layout.FAMILY_OF + question.key]
        items.append(_choice(f"{name}.answer.{question.key}", question.text, offered))
    items.append(_text(f"{name}.words", "Their views in the auditor’s words"))
    return _group(name, who.label_for(template.own_words.subject), items)


def _group(link_id: str, text: str, items: Iterator[Plain] | Sequence[Plain]) -> Plain:
    return {"linkId": link_id, "text": text, "type": "group", "item": list(items)}


def _text(link_id: str, text: str) -> Plain:
    return {"linkId": link_id, "text": text, "type": "text"}


def _flag(link_id: str, text: str) -> Plain:
    return {"linkId": link_id, "text": text, "type": "boolean"}


def _choice(link_id: str, text: str, options: Sequence[Plain], *, repeats: bool = False) -> Plain:
    item: Plain = {"linkId": link_id, "text": text, "type": "choice"}
    return {**item, **({"repeats": True} if repeats else {}), "answerOption": list(options)}


def _listed(name: str, labels: Mapping[str, str]) -> list[Plain]:
    """The options of a list that every template has."""
    system = names.LISTS + name
    return [{"valueCoding": {"system": system, "code": key, "display": label}} for key, label in labels.items()]
