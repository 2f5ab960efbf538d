"""Reports of questions and of the children: equal to a plain count, in every kind of output, and still once closed."""

import csv
import io
import json
import re
from collections import Counter
from collections.abc import Iterator
from datetime import date

import pytest
from rich.console import Console
from sqlmodel import select

from api.documents.document import Document, Origin, Table
from api.documents.files import FileKind, render_file
from api.documents.terminal import print_compactly
from api.reports.breakdowns import SPLITS, Breakdown, FactBreakdown, breakdown_named, splits_of
from api.reports.gaps.document import gap_document, terminal_document
from api.reports.gaps.queries import EVERY_SPLIT, GapReport, gap_report, gap_reports
from api.reports.questions.children import CaseTrait, cases_of
from api.reports.round_report.document import document_of
from api.reports.tallies import Tallies
from api.reports.trends import document as trends
from checklists.templates.questions import QuestionKind
from models import AgeBand, CaseStatus, RoundTally
from tests.checklists.full_template import a_full_template
from tests.desk import Desk, a_desk
from tests.factories import an_actor
from tests.guards_aside import guards_aside
from tests.reports.asked_audits import Said, record_asked

DAY = date(2026, 3, 31)
FACT = "fact:open-for"


@pytest.fixture
def desk(database_url: str) -> Iterator[Desk]:
    with a_desk(database_url, template=a_full_template()) as made:
        yield made


def report_of(desk: Desk, breakdown: str = Breakdown.WHOLE) -> GapReport:
    with desk.database.reading() as session:
        return gap_report(session, round_ids=[desk.round_id], breakdown=breakdown, by=an_actor(desk.cast.lena))


def traits_of(desk: Desk, report: GapReport) -> dict[str, CaseTrait]:
    with desk.database.reading() as session:
        return {trait.key: trait for trait in cases_of(session, report, by=an_actor(desk.cast.lena))}


def round_document(desk: Desk) -> Document:
    with desk.database.reading() as session:
        return document_of(session, round_id=desk.round_id, by=an_actor(desk.cast.lena))


def table_of(document: Document, key: str) -> Table:
    (table,) = (table for table in document.tables if table.key == key)
    return table


def check_equal_to_a_plain_count(desk: Desk, said: list[Said]) -> None:
    report = report_of(desk)
    (whole,) = report.groups
    for found in whole.questions:
        answers = Counter(each.answers[found.question.key] for each in said)
        assert {answer: number for answer, number in found.counts.items() if number} == dict(answers)
    for fact in ("open-for", "category"):
        for choice, number in Counter(each.facts[fact] for each in said).items():
            assert whole.facts[fact, choice] == number
    groups = {group.key: group for group in report_of(desk, FACT).groups}
    for choice in ("short", "long"):
        of_choice = [each for each in said if each.facts["open-for"] == choice]
        assert groups[choice].audits == len(of_choice)
        seen = next(each for each in groups[choice].questions if each.question.key == "seen-alone")
        assert seen.number("yes") == sum(each.answers["seen-alone"] == "yes" for each in of_choice)
        voice = next(gap for gap in groups[choice].themes if gap.key == "voice")
        assert dict(voice.counts) == {
            answer: sum(each.themes["voice"] == answer for each in of_choice) for answer in voice.counts
        }
    involving = {group.key: group for group in report_of(desk, Breakdown.FORM_OF_HARM).groups}
    assert {tag: group.audits for tag, group in involving.items()} == dict(
        Counter(tag for each in said for tag in each.involves)
    )


@pytest.mark.both_databases
@pytest.mark.fast
def test_questions_and_facts_equal_a_plain_count_and_never_change_once_the_round_is_closed(desk: Desk) -> None:
    said = record_asked(desk, audits=30)
    check_equal_to_a_plain_count(desk, said)
    breakdowns = [each.value for each in (Breakdown.WHOLE, *splits_of(desk.template))]
    before = {name: report_of(desk, name).groups for name in breakdowns}
    children = traits_of(desk, report_of(desk))
    desk.close_round()
    with desk.database.writing() as session, guards_aside(session.connection()):
        # Whatever becomes of the audits: what was counted when the round was closed stays.
        session.connection().exec_driver_sql("UPDATE audit SET question_answers = '', case_facts = ''")
    assert {name: report_of(desk, name).groups for name in breakdowns} == before
    assert traits_of(desk, report_of(desk)) == children
    check_equal_to_a_plain_count(desk, said)


def test_a_round_closed_before_questions_were_counted_says_nothing_of_them(desk: Desk) -> None:
    record_asked(desk, audits=8)
    desk.close_round()
    with desk.database.writing() as session:
        for row in session.exec(select(RoundTally)).all():
            stored = json.loads(row.counts)
            del stored["questions"], stored["facts"]
            row.counts = json.dumps(stored)
        with guards_aside(session.connection()):
            session.flush()
    (whole,) = report_of(desk).groups
    assert (whole.questions, whole.facts, whole.compliance) == ((), {}, None)
    document = round_document(desk)
    assert not [section for section in document.sections if section.sheet in {"questions", "answers"}]
    assert table_of(document, "children").rows


