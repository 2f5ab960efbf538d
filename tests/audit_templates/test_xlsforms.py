"""A template goes into an XLSForm that other tools accept, and comes back as it was; of the forms of others nothing is
left out without being named."""

import base64
import io
import re
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from hypothesis import given, settings
from pyxform.xls2xform import convert

from api.audit_templates.workbooks.checking import UploadedTemplate, template_in, template_of
from api.audit_templates.xlsforms.beside import differences
from api.audit_templates.xlsforms.conditions import OneOf, expression_of, read_expression
from api.audit_templates.xlsforms.writing import left, write_xlsform
from api.documents.reading.sandbox import sheets_of
from api.foundation.problems import BadTemplate
from checklists.templates.library import library_keys, load_library_template, newest_number
from checklists.templates.template import Template
from checklists.templates.template_file import write_template
from tests.audit_templates.any_template import templates
from tests.audit_templates.template_cast import Cast
from tests.audit_templates.test_pages import fields_of, words_of
from tests.audit_templates.test_workbooks import HOSTILE, PATH, SOME_HOSTILE, WORKBOOK, cast, saved_by_openpyxl
from tests.checklists.full_template import a_full_template, full_template

__all__ = ["cast"]

Rows = list[list[Any]]
HEAD = ["type", "name", "label", "hint", "relevant", "required", "constraint", "appearance", "calculation"]
SCALE: Rows = [
    ["list_name", "name", "label", "score"],
    ["grade", "poor", "Poor", 0],
    ["grade", "fair", "Fair", 2],
    ["grade", "good", "Good", 4],
    ["grade", "na", "N/A", None],
    ["yn", "yes", "Yes", None],
    ["yn", "no", "No", None],
    ["place", "home", "At home", None],
    ["place", "at_school", "At school", None],
]


def a_form(survey: Rows, choices: Rows = SCALE, *, head: list[str] = HEAD, **sheets: Rows) -> bytes:
    """A workbook of a form as other people write it."""
    book = openpyxl.Workbook()
    named = {"settings": [["form_title", "form_id"], ["Visits", "visits"]], **sheets}
    for name, rows in {"survey": [head, *survey], "choices": choices, **named}.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
    book.remove(book.worksheets[0])
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def read(content: bytes) -> UploadedTemplate:
    return template_of(sheets_of(content))


def refused(content: bytes) -> list[str]:
    with pytest.raises(BadTemplate) as problem:
        template_in(content)
    return [fault.detail for fault in problem.value.faults]


def warnings_of(content: bytes, folder: Path) -> list[str]:
    """What pyxform says of a form that it converts. Raises its own error for one that it does not."""
    file = folder / "form.xlsx"
    file.write_bytes(content)
    found: list[str] = convert(str(file), validate=False).warnings
    return found


@settings(max_examples=25)
@given(templates())
def test_every_template_comes_back_from_its_form_as_it_was(template: Template) -> None:
    found = read(write_xlsform(template, number=3))
    assert found.content == template
    assert write_template(found.content) == write_template(template)
    assert found.left_out == ()


@pytest.mark.parametrize("key", [*library_keys(), "everything"])
def test_pyxform_accepts_each_form_without_a_warning(key: str, tmp_path: Path) -> None:
    template = a_full_template() if key == "everything" else load_library_template(key, newest_number(key))
    content = write_xlsform(template, number=1)
    assert warnings_of(content, tmp_path) == []
    assert template_in(saved_by_openpyxl(content)).content == template


@settings(max_examples=10)
@given(templates())
def test_pyxform_accepts_any_text(template: Template) -> None:
    if "\ufffe" not in write_template(template).decode():
        found = convert(io.BytesIO(write_xlsform(template, number=1)), file_type=".xlsx", validate=False)
        assert found.warnings == []


