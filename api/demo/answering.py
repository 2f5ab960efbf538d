"""Answers of the demonstration's synthetic auditors: by chance, uneven by theme and team."""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

from api.audits.family_views.actions import NewView
from api.audits.scoring.actions import NewScore
from api.audits.scoring.judgement import OwnJudgement
from api.audits.theme_notes.actions import NewNote
from api.audits.theme_notes.queries import WHOLE
from api.demo import words
from api.foundation.local_time import local_date
from checklists.audits.asking import Asked, what_is_asked
from checklists.audits.family_views import FamilyMember, HowAsked, WhyNoView
from checklists.audits.scoring import best_with_reason, overall_judgement, overall_rank, reasons_wanted
from checklists.audits.sources import AnswerSource
from checklists.programme.dates import months_after
from checklists.templates.conditions import CaseAsAudited
from checklists.templates.questions import Question, QuestionKind
from checklists.templates.scale import NOT_APPLICABLE, NOT_EVIDENCED
from checklists.templates.template import Template, Theme
from models import AgeBand, AuditMode, CaseStatus, now

# How often practice falls short, theme by theme and team by team: uneven, as in reality.
USUALLY_BELOW = 0.12
BELOW = {
    "childrens-lived-experience": 0.44,
    "professional-curiosity": 0.31,
    "cumulative-harm": 0.22,
    "management-oversight": 0.20,
    "disguised-compliance": 0.25,
    "assessment-and-planning": 0.20,
    "escalation-and-dissent": 0.15,
    "neglect": 0.05,
    "domestic-abuse": 0.06,
    "authoritative-practice": 0.07,
}
MORE_BELOW_IN = {"South locality": 0.10}
SELDOM_APPLICABLE = {
    "child-sexual-abuse": 0.65,
    "adolescent-vulnerability": 0.5,
    "parental-substance-use": 0.45,
    "domestic-abuse": 0.3,
    "parental-mental-health": 0.3,
    "escalation-and-dissent": 0.4,
}
NOT_SHOWN = 0.05
TOLD_ONLY = 0.08
# Numbers that questions are answered with, from the usual smallest to the usual largest.
NUMBERS = {"assessment-days": (18, 58), "days-to-answer-a-challenge": (2, 24), "longest-gap-in-days": (6, 49)}
LOOKED_AFTER = frozenset({CaseStatus.CHILD_LOOKED_AFTER, CaseStatus.CARE_LEAVER})
NOT_AT_SCHOOL = frozenset({AgeBand.UNDER_1, AgeBand.FROM_1_TO_4, AgeBand.OVER_17})


@dataclass(frozen=True, slots=True)
class AuditedCase:
    """The case of an audit as its auditor finds it."""

    team: str
    status: CaseStatus
    age_band: AgeBand
    involves: frozenset[str]
    mode: AuditMode
    # How often practice falls short, where it is otherwise than usual.
    below: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Answers:
    """What an auditor answers: the facts about the case, and a score for each theme that is asked."""

    facts: Mapping[str, str]
    asked: Asked
    scores: tuple[NewScore, ...]

    def of_themes(self, template: Template) -> dict[str, str]:
        """The answer to each theme, with "not asked" where the template does not ask it."""
        return self.asked.answers_to(template.theme_keys, {score.theme: score.answer for score in self.scores})


def answer_all(chance: random.Random, template: Template, case: AuditedCase) -> Answers:
    """Answer everything that the template asks of the case."""
    facts = {
        fact.key: _fact(chance, fact.key, [each.key for each in fact.choices], case) for fact in template.case_facts
    }
    themes = {theme.key: _theme_answer(chance, theme, case) for theme in template.themes}
    questions = {
        question.key: _question_answer(chance, question, template, themes[theme.key])
        for theme in template.themes
        for question in theme.questions
    }
    asked = what_is_asked(template, CaseAsAudited(case.status, case.age_band, case.involves, facts, questions))
    scores = [
        _score(
            chance,
            template,
            template.theme(key),
            themes[key],
            case,
            {
                question.key: questions[question.key]
                for question in template.theme(key).questions
                if question.key in asked.questions
            },
        )
        for key in asked.themes
    ]
    return Answers(facts, asked, tuple(scores))


