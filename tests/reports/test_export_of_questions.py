"""The export of a round whose template asks questions: a line for each, told apart from what is not asked."""

from collections.abc import Iterator

import pytest

from tests.audits.asking_desk import ask, grade
from tests.checklists.full_template import a_template_of_questions
from tests.desk import Desk, a_desk
from tests.reports.test_exports import exported, rows_of, text_of

ANSWERS = {"seen_alone": "no", "visits": "11", "chronology": "2026-03"}


@pytest.fixture
def desk(database_url: str) -> Iterator[Desk]:
    with a_desk(database_url, template=a_template_of_questions()) as made:
        audit_id = made.an_audit(harms=())
        grade(made, audit_id, "good", "voice", "history", "review")
        ask(made, audit_id, **ANSWERS)
        made.submit(audit_id)
        yield made


@pytest.mark.both_databases
def test_every_question_of_a_counted_audit_has_a_line(desk: Desk) -> None:
    rows = rows_of(exported(desk), "questions.csv")
    columns = ("question_key", "theme_key", "answer", "answer_label", "applicable", "meets_standard")
    assert [tuple(row[name] for name in columns) for row in rows] == [
        ("seen-alone", "voice", "no", "No", "1", "0"),
        ("where", "voice", "not-asked", "Not asked", "0", ""),
        ("visits", "voice", "11", "11 days", "1", "0"),
        ("chronology", "voice", "2026-03", "March 2026", "0", ""),
    ]
    assert rows[2]["standard"] == "2 to 10 days"
    assert {row["audit_id"] for row in rows} == {rows_of(exported(desk), "audits.csv")[0]["audit_id"]}


def test_a_theme_that_is_not_asked_has_a_line_that_says_so_and_counts_nowhere(desk: Desk) -> None:
    content = exported(desk)
    plan = next(row for row in rows_of(content) if row["theme_key"] == "plan")
    assert (plan["counted_answer"], plan["counted_outcome"], plan["applicable"], plan["meets_standard"]) == (
        "not-asked",
        "not-asked",
        "0",
        "",
    )
    (audit,) = rows_of(content, "audits.csv")
    assert (audit["themes_not_asked"], audit["themes_meets"], audit["themes_not_applicable"]) == ("1", "3", "0")


def test_the_codebook_and_the_readme_say_what_each_column_of_questions_means(desk: Desk) -> None:
    content = exported(desk)
    book = {row["column"] for row in rows_of(content, "codebook.csv") if row["file"] == "questions.csv"}
    assert book == rows_of(content, "questions.csv")[0].keys()
    assert "Columns of questions.csv" in text_of(content, "README.txt")
