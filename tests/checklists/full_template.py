"""A small template with everything that format 2 has."""

from typing import Any

from checklists.templates.scale import FOUR_GRADES
from checklists.templates.template import Template
from checklists.templates.template_file import check_template
from tests.checklists.small_template import theme

CHILD = "Child"


def full_template(**entries: Any) -> dict[str, Any]:
    """Two learning domains with two themes each, questions, facts, conditions and caps, as parsed from a file."""
    scale = FOUR_GRADES.model_dump(mode="json")
    questions = [
        {"key": "seen-alone", "text": "Was the child seen alone?", "kind": "yes-no", "meets": ["yes"]},
        {
            "key": "where",
            "text": "Where was the child seen?",
            "kind": "choice",
            "choices": [{"key": "home", "label": "At home"}, {"key": "school", "label": "At school"}],
            "not_applicable": True,
            "applies_when": {"answers": [{"question": "seen-alone", "answers": ["yes"]}]},
        },
        {
            "key": "visits",
            "text": "How many days were there between visits?",
            "kind": "days",
            "at_least": 2,
            "at_most": 10,
        },
        {"key": "chronology", "text": "When was the chronology last brought up to date?", "kind": "month"},
    ]
    return {
        "format": "caseaudit-template/2",
        "key": "full",
        "title": "A template with everything",
        "source": {"title": "A report", "address": "https://example.org/report"},
        "scale": scale,
        "forms_of_harm": [
            {"key": "fear", "label": "Fear"},
            {"key": "illness", "label": "A parent's illness", "kind": "parent"},
        ],
        "learning_domains": [
            {"key": "child", "title": CHILD, "themes": [theme("voice", questions=questions), theme("history")]},
            {
                "key": "practice",
                "title": "Practice",
                "themes": [
                    theme(
                        "plan",
                        forms_of_harm=["fear"],
                        applies_when={"statuses": ["child-protection-plan"], "involves": ["fear", "illness"]},
                    ),
                    theme("review", addition=True, bears_on_all=True),
                ],
            },
        ],
        "further_sources": [{"title": "Another report"}],
        "words": {"unit": "contact", "units": "contacts"},
        "overall": {
            "how": "judged",
            "caps": [
                {"themes": ["voice", "plan"], "at_best": "inadequate", "unless": "Say why the child is safe."},
                {"in_at_least": 2, "at_best": "requires-improvement"},
                {"answer": "not-evidenced", "in_at_least_percent": 50, "at_best": "cannot-be-judged"},
            ],
        },
        "texts": {"impact": {"asked": "below-standard", "required": "below-standard"}},
        "targets": {"meeting_percent": 80, "lowest_percent": 10},
        "compliance": {"bands": [{"at_least": 90, "label": "Compliant"}, {"at_least": 50, "label": "Partly"}]},
        "asks": {"conversation": True, "sources": True, "family_views": True, "synopsis": True, "minutes": True},
        "obstacles": [{"key": "caseload", "label": "Caseload"}, {"key": "changes", "label": "Changes of worker"}],
        "family_questions": [
            {
                "key": "listened",
                "text": "Did you feel listened to?",
                "choices": [{"key": "yes", "label": "Yes"}, {"key": "no", "label": "No"}],
            }
        ],
        "case_facts": [
            {
                "key": "open-for",
                "title": "How long the case has been open",
                "choices": [
                    {"key": "short", "label": "Under 6 months", "at_least": 0, "below": 6},
                    {"key": "long", "label": "6 months or more", "at_least": 6},
                ],
                "filled_from": "months-open",
            },
            {
                "key": "category",
                "title": "Category",
                "choices": [
                    {"key": "neglect", "label": "Neglect"},
                    {"key": "abuse", "label": "Abuse", "of_case_list": ["physical-abuse", "sexual-abuse"]},
                ],
                "filled_from": "category",
            },
        ],
        **entries,
    }


def a_full_template(**entries: Any) -> Template:
    return check_template(full_template(**entries))


def a_template_of_questions(**entries: Any) -> Template:
    """The same without facts about the case, and with a calculated overall judgement: for tests of its questions."""
    return a_full_template(**{"case_facts": [], "overall": {"how": "calculated"}, **entries})
