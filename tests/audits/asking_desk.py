"""A council whose template asks questions, and asks some things of some cases only."""

import uuid
from collections.abc import Mapping
from typing import Any

from sqlmodel import select

from api.audits.scoring import actions as scores
from api.audits.scoring.actions import NewScore
from api.audits.scoring.questions import answer_questions
from checklists.templates.template import Template
from checklists.templates.template_file import check_template
from models import Audit, QuestionAnswer
from tests.checklists.full_template import full_template
from tests.checklists.small_template import theme
from tests.desk import Desk
from tests.factories import MadePerson, an_actor

KINDS: tuple[Mapping[str, Any], ...] = (
    {"kind": "yes-no", "meets": ["yes"]},
    {"kind": "yes-partly-no", "meets": ["yes"], "not_applicable": True},
    {"kind": "days", "at_most": 10},
    {"kind": "choice", "choices": [{"key": "home", "label": "At home"}, {"key": "school", "label": "At school"}]},
    {"kind": "number", "at_least": 1},
    {"kind": "month"},
)
ANSWERS = {
    "yes-no": "yes",
    "yes-partly-no": "partly",
    "days": "7",
    "choice": "home",
    "number": "2",
    "month": "2026-03",
}


def template_of_questions(questions: int, *, themes: int, kinds: tuple[Mapping[str, Any], ...] = KINDS) -> Template:
    """So many questions of these kinds in turn, spread over so many themes in three learning domains."""
    made = [
        {"key": f"asked-{number}", "text": f"What does the file say about step {number}?", **kinds[number % len(kinds)]}
        for number in range(questions)
    ]
    all_themes = [theme(f"theme-{place}", questions=made[place::themes]) for place in range(themes)]
    size = -(-themes // 3)
    domains = [
        {"key": f"domain-{number}", "title": f"Domain {number + 1}", "themes": all_themes[number * size :][:size]}
        for number in range(3)
    ]
    file = full_template(learning_domains=domains, overall={"how": "calculated"}, texts={}, case_facts=[])
    return check_template(file)


def answers_to(template: Template, *, meets: bool = True) -> dict[str, str]:
    """An answer to every question."""
    answers = {question.key: ANSWERS[question.kind.value] for question in template.questions}
    return answers if meets else answers | {key: "no" for key, answer in answers.items() if answer == "yes"}


def ask(desk: Desk, audit_id: uuid.UUID, **answers: str) -> None:
    """Let Asha answer questions, `seen_alone` for `seen-alone`; "" takes an answer back."""
    ask_as(desk, audit_id, desk.cast.asha, answers)


def ask_as(desk: Desk, audit_id: uuid.UUID, person: MadePerson, answers: Mapping[str, str]) -> None:
    """Let somebody answer questions, in the same way."""
    named = {key.replace("_", "-"): answer for key, answer in answers.items()}
    actor = an_actor(person)
    with desk.database.writing() as session:
        version = session.get_one(Audit, (desk.cast.organisation.id, audit_id)).version
        answer_questions(session, audit_id=audit_id, answers=named, audit_version=version, by=actor)


def grade(desk: Desk, audit_id: uuid.UUID, answer: str, *themes: str, by: MadePerson | None = None) -> None:
    """Give these themes an answer with every text."""
    new = [NewScore(key, answer, f"Seen in {key}.", f"Felt in {key}.", "Case note 3") for key in themes]
    with desk.database.writing() as session:
        scores.score_themes(session, audit_id=audit_id, scores=new, by=an_actor(by or desk.cast.asha))


def stored_answers(desk: Desk, audit_id: uuid.UUID) -> dict[str, str]:
    """The stored answers to questions, also to those that are no longer asked."""
    with desk.database.reading() as session:
        rows = session.exec(select(QuestionAnswer).where(QuestionAnswer.audit_id == audit_id))
        return {row.question: row.answer for row in rows}