def test_the_children_follow_the_themes_and_nothing_of_a_parent_is_called_a_harm(desk: Desk) -> None:
    said = record_asked(desk, audits=12)
    document = round_document(desk)
    keys = [table.key for table in document.tables]
    assert keys.index("themes") < keys.index("children")
    children = document.tables[keys.index("children")]
    shown = {(row[0].text, row[1].text): (row[2].text, row[3].text) for row in children.rows}
    number = sum("illness" in each.involves for each in said)
    percent = f"{int(100 * number / 12 + 0.5)}%"
    assert shown["Circumstances of a parent or carer", "A parent's illness"] == (
        str(number),
        f"{number} of 12 ({percent})",
    )
    assert ("Harm to the child", "Fear") in shown
    statuses = [shown["Status", status.label][0] for status in CaseStatus]
    assert sum(map(int, statuses)) == 12
    assert [key for key, _ in shown].count("Age band") == len(AgeBand)
    assert sum(int(shown["Category", label][0]) for label in ("Neglect", "Abuse")) == 12
    words = json.dumps([[section.heading, [*section.paragraphs]] for section in document.sections]).lower()
    assert "form of harm" not in words.replace("overall judgements by form of harm", "")


def test_a_sentence_of_each_question_can_be_quoted(desk: Desk) -> None:
    said = record_asked(desk, audits=40)
    seen = sum(each.answers["seen-alone"] == "yes" for each in said)
    (section,) = (section for section in round_document(desk).sections if section.heading.startswith("Questions: "))
    alone, where, visits, chronology = section.points
    assert alone.startswith(
        f"Was the child seen alone? Yes in {seen} of 40 contacts ({int(100 * seen / 40 + 0.5)}%, 95% "
    )
    assert "Not evidenced in " in alone
    assert where.startswith("Where was the child seen? At home in ")
    assert f"not asked in {40 - seen}." in where
    assert "2 to 10 days in " in visits
    assert "median " in visits
    assert "; the oldest " in chronology


def test_what_was_not_asked_has_its_own_column_only_where_something_may_not_be_asked(desk: Desk) -> None:
    said = record_asked(desk, audits=9)
    document = round_document(desk)
    table = table_of(document, "not-rated")
    place = table.place_of("Not asked")
    numbers = {row[0].text: row[place].number for row in table.rows}
    assert numbers["Plan"] == sum(each.themes["plan"] == "not-asked" for each in said)
    assert table_of(document, "questions-voice").place_of("Not asked")
    assert "Not asked" in client_csv(desk, "gaps").splitlines()[0]


def client_csv(desk: Desk, name: str, by: str = "whole") -> str:
    answered = desk.browser(desk.cast.lena).get(f"/api/v1/reports/{name}.csv?round={desk.round_id}&by={by}")
    assert answered.status_code == 200, answered.text
    return answered.text


def test_programs_read_every_answer_and_the_cases(desk: Desk) -> None:
    said = record_asked(desk, audits=21)
    seen = sum(each.answers["seen-alone"] == "yes" for each in said)
    rows = list(csv.DictReader(io.StringIO(client_csv(desk, "questions"), newline="")))
    (row,) = (row for row in rows if (row["Question"], row["Answer"]) == ("seen-alone", "yes"))
    assert (row["Audits"], row["Applicable"], row["Kind"]) == (str(seen), "21", QuestionKind.YES_NO.value)
    split = list(csv.DictReader(io.StringIO(client_csv(desk, "questions", FACT), newline="")))
    assert {row["How long the case has been open"] for row in split} == {"Under 6 months", "6 months or more"}
    browser = desk.browser(desk.cast.lena)
    report = browser.get(f"/api/v1/reports/gaps?round={desk.round_id}").json()
    question = report["groups"][0]["questions"][0]
    assert (question["key"], question["theme"], question["counts"]["yes"]) == ("seen-alone", "voice", seen)
    assert report["groups"][0]["compliance"]["band"] in {"Compliant", "Partly", ""}
    assert {trait["key"] for trait in report["cases"]} >= {"status", "age-band", "involves-harm", FACT}
    split_by_fact = browser.get(f"/api/v1/reports/gaps?round={desk.round_id}&by={FACT}").json()
    assert split_by_fact["breakdown"] == FACT
    refused = browser.get(f"/api/v1/reports/gaps?round={desk.round_id}&by=fact:nothing")
    assert refused.status_code == 422
    assert "Select 1 option from the list to split by" in refused.text
    behind = browser.get(f"/api/v1/rounds/{desk.round_id}/answers?theme=voice&answer=all&by={FACT}&group=short")
    assert behind.json()["number"] == sum(each.facts["open-for"] == "short" for each in said)