def test_the_score_of_every_rating_reaches_the_form_that_a_tool_shows(tmp_path: Path) -> None:
    file = tmp_path / "form.xlsx"
    file.write_bytes(write_xlsform(a_full_template(), number=1))
    xform = convert(str(file), validate=False).xform
    instance = re.search(r'<instance id="rating">(.*?)</instance>', xform, re.DOTALL)
    assert instance is not None
    scores = re.findall(r"<name>(.*?)</name>(?:(?!</item>).)*?<score>(\d+)</score>", instance[1], re.DOTALL)
    assert scores == [("outstanding", "3"), ("good", "2"), ("requires-improvement", "1"), ("inadequate", "0")]


def test_what_the_form_does_not_say_is_on_a_sheet_of_its_own() -> None:
    template = a_full_template()
    book: Any = openpyxl.load_workbook(io.BytesIO(write_xlsform(template, number=1)))
    rows = [[cell.value for cell in row] for row in book["Case Audit"].iter_rows(min_row=2)]
    assert [row[0] for row in rows] == [each.pointer for each in left(template)]
    parts = {row[0]: row for row in rows}
    assert parts["targets"][1:] == ["Targets", '{"meeting_percent": 80, "lowest_percent": 10}']
    assert {"overall", "texts", "asks", "compliance", "obstacles", "source", "case_facts/open-for/filled_from"} <= set(
        parts
    )
    assert not any(part.endswith("title") for part in parts), "what the survey shows is not there again"


def test_a_value_that_is_too_long_for_a_cell_is_on_several_rows() -> None:
    caps = [{"at_best": "good", "unless": f"{place} {'x' * 1_900}"} for place in range(20)]
    template = a_full_template(overall={"caps": caps})
    assert max(len(each.written) for each in left(template)) < 8_001
    assert read(write_xlsform(template, number=1)).content == template
    assert list(differences({"a": 1}, {"a": 1})) == []


def test_a_form_of_others_becomes_a_draft_of_graded_themes() -> None:
    found = read(
        a_form(
            [
                ["begin group", "visit", "The visit"],
                ["note", "intro", "Read the last visit."],
                ["select_one grade", "q_seen", "Was the child seen?", "Alone, in the home"],
                ["select one from yn", "Alone", "Seen alone?"],
                ["select_one place", "where", "Where?", None, "${Alone} = 'yes'"],
                ["integer", "days", "How many days between visits?"],
                ["end group"],
                ["select_one grade", "plan", "Is there a plan?"],
            ]
        )
    )
    template = found.content
    assert (template.key, template.title) == ("visits", "Visits")
    assert [rating.key for rating in template.scale.ratings] == ["good", "fair", "poor"]
    assert template.scale.ratings[1].description == "Score: 2."
    assert [(domain.title, [theme.key for theme in domain.themes]) for domain in template.learning_domains] == [
        ("The visit", ["q-seen"]),
        ("Visits", ["plan"]),
    ]
    seen = template.theme("q-seen")
    assert (seen.title, seen.prompts) == ("Was the child seen?", ("Alone, in the home",))
    assert [(question.key, question.kind.value) for question in seen.questions] == [
        ("alone", "yes-no"),
        ("where", "choice"),
        ("days", "number"),
    ]
    where = seen.questions[1]
    assert [choice.key for choice in where.choices] == ["home", "at-school"]
    assert where.applies_when is not None
    assert where.applies_when.answers[0].question == "alone"
    assert template.learning_domains[0].summary == "Read the last visit."
    assert [each for each in found.left_out if "standard" not in each] == []
    assert "Check it: “good” and better." in found.left_out[0]


def test_a_form_without_scores_becomes_a_template_without_ratings() -> None:
    choices: Rows = [["list name", "value", "label:English"], ["yn", "yes", "Yes"], ["yn", "no", "No"]]
    survey: Rows = [
        ["begin_group", "home", "Home"],
        *([["select_one yn", f"q{number}", f"Question {number}?"] for number in range(1, 23)]),
        ["begin_group", "inner", "Bedroom"],
        ["select_one yn", "bed", "Own bed?"],
        ["end_group"],
        ["end_group"],
    ]
    template = read(a_form(survey, choices)).content
    assert not template.graded
    assert [(theme.title, len(theme.questions)) for theme in template.themes] == [
        ("Home", 20),
        ("Home", 2),
        ("Bedroom", 1),
    ]


