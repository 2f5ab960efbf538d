import json
import time
from copy import deepcopy
from typing import Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from checklists.templates.library import load_library_template
from checklists.templates.scale import MET_PARTLY_NOT, NOT_APPLICABLE, NOT_EVIDENCED, ZERO_TO_TEN
from checklists.templates.template import Template
from checklists.templates.template_file import (
    MAX_TEMPLATE_BYTES,
    Fault,
    TemplateRefused,
    check_template,
    read_template,
    template_json_schema,
    write_template,
)
from tests.checklists.full_template import a_full_template
from tests.checklists.small_template import a_template, plain_template, theme

SCHEMA = Draft202012Validator(template_json_schema())


def faults_of(content: bytes, kind: Literal["json", "toml"] = "json") -> tuple[Fault, ...]:
    with pytest.raises(TemplateRefused) as refused:
        read_template(content, kind=kind)
    return refused.value.faults


def changed(pointer: str, value: Any = None, *, take_out: bool = False) -> dict[str, Any]:
    """The small template with one entry set or taken out."""
    template = deepcopy(plain_template())
    *steps, last = [int(step) if step.isdecimal() else step for step in pointer.split("/")[1:]]
    part: Any = template
    for step in steps:
        part = part[step]
    if take_out:
        del part[last]
    else:
        part[last] = value
    return template


FIRST = "/learning_domains/0/themes/0"
BAD_ENTRIES = [
    ("/learning_domains/1/themes/1/key", "voice", "Two themes have the key 'voice'. Give each theme its own key."),
    ("/learning_domains/1/key", "child", "Two learning domains have the key 'child'."),
    ("/forms_of_harm/1/key", "fear", "Two forms of harm have the key 'fear'."),
    ("/scale/ratings/3/key", "outstanding", "Two ratings have the key 'outstanding'."),
    ("/scale/ratings/2/key", "not-evidenced", "Give this rating another key."),
    ("/scale/standard", "fine", "one of the ratings: outstanding, good, requires-improvement, inadequate."),
    ("/scale/standard", "inadequate", "The standard is the lowest rating, so no answer"),
    ("/learning_domains/1/themes/0/forms_of_harm/0", "rain", "Use one of fear, neglect."),
    (f"{FIRST}/forms_of_harm", ["fear", "fear"], "twice"),
    (f"{FIRST}/descriptors", {"fair": "Fair."}, "Use one of outstanding, good"),
    (f"{FIRST}/descriptors", {"good": 3}, "This must be text."),
    (f"{FIRST}/prompts", [], "at least 1 entry"),
    (f"{FIRST}/prompts", ["?"] * 11, "Enter up to 10."),
    (f"{FIRST}/prompts", "What?", "This must be a list."),
    (f"{FIRST}/prompts/0", "", "This is empty."),
    (f"{FIRST}/prompts/0", "   ", "This is empty."),
    (f"{FIRST}/prompts/0", "?" * 601, "600 characters or fewer"),
    (f"{FIRST}/title", 7, "This must be text."),
    (f"{FIRST}/title", None, "This must be text."),
    (f"{FIRST}/title", "two\nlines", "one line"),
    (f"{FIRST}/finding", "a\u0000b", "control character"),
    (f"{FIRST}/limiting", "yes", "true or false"),
    (f"{FIRST}/limiting", 1, "true or false"),
    (f"{FIRST}/key", "Voice Of Child", "This is not a key. Start with a lower case letter"),
    (f"{FIRST}/key", "1st", "Start with a lower case letter, then use lower"),
    (f"{FIRST}/key", "a" * 61, "60 characters or fewer"),
    (f"{FIRST}/weight", 3, "Unknown entry. Allowed entries are key, title, display_title, "),
    ("/owner", "x", "Unknown entry. Allowed entries are format, key, title, summary, source, "),
    ("/scale/maximum", 4, "Unknown entry. Allowed entries are ratings, standard."),
    ("/scale/ratings", [], "at least 2 entries"),
    ("/scale", [], "This must be an object"),
    ("/source", {"title": "S", "published": "22 February 2021"}, "such as 2021-02-22"),
    ("/source", {"title": "S", "published": 20210222}, "such as 2021-02-22"),
    ("/not_evidenced", "ignore", "'below-standard' or 'left-out'"),
    ("/format", "caseaudit-template/3", "'caseaudit-template/1' or 'caseaudit-template/2'"),
    ("/learning_domains", [], "at least 1 entry"),
    ("/learning_domains/0/themes", [], "at least 1 entry"),
    ("/learning_domains/0", "child", "This must be an object"),
    ("/learning_domains", {"child": {}}, "This must be a list."),
]


