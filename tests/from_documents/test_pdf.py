"""A PDF with text gives the lines, headings and pages of its document; hostile ones are refused in words."""

import io
import re
from typing import Any

import pypdf
import pytest
import typst
from pypdf.generic import ArrayObject, DictionaryObject, NameObject, TextStringObject

from api.from_documents.formats import UnreadableError, read_lines
from api.from_documents.sandbox import read_in_sandbox
from checklists.outlines.lines import LineKind
from checklists.outlines.proposing import propose
from checklists.outlines.tree import outline_of
from tests.checklists.outlines.shapes import SEVEN_MINUTES, SHAPES, Shape
from tests.checklists.outlines.test_outlines import wanted

TWO_PAGES = """#set page(header: [Safeguarding partnership], numbering: "1 of 1")
= A review of one family
== Forms of harm
- Neglect
- Sexual abuse
== The child
- *Voice of the child*: nobody asked the child what a day at home was like, although many people came to the house and
  saw the child there, week after week.
- *Home*: nobody saw the bedrooms.
#pagebreak()
== Recommendations
+ Partners should check that every plan names who does what.
"""


def pdf_of(source: str) -> bytes:
    return typst.compile(source.encode())


def as_typst(text: str) -> str:
    """A text with the marks of a document, typeset: headings larger, lists with bullets, the rest as paragraphs."""
    rows = ["#set text(size: 11pt)"]
    for row in text.splitlines():
        stripped = row.strip()
        if found := re.match(r"(#+)\s+(.*)", stripped):
            rows += ["", f"{'=' * len(found[1])} {found[2]}", ""]
            continue
        escaped = re.sub(r"([#$<>@~`_\[\]=+/])", r"\\\1", stripped).replace("**", "*")
        escaped = re.sub(r"^•\s", "- ", escaped)
        goes_on = row != stripped and not escaped.startswith("- ")
        is_item = re.match(r"(-|\d+\.)\s", escaped) is not None
        indent = row[: len(row) - len(row.lstrip())]
        rows += [indent + escaped] if goes_on or is_item else ["", escaped.replace(")", r"\)", 1), ""]
    return "\n".join(rows)


def changed_pdf(change: object) -> bytes:
    writer = pypdf.PdfWriter(clone_from=io.BytesIO(pdf_of(TWO_PAGES)))
    change(writer)  # type: ignore[operator]
    written = io.BytesIO()
    writer.write(written)
    return written.getvalue()


def with_embedded_file(writer: pypdf.PdfWriter) -> None:
    writer.add_attachment("more.docx", b"x")


def with_opening_script(writer: pypdf.PdfWriter) -> None:
    script = DictionaryObject(
        {NameObject("/S"): NameObject("/JavaScript"), NameObject("/JS"): TextStringObject("app()")}
    )
    writer.root_object[NameObject("/OpenAction")] = script


def with_a_password(writer: pypdf.PdfWriter) -> None:
    writer.encrypt("secret", algorithm="RC4-128")


def with_many_pages(writer: pypdf.PdfWriter) -> None:
    for _ in range(250):
        writer.add_blank_page(100, 100)


def with_a_loop_of_pages(writer: pypdf.PdfWriter) -> None:
    pages: Any = writer.root_object["/Pages"]
    pages[NameObject("/Kids")] = ArrayObject([pages.indirect_reference, *pages["/Kids"]])


def test_headings_lists_and_paragraphs_are_read_with_their_pages_and_without_running_heads() -> None:
    lines = read_in_sandbox(pdf_of(TWO_PAGES))
    assert [(line.text[:24], line.kind, line.depth, line.page) for line in lines] == [
        ("A review of one family", LineKind.HEADING, 0, 1),
        ("Forms of harm", LineKind.HEADING, 1, 1),
        ("Neglect", LineKind.BULLET, 0, 1),
        ("Sexual abuse", LineKind.BULLET, 0, 1),
        ("The child", LineKind.HEADING, 1, 1),
        ("Voice of the child: nobo", LineKind.BULLET, 0, 1),
        ("Home: nobody saw the bed", LineKind.BULLET, 0, 1),
        ("Recommendations", LineKind.HEADING, 1, 2),
        ("Partners should check th", LineKind.NUMBERED, 0, 2),
    ]
    assert lines[5].text.endswith(
        "was like, although many people came to the house and saw the child there, week after week."
    )


