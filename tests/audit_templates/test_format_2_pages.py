"""Pages of templates in format 2: everything is shown, printed and edited, and no word is lost on the way."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.audit_templates.template_cast import Cast, Member, a_template, template_cast
from tests.audit_templates.test_pages import content_of, fields_of, fill_in, words_of
from tests.checklists.full_template import full_template


@pytest.fixture
def cast(database_url: str) -> Iterator[Cast]:
    with template_cast(database_url) as made:
        yield made


def full(member: Member, **entries: Any) -> str:
    """Make the template that has everything, as a draft; the path of its version 1."""
    made = member.post("/templates", full_template(**entries))
    assert made.status_code == 201, made.text
    return f"/templates/{made.json()['template_id']}/versions/1"


@pytest.mark.both_in_trials
def test_a_version_shows_everything_that_it_asks_in_words(cast: Cast) -> None:
    path = full(cast.lena)
    cast.lena.publish(path)
    said = words_of(cast.asha.browser.get(path))
    for words in (
        "Was the child seen alone? Yes or no. Meets the standard: Yes.",
        "Where was the child seen? One of: At home, At school. This question has no standard.",
        "“Not applicable” is allowed. This applies only when “Was the child seen alone?” is answered Yes.",
        "Meets the standard: 2 to 10 days.",
        "A month. This question has no standard",
        (
            "This applies only when the status is Child protection plan, and the case involves Fear or A "
            "parent's illness."
        ),
        "Not in the source document",
        "Relevant to every case.",
        "The auditor chooses the overall judgement",
        "The overall judgement cannot be better than Inadequate if Voice or Plan is rated Inadequate",
        "The auditor must give a reason for an overall judgement above these limits: Say why the child is safe.",
        "Contact, about one child",
        "Judge what could have been known",
        "How long the case has been open Under 6 months, 6 months or more. Answered from the months open",
        "Caseload",
        "Did you feel listened to? Yes, No",
        "At least 80% meet the standard and at most 10% are Inadequate.",
        "Compliant from 90%, Partly from 50%.",
        "Synopsis of 150 words or fewer",
        "Circumstances of a parent or carer A parent's illness",
        "Another report",
    ):
        assert words in said, words
    assert 'href="https://example.org/report"' in cast.asha.browser.get(path).text


def test_the_checklist_has_a_line_with_boxes_for_every_question_and_fact(cast: Cast) -> None:
    page = cast.lena.browser.get(f"{full(cast.lena)}/checklist")
    said = words_of(page)
    assert "Was the child seen alone? Yes No Not evidenced" in said
    assert "At home At school Not evidenced Not applicable" in said
    assert "How many days were there between visits? Answer Not evidenced" in said
    assert "How long the case has been open Under 6 months 6 months or more Not on file" in said
    assert "Contact reference" in said
    assert "Cannot be judged from the file" in said
    assert "Your reasons" in said
    assert said.count("Evidence (place in the case file) (at the standard or above it)") == 4
    # Answers to themes and overall, then questions, facts, what got in the way, and the family's answers.
    assert page.text.count('class="app-checklist__box"') == 4 * 6 + 5 + (3 + 4 + 1 + 1) + 2 * 3 + 2 + 2


def test_a_template_of_format_1_looks_as_it_did(cast: Cast) -> None:
    page = words_of(cast.lena.browser.get(cast.lena.make()))
    for words in ("What an audit asks", "Questions", "What the case involves", "Not in the source document"):
        assert words not in page


PARTS: dict[str, dict[str, Any]] = {
    "details": {"source_address": "https://example.org/other"},
    "forms-of-harm": {"harm-0-kind": "context", "harm-0-of_case_list": "neglect, multiple"},
    "themes/voice": {"bears_on_all": "yes", "finding": "Not seen."},
    "domains/practice": {"title": "Work"},
    "domains/practice/applies-when": {"statuses": ["closed", "care-leaver"], "age_bands": ["unborn"]},
    "themes/plan/applies-when": {"question-seen-alone": ["no"], "fact-open-for": ["long"]},
    "questions/where/applies-when": {"involves": ["illness"]},
    "questions/seen-alone": {"text": "Was the child seen without adults?", "hint": "Alone means alone."},
    "questions/visits": {"days-at_most": "28"},
    "questions/where": {"choice-2-label": "In the street", "choice-2-meets": "yes"},
    "questions/chronology": {"kind": "yes-partly-no", "meets-yes-partly-no": ["yes", "partly"]},
    "themes/history/new-question": {"text": "Is there a plan?", "kind": "yes-no", "meets-yes-no": ["yes"]},
    "facts/open-for": {"title": "Open for", "choice-0-below": "7"},
    "facts/category": {"choice-0-of_case_list": "neglect, abuse-or-neglect"},
    "new-fact": {"title": "In school", "choice-0-label": "Yes", "choice-1-label": "No", "filled_from": ""},
    "parts/words": {"unit": "observation", "advice": ""},
    "parts/overall": {"cap-3-at_best": "inadequate", "cap-3-themes": ["history"], "cap-3-in_at_least": "1"},
    "parts/contradictions": {
        "contradiction-0-one_theme": "history",
        "contradiction-0-one_answers": ["outstanding", "good"],
        "contradiction-0-other_theme": "review",
        "contradiction-0-other_answers": ["not-applicable"],
        "contradiction-0-why": "What is known was reviewed.",
    },
    "parts/texts": {"evidence-asked": "never"},
    "parts/targets": {"meeting_percent": "75%", "lowest_percent": ""},
    "parts/compliance": {"band-2-label": "Hardly", "band-2-at_least": "1"},
    "parts/asks": {"asks": ["strengths"]},
    "parts/obstacles": {"obstacle-2-label": "Waiting lists"},
    "parts/family-questions": {"question-1-label": "Were you told?", "question-1-choices": "Yes\nNo\nNot sure"},
    "parts/statuses": {"status-0-label": "Child protection plan", "status-1-label": "Closed"},
    "parts/age-bands": {"band-0-label": "18 to 64", "band-0-at_least": "18", "band-0-below": "65"},
    "parts/categories": {"category-0-label": "Self-neglect"},
    "parts/further-sources": {"source-1-title": "A third report", "source-1-published-year": "2024"}
    | {"source-1-published-month": "5", "source-1-published-day": "1"},
}
NEW = {"themes/history/new-question", "new-fact"}


@pytest.mark.parametrize("form", PARTS)
def test_a_form_opened_and_saved_as_it_is_changes_nothing(cast: Cast, form: str) -> None:
    path = full(cast.lena)
    before = content_of(cast.lena, path)
    saved = fill_in(cast.lena, f"{path}/edit/{form}")
    assert saved.status_code == (422 if form in NEW else 303), words_of(saved)
    assert content_of(cast.lena, path) == before


@pytest.mark.parametrize("form", PARTS)
def test_every_part_is_changed_by_its_form_and_by_nothing_else(cast: Cast, form: str) -> None:
    path = full(cast.lena)
    before = content_of(cast.lena, path)
    saved = fill_in(cast.lena, f"{path}/edit/{form}", **PARTS[form])
    assert saved.status_code == 303, words_of(saved)
    assert cast.lena.browser.get(saved.headers["Location"]).status_code == 200
    after = content_of(cast.lena, path)
    assert _different(before, after) == CHANGED[form]


def _different(before: Any, after: Any, at: str = "") -> dict[str, Any]:
    """The places at which two plain values differ, with what the second has."""
    if isinstance(before, dict) and isinstance(after, dict):
        found: dict[str, Any] = {}
        for name in before | after:
            found |= _different(before.get(name), after.get(name), f"{at}/{name}")
        return found
    if isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
        found = {}
        for place, each in enumerate(before):
            found |= _different(each, after[place], f"{at}/{place}")
        return found
    if isinstance(before, list) and isinstance(after, list) and after[: len(before)] == before:
        return {f"{at}/+": after[len(before) :]}
    return {} if before == after else {at: after}


DOMAIN, OTHER = "/learning_domains/0", "/learning_domains/1"
VOICE = f"{DOMAIN}/themes/0"
NO_CONDITION: dict[str, list[Any]] = {"statuses": [], "age_bands": [], "involves": [], "facts": [], "answers": []}
CHANGED: dict[str, dict[str, Any]] = {
    "parts/contradictions": {
        "/contradictions/+": [
            {
                "one": {"theme": "history", "answers": ["outstanding", "good"]},
                "other": {"theme": "review", "answers": ["not-applicable"]},
                "why": "What is known was reviewed.",
            }
        ]
    },
    "details": {"/source/address": "https://example.org/other"},
    "forms-of-harm": {"/forms_of_harm/0/kind": "context", "/forms_of_harm/0/of_case_list/+": ["neglect", "multiple"]},
    "themes/voice": {f"{VOICE}/bears_on_all": True, f"{VOICE}/finding": "Not seen."},
    "domains/practice": {f"{OTHER}/title": "Work"},
    "domains/practice/applies-when": {
        f"{OTHER}/applies_when": NO_CONDITION | {"statuses": ["closed", "care-leaver"], "age_bands": ["unborn"]}
    },
    "themes/plan/applies-when": {
        f"{OTHER}/themes/0/applies_when/answers/+": [{"question": "seen-alone", "answers": ["no"]}],
        f"{OTHER}/themes/0/applies_when/facts/+": [{"fact": "open-for", "answers": ["long"]}],
    },
    "questions/where/applies-when": {f"{VOICE}/questions/1/applies_when/involves/+": ["illness"]},
    "questions/seen-alone": {
        f"{VOICE}/questions/0/text": "Was the child seen without adults?",
        f"{VOICE}/questions/0/hint": "Alone means alone.",
    },
    "questions/visits": {f"{VOICE}/questions/2/at_most": 28},
    "questions/where": {
        f"{VOICE}/questions/1/choices/+": [{"key": "in-the-street", "label": "In the street"}],
        f"{VOICE}/questions/1/meets/+": ["in-the-street"],
    },
    "questions/chronology": {
        f"{VOICE}/questions/3/kind": "yes-partly-no",
        f"{VOICE}/questions/3/meets/+": ["yes", "partly"],
    },
    "themes/history/new-question": {
        f"{DOMAIN}/themes/1/questions/+": [
            {
                "key": "is-there-a-plan",
                "text": "Is there a plan?",
                "kind": "yes-no",
                "hint": "",
                "choices": [],
                "not_applicable": False,
                "meets": ["yes"],
                "at_least": None,
                "at_most": None,
                "applies_when": None,
            }
        ]
    },
    "facts/open-for": {"/case_facts/0/title": "Open for", "/case_facts/0/choices/0/below": 7},
    "facts/category": {"/case_facts/1/choices/0/of_case_list/+": ["neglect", "abuse-or-neglect"]},
    "new-fact": {
        "/case_facts/+": [
            {
                "key": "in-school",
                "title": "In school",
                "hint": "",
                "choices": [
                    {"key": key, "label": key.capitalize(), "at_least": None, "below": None, "of_case_list": []}
                    for key in ("yes", "no")
                ],
                "filled_from": None,
            }
        ]
    },
    "parts/words": {"/words/unit": "observation", "/words/advice": ""},
    "parts/overall": {
        "/overall/caps/+": [
            {
                "themes": ["history"],
                "answer": "lowest",
                "in_at_least": 1,
                "in_at_least_percent": None,
                "at_best": "inadequate",
                "unless": "",
            }
        ]
    },
    "parts/texts": {"/texts/evidence/asked": "never"},
    "parts/targets": {"/targets/meeting_percent": 75, "/targets/lowest_percent": None},
    "parts/compliance": {"/compliance/bands/+": [{"at_least": 1, "label": "Hardly"}]},
    "parts/asks": {
        "/asks/strengths": True,
        **{f"/asks/{name}": False for name in ("conversation", "sources", "family_views", "synopsis", "minutes")},
    },
    "parts/obstacles": {"/obstacles/+": [{"key": "waiting-lists", "label": "Waiting lists"}]},
    "parts/family-questions": {
        "/family_questions/+": [
            {
                "key": "were-you-told",
                "text": "Were you told?",
                "choices": [
                    {"key": "yes", "label": "Yes"},
                    {"key": "no", "label": "No"},
                    {"key": "not-sure", "label": "Not sure"},
                ],
            }
        ]
    },
    "parts/statuses": {
        "/statuses/+": [
            {"key": "child-protection-plan", "label": "Child protection plan"},
            {"key": "closed", "label": "Closed"},
        ]
    },
    "parts/age-bands": {"/age_bands/+": [{"key": "18-to-64", "label": "18 to 64", "at_least": 18, "below": 65}]},
    "parts/categories": {"/categories/+": [{"key": "self-neglect", "label": "Self-neglect"}]},
    "parts/further-sources": {
        "/further_sources/+": [{"title": "A third report", "published": "2024-05-01", "note": "", "address": ""}]
    },
}


@pytest.mark.parametrize(
    ("form", "typed", "field", "said"),
    [
        ("themes/voice/new-question", {"text": "Why?", "kind": ""}, "kind", "Select a type of answer"),
        ("themes/voice/new-question", {"text": "", "kind": "yes-no"}, "text", "This is empty"),
        (
            "themes/voice/new-question",
            {"text": "One?", "kind": "choice", "choice-0-label": "A"},
            "kind",
            "at least two",
        ),
        ("themes/voice/new-question", {"text": "1?", "kind": "yes-no", "own_key": "voice"}, "own_key", "has the key"),
        ("questions/visits", {"days-at_least": "20"}, "days-at_most", "No answer would meet the standard"),
        ("questions/visits", {"days-at_least": "many"}, "days-at_least", "whole number from 0 to 9,999"),
        ("questions/seen-alone", {"meets-yes-no": ["yes", "no"]}, "meets-yes-no", "Every answer"),
        ("questions/where", {"choice-1-label": "x" * 81}, "choice-1-label", "80 characters or fewer"),
        ("new-fact", {"title": "Alone", "choice-0-label": "Only"}, "choice-0-label", "at least 2"),
        ("facts/open-for", {"choice-0-below": "-1"}, "choice-0-below", "whole number"),
        ("parts/words", {"unit": ""}, "unit", "This is empty"),
        (
            "parts/overall",
            {"cap-3-unless": "Why?"},
            "cap-3-at_best",
            "Select the best overall judgement allowed, or remove the",
        ),
        ("parts/overall", {"cap-1-in_at_least": "9"}, "cap-1-in_at_least", "Only 4 themes count"),
        ("parts/overall", {"cap-1-in_at_least_percent": "101"}, "cap-1-in_at_least_percent", "from 1 to 100"),
        ("parts/texts", {"impact-asked": "sometimes"}, "impact-asked", "This must be"),
        ("parts/targets", {"meeting_percent": "101"}, "meeting_percent", "from 1 to 100"),
        ("parts/compliance", {"band-1-at_least": "95"}, "compliance", "highest percentage first"),
        (
            "parts/contradictions",
            {
                "contradiction-0-one_theme": "voice",
                "contradiction-0-one_answers": ["good"],
                "contradiction-0-other_theme": "voice",
                "contradiction-0-other_answers": ["inadequate"],
                "contradiction-0-why": "Both.",
            },
            "contradiction-0-other_theme",
            "Both sides use the same theme",
        ),
        (
            "parts/contradictions",
            {"contradiction-0-one_theme": "voice", "contradiction-0-why": "No answer is ticked."},
            "contradiction-0-one_answers",
            "at least",
        ),
        ("parts/obstacles", {"obstacle-1-label": ""}, "obstacle-1-label", "This is empty"),
        ("parts/statuses", {"status-0-label": "Adult", "status-0-key": "child-in-need"}, "status-0-key", "kept for"),
        ("parts/age-bands", {"band-0-label": "Old", "band-0-below": "65"}, "band-0-at_least", "Say at which age"),
        ("parts/age-bands", {"band-0-label": "Old", "band-0-at_least": "151"}, "band-0-at_least", "from 0 to 150"),
        ("parts/family-questions", {"question-0-choices": "Yes"}, "question-0-choices", "at least 2"),
        ("parts/further-sources", {"source-0-address": "ftp://example.org"}, "source-0-address", "https"),
        ("parts/further-sources", {"source-0-published-day": "40"}, "source-0-published", "must include"),
        ("details", {"source_address": "http://example.org"}, "source_address", "https"),
        ("forms-of-harm", {"harm-0-kind": "other"}, "harm-0-kind", "This must be"),
    ],
)
def test_a_fault_is_told_at_its_field_and_what_was_typed_is_kept(
    cast: Cast, form: str, typed: dict[str, Any], field: str, said: str
) -> None:
    path = full(cast.lena)
    before = content_of(cast.lena, path)
    refused = fill_in(cast.lena, f"{path}/edit/{form}", **typed)
    assert refused.status_code == 422, words_of(refused)
    assert f'href="#{field}"' in refused.text
    assert f'id="{field}"' in refused.text
    assert said in words_of(refused)
    kept = fields_of(refused)
    for name, value in typed.items():
        if value not in {"", "sometimes", "other"} if isinstance(value, str) else True:
            assert kept.get(name, "") == value, name
    assert content_of(cast.lena, path) == before


@pytest.mark.both_in_trials
def test_a_pair_of_answers_is_written_changed_and_removed_in_either_format(cast: Cast) -> None:
    path = full(cast.lena)
    form = f"{path}/edit/parts/contradictions"
    assert fill_in(cast.lena, form, **PARTS["parts/contradictions"]).status_code == 303
    assert "Contradictory answers 1 pair" in words_of(cast.lena.browser.get(f"{path}/edit"))
    assert "What is known was reviewed." in words_of(cast.lena.browser.get(path))
    changed = fill_in(cast.lena, form, **{"contradiction-0-other_answers": ["inadequate", "not-applicable"]})
    assert changed.status_code == 303
    (pair,) = content_of(cast.lena, path)["contradictions"]
    assert pair["other"]["answers"] == ["inadequate", "not-applicable"]
    assert pair["one"]["answers"] == ["outstanding", "good"]
    assert fill_in(cast.lena, form, **{"contradiction-0-remove": "yes"}).status_code == 303
    assert content_of(cast.lena, path).get("contradictions", []) == []
    first = cast.lena.post("/templates", a_template()).json()["template_id"]
    old = cast.lena.browser.get(f"/templates/{first}/versions/1/edit/parts/contradictions")
    assert "Why these answers are contradictory" in words_of(old)


def test_questions_are_added_one_after_another_moved_and_removed(cast: Cast) -> None:
    path = full(cast.lena)
    edit = f"{path}/edit"
    added = fill_in(cast.lena, f"{edit}/themes/plan/new-question", text="First?", kind="yes-no", another="yes")
    assert added.headers["Location"] == f"{edit}/themes/plan/new-question"
    added = fill_in(cast.lena, f"{edit}/themes/plan/new-question", text="Second?", kind="month")
    assert added.headers["Location"] == f"{edit}/themes/plan/questions"
    assert _questions(cast.lena, path)["plan"] == ["first", "second"]
    moved = cast.lena.browser.post(f"{edit}/questions/second/move", data={"move": "up", "version": "3"})
    assert moved.headers["Location"] == f"{edit}/themes/plan/questions"
    assert _questions(cast.lena, path)["plan"] == ["second", "first"]
    fill_in(cast.lena, f"{edit}/questions/first", theme="history")
    assert (_questions(cast.lena, path)["plan"], _questions(cast.lena, path)["history"]) == (["second"], ["first"])
    stale = cast.lena.browser.post(f"{edit}/questions/second/remove", data={"version": "1"})
    assert stale.status_code == 412
    assert "This draft changed after you opened" in words_of(stale)
    assert "Questions for Plan" in words_of(stale)
    gone = cast.lena.browser.post(f"{edit}/questions/second/remove", data={"version": "5"})
    assert gone.status_code == 303
    assert _questions(cast.lena, path)["plan"] == []


def _questions(member: Member, path: str) -> dict[str, list[str]]:
    content = content_of(member, path)
    return {
        theme["key"]: [question["key"] for question in theme["questions"]]
        for domain in content["learning_domains"]
        for theme in domain["themes"]
    }


def test_a_question_cannot_move_after_one_that_depends_on_it(cast: Cast) -> None:
    path = full(cast.lena)
    refused = cast.lena.browser.post(f"{path}/edit/questions/where/move", data={"move": "up", "version": "1"})
    assert refused.status_code == 422
    assert "no question asked before this" in words_of(refused)
    assert _questions(cast.lena, path)["voice"][0] == "seen-alone"


def test_what_is_removed_is_named_nowhere_and_the_page_says_what_goes_with_it(cast: Cast) -> None:
    path = full(cast.lena)
    edit = f"{path}/edit"
    asked = words_of(cast.lena.browser.get(f"{edit}/questions/seen-alone/remove"))
    assert "Where was the child seen?: will apply to all cases" in asked
    cast.lena.browser.post(f"{edit}/questions/seen-alone/remove", data={"version": "1"})
    voice = content_of(cast.lena, path)["learning_domains"][0]["themes"][0]
    assert voice["questions"][0]["applies_when"] is None
    fill_in(cast.lena, f"{edit}/forms-of-harm", **{"harm-1-remove": "yes"})
    plan = content_of(cast.lena, path)["learning_domains"][1]["themes"][0]
    assert plan["applies_when"]["involves"] == ["fear"]
    asked = words_of(cast.lena.browser.get(f"{edit}/domains/child/remove"))
    assert "is also removed" not in asked
    cast.lena.browser.post(f"{edit}/themes/voice/remove", data={"version": "3"})
    fill_in(cast.lena, f"{edit}/parts/compliance", version="3", compliance=[])
    cast.lena.browser.post(f"{edit}/themes/voice/remove", data={"version": "4"})
    assert content_of(cast.lena, path)["overall"]["caps"][0]["themes"] == ["plan"]
    asked = words_of(cast.lena.browser.get(f"{edit}/themes/plan/remove"))
    assert "1 cap on the overall judgement is also removed." in asked
    cast.lena.browser.post(f"{edit}/themes/plan/remove", data={"version": "5"})
    assert [cap["themes"] for cap in content_of(cast.lena, path)["overall"]["caps"]] == [[], []]


def test_two_editors_of_a_question_get_a_choice_and_both_keep_their_words(cast: Cast) -> None:
    path = full(cast.lena)
    form = f"{path}/edit/questions/seen-alone"
    opened = fields_of(cast.lena.browser.get(form))
    fill_in(cast.lars, form, text="Seen by Lars?")
    stale = cast.lena.browser.post(form, data={**opened, "text": "Seen by Lena?"})
    assert stale.status_code == 412
    assert fields_of(stale)["text"] == "Seen by Lena?"
    assert cast.lena.browser.post(form, data=fields_of(stale)).status_code == 303


@pytest.mark.both_in_trials
def test_a_draft_of_format_1_uses_format_2_after_its_writer_saw_what_changes(cast: Cast) -> None:
    theme = {"key": "voice", "title": "Voice", "prompts": ["Seen?"], "limiting": True}
    path = cast.lena.make(learning_domains=[{"key": "one", "title": "One", "themes": [theme]}])
    cast.lena.publish(path)
    edit = cast.lena.browser.post(f"{path}/new-version", data={"key": "k"}).headers["Location"]
    assert content_of(cast.lena, edit.removesuffix("/edit"))["format"] == "caseaudit-template/1"
    assert "Use format 2" in words_of(cast.lena.browser.get(edit))
    refused = cast.lena.browser.get(f"{edit}/parts/words")
    assert refused.status_code == 409
    assert "On the draft page, select “Use format 2” first" in words_of(refused)
    asked = words_of(cast.lena.browser.get(f"{edit}/use-format-2"))
    assert "cannot be better than Partly if any of “Voice” is rated Not" in asked
    done = cast.lena.browser.post(f"{edit}/use-format-2", data={"version": "1"})
    assert done.headers["Location"] == edit
    content = content_of(cast.lena, edit.removesuffix("/edit"))
    assert content["format"] == "caseaudit-template/2"
    assert content["overall"]["caps"][0]["themes"] == ["voice"]
    assert content["learning_domains"][0]["themes"][0]["limiting"] is False
    assert content_of(cast.lena, path)["format"] == "caseaudit-template/1"
    assert "already in format 2" in words_of(cast.lena.browser.get(f"{edit}/use-format-2"))
    assert fill_in(cast.lena, f"{edit}/themes/voice/new-question", text="Alone?", kind="yes-no").status_code == 303


def test_a_draft_that_somebody_changed_meanwhile_is_not_converted(cast: Cast) -> None:
    path = cast.lena.make()
    fill_in(cast.lars, f"{path}/edit/details", title="Other")
    stale = cast.lena.browser.post(f"{path}/edit/use-format-2", data={"version": "1"})
    assert stale.status_code == 412
    assert content_of(cast.lena, path)["format"] == "caseaudit-template/1"


def test_new_templates_are_in_format_2(cast: Cast) -> None:
    made = fill_in(
        cast.lena,
        "/templates/new",
        title="Our tool",
        scale="four-grades",
        domain_title="The child",
        theme_title="Voice",
        prompts="Seen?",
    )
    assert content_of(cast.lena, made.headers["Location"].removesuffix("/edit"))["format"] == "caseaudit-template/2"


@pytest.mark.both_in_trials
def test_the_page_of_changes_says_what_differs_and_what_reports_may_compare(cast: Cast) -> None:
    path = full(cast.lena)
    cast.lena.publish(path)
    edit = cast.lena.browser.post(f"{path}/new-version", data={"key": "k"}).headers["Location"]
    fill_in(cast.lena, f"{edit}/questions/visits", **{"days-at_most": "28"})
    fill_in(cast.lena, f"{edit}/questions/seen-alone", text="Seen alone?")
    fill_in(cast.lena, f"{edit}/parts/overall", how="calculated")
    version = edit.removesuffix("/edit")
    assert "Changes since version 1" in words_of(cast.lena.browser.get(version))
    said = words_of(cast.lena.browser.get(f"{version}/changes"))
    assert "How many days were there between visits? Changed standard No. Its standard has changed." in said
    assert "Seen alone? Changed text Yes" in said
    assert "Overall judgement now The overall judgement is the middle rating" in said
    assert "There is no earlier version." in words_of(cast.lena.browser.get(f"{path}/changes"))
    assert cast.lena.browser.get(f"{version}/changes?since=9").status_code == 404
    assert cast.asha.browser.get(f"{version}/changes").status_code == 404
    listed = cast.lena.get(f"{version}/changes").json()
    assert (listed["number"], listed["since"]) == (2, 1)
    assert [(each["kind"], each["key"], each["comparable"]) for each in listed["items"]] == [
        ("template", "full", None),
        ("question", "seen-alone", True),
        ("question", "visits", False),
    ]
    assert cast.lena.get(f"{path}/changes").json() == {"number": 1, "since": None, "items": []}


@pytest.mark.both_in_trials
def test_format_2_is_used_over_rest_once_and_only_by_the_version_that_was_read(cast: Cast) -> None:
    path = cast.lena.make()
    where = f"/api/v1{path}/use-format-2"
    assert cast.lena.browser.post(where, headers={"If-Match": '"7"'}).status_code == 412
    done = cast.lena.browser.post(where, headers={"If-Match": '"1"'})
    assert (done.status_code, done.json()["version"]) == (200, 2)
    assert done.json()["content"]["format"] == "caseaudit-template/2"
    again = cast.lena.browser.post(where, headers={"If-Match": '"2"'})
    assert (again.status_code, again.json()["version"]) == (200, 2)
    assert cast.asha.browser.post(where, headers={"If-Match": '"2"'}).status_code == 403
    cast.lena.publish(path)
    assert cast.lena.browser.post(where, headers={"If-Match": '"3"'}).status_code == 409


def test_both_formats_are_imported_and_downloaded_the_same(cast: Cast) -> None:
    for template in (a_template("one"), full_template(key="two")):
        made = cast.lena.post("/templates/import", template)
        assert made.status_code == 201, made.text
        path = f"/templates/{made.json()['template_id']}/versions/1"
        written = cast.lena.get(f"{path}/file")
        assert written.json() == template
        again = cast.omar.browser.post(
            "/api/v1/templates/import",
            content=written.content,
            headers={**cast.omar.creates(), "Content-Type": "application/json"},
        )
        copy = f"/templates/{again.json()['template_id']}/versions/1"
        assert cast.omar.get(f"{copy}/file").content == written.content