@pytest.mark.parametrize(("pointer", "value", "said"), BAD_ENTRIES)
def test_a_bad_entry_is_refused_with_its_place_and_its_mend(pointer: str, value: Any, said: str) -> None:
    faults = faults_of(json.dumps(changed(pointer, value)).encode())
    assert [fault.pointer.startswith(pointer) for fault in faults] == [True], faults
    assert said in faults[0].message


@pytest.mark.parametrize(
    ("pointer", "said"),
    [
        ("/scale/standard", 'Add "standard" with the key of the lowest rating'),
        ("/scale/ratings", 'Add "ratings"'),
        ("/scale", "no rating scale"),
        ("/learning_domains", "no learning domains"),
        ("/learning_domains/1/themes", "no themes"),
        ("/learning_domains/1/title", 'Add "title"'),
        (f"{FIRST}/prompts", "no prompts"),
        (f"{FIRST}/key", 'Add "key"'),
        ("/format", '"caseaudit-template/2"'),
    ],
)
def test_a_missing_entry_is_asked_for_by_name(pointer: str, said: str) -> None:
    faults = faults_of(json.dumps(changed(pointer, take_out=True)).encode())
    assert pointer in {fault.pointer for fault in faults}
    assert any(said in fault.message for fault in faults)
    if pointer != "/scale":
        assert len(faults) == 1


def test_the_third_of_three_and_every_other_fault_are_told_at_once() -> None:
    template = changed(f"{FIRST}/limiting", "no")
    template["learning_domains"][1]["themes"] = [theme("voice"), theme("history"), theme("plan", weight=1)]
    template["scale"]["standard"] = "fine"
    pointers = [fault.pointer for fault in faults_of(json.dumps(template).encode())]
    assert sorted(pointers) == [
        f"{FIRST}/limiting",
        "/learning_domains/1/themes/0/key",
        "/learning_domains/1/themes/1/key",
        "/learning_domains/1/themes/2/weight",
        "/scale/standard",
    ]


def test_at_most_fifty_faults_are_told() -> None:
    crowded = changed("/learning_domains/0/themes", [theme("voice") for _ in range(80)])
    assert len(faults_of(json.dumps(crowded).encode())) == 50


def test_what_was_typed_is_never_repeated_beyond_keys() -> None:
    secret = "Jo Bloggs of Acacia Avenue"
    for pointer in (f"{FIRST}/key", f"{FIRST}/limiting", "/not_evidenced", "/scale/standard", "/format"):
        for fault in faults_of(json.dumps(changed(pointer, secret)).encode()):
            assert "Bloggs" not in fault.message
    long = faults_of(json.dumps(changed("/" + "k" * 5000, 1)).encode())[0]
    assert len(long.pointer) < 80
    assert "kkk" not in long.message


def test_a_pointer_escapes_what_rfc_6901_asks() -> None:
    template = plain_template()
    template["a/b~c"] = 1
    assert faults_of(json.dumps(template).encode())[0].pointer == "/a~1b~0c"


@pytest.mark.parametrize(
    ("content", "kind", "said", "line"),
    [
        (b"", "json", "The file is empty.", 1),
        (b"{\n  oops\n}", "json", "Check line 2, column 3.", 2),
        (b"[" * 200_000, "json", "nested", None),
        (b"[" * 50 + b"]" * 50, "json", "nested", None),
        (b'{"title": "\xff"}', "json", "not UTF-8", 1),
        (b"title = 1\n\n\xe9", "toml", "not UTF-8", 3),
        (b"title = ", "toml", "last line", 1),
        (b"title == 1", "toml", "Check line 1, column", 1),
        (b"a = 1\na = 2\nb = 3", "toml", "The file is not well-formed TOML, or has an", 2),
        (b"a = 1" + b"1" * 10_000, "toml", "number", None),
        (b"a = " + b"[" * 200_000, "toml", "nested", None),
        (b"a." * 200_000 + b"a = 1", "toml", "dots", 1),
        (b" " * 10_500_000, "json", "The file is 10.5 MB. It must be 1 MB or less.", None),
        (b" " * 1_000_001, "json", "The file is 1.1 MB.", None),
        (b" " * 1_050_001, "json", "The file is 1.1 MB.", None),
        (b" " * (MAX_TEMPLATE_BYTES + 1), "toml", "Remove anything that is not part of the template", None),
    ],
)  # fmt: skip
def test_a_file_that_cannot_be_read_is_refused_as_a_whole(
    content: bytes, kind: Literal["json", "toml"], said: str, line: int | None
) -> None:
    started = time.process_time()
    (fault,) = faults_of(content, kind)
    assert time.process_time() - started < 20
    assert fault.pointer == ""
    assert said in fault.message
    assert fault.line == line


