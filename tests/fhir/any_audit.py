"""Complete audits of any kind, by any template: as another system might have them."""

from typing import Any

from hypothesis import strategies as st

from api.fhir.responses.places import SCORES
from checklists.audits.conclusion import ConclusionPart
from checklists.audits.conversation import Participant
from checklists.audits.family_views import FamilyMember, HowAsked, WhyNoView
from checklists.audits.scoring import overall_choices
from checklists.audits.sources import AnswerSource
from checklists.templates.questions import Question, QuestionKind
from checklists.templates.template import Template
from models import AuditMode

TEXTS = st.text(max_size=40)
WRITTEN = st.text(min_size=1, max_size=40)
DAYS = st.dates().map(lambda day: day.isoformat())


def some_of(values: Any) -> st.SearchStrategy[list[str]]:
    """Some of these, each once, in any order."""
    listed = [str(value) for value in values]
    return st.lists(st.sampled_from(listed), unique=True) if listed else st.just([])


def answers_to(question: Question) -> st.SearchStrategy[str]:
    """Any answer that an auditor may give to a question."""
    reserved = [key for key in ("not-evidenced", "not-applicable") if question.is_answer(key)]
    if question.kind.is_chosen:
        return st.sampled_from([choice.key for choice in question.offered] + reserved)
    typed = st.integers(0, 9999).map(str)
    if question.kind is QuestionKind.MONTH:
        typed = st.builds("{}-{:02}".format, st.integers(1900, 2099), st.integers(1, 12))
    return typed | st.sampled_from(reserved)


@st.composite
def complete_audits(draw: st.DrawFn, template: Template) -> dict[str, Any]:
    """The body of a complete audit with anything that the template asks, or with very little."""
    asks, themes = template.further, list(template.theme_keys)
    body: dict[str, Any] = {
        "round_id": str(draw(st.uuids())),
        "auditor_id": str(draw(st.uuids())),
        "case_file": {
            "team_id": str(draw(st.uuids())),
            "status": draw(st.sampled_from(list(template.case_words.statuses))),
            "age_band": draw(st.sampled_from(list(template.case_words.age_bands))),
            "forms_of_harm": draw(some_of(harm.key for harm in template.forms_of_harm)),
            "reference": draw(st.none() | st.from_regex(r"[A-Z0-9]{1,20}", fullmatch=True)),
        },
        "mode": draw(st.sampled_from([mode.value for mode in AuditMode])),
        "sampling_weight": draw(st.none() | st.floats(0.5, 1000)),
        SCORES: [draw(_scores(template, theme)) for theme in sorted(draw(_some_themes(themes)), key=themes.index)],
        "questions": {each.key: draw(answers_to(each)) for each in template.questions if draw(st.booleans())},
        "facts": {
            fact.key: draw(st.sampled_from([choice.key for choice in fact.offered]))
            for fact in template.case_facts
            if draw(st.booleans())
        },
    }
    if template.graded:
        body["overall_override"] = draw(st.sampled_from(["", *overall_choices(template)]))
        body["override_reason"], body["cap_reason"] = draw(TEXTS), draw(TEXTS)
    if asks.synopsis:
        body["synopsis"] = draw(TEXTS)
    body["conclusion"] = {part.value: draw(TEXTS) for part in ConclusionPart}
    body["conclusion"]["minutes"] = draw(st.none() | st.integers(1, 6000)) if asks.minutes else None
    if not any(body["conclusion"].values()):
        body["conclusion"] = None
    if asks.conversation:
        body["conversation"] = {
            "held_on": draw(st.none() | DAYS),
            "took_part": draw(some_of(Participant)),
            "obstacles": draw(some_of(each.key for each in template.obstacles)),
            "obstacle_words": draw(TEXTS),
        }
    if asks.family_views:
        body["family_views"] = {who.value: draw(_views(template)) for who in FamilyMember if draw(st.booleans())}
    if asks.strengths:
        body["theme_notes"] = {
            "whole": draw(st.none() | _marks()),
            "themes": {theme: draw(_notes()) for theme in themes if draw(st.booleans())},
        }
    return body


def _some_themes(themes: list[str]) -> st.SearchStrategy[list[str]]:
    return st.lists(st.sampled_from(themes), min_size=1, unique=True)


def _scores(template: Template, theme: str) -> st.SearchStrategy[dict[str, Any]]:
    sources = some_of(AnswerSource) if template.further.sources else st.just([])
    return st.fixed_dictionaries(
        {
            "theme": st.just(theme),
            "answer": st.sampled_from(template.scale.answers),
            "rationale": TEXTS,
            "impact": TEXTS,
            "evidence": TEXTS,
            "sources": sources,
        }
    )


def _views(template: Template) -> st.SearchStrategy[dict[str, Any]]:
    answers = st.fixed_dictionaries(
        {},
        optional={
            question.key: st.sampled_from([choice.key for choice in question.choices])
            for question in template.family_questions
        },
    )
    asked = st.fixed_dictionaries({"how": st.sampled_from([*HowAsked]), "answers": answers, "words": TEXTS})
    return asked | st.fixed_dictionaries({"no_view": st.sampled_from([*WhyNoView])})


def _marks() -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries({"exemplary": st.booleans(), "worker_agrees": st.booleans()})


def _notes() -> st.SearchStrategy[dict[str, Any]]:
    texts = st.fixed_dictionaries({"strengths": TEXTS, "development": TEXTS})
    return st.builds(lambda marks, said: {**marks, **said}, _marks(), texts)
