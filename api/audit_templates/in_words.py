"""What a template asks, in words for its pages."""

from collections.abc import Iterator, Sequence

from checklists.audits.asking import condition_in_words
from checklists.audits.scoring import overall_choices, overall_label
from checklists.templates.asks import CaseFact, FilledFrom, Texts, WhenAsked
from checklists.templates.case_words import CaseWord
from checklists.templates.conditions import Condition
from checklists.templates.parts import FormOfHarm, TagKind
from checklists.templates.questions import Question, QuestionKind
from checklists.templates.scale import NOT_APPLICABLE, NOT_EVIDENCED
from checklists.templates.template import Template

_TEXT_LABELS = {"rationale": "Rationale", "evidence": "Evidence (place in the case file)"}


def asked_when(template: Template, condition: Condition | None) -> str:
    """Which cases something is asked of, in a sentence; "" for all."""
    return f"This applies only when {condition_in_words(template, condition)}." if condition is not None else ""


def question_facts(template: Template, question: Question) -> list[str]:
    """How a question is answered, in short sentences."""
    return list(_question_facts(template, question))


def _question_facts(template: Template, question: Question) -> Iterator[str]:
    if question.kind is QuestionKind.CHOICE:
        yield f"One of: {', '.join(choice.label for choice in question.choices)}."
    else:
        yield f"{question.kind.label}."
    if question.has_standard:
        yield f"Meets the standard: {question.standard_in_words}."
    else:
        yield "This question has no standard."
    if question.not_applicable:
        yield "“Not applicable” is allowed."
    if question.applies_when is not None:
        yield asked_when(template, question.applies_when)


def boxes_of(question: Question) -> list[str]:
    """The labels of the boxes that a printed checklist has for a question; where it is typed, those beside a line."""
    answers = [choice.key for choice in question.offered] + [NOT_EVIDENCED]
    if question.not_applicable:
        answers.append(NOT_APPLICABLE)
    return [question.label_of(answer) for answer in answers]


def question_note(template: Template, question: Question) -> str:
    """What a printed checklist says beside a question: what counts, and when it is asked."""
    return " ".join(filter(None, [question.hint, asked_when(template, question.applies_when)]))


def tags_by_kind(template: Template) -> list[tuple[str, list[FormOfHarm]]]:
    """The tags of case files under the label of their kind; kinds without any are left out."""
    subject = template.own_words.subject
    found = [
        (kind.label.replace("the child", f"the {subject}"), [tag for tag in template.forms_of_harm if tag.kind is kind])
        for kind in TagKind
    ]
    return [(label, tags) for label, tags in found if tags]


def fact_source(fact: CaseFact) -> str:
    """What fills in a fact, in a sentence."""
    if fact.filled_from is FilledFrom.MONTHS_OPEN:
        return "Answered from the months open in the case list."
    if fact.filled_from is FilledFrom.CATEGORY:
        return "Answered from the category in the case list."
    if fact.filled_from is FilledFrom.RE_REFERRAL:
        return "Answered from the re-referrals in the case list."
    if fact.filled_from is not None and fact.filled_from.counted is not None:
        label = fact.filled_from.counted.label
        return f"Answered from the case list: {label[0].lower()}{label[1:]}."
    return ""


def text_rules(template: Template) -> list[tuple[str, str]]:
    """The label of each text of an answer, and when it is asked and required."""
    found = []
    for name in Texts.model_fields:
        rule = getattr(template.text_rules, name)
        if rule.asked is WhenAsked.NEVER:
            said = "Not asked."
        elif rule.required is WhenAsked.NEVER:
            said = f"{rule.asked.label}; not required."
        elif rule.required is rule.asked:
            said = f"{rule.asked.label}; required."
        else:
            said = f"{rule.asked.label}. Required: {rule.required.label[0].lower()}{rule.required.label[1:]}."
        found.append((_TEXT_LABELS.get(name, template.own_words.impact), said))
    return found


def lines_to_write(template: Template) -> list[str]:
    """The labels of the lines under a theme of a printed checklist, with which answers each is for."""
    found = []
    for name in Texts.model_fields:
        rule = getattr(template.text_rules, name)
        label = _TEXT_LABELS.get(name, template.own_words.impact)
        if rule.asked is not WhenAsked.NEVER:
            when = "" if rule.asked is WhenAsked.ALWAYS else f" ({rule.asked.label[0].lower()}{rule.asked.label[1:]})"
            found.append(f"{label}{when}")
    return found


def also_asked(template: Template) -> list[str]:
    """What else an audit asks, in short phrases."""
    asks = template.further
    phrases = {
        "conversation": "Conversation with the practitioner: date, who took part and barriers to the work",
        "sources": "Sources of each answer",
        "family_views": "Family views",
        "synopsis": "Synopsis of 150 words or fewer",
        "strengths": "Strengths and areas for development of each theme",
        "minutes": "Minutes spent",
    }
    return [phrase for name, phrase in phrases.items() if getattr(asks, name)]


def own_words_of(words: Sequence[CaseWord]) -> str:
    """The labels of a template's own statuses, age bands or categories; where it has none, whose it uses."""
    return ", ".join(word.label for word in words) or "Those of children’s services"


def reasons_for_better(template: Template) -> list[str]:
    """What a reason must say for a better overall judgement than a cap allows."""
    return list(dict.fromkeys(cap.unless for cap in template.overall_rule.caps if cap.unless))


def overall_labels(template: Template) -> list[str]:
    """What can be chosen as the overall judgement."""
    return [overall_label(template, each) for each in overall_choices(template)]


def targets_in_words(template: Template) -> str:
    """The targets that the template proposes; "" for none."""
    targets = template.targets
    if targets is None:
        return ""
    said = []
    if targets.meeting_percent is not None:
        said.append(f"at least {targets.meeting_percent}% meet the standard")
    if targets.lowest_percent is not None:
        worst = template.scale.label(template.scale.worst)
        said.append(f"at most {targets.lowest_percent}% are {worst}")
    words = " and ".join(said)
    return f"{words[:1].upper()}{words[1:]}." if words else ""


def compliance_in_words(template: Template) -> str:
    """The compliance percentage and its bands; "" where there is none."""
    if template.compliance is None:
        return ""
    bands = [f"{band.label} from {band.at_least}%" for band in template.compliance.bands]
    return "Percentage of question answers that meet their standard" + (f": {', '.join(bands)}." if bands else ".")
