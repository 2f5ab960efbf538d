"""What the rules compute without a database: questions counted, agreement measured, a list file read."""

import csv
import io
import random
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from statistics import median
from typing import Any

from api.case_lists.pseudonyms.list_file import read_case_list, write_case_list
from benchmarks.table import Figures
from checklists.case_list import CaseList, ListedCase
from checklists.cases import AgeBand, CaseStatus
from checklists.privacy.references import reference_from
from checklists.reliability.agreement import agreement
from checklists.reports.beside import encode_beside
from checklists.reports.coded_lines import code_lines
from checklists.reports.questions import count_questions
from checklists.templates.scale import FOUR_GRADES
from checklists.templates.template import Template
from checklists.templates.template_file import check_template

AUDITS, QUESTIONS, FACTS, GROUPS = 20_000, 30, 9, 8
LISTED, READ_TWICE = 100_000, 200
COUNTED = "coding and counting them, in all and by 2 breakdowns, as for a page"
LIST_READ = "list file of 100,000 cases, to reading it as CSV"
AGREEMENT = "agreement of 200 cases read twice"
ROWS = (COUNTED, LIST_READ, AGREEMENT)
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
    for row, measure_row in zip(ROWS, (_measure_questions, _measure_list, _measure_agreement), strict=True):
        if figures.wants(row):
            with figures.attempt(row):
                measure_row(figures)


def _measure_questions(figures: Figures) -> None:
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
    figures.judge(COUNTED, page)
    everything = f"counting them in all and by {len(groups)} breakdowns of {GROUPS} groups, as for a file"
    figures.note(everything, f"{_ms(lambda: split_by(groups)):.0f} ms")


def _measure_list(figures: Figures) -> None:
    content = write_case_list(a_list(LISTED))
    text = content.decode()
    bare = _ms(lambda: sum(1 for _ in csv.reader(io.StringIO(text))))
    read = _ms(lambda: read_case_list(content))
    figures.note("list file of 100,000 cases", f"{len(content) / 1e6:.1f} MB in {read:,.0f} ms; as CSV {bare:,.0f} ms")
    figures.judge(LIST_READ, read / bare)


def a_list(number: int) -> CaseList:
    chance = random.Random(4)
    case = ListedCase("", "North Assessment", CaseStatus.CHILD_IN_NEED, AgeBand.FROM_1_TO_4, started=date(2026, 3, 1))
    cases = (
        replace(
            case,
            reference=reference_from(chance.randbytes(32)),
            formerly=reference_from(chance.randbytes(32)),
            worker=reference_from(bytes([chance.randrange(200)] * 8), prefix="WK"),
        )
        for _ in range(number)
    )
    return CaseList(date(2026, 5, 1), "1d4ea06a", "annex-a", tuple(cases))


def _measure_agreement(figures: Figures) -> None:
    chance = random.Random(3)
    units = [(chance.randint(0, 4), chance.randint(0, 4)) for _ in range(READ_TWICE)]
    figures.judge(AGREEMENT, _ms(lambda: agreement(units, 5)))


def _ms(work: Callable[[], object]) -> float:
    taken = []
    for _ in range(TURNS):
        # Processor time: it measures no store and no network, and others may be using the machine.
        started = time.process_time()
        work()
        taken.append(time.process_time() - started)
    return median(taken) * 1000
