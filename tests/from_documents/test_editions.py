"""A new edition shows what it changes, and recommendations of a document go into the register with their place."""

import base64
from collections.abc import Sequence
from typing import Any

import pytest
from sqlmodel import select

from models import Recommendation, TemplateVersion
from tests.client import Client
from tests.desk import Desk
from tests.from_documents.test_documents import PATH, a_word_document
from tests.page_forms import SeenPage

FIRST = """# A review

## The child
- Voice of the child: nobody asked the child.
- Home conditions: nobody saw the bedrooms.

## Forms of harm
- Neglect

## Recommendations
- Partners should check that every plan names who does what.
- Managers must sample ten cases a month.
"""
SECOND = """# A review, second edition

## The child
- The voice of the child: nobody asked, and nobody wrote it down.
- School: absence was not followed up.

## Forms of harm
- Neglect
- Online abuse
"""


def typed_day(name: str, day: str) -> dict[str, str]:
    """A date, such as 2026-02-22, in the three fields of a form."""
    return {f"{name}-{part}": text for part, text in zip(("year", "month", "day"), day.split("-"), strict=True)}


def marked(lena: Client, text: str, **fields: str) -> dict[str, str]:
    """The form of the page that marks lines, as it is proposed."""
    proposed: Sequence[dict[str, str]] = lena.post("/api/v1/template-outlines", json={"text": text}).json()["parts"]
    form = {"title": "A review", **typed_day("published", "2026-02-22"), "do": "create", **fields}
    for place, part in enumerate(proposed):
        form |= {
            f"text-{place}": part["text"],
            f"mark-{place}": part["mark"],
            f"source-{place}": f"{part['place']}\n{part['sentence']}",
        }
    return form


def published(desk: Desk, lena: Client) -> str:
    """The template made from the first edition, published."""
    made = lena.post(f"{PATH}/marks", data=marked(lena, FIRST))
    assert made.status_code == 303, made.text
    address = "/api/v1" + made.headers["Location"].removesuffix("/edit").partition("?")[0]
    assert lena.post(f"{address}/publish", headers={"If-Match": '"1"'}).status_code == 200
    return address.split("/")[4]


@pytest.mark.both_in_trials
def test_a_new_edition_says_what_changes_and_becomes_the_next_version(desk: Desk, lena: Client) -> None:
    template = published(desk, lena)
    assert "A review" in SeenPage(lena.get(PATH)).words
    page = lena.post(PATH, data={"title": "A review, 2nd", "text": SECOND, "edition": template})
    words = SeenPage(page).words
    assert "What changed since version 1" in words
    assert "“The voice of the child” is matched to “Voice of the child”." in words
    assert "Themes School Added" in words
    assert "Themes Home conditions Removed" in words
    assert "What the case involves Online abuse Added" in words
    made = lena.post(f"{PATH}/marks", data=marked(lena, SECOND, edition=template, title="A review, 2nd"))
    assert made.status_code == 303, made.text
    assert made.headers["Location"].startswith(f"/templates/{template}/versions/2/edit")
    content = lena.get(f"/api/v1/templates/{template}/versions/2").json()
    content = content.get("content", content)
    themes = {theme["key"]: theme for domain in content["learning_domains"] for theme in domain["themes"]}
    # The theme keeps its key, so that reports compare it with earlier rounds.
    assert themes["voice-of-the-child"]["title"] == "The voice of the child"
    assert themes["voice-of-the-child"]["finding"] == "nobody asked, and nobody wrote it down."
    assert set(themes) == {"voice-of-the-child", "school"}
    assert content["source"]["title"] == "A review, 2nd"
    again = lena.post(f"{PATH}/marks", data=marked(lena, SECOND, edition=template))
    assert again.status_code == 409
    assert "still a draft" in SeenPage(again).words