def _fact(chance: random.Random, key: str, choices: Sequence[str], case: AuditedCase) -> str:
    """One of the choices, the first ones more often; a file sometimes does not say."""
    if key == "education" and case.age_band in NOT_AT_SCHOOL:
        return "not-of-age"
    if key == "lives-with" and case.status in LOOKED_AFTER:
        return chance.choice(["foster-carers", "foster-carers", "relatives-or-friends", "residential"])
    if chance.random() < NOT_SHOWN:
        return NOT_EVIDENCED
    fitting = [each for each in choices if each not in {"not-of-age", "not-yet-born", "foster-carers", "residential"}]
    return chance.choices(fitting, weights=range(len(fitting) + 2, 2, -1))[0]


def _theme_answer(chance: random.Random, theme: Theme, case: AuditedCase) -> str:
    below = {**BELOW, **case.below}.get(theme.key, USUALLY_BELOW) + MORE_BELOW_IN.get(case.team, 0.0)
    is_about_the_case = next(iter(theme.forms_of_harm), "") in case.involves
    if not is_about_the_case and chance.random() < SELDOM_APPLICABLE.get(theme.key, 0.02):
        return NOT_APPLICABLE
    if chance.random() < NOT_SHOWN:
        return NOT_EVIDENCED
    if chance.random() < below:
        return "inadequate" if chance.random() < 0.2 else "requires-improvement"
    return "outstanding" if chance.random() < 0.15 else "good"


def _question_answer(chance: random.Random, question: Question, template: Template, theme_answer: str) -> str:
    """An answer that usually agrees with the rating of its theme."""
    if question.not_applicable and chance.random() < (0.9 if theme_answer == NOT_APPLICABLE else 0.1):
        return NOT_APPLICABLE
    if theme_answer in {NOT_EVIDENCED, NOT_APPLICABLE} or chance.random() < NOT_SHOWN:
        return NOT_EVIDENCED
    is_met = chance.random() < (0.88 if template.scale.meets_standard(theme_answer) else 0.4)
    if question.kind.is_chosen:
        keys = [choice.key for choice in question.offered]
        return chance.choice([key for key in keys if (key in question.meets) == is_met] if question.meets else keys)
    if question.kind is QuestionKind.MONTH:
        return f"{months_after(local_date(now()), -chance.randint(1, 12)):%Y-%m}"
    smallest, largest = NUMBERS.get(question.key, (0, 30))
    if question.at_most is not None:
        smallest, largest = (smallest, question.at_most) if is_met else (question.at_most + 1, largest)
    return str(chance.randint(smallest, largest))


def _score(
    chance: random.Random,
    template: Template,
    theme: Theme,
    answer: str,
    case: AuditedCase,
    questions: Mapping[str, str],
) -> NewScore:
    rationales = words.OF_CONTACTS if template.own_words.unit == "contact" else words.RATIONALES
    texts = {
        "rationale": chance.choice(rationales[answer]),
        "impact": chance.choice(words.IMPACTS[answer]),
        "evidence": "" if answer == NOT_APPLICABLE else chance.choice(words.PLACES),
    }
    return NewScore(
        theme.key,
        answer,
        rationale=texts["rationale"] if template.asks_text("rationale", answer) else "",
        impact=texts["impact"] if template.asks_text("impact", answer) else "",
        evidence=texts["evidence"] if template.asks_text("evidence", answer) else "",
        questions=questions,
        sources=_sources(chance, template, answer, case) if template.further.sources else (),
    )