@pytest.mark.parametrize("content", [b"[]", b"3", b"null", b"NaN", b'"x"', b"1" * 10_000, b"-Infinity", b"1e999"])
def test_a_file_that_is_no_object_is_refused(content: bytes) -> None:
    (fault,) = faults_of(content)
    assert fault == Fault("", "This must be an object with named entries.")


def test_half_a_character_is_refused_in_its_place() -> None:
    faults = faults_of(json.dumps(changed("/title", "\ud800")).encode())
    assert [fault.pointer for fault in faults] == ["/title"]


def test_a_name_given_twice_in_an_object_is_refused() -> None:
    text = json.dumps(plain_template())
    twice = text.replace('"label": "Fear"', '"label": "Fear", "label": "Dread"').encode()
    (fault,) = faults_of(twice)
    assert fault.pointer == "/forms_of_harm/0/label"
    assert "twice" in fault.message


def test_more_than_three_hundred_themes_are_refused() -> None:
    domains = [
        {"key": f"d{number}", "title": "D", "themes": [theme(f"t{number}-{each}") for each in range(100)]}
        for number in range(4)
    ]
    (fault,) = faults_of(json.dumps(plain_template(learning_domains=domains)).encode())
    assert (fault.pointer, "the limit is 300" in fault.message) == ("/learning_domains", True)
    assert len(a_template(learning_domains=domains[:3]).themes) == 300


@pytest.mark.parametrize(
    ("pointer", "value"),
    [
        ("/learning_domains", [{}] * 300_000),
        ("/learning_domains", [{"themes": [{}] * 299}] * 40),
        ("/forms_of_harm", [{"key": "fear", "label": "F"}] * 30_000),
        ("/forms_of_harm", [{"key": f"h{number}", "label": "F"} for number in range(30_000)]),
        (f"{FIRST}/forms_of_harm", ["fear"] * 100_000),
        (f"{FIRST}/prompts", [1] * 300_000),
        (f"{FIRST}/descriptors", {f"r{number}": "R" for number in range(60_000)}),
        ("/scale/ratings", [{}] * 300_000),
        (FIRST, {f"k{number}": 1 for number in range(80_000)}),
    ],
)
def test_a_file_of_a_million_faults_is_refused_at_once(pointer: str, value: Any) -> None:
    content = json.dumps(changed(pointer, value), separators=(",", ":")).encode()
    started = time.process_time()
    (fault,) = faults_of(content[:MAX_TEMPLATE_BYTES])
    assert time.process_time() - started < 20
    assert len(content) < MAX_TEMPLATE_BYTES
    assert "Enter up to" in fault.message or "the limit is" in fault.message


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)
pointers = st.sampled_from([pointer for pointer, _, _ in BAD_ENTRIES])


@given(pointers, values)
def test_any_value_anywhere_makes_a_template_or_faults_in_plain_words(pointer: str, value: Any) -> None:
    faults: tuple[Fault, ...] = ()
    template = None
    try:
        template = check_template(changed(pointer, value))
    except TemplateRefused as refused:
        faults = refused.faults
    assert (template is None) == bool(faults)
    if template is not None:
        assert read_template(write_template(template), kind="json") == template
    for fault in faults:
        assert fault.message.endswith(".")
        assert "pydantic" not in fault.message.lower()
        assert "See the template schema for allowed values" not in fault.message


@given(st.binary(max_size=200), st.sampled_from(["json", "toml"]))
def test_no_bytes_do_worse_than_a_refusal(content: bytes, kind: Literal["json", "toml"]) -> None:
    assert faults_of(content, kind)


@pytest.mark.parametrize(
    "template",
    [
        load_library_template("scr-themes", 2),
        a_template(),
        a_template(scale=MET_PARTLY_NOT.model_dump(), not_evidenced="left-out"),
        a_template(scale=ZERO_TO_TEN.model_dump(), summary="Two\nlines – “quoted”", source={"title": "S"}),
    ],
    ids=["library", "small", "met", "scaling"],
)
def test_a_written_template_reads_back_the_same_and_fits_the_schema(template: Template) -> None:
    written = write_template(template)
    assert written.endswith(b"}\n")
    assert read_template(written, kind="json") == template
    assert write_template(read_template(written, kind="json")) == written
    assert b"null" not in written
    SCHEMA.validate(json.loads(written))


