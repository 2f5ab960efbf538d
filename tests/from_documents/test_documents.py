"""A template from a document: read in a process of its own, marked on a page, and created as a draft."""

import io
import zipfile

import pytest
from docx import Document

from api.from_documents.formats import UnreadableError, read_lines
from api.from_documents.marking import changed
from api.from_documents.sandbox import read_in_sandbox
from checklists.outlines.lines import Line, LineKind
from checklists.outlines.proposing import Mark, Marked
from tests.checklists.outlines.shapes import SEVEN_MINUTES
from tests.client import Client
from tests.desk import Desk
from tests.page_forms import SeenPage

PATH = "/templates/from-document"
HTML = b"""<!doctype html><html><head><title>x</title><style>p{}</style></head><body><nav>Menu</nav>
<h1>A review</h1><h2>The child</h2><ul><li><b>Voice</b>: nobody asked.</li><li>Home</li></ul>
<script>alert(1)</script><h2>Forms of harm</h2><p>Neglect; fear</p></body></html>"""


def a_word_document() -> bytes:
    document = Document()
    document.add_heading("The child", level=1)
    document.add_paragraph("Voice: nobody asked the child.", style="List Bullet")
    document.add_paragraph("Home", style="List Bullet")
    document.add_paragraph("Just a paragraph.")
    file = io.BytesIO()
    document.save(file)
    return file.getvalue()


def zipped(**parts: bytes) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name.replace("__", "/").replace("_xml", ".xml").replace("_bin", ".bin"), content)
    return file.getvalue()


def test_a_word_document_a_web_page_and_plain_text_give_the_same_kinds_of_lines() -> None:
    assert [(line.text, line.kind) for line in read_lines(a_word_document())] == [
        ("The child", LineKind.HEADING),
        ("Voice: nobody asked the child.", LineKind.BULLET),
        ("Home", LineKind.BULLET),
        ("Just a paragraph.", LineKind.TEXT),
    ]
    assert [(line.text, line.kind) for line in read_lines(HTML)] == [
        ("A review", LineKind.HEADING),
        ("The child", LineKind.HEADING),
        ("Voice: nobody asked.", LineKind.BULLET),
        ("Home", LineKind.BULLET),
        ("Forms of harm", LineKind.HEADING),
        ("Neglect; fear", LineKind.TEXT),
    ]
    assert read_in_sandbox(b"- Voice\n- Home") == (
        Line("Voice", LineKind.BULLET, 0, 1),
        Line("Home", LineKind.BULLET, 0, 2),
    )


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "older Word document"),
        (b"PK\x03\x04 and no more", "damaged"),
        (b"\x00\x01\x02\xff\xfe\x00", "not a text"),
        (zipped(word__document_xml=b"<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>"), "damaged"),
        (zipped(word__document_xml=b"<a/>", word__vbaProject_bin=b"x"), "macros"),
        (zipped(word__document_xml=b" " * 60_000_000), "too large"),
        (zipped(xl__workbook_xml=b"<a/>"), "damaged"),
        (b"x" * (10 * 2**20 + 1), "larger than 10 MB"),
    ],
)
def test_a_file_that_is_no_document_or_hostile_is_refused_with_what_to_do(content: bytes, words: str) -> None:
    with pytest.raises(UnreadableError, match=words):
        read_in_sandbox(content)


def test_lines_are_joined_split_and_moved() -> None:
    parts = [Marked(text, Mark.THEME, f"Line {text}", text) for text in ("a", "b", "c\nd")]
    assert [part.text for part in changed(parts, "join-1")] == ["a b", "c\nd"]
    assert changed(parts, "join-1")[0].sentence == "a b"
    assert [part.text for part in changed(parts, "split-2")] == ["a", "b", "c", "d"]
    assert [part.text for part in changed(parts, "up-1")] == ["b", "a", "c\nd"]
    assert [part.text for part in changed(parts, "down-1")] == ["a", "c\nd", "b"]
    for nothing in ("up-0", "down-2", "join-0", "join-9", "other-1", "create", ""):
        assert changed(parts, nothing) == parts


def marks_of(page: SeenPage) -> dict[str, str]:
    return next(form.fields for form in page.forms if form.action.endswith("/marks"))


@pytest.mark.both_databases
@pytest.mark.fast
def test_a_briefing_becomes_a_draft_in_which_every_theme_says_why_it_is_asked(desk: Desk, lena: Client) -> None:
    proposed = lena.post("/api/v1/template-outlines", json={"text": SEVEN_MINUTES.text}).json()["parts"]
    assert sum(part["mark"] == "theme" for part in proposed) == 15
    page = lena.post(PATH, data={"title": "Themes from reviews", "text": SEVEN_MINUTES.text})
    assert "3 learning domains, 15 themes, 8 forms of harm and 3 recommendations are marked." in SeenPage(page).words
    fields: dict[str, str] = {
        "title": "Themes from reviews",
        "published-day": "22",
        "published-month": "2",
        "published-year": "2021",
        "do": "create",
    }
    for place, part in enumerate(proposed):
        fields |= {
            f"text-{place}": part["text"],
            f"mark-{place}": part["mark"],
            f"source-{place}": f"{part['place']}\n{part['sentence']}",
        }
    made = lena.post(f"{PATH}/marks", data=fields)
    assert made.status_code == 303, made.text
    address = made.headers["Location"].removesuffix("/edit")
    content = lena.get(f"/api/v1{address}").json()
    template = content.get("content", content)
    assert [len(domain["themes"]) for domain in template["learning_domains"]] == [5, 5, 5]
    assert len(template["forms_of_harm"]) == 8
    neglect = template["learning_domains"][0]["themes"][1]
    assert neglect["finding"] == "it was not treated as urgent."
    assert neglect["source_place"].startswith("Children's experience, line ")
    assert neglect["prompts"] == ["What does the file show?"]


def test_what_is_wrong_is_said_beside_its_line_and_nothing_typed_is_lost(desk: Desk, lena: Client) -> None:
    missing = SeenPage(lena.post(PATH, data={"title": "", "text": "- a"}))
    assert "Enter the title of the document" in missing.words
    both = SeenPage(lena.post(PATH, data={"title": "", "text": "", "published-day": "1"})).words
    assert "Enter the title of the document" in both
    assert "must include a month and a year" in both
    assert "Select a file, or paste the text of the document" in both
    empty = SeenPage(lena.post(PATH, data={"title": "A review", "text": " "}))
    assert "Select a file, or paste the text of the document" in empty.words
    wrong = {"title": "A review", "do": "create", "text-0": "Voice", "mark-0": "theme", "source-0": "Line 1\nVoice"}
    page = lena.post(f"{PATH}/marks", data=wrong)
    assert page.status_code == 422
    assert "Mark a line above as a learning domain first" in SeenPage(page).words
    assert marks_of(SeenPage(page))["text-0"] == "Voice"
    moved = lena.post(f"{PATH}/marks", data={**wrong, "text-0": "Voice\nHome", "do": "split-0"})
    assert marks_of(SeenPage(moved))["text-1"] == "Home"
    assert desk.browser(desk.cast.asha).get(PATH).status_code == 403
