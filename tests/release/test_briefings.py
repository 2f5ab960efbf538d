"""7-minute briefings: figures from the snapshot, the lead's own words, edited before they go out."""

import io
from collections.abc import Iterator

import docx
import pypdf
import pytest

from api.release.briefings import actions as briefings
from api.release.snapshots import actions as snapshots
from api.release.snapshots.actions import NewSnapshot
from tests.client import Client
from tests.desk import Desk, a_desk, built_in_template
from tests.factories import an_actor
from tests.filling import fill_round, teams_of
from tests.page_forms import SeenPage

HEADINGS = (
    "1. Background",
    "2. Audits included",
    "3. Children's experience",
    "4. Practice issues",
    "5. Parental factors",
    "6. Actions",
    "7. Questions to discuss",
)


@pytest.fixture
def desk(database_url: str) -> Iterator[Desk]:
    with a_desk(database_url, template=built_in_template(), fill=with_gaps) as made:
        yield made


def with_gaps(desk: Desk) -> None:
    fill_round(desk, teams_of(desk), audits=60, seed=9, weights=(4, 8, 5, 3, 1, 1))


@pytest.fixture
def briefing(desk: Desk) -> str:
    lena = an_actor(desk.cast.lena)
    with desk.database.writing() as session:
        snapshot = snapshots.make_snapshot(
            session, round_id=desk.round_id, snapshot=NewSnapshot("For the board"), by=lena
        )
        return str(briefings.create_briefing(session, snapshot_id=snapshot.id, title="What we learned", by=lena).id)


@pytest.mark.fast
@pytest.mark.both_databases
def test_a_briefing_has_the_seven_parts_with_their_figures_and_questions_of_the_widest_gaps(
    desk: Desk, lena: Client, briefing: str
) -> None:
    found = lena.get(f"/api/v1/briefings/{briefing}/document").json()
    assert tuple(section["heading"] for section in found["sections"]) == HEADINGS
    assert "60 case files from" in found["sections"][1]["paragraphs"][0]
    questions = {prompt for theme in desk.template.themes for prompt in theme.prompts}
    asked = found["sections"][6]["points"]
    assert len(asked) == 4
    assert set(asked) <= questions
    assert found["marking"].startswith("Released under disclosure control")


@pytest.mark.both_in_trials
def test_own_words_are_written_by_page_and_stand_after_the_figures(lena: Client, briefing: str) -> None:
    form = SeenPage(lena.get(f"/briefings/{briefing}/edit")).form("/edit")
    form |= {"title": "Our learning", "words/background": "We looked again.\n\nThis is what we saw."}
    assert lena.post(f"/briefings/{briefing}/edit", data=form).status_code == 303
    words = SeenPage(lena.get(f"/briefings/{briefing}")).words
    assert "Our learning" in words
    assert "the learning from case reviews" in words
    assert "We looked again. This is what we saw." in words
    stale = lena.post(f"/briefings/{briefing}/edit", data=form | {"words/background": "Not to be lost."})
    assert stale.status_code == 412
    assert "Not to be lost." in stale.text


def test_words_that_identify_somebody_are_refused_beside_their_part_and_kept(lena: Client, briefing: str) -> None:
    form = SeenPage(lena.get(f"/briefings/{briefing}/edit")).form("/edit")
    typed = form | {"words/background": "NHS number 943 476 5919", "words/what-to-do": "Talk about it."}
    answer = lena.post(f"/briefings/{briefing}/edit", data=typed)
    assert answer.status_code == 422
    assert "The text seems to contain an NHS number. Remove it" in answer.text
    assert "Talk about it." in answer.text
    put = lena.put(
        f"/api/v1/briefings/{briefing}",
        json={"title": "Ours", "words": {"background": "NHS number 943 476 5919"}},
        headers={"If-Match": '"1"'},
    )
    assert put.status_code == 422
    assert put.json()["errors"][0]["pointer"] == "/words/background"
    assert not [part for part in ("943 476", "5919") if part in put.text]


def test_a_small_number_of_children_in_own_words_is_asked_about_and_may_be_confirmed(
    desk: Desk, lena: Client, briefing: str
) -> None:
    form = SeenPage(lena.get(f"/briefings/{briefing}/edit")).form("/edit")
    typed = form | {"words/what-to-do": "Of the 3 children looked after, 2 had no plan."}
    asked = lena.post(f"/briefings/{briefing}/edit", data=typed)
    assert asked.status_code == 422
    assert "a small number of children or cases" in asked.text
    assert "Of the 3 children looked after" in asked.text
    put = {"title": "Ours", "words": {"what-to-do": typed["words/what-to-do"]}}
    refused = lena.put(f"/api/v1/briefings/{briefing}", json=put, headers={"If-Match": '"1"'})
    assert refused.status_code == 422
    assert refused.json()["errors"][0]["pointer"] == "/words/what-to-do"
    assert "2 had" not in refused.text
    assert lena.post(f"/briefings/{briefing}/edit", data=typed | {"share_numbers": "yes"}).status_code == 303
    assert "briefing.numbers-confirmed" in desk.events()
    again = SeenPage(lena.get(f"/briefings/{briefing}/edit")).form("/edit") | {"words/background": "We looked again."}
    assert lena.post(f"/briefings/{briefing}/edit", data=again).status_code == 303


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"title": "", "words": {}}, "/title"),
        ({"title": "Ours", "words": {"no-such-part": "Words."}}, "/words/no-such-part"),
    ],
)
def test_a_briefing_takes_the_parts_it_has(lena: Client, briefing: str, body: dict[str, object], pointer: str) -> None:
    answer = lena.put(f"/api/v1/briefings/{briefing}", json=body, headers={"If-Match": '"1"'})
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == pointer
    assert lena.put(f"/api/v1/briefings/{briefing}", json={"title": "Ours", "words": {}}).status_code == 428


def test_a_briefing_is_one_or_two_pages_and_the_same_in_word(lena: Client, briefing: str) -> None:
    pdf = pypdf.PdfReader(io.BytesIO(lena.get(f"/briefings/{briefing}/document.pdf").content))
    assert 1 <= len(pdf.pages) <= 2
    told = " ".join(" ".join(page.extract_text().split()) for page in pdf.pages)
    word = docx.Document(io.BytesIO(lena.get(f"/briefings/{briefing}/document.docx").content))
    paragraphs = [paragraph.text for paragraph in word.paragraphs]
    for heading in HEADINGS:
        assert heading in paragraphs
        assert heading in told.replace("\u2019", "'")
