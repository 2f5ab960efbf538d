"""`python -m benchmarks.questions`: counts the questions and facts of many audits, without a database."""

import random
import time
from statistics import median
from typing import Any

from rich.console import Console

from benchmarks.aims import WITHOUT_DATABASE
from benchmarks.table import Figures
from checklists.reports.beside import encode_beside
from checklists.reports.coded_lines import code_lines
from checklists.reports.questions import count_questions
from checklists.templates.scale import FOUR_GRADES
from checklists.templates.template import Template
from checklists.templates.template_file import check_template

AUDITS, QUESTIONS, FACTS, GROUPS = 20_000, 30, 9, 8
TURNS = 5


def a_template() -> Template:
    """Half of the questions are answered yes or no, the others by a number of days."""
    questions: list[dict[str, Any]] = [
        {"key": f"question-{place}", "text": f"Question {place}?", "kind": "yes-no", "meets": ["yes"]}
        if place % 2
        else {"key": f"question-{place}", "text": f"Question {place}?", "kind": "days", "at_most": 10}
        for place in range(QUESTIONS)
    ]
    themes = [
        {"key": f"theme-{place}", "title": f"Theme {place}", "prompts": ["Why?"], "questions": questions[place::5]}
        for place in range(5)
    ]
    return check_template(
        {
            "format": "caseaudit-template/2",
            "key": "many-questions",
            "title": "Many questions",
            "scale": FOUR_GRADES.model_dump(mode="json"),
            "learning_domains": [{"key": "all", "title": "All", "themes": themes}],
        }
    )


def measure(figures: Figures) -> None:
    template, chance = a_template(), random.Random(1)
    keys = [question.key for question in template.questions]
    kinds = {question.key: question.kind.is_chosen for question in template.questions}
    lines = [
        encode_beside(
            keys, {key: chance.choice(("yes", "no")) if kinds[key] else str(chance.randrange(60)) for key in keys}
        )
        for _ in range(AUDITS)
    ]
    groups = [chance.choices(range(GROUPS), k=AUDITS) for _ in range(5 + FACTS)]
    size = f"{AUDITS:,} audits with {QUESTIONS} questions"
    figures.note(f"coding the answers of {size}", f"{_ms(lambda: code_lines(keys, lines)):.0f} ms")
    coded = code_lines(keys, lines)

    def split_by(breakdowns: list[list[int]]) -> None:
        count_questions(template, coded.tally(coded.texts))
        for breakdown in breakdowns:
            parts: list[list[str]] = [[] for _ in range(GROUPS)]
            for text, group in zip(coded.texts, breakdown, strict=True):
                parts[group].append(text)
            for part in parts:
                count_questions(template, coded.tally(part))

    page = _ms(lambda: code_lines(keys, lines)) + _ms(lambda: split_by(groups[:2]))
    figures.judge("coding and counting them, in all and by 2 breakdowns, as for a page", page)
    everything = f"counting them in all and by {len(groups)} breakdowns of {GROUPS} groups, as for a file"
    figures.note(everything, f"{_ms(lambda: split_by(groups)):.0f} ms")


def _ms(work: Any) -> float:
    taken = []
    for _ in range(TURNS):
        # Processor time: it measures no store and no network, and others may be using the machine.
        started = time.process_time()
        work()
        taken.append(time.process_time() - started)
    return median(taken) * 1000


if __name__ == "__main__":
    counted = Figures(WITHOUT_DATABASE)
    measure(counted)
    counted.show(Console())