def _sources(chance: random.Random, template: Template, answer: str, case: AuditedCase) -> tuple[AnswerSource, ...]:
    if answer in {NOT_EVIDENCED, NOT_APPLICABLE}:
        return ()
    told = {AuditMode.WITH_PRACTITIONER: AnswerSource.WORKER, AuditMode.WITH_FAMILY: AnswerSource.FAMILY}.get(case.mode)
    if told is not None and chance.random() < (2 * TOLD_ONLY if template.scale.meets_standard(answer) else 0):
        return (told,)
    further = [
        source for source in (told, AnswerSource.ANOTHER_AGENCY) if source is not None and chance.random() < 0.25
    ]
    return (AnswerSource.ON_RECORD, *further)


def judge(chance: random.Random, template: Template, answers: Mapping[str, str]) -> tuple[str, OwnJudgement]:
    """The overall judgement that the auditor chose first, and the one that they submit with its reasons.

    Usually what the answers give; sometimes a grade more hopeful or more severe, as far as a reason allows.
    """
    rank = partial(overall_rank, template)
    calculated = overall_judgement(template, answers) or template.scale.worst
    grades = [rating.key for rating in template.scale.ratings]
    near = [grade for grade in grades if abs(rank(grade) - rank(calculated)) <= 1]
    first = chance.choice(near) if chance.random() < 0.25 else calculated
    kept = first if chance.random() < 0.5 else calculated
    chosen = max(kept, best_with_reason(template, answers), key=rank)
    wanted = reasons_wanted(template, answers, chosen)
    reason = chance.choice(words.JUDGEMENTS[chosen])
    return first, OwnJudgement(chosen, reason, chance.choice(words.WHY_SAFE) if wanted else "")


def views_of_family(chance: random.Random, template: Template, case: AuditedCase) -> dict[str, NewView]:
    """Whose views of the family there are, what they said, and why others gave none."""
    views = {FamilyMember.CHILD: _view(chance, template, case), FamilyMember.PARENT: _view(chance, template, case)}
    if case.age_band in {AgeBand.UNDER_1, AgeBand.FROM_1_TO_4}:
        views[FamilyMember.CHILD] = NewView(no_view=WhyNoView.TOO_YOUNG)
    if case.status in LOOKED_AFTER and case.age_band is not AgeBand.OVER_17:
        views[FamilyMember.CARER] = _view(chance, template, case)
    return {who.value: view for who, view in views.items()}


def _view(chance: random.Random, template: Template, case: AuditedCase) -> NewView:
    if chance.random() > (0.9 if case.mode is AuditMode.WITH_FAMILY else 0.35):
        return NewView(no_view=chance.choice([WhyNoView.NO_REPLY, WhyNoView.REFUSED, WhyNoView.NO_TIME]))
    answers = {
        question.key: chance.choices(
            [each.key for each in question.choices], weights=range(len(question.choices), 0, -1)
        )[0]
        for question in template.family_questions
    }
    how = chance.choice([HowAsked.VISIT, HowAsked.PHONE, HowAsked.PHONE, HowAsked.FORM])
    return NewView(how=how, answers=answers, words=chance.choice(words.FAMILY_WORDS))


def notes_on_themes(
    chance: random.Random, template: Template, scores: Sequence[NewScore], place: int
) -> dict[str, NewNote]:
    """Strengths of the best theme and development of the weakest; of every tenth audit a mark of exemplary practice."""
    rated = [score for score in scores if template.scale.is_rating(score.answer)]
    if not rated:
        return {}
    best = min(rated, key=lambda score: template.scale.position(score.answer))
    weakest = max(rated, key=lambda score: template.scale.position(score.answer))
    marks = template.scale.meets_standard(best.answer) and place % 10 == 4
    notes = {best.theme: NewNote(strengths=chance.choice(words.STRENGTHS), exemplary=marks, worker_agrees=marks)}
    if not template.scale.meets_standard(weakest.answer):
        notes[weakest.theme] = NewNote(development=chance.choice(words.DEVELOPMENT))
    if place == 24:
        notes[WHOLE] = NewNote(exemplary=True)
    return notes
