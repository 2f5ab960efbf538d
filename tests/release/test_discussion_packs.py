"""A pack for a team's discussion begins with strengths, has only released figures, and leads to actions."""

import io
import re
from collections.abc import Iterator

import docx
import pypdf
import pytest

from api.release.snapshots import actions as snapshots
from api.release.snapshots.actions import NewSnapshot
from tests.client import Client
from tests.desk import Desk, a_desk, built_in_template
from tests.factories import an_actor
from tests.release.test_briefings import with_gaps


@pytest.fixture
def desk(database_url: str) -> Iterator[Desk]:
    with a_desk(database_url, template=built_in_template(), fill=with_gaps) as made:
        yield made


@pytest.fixture
def snapshot(desk: Desk) -> str:
    by = an_actor(desk.cast.lena)
    with desk.database.writing() as session:
        new = NewSnapshot("For the teams")
        return str(snapshots.make_snapshot(session, round_id=desk.round_id, snapshot=new, by=by).id)


@pytest.mark.both_in_trials
def test_a_pack_has_strengths_first_then_two_widest_gaps_with_questions_and_room_for_notes(
    desk: Desk, lena: Client, snapshot: str
) -> None:
    found = lena.get(f"/api/v1/snapshots/{snapshot}/discussion").json()
    headings = [section["heading"] for section in found["sections"]]
    assert headings[:2] == ["Before you begin", "What works well"]
    assert headings[-2:] == ["Notes", "What we decided"]
    gaps = [heading.removeprefix("To discuss: ") for heading in headings[2:-2]]
    assert len(gaps) == 2
    themes = {theme.label: theme for theme in desk.template.themes}
    for heading, section in zip(gaps, found["sections"][2:4], strict=True):
        assert section["points"] == list(themes[heading].prompts[:4])
        good = themes[heading].descriptors[desk.template.scale.standard]
        assert any(paragraph.endswith(good) for paragraph in section["paragraphs"])
    assert found["marking"].startswith("Released under disclosure control")
    decisions = found["sections"][-1]["table"]
    assert [cell["text"] for cell in decisions["rows"][0]] == ["1", "", "", "", ""]


def test_every_share_of_a_pack_is_one_that_the_snapshot_released(lena: Client, snapshot: str) -> None:
    released = lena.get(f"/api/v1/snapshots/{snapshot}/report").text
    themes = next(
        section["table"]
        for section in lena.get(f"/api/v1/snapshots/{snapshot}/report").json()["sections"]
        if section["table"] and section["table"]["key"] == "themes"
    )
    shown = {row[0]["text"]: {cell["text"] for cell in row} for row in themes["rows"]}
    assert released
    pack = lena.get(f"/api/v1/snapshots/{snapshot}/discussion").json()
    gaps = [section for section in pack["sections"] if section["heading"].startswith("To discuss: ")]
    for section in gaps:
        (share,) = re.findall(r"\d+%", section["paragraphs"][0])
        assert share in shown[section["heading"].removeprefix("To discuss: ")]
    for point in pack["sections"][1]["points"]:
        label, _, said = point.rpartition(": ")
        (share,) = re.findall(r"\d+%", said)
        assert share in shown[label]


def test_a_pack_is_a_page_a_pdf_and_a_word_file_of_one_team_too(desk: Desk, lena: Client, snapshot: str) -> None:
    page = lena.get(f"/snapshots/{snapshot}/discussion")
    assert page.status_code == 200
    assert "What we decided" in page.text
    assert f"/snapshots/{snapshot}/discussion" in lena.get(f"/snapshots/{snapshot}").text
    (team, *_) = re.findall(r'<option value="([^"]+)"', page.text)
    one = lena.get(f"/snapshots/{snapshot}/discussion?team={team}")
    assert one.status_code == 200
    assert "Filtered: only team" in one.text
    pdf = pypdf.PdfReader(io.BytesIO(lena.get(f"/snapshots/{snapshot}/discussion.pdf?team={team}").content))
    assert "What we decided" in "".join(each.extract_text() for each in pdf.pages)
    word = docx.Document(io.BytesIO(lena.get(f"/api/v1/snapshots/{snapshot}/discussion.docx").content))
    assert "What works well" in [paragraph.text for paragraph in word.paragraphs]
    assert lena.get(f"/api/v1/snapshots/{snapshot}/discussion?team=nowhere").status_code == 422
    assert "snapshot.pack-fetched" in desk.events()


def test_what_a_team_decided_becomes_an_action_about_its_gaps(desk: Desk, lena: Client, snapshot: str) -> None:
    page = lena.get(f"/snapshots/{snapshot}/discussion").text
    (path,) = re.findall(r'href="(/actions/new\?cause=gap[^"]+)"', page)
    form = lena.get(path.replace("&amp;", "&")).text
    assert str(desk.round_id) in path
    assert len(re.findall(r'name="themes"[^>]* checked', form)) == 2
    mo = desk.browser(desk.cast.mo)
    assert "/actions/new" not in mo.get(f"/snapshots/{snapshot}/discussion").text