def test_what_people_added_to_the_template_stays(desk: Desk, lena: Client) -> None:
    template = published(desk, lena)
    lena.post(f"/api/v1/templates/{template}/versions", json={"from_number": 1}, headers={"Idempotency-Key": "next"})
    with desk.database.reading() as session:
        draft = session.exec(select(TemplateVersion).where(TemplateVersion.number == 2)).one_or_none()
    assert draft is not None
    content: dict[str, Any] = lena.get(f"/api/v1/templates/{template}/versions/2").json()
    content = content.get("content", content)
    (child,) = content["learning_domains"]
    child["themes"][0]["prompts"] = ["Was the child seen alone?"]
    child["themes"].append({"key": "fathers", "title": "Fathers", "prompts": ["Was he met?"], "addition": True})
    address = f"/api/v1/templates/{template}/versions/2"
    assert lena.put(address, json=content, headers={"If-Match": '"1"'}).status_code == 200
    assert lena.post(f"{address}/publish", headers={"If-Match": '"2"'}).status_code == 200
    made = lena.post(f"{PATH}/marks", data=marked(lena, SECOND, edition=template))
    assert made.status_code == 303, made.text
    third = lena.get(f"/api/v1/templates/{template}/versions/3").json()
    (child,) = third.get("content", third)["learning_domains"]
    assert [theme["key"] for theme in child["themes"]] == ["voice-of-the-child", "school", "fathers"]
    assert child["themes"][0]["prompts"] == ["Was the child seen alone?"]


def test_programs_are_told_what_a_new_edition_would_change(desk: Desk, lena: Client) -> None:
    template = published(desk, lena)
    told = lena.post("/api/v1/template-outlines", json={"text": SECOND, "edition_of": template}).json()["changes"]
    assert {(each["kind"], each["change"], each["key"]) for each in told} >= {
        ("theme", "added", "school"),
        ("theme", "removed", "home-conditions"),
        ("theme", "changed", "voice-of-the-child"),
    }
    file = base64.b64encode(a_word_document()).decode()
    assert lena.post("/api/v1/template-outlines", json={"file": file}).json()["parts"][0]["text"] == "The child"
    assert lena.post("/api/v1/template-outlines", json={}).status_code == 422


@pytest.mark.both_in_trials
def test_marked_recommendations_go_into_the_register_with_their_sentence_and_place(desk: Desk, lena: Client) -> None:
    form = marked(lena, FIRST, keep="yes", source_kind="lcspr", **typed_day("due_on", "2027-03-31"))
    made = lena.post(f"{PATH}/marks", data=form)
    assert made.status_code == 303, made.text
    with desk.database.reading() as session:
        found = session.exec(select(Recommendation).order_by(Recommendation.id)).all()  # type: ignore[arg-type]
    assert [(each.words, each.place, each.source_kind.value) for each in found] == [
        ("Partners should check that every plan names who does what.", "Recommendations, line 8", "lcspr"),
        ("Managers must sample ten cases a month.", "Recommendations, line 9", "lcspr"),
    ]
    assert {each.source for each in found} == {"A review"}
    assert {each.owner_id for each in found} == {desk.cast.lena.id}
    page = SeenPage(lena.get(f"/recommendations/{found[0].id}"))
    assert "In the document" in page.words
    assert "Recommendations, line 8" in page.words
    # Changing it leaves where it comes from as it is.
    change = {
        "source_kind": "scr",
        "source": "A review",
        "source_on": "2026-02-22",
        "words": "Every plan names who does what.",
        "owner_id": str(desk.cast.lena.id),
        "due_on": "2027-03-31",
    }
    changed = lena.put(f"/api/v1/recommendations/{found[0].id}", json=change, headers={"If-Match": '"1"'})
    assert (changed.status_code, changed.json()["sentence"]) == (200, found[0].sentence)


def test_nothing_is_stored_without_what_the_register_needs_or_when_nobody_asks(desk: Desk, lena: Client) -> None:
    refused = lena.post(f"{PATH}/marks", data=marked(lena, FIRST, keep="yes", **typed_day("published", "--")))
    assert refused.status_code == 422
    words = SeenPage(refused).words
    assert (
        lena.post(f"{PATH}/marks", data=marked(lena, FIRST, **typed_day("published", "2026-02-31"))).status_code == 422
    )
    for each in ("Select what the document is", "Enter the date of publication", "Enter the date by which"):
        assert each in words
    assert lena.post(f"{PATH}/marks", data=marked(lena, FIRST)).status_code == 303
    with desk.database.reading() as session:
        assert session.exec(select(Recommendation)).all() == []