@pytest.mark.parametrize(
    ("row", "cell", "said"),
    [
        (["decimal", "x", "X"], "A4", "A number of a template is a whole number"),
        (["text", "x", "X"], "A4", "no questions that are answered in words"),
        (["select_multiple yn", "x", "X"], "A4", "A question of a template has one answer."),
        (["geopoint", "x", "X"], "A4", "answered with a place"),
        (["start", "x"], "A4", "The service records who audits what, and when."),
        (["calculate", "x", None, None, None, None, None, None, "1+1"], "A4", "Calculations are not evaluated."),
        (["select_one_from_file a.csv", "x", "X"], "A4", "and not in another file"),
        (["rank yn", "x", "X"], "A4", "A question of a template has one answer."),
        (["select_one yn or_other", "x", "X"], "A4", "“Other” is not added"),
        (["date", "x", "X"], "A4", "The day is not asked."),
        (["integer", "x", "X", None, "${graded} > 5"], "E4", "It is not evaluated"),
        (["integer", "x", "X", None, "${graded} = 'good'"], "E4", "It is not evaluated"),
        (["integer", "x", "X", None, None, None, ". < 10"], "G4", "A template has no “constraint”."),
        (["integer", "x", "X ${graded}"], "C4", "The text shows an answer."),
        (["# integer", "x", "X"], "A4", "This row is switched off"),
        (["note", "x", "X", "H"], "D4", "A template has no “hint”."),
        (["note", "x", "X", None, "${graded} = 'good'"], "E4", "It is not evaluated"),
        (["select_one yn", "x"], "B4", "This has no label, so its name is shown."),
    ],
)  # fmt: skip
def test_what_a_template_cannot_have_is_named_with_its_cell(row: list[Any], cell: str, said: str) -> None:
    found = read(a_form([["begin_group", "g", "G"], ["select_one grade", "graded", "Graded"], row, ["end_group"]]))
    told = [each for each in found.left_out if each.startswith(f"Sheet “survey”, cell {cell}: ")]
    assert len(told) == 1, found.left_out
    assert said in told[0]


def test_repeats_groups_languages_sheets_and_lists_that_are_left_out_are_named() -> None:
    survey: Rows = [
        ["select_one grade", "graded", "Graded", "Wedi'i raddio"],
        ["begin repeat", "child", "Child", None],
        ["begin group", "inner", "Inner", None],
        ["text", "name", "Name", None],
        ["end group", None, None, None],
        ["end repeat", None, None, None],
        ["begin group", "g", "G", None],
        ["begin group", "nested", "Nested", None],
        ["select_one grade", "second", "Second", None],
        ["end group", None, None, None],
        ["end group", None, None, None],
    ]
    head = ["type", "name", "label::English (en)", "label::Cymraeg (cy)"]
    more = {
        "settings": [["form_title", "style", "default_language"], ["Visits", "pages", "English (en)"]],
        "external_choices": [["list_name", "name"], ["a", "b"]],
    }
    found = read(a_form(survey, head=head, **more))
    told = " ".join(found.left_out)
    for words in (
        "Sheet “survey”, cell D1: Only one language of a form is read.",
        "Sheet “survey”, cell A3: A template asks nothing several times. Rows 3 to 7 are left out.",
        "Sheet “survey”, cell A9: A group within a learning domain is no part of a template.",
        "Sheet “settings”, cell B2: A template has no “style”.",
        "Sheet “external_choices”: This sheet is not part of a template.",
        "Sheet “choices”, cell A6: No question uses this list of choices.",
    ):
        assert words in told, (words, found.left_out)
    assert [theme.title for theme in found.content.themes] == ["Graded", "Second"]