def test_every_part_keeps_its_page() -> None:
    outline = outline_of(propose(read_in_sandbox(pdf_of(TWO_PAGES))))
    assert [(theme.title, theme.place) for theme in outline.themes] == [
        ("Voice of the child", "The child, page 1, line 6"),
        ("Home", "The child, page 1, line 7"),
    ]
    (advice,) = outline.recommendations
    assert advice.place == "Recommendations, page 2, line 9"
    assert advice.sentence == "Partners should check that every plan names who does what."


def of_pdf(shape: Shape) -> tuple[list[tuple[str, str]], int]:
    outline = outline_of(propose(read_lines(pdf_of(as_typst(shape.text)))))
    tree = [
        (kind, title.replace("’", "'"))
        for domain, themes in outline.domains
        for kind, title in [("domain", domain), *(("theme", theme.title) for theme in themes)]
    ]
    return [*tree, *(("harm", harm) for harm in outline.harms)], len(outline.recommendations)


def test_a_briefing_as_a_pdf_gives_its_tree_back_with_at_most_ten_corrections(record_property: object) -> None:
    said = []
    for name, shape in {"seven minutes": SEVEN_MINUTES, **SHAPES}.items():
        found, advice = of_pdf(shape)
        right = wanted(shape)
        number = len([each for each in right if each not in found]) + len([each for each in found if each not in right])
        said.append(f"{name}: {number + abs(advice - shape.recommendations)} of {len(right)}")
    record_property("figure", f"Corrections of documents as PDF: {'; '.join(said)}")  # type: ignore[operator]
    assert all(int(re.findall(r": (\d+) of", each)[0]) <= 10 for each in said), said
    assert int(re.findall(r": (\d+) of", said[0])[0]) <= 2


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"%PDF-1.7 and no more", "damaged"),
        (pdf_of(TWO_PAGES)[:3_000], "damaged"),
        (pdf_of("#rect(width: 2cm, height: 2cm)"), "has no text"),
        (changed_pdf(with_a_password), "has a password"),
        (changed_pdf(with_embedded_file), "script or other files"),
        (changed_pdf(with_opening_script), "script or other files"),
        (changed_pdf(with_many_pages), "more than 200 pages"),
    ],
    ids=["no PDF", "cut", "scan", "locked", "files", "script", "long"],
)
def test_a_pdf_that_is_locked_damaged_a_scan_or_more_than_pages_is_refused(content: bytes, words: str) -> None:
    with pytest.raises(UnreadableError, match=words):
        read_in_sandbox(content)


def test_a_pdf_that_goes_round_in_circles_ends() -> None:
    try:
        read_in_sandbox(changed_pdf(with_a_loop_of_pages))
    except UnreadableError as refused:
        assert "paste" in str(refused).lower()  # noqa: PT017 - either ending is right, if it ends


def test_what_a_pdf_unpacks_to_is_limited() -> None:
    """A stream of a few kilobytes that unpacks to a gigabyte."""
    writer = pypdf.PdfWriter()
    page = writer.add_blank_page(100, 100)
    stream = pypdf.generic.DecodedStreamObject()
    stream.set_data(b" " * 400_000_000)
    page[NameObject("/Contents")] = writer._add_object(stream.flate_encode())
    written = io.BytesIO()
    writer.write(written)
    assert len(written.getvalue()) < 2_000_000
    with pytest.raises(UnreadableError):
        read_in_sandbox(written.getvalue())