def test_every_kind_of_file_and_the_terminal_have_the_questions(desk: Desk) -> None:
    record_asked(desk, audits=7)
    document = round_document(desk)
    keys = {table.key for table in document.tables}
    assert keys >= {
        "children",
        "questions-voice",
        "every-answer",
        "questions-by-team",
        f"questions-by-{FACT}",
        f"by-{FACT}",
    }
    for kind in FileKind:
        assert render_file(document, kind).content
    report = report_of(desk)
    out = io.StringIO()
    with desk.database.reading() as session:
        cases = cases_of(session, report, by=an_actor(desk.cast.lena))
    print_compactly(terminal_document(report, made_on=DAY, origin=Origin(), cases=cases), Console(file=out, width=160))
    assert "Was the child seen alone? Yes in " in out.getvalue()
    assert "Compliance " in out.getvalue()
    shown = gap_document(report_of(desk, FACT), made_on=DAY, origin=Origin())
    assert {table.key for table in shown.tables} >= {f"by-{FACT}", f"questions-by-{FACT}"}


# What may hold a percentage: a share after its numbers, an interval, a target, a band.
BESIDE_NUMBERS = re.compile(
    r"[0-9,]+ of [0-9,]+[a-z ]* \([0-9.]+%|95% interval( [0-9]+% to [0-9]+%)?|[0-9]+% target|[0-9]+% or more"
)


def test_under_twenty_cases_no_share_is_said_without_its_numbers(desk: Desk) -> None:
    record_asked(desk, audits=9)
    document = round_document(desk)
    for table in document.tables:
        for row in table.rows:
            for column, cell in zip(table.columns, row, strict=True):
                alone = BESIDE_NUMBERS.sub("", cell.text)
                # The table of overall judgements has its numbers in other cells of the row.
                beside = table.key.startswith("overall") or column.label == "95% interval"
                assert "%" not in alone or beside, (table.key, column.label, cell.text)
    themes = table_of(document, "themes")
    place = themes.place_of("Meets the standard")
    assert any(" of " in row[place].text for row in themes.rows)
    for section in document.sections:
        if section.sheet != "definitions":
            for words in (*section.paragraphs, *section.points):
                assert "%" not in BESIDE_NUMBERS.sub("", words), words


def test_the_pages_show_questions_and_can_be_split_by_a_fact(desk: Desk) -> None:
    record_asked(desk, audits=9)
    lena = desk.browser(desk.cast.lena)
    page = lena.get(f"/rounds/{desk.round_id}/report?by={FACT}")
    assert page.status_code == 200
    for words in (
        "The children",
        "Was the child seen alone?",
        "By how long the case has been open",
        "What the case involves",
    ):
        assert words in page.text
    # Somebody who follows an old link to a split of another template sees the usual one.
    assert "By team" in lena.get(f"/rounds/{desk.round_id}/report?by=fact:gone").text
    shown = lena.get(f"/reports/gaps?round={desk.round_id}&by={FACT}")
    assert "/api/v1/reports/questions.csv?" in shown.text
    assert '<option value="fact:category"' in shown.text
    answers = lena.get(f"/rounds/{desk.round_id}/answers?theme=voice&answer=all&by={FACT}&group=short")
    assert "by how long the case has been open" in answers.text
    assert lena.get(f"/reports/gaps?round={desk.round_id}&by=fact:nothing").status_code == 422


def test_questions_are_followed_from_round_to_round(desk: Desk) -> None:
    record_asked(desk, audits=25)
    later = desk.a_round(title="Summer round", follows_id=desk.round_id)
    said = record_asked(desk, audits=25, seed=2, round_id=later)
    lena = an_actor(desk.cast.lena)
    with desk.database.reading() as session:
        over_time = trends.document_of(session, round_id=later, by=lena)
        compared = document_of(session, round_id=later, by=lena)
    table = table_of(over_time, "question-trends")
    assert [column.label for column in table.columns][1:] == ["Spring round", "Summer round"]
    seen = sum(each.answers["seen-alone"] == "yes" for each in said)
    assert table.rows[0][0].text == "Was the child seen alone? Yes"
    assert table.rows[0][2].text == f"{int(100 * seen / 25 + 0.5)}%"
    assert {row[0].text for row in table.rows} >= {
        "Where was the child seen? At home",
        "How many days were there between visits? Median",
    }
    assert len(table_of(compared, "question-changes").rows) == 2


def test_every_template_has_its_own_breakdowns_beside_the_usual_ones(desk: Desk) -> None:
    assert splits_of(desk.template)[: len(SPLITS)] == SPLITS
    assert [each.value for each in splits_of(desk.template)][len(SPLITS) :] == [FACT, "fact:category"]
    found = breakdown_named(desk.template, FACT)
    assert isinstance(found, FactBreakdown)
    assert found.label == "How long the case has been open"
    with desk.database.reading() as session:
        every = gap_reports(session, round_ids=[desk.round_id], breakdowns=[EVERY_SPLIT], by=an_actor(desk.cast.lena))
    assert set(every) == {Breakdown.WHOLE, *(each.value for each in splits_of(desk.template))}


def test_tallies_are_stored_and_read_back_whole() -> None:
    tallies = Tallies(
        {"": 2}, {"": {("voice", "good"): 2}}, {}, {"": {("seen-alone", "yes"): 2}}, {"": {("open-for", "short"): 1}}
    )
    assert Tallies.from_json(tallies.to_json()) == tallies
    assert "questions" not in Tallies({"": 0}).to_json()