def test_choices_that_say_more_than_a_template_can_are_named() -> None:
    choices: Rows = [
        ["list_name", "name", "label", "score", "description", "meets_standard", "colour"],
        ["grade", "poor", "Poor", 0, None, None, "red"],
        ["grade", "good", "Good", 4, None, None, None],
        ["grade", "great", "Great", 4, None, None, None],
        ["grade", "na", "N/A", 0, None, None, None],
        ["grade", "other", "Other", None, None, None, None],
        ["yn", "yes", "Yes", 1, "Always", None, None],
        ["yn", "no", "No", 0, None, None, None],
    ]
    found = read(
        a_form([["select_one grade", "a", "A"], ["select_one grade", "c", "C"], ["select_one yn", "b", "B"]], choices)
    )
    told = " ".join(found.left_out)
    for words in (
        "cell G2: A choice of a template has no “colour”.",
        "cell D3: Several choices have the same score.",
        "cell D5: “Not applicable” and “not evidenced” are no ratings",
        "cell B6: A rating has a score.",
        "cell A4: The answers to a question have no descriptions",
        "cell A4: The scores of these answers are in the hint of the question",
    ):
        assert words in told, (words, found.left_out)
    assert found.content.question("b").hint == "Scores: Yes 1, No 0."


def test_a_name_that_two_questions_have_is_not_evaluated() -> None:
    group: Rows = [["select_one yn", "seen", "Seen?"], ["end_group"]]
    asked = ["integer", "days", "Days?", None, "${seen} = 'yes'"]
    found = read(a_form([["begin_group", "a", "A"], *group, ["begin_group", "b", "B"], group[0], asked, group[1]]))
    assert any("cell E7: A template cannot say this condition." in each for each in found.left_out), found.left_out


@pytest.mark.parametrize(
    ("survey", "said"),
    [
        ([["begin_group", "g", "G"], ["select_one grade", "a", "A"]], "cell A2: This group has no end"),
        ([["select_one grade", "a", "A"], ["end_group"]], "cell A3: Nothing of this kind is open here"),
        ([["select_one nowhere", "a", "A"]], "cell A2: The sheet “choices” has no list of this name"),
        ([["select_one grade", "a", "A"], ["select_one grade", "a", "B"]], "cell B3: Another row of the same group"),
        ([["select_one grade", "1a", "A"]], "cell B2: Start a name with a letter"),
        ([["select_one grade", None, "A"]], "cell A2: Enter a name for this row"),
        ([["selct_one grade", "a", "A"]], "cell A2: This type of row is not known"),
        ([[None, "a", "A"]], "cell B2: Enter the type of this row"),
        ([["select_one grade", "a", "A" * 201]], "cell C2: This must be 200 characters or fewer"),
        ([["select_one grade", "a", "=1+1"]], "cell C2: This cell has a formula"),
        ([["text", "a", "A"]], "The form has no question that a template can ask"),
        ([], "This sheet has no rows"),
    ],
)  # fmt: skip
def test_a_form_that_is_wrong_is_refused_by_sheet_and_cell(survey: Rows, said: str) -> None:
    assert any(said in fault for fault in refused(a_form(survey))), refused(a_form(survey))


def test_changes_beside_the_form_are_refused_where_they_name_nothing() -> None:
    def change(cell: str, value: str) -> list[str]:
        def put(book: Any) -> None:
            book["Case Audit"][cell] = value

        return refused(saved_by_openpyxl(write_xlsform(a_full_template(), number=1), put))

    assert change("A2", "learning_domains/nowhere/themes/voice/finding") == [
        "Sheet “Case Audit”, cell A2: The form has no part of this name. Remove this row."
    ]
    assert "cell C2: This is not a value." in change("C2", "{")[0]
    assert "cell C2: This is not a value." in change("C2", "[" * 30_000)[0]
    assert "cell C2: " in change("C2", '{"title": ""}')[0]


def test_a_change_to_a_text_of_an_answer_has_no_effect_and_is_named() -> None:
    def change(book: Any) -> None:
        for row in book["survey"].iter_rows():
            if row[1].value == "voice.rationale":
                row[2].value = "Your reasons"

    found = read(saved_by_openpyxl(write_xlsform(a_full_template(), number=1), change))
    assert found.content == a_full_template()
    assert len(found.left_out) == 1
    assert "A change to it has no effect." in found.left_out[0]