def test_descriptors_are_written_in_the_order_of_the_scale() -> None:
    one = changed(f"{FIRST}/descriptors", {"good": "G", "outstanding": "O"})
    other = changed(f"{FIRST}/descriptors", {"outstanding": "O", "good": "G"})
    assert write_template(check_template(one)) == write_template(check_template(other))


def test_the_schema_is_sound_and_says_what_it_is() -> None:
    schema = template_json_schema()
    Draft202012Validator.check_schema(schema)
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert schema["title"]
    parts = [schema, *schema["$defs"].values()]
    for part in parts:
        assert part.get("description")
        for entry in part.get("properties", {}).values():
            assert entry.get("description")


# Rules between entries, and what no schema can say: those the schema lets through.
BEYOND_A_SCHEMA = (
    "Two ",
    "one of ",
    "another key",
    "The standard is the lowest rating, so no answer",
    "twice",
    "one line",
    "control character",
)


@pytest.mark.parametrize(("pointer", "value", "said"), BAD_ENTRIES)
def test_the_schema_refuses_what_the_reader_refuses(pointer: str, value: Any, said: str) -> None:
    beyond = said.startswith(BEYOND_A_SCHEMA) or any(words in said for words in BEYOND_A_SCHEMA)
    blank_or_date = value == "   " or (isinstance(value, dict) and value.get("published") == "22 February 2021")
    assert SCHEMA.is_valid(changed(pointer, value)) == (beyond or blank_or_date)


def test_text_is_stripped_and_line_ends_are_plain() -> None:
    template = check_template(changed(f"{FIRST}/finding", "  One.\r\nTwo. \n"))
    assert template.theme("voice").finding == "One.\nTwo."


def test_a_template_answers_what_others_ask_of_it() -> None:
    template = a_template()
    assert template.theme_keys == ("voice", "history", "plan", "review")
    assert [each.key for each in template.themes] == list(template.theme_keys)
    assert template.theme("plan").label == "Plan"
    assert template.domain_of("plan").key == "practice"
    assert template.harm_label("fear") == "Fear"
    for ask in (template.theme, template.domain_of, template.harm_label):
        with pytest.raises(KeyError):
            ask("nothing")


@pytest.mark.parametrize(
    ("rule", "answer", "below", "applicable", "rationale"),
    [
        ("below-standard", "good", False, True, False),
        ("below-standard", "inadequate", True, True, True),
        ("below-standard", NOT_EVIDENCED, True, True, True),
        ("below-standard", NOT_APPLICABLE, False, False, True),
        ("left-out", "good", False, True, False),
        ("left-out", "requires-improvement", True, True, True),
        ("left-out", NOT_EVIDENCED, False, False, False),
        ("left-out", NOT_APPLICABLE, False, False, True),
    ],
)
def test_answers_count_by_the_templates_rule(
    rule: str, answer: str, below: bool, applicable: bool, rationale: bool
) -> None:
    template = a_template(not_evidenced=rule)
    assert template.is_answer(answer)
    assert template.counts_below(answer) is below
    assert template.is_applicable(answer) is applicable
    assert template.needs_rationale(answer) is rationale


def test_what_is_not_an_answer_has_no_meaning() -> None:
    template = a_template()
    assert not template.is_answer("fair")
    for ask in (template.counts_below, template.is_applicable, template.needs_rationale):
        with pytest.raises(KeyError):
            ask("fair")


def test_a_template_never_changes() -> None:
    with pytest.raises(ValueError, match="frozen"):
        a_template().title = "Another"  # type: ignore[misc]  # what the test is about


def test_a_question_knows_its_theme_and_a_fault_of_the_whole_file_is_said_to_be_of_the_file() -> None:
    template = a_full_template()
    assert {question.key for theme in template.themes for question in theme.questions} != set()
    for theme_of_it in template.themes:
        for question in theme_of_it.questions:
            assert template.theme_of(question.key) == theme_of_it
    assert str(TemplateRefused([Fault("", "Wrong."), Fault("/key", "Missing.")])) == "file: Wrong.; /key: Missing."


def test_a_list_may_be_thirty_deep_in_another_and_a_line_may_have_two_hundred_dots() -> None:
    for deep, said in ((31, "This must be an object"), (32, "nested too deeply")):
        (fault,) = faults_of(b"[" * deep + b"1" + b"]" * deep)
        assert said in fault.message
    for dots, pointer in ((200, "/a"), (201, "")):
        faults = faults_of(b"a = '" + b"." * dots + b"'", "toml")
        assert pointer in {fault.pointer for fault in faults}
        assert ("too many dots" in faults[0].message) is (dots > 200)
