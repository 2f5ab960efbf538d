"""Small templates for these tests."""

from typing import Any

from checklists.templates.scale import FOUR_GRADES
from checklists.templates.template import Template
from checklists.templates.template_file import check_template


def theme(key: str, **entries: Any) -> dict[str, Any]:
    return {"key": key, "title": key.capitalize(), "prompts": ["What does the file show?"], **entries}


def plain_template(**entries: Any) -> dict[str, Any]:
    """Two learning domains with two themes each, on the four grades, as parsed from a file."""
    return {
        "format": "caseaudit-template/1",
        "key": "small",
        "title": "A small template",
        "scale": FOUR_GRADES.model_dump(mode="json"),
        "forms_of_harm": [{"key": "fear", "label": "Fear"}, {"key": "neglect", "label": "Neglect"}],
        "learning_domains": [
            {"key": "child", "title": "Child", "themes": [theme("voice", limiting=True), theme("history")]},
            {
                "key": "practice",
                "title": "Practice",
                "themes": [theme("plan", forms_of_harm=["fear"]), theme("review")],
            },
        ],
        **entries,
    }


def a_template(**entries: Any) -> Template:
    return check_template(plain_template(**entries))
