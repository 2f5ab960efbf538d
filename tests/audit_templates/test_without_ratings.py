"""Writing a template without ratings in the editor, giving it ratings, and taking them away again."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.audit_templates.template_cast import Cast, template_cast
from tests.page_forms import SeenPage


@pytest.fixture
def cast(database_url: str) -> Iterator[Cast]:
    with template_cast(database_url) as made:
        yield made


def post(cast: Cast, path: str, **typed: Any) -> Any:
    form = SeenPage(cast.lena.browser.get(path)).forms[-1].fields
    return cast.lena.browser.post(path, data={**form, **typed})


def content(cast: Cast, address: str) -> dict[str, Any]:
    found: dict[str, Any] = cast.lena.get(address).json()["content"]
    return found


@pytest.mark.both_in_trials
def test_a_template_without_ratings_is_written_and_published(cast: Cast) -> None:
    made = post(
        cast,
        "/templates/new",
        title="Learning from one case",
        scale="words-only",
        domain_title="What happened",
        theme_title="Key events",
        prompts="What happened?",
    )
    assert made.status_code == 303, made.text
    address = made.headers["location"].removesuffix("/edit")
    draft = SeenPage(cast.lena.browser.get(f"{address}/edit")).words
    assert "None. Auditors describe practice in their own words." in draft
    assert "Overall judgement" not in draft
    theme = SeenPage(cast.lena.browser.get(f"{address}/edit/themes/key-events")).words
    assert "Descriptor for each rating" not in theme
    assert content(cast, address)["graded"] is False
    for path in (address, f"{address}/publish", f"{address}/checklist"):
        words = SeenPage(cast.lena.browser.get(path)).words
        assert ("Overall judgement" in words, "The standard" in words) == (False, False), path
    assert post(cast, f"{address}/publish").status_code == 303
    assert cast.lena.get(address).json()["state"] == "published"


@pytest.mark.both_in_trials
def test_ratings_are_given_and_taken_away_with_all_that_only_they_have(cast: Cast) -> None:
    made = cast.lena.post("/templates/from-library", {"key": "closure"}).json()["template_id"]
    cast.lena.post(f"/templates/{made}/versions", {"from_number": 1})
    address = f"/templates/{made}/versions/2"
    without = post(cast, f"{address}/edit/scale", words_only="yes")
    assert without.status_code == 303, without.text
    now = content(cast, address)
    assert now["graded"] is False
    assert not now.get("overall")
    assert not any(theme.get("descriptors") for domain in now["learning_domains"] for theme in domain["themes"])
    page = SeenPage(cast.lena.browser.get(f"{address}/edit/scale"))
    fields = page.forms[-1].fields
    fields.pop("words_only", None)
    again = cast.lena.browser.post(f"{address}/edit/scale", data=fields)
    assert again.status_code == 303, again.text
    assert [rating["label"] for rating in content(cast, address)["scale"]["ratings"]][:2] == ["Outstanding", "Good"]