def test_an_expression_means_what_the_condition_means_or_is_not_evaluated() -> None:
    for theme in a_full_template().themes:
        for condition in (theme.applies_when, *(question.applies_when for question in theme.questions)):
            text = expression_of(condition)
            assert bool(text) == (condition is not None)
            assert not text or read_expression(text) is not None
    assert read_expression("${a} = 'x' or ${a} = \"y\"") == [OneOf("a", ("x", "y"))]
    assert read_expression("(${a}='x') and selected(${b}, 'and (y')") == [
        OneOf("a", ("x",)),
        OneOf("b", ("and (y",), among=True),
    ]
    for text in (
        "${a} = 'x' or ${b} = 'y'",
        "${a} != 'x'",
        "${a} = 'x' or (${a} = 'y' and ${b} = 'z')",
        "not(${a} = 'x')",
        "${a} > 3",
        "count(${a}) = 1",
        "(" * 400,
        "${a} = 'x' and",
        "${a} = 'x' or " * 600,
    ):
        assert read_expression(text) is None, text


@pytest.mark.parametrize("name", SOME_HOSTILE[:4])
def test_a_hostile_form_is_refused(name: str) -> None:
    assert refused(HOSTILE[name]())


def test_a_form_with_too_many_rows_or_too_much_left_out_is_refused() -> None:
    graded = ["select_one grade", "graded", "Graded"]
    many = [graded, *(["geopoint", f"x{number}", "X"] for number in range(600))]
    assert "More than 500 parts of this form" in refused(a_form(many))[0]
    more = [graded, *(["geopoint", f"x{number}", "X"] for number in range(3_001))]
    assert any("too many rows" in fault for fault in refused(a_form(more)))


@pytest.mark.both_databases
def test_a_form_is_uploaded_shown_and_saved_as_a_draft(cast: Cast) -> None:
    lena = cast.lena
    form = a_form([["select_one grade", "graded", "Graded"], ["text", "words", "Words"]])
    shown = lena.browser.post(PATH, data={}, files={"file": ("f.xlsx", form)})
    assert shown.status_code == 200, shown.text
    assert "Not in the template The form has 4 parts that a template cannot have" in words_of(shown)
    assert "Sheet “survey”, cell A3: A template has no questions that are answered in words." in words_of(shown)
    posted = {name: (None, value) for name, value in fields_of(shown).items()}
    stale = lena.browser.post(f"{PATH}/create", files={**posted, "seen": (None, "else")})
    assert stale.status_code == 412
    assert "Sheet “survey”, cell A3" in words_of(stale), "what was left out is still shown"
    made = lena.browser.post(f"{PATH}/create", files=posted)
    assert made.status_code == 303, made.text
    assert "Graded" in lena.browser.get(made.headers["location"]).text
    sent = lena.post("/template-workbooks", {"file": base64.b64encode(form).decode()}).json()
    assert len(sent["left_out"]) == 4
    assert cast.asha.browser.post(PATH, data={}, files={"file": ("f.xlsx", form)}).status_code == 403


@pytest.mark.both_in_trials
def test_the_page_lists_what_the_form_does_not_say_and_the_form_comes_down(cast: Cast) -> None:
    lena = cast.lena
    made = lena.post("/templates", full_template()).json()["template_id"]
    path = f"/templates/{made}/versions/1"
    assert f"{path}/xlsform" in lena.browser.get(path).text
    page = words_of(lena.browser.get(f"{path}/xlsform"))
    assert f"Other tools do not use {len(left(a_full_template()))} parts of this template." in page
    for each in left(a_full_template()):
        assert each.in_words in page
    for file in (lena.browser.get(f"{path}/xlsform/file"), lena.browser.get(f"/api/v1{path}/xlsform")):
        assert file.headers["content-type"] == WORKBOOK
        assert template_in(file.content).content == a_full_template()
    assert cast.omar.browser.get(f"/api/v1{path}/xlsform").status_code == 404
