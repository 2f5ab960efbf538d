"""A template with the themes of the desk that asks all that may be asked beside themes."""

from typing import Any

from checklists.templates.asks import Asks
from checklists.templates.template import Template
from checklists.templates.template_file import check_template
from tests.checklists.full_template import full_template
from tests.desk import SMALL


def a_beside_template(**entries: Any) -> Template:
    """In format 2, with no questions and no conditions; every text of a theme is asked."""
    asked = {"asked": "always", "required": "never"}
    return check_template(
        {
            **{name: entry for name, entry in full_template().items() if name != "compliance"},
            "key": "beside",
            "scale": SMALL["scale"],
            "forms_of_harm": SMALL["forms_of_harm"],
            "learning_domains": SMALL["learning_domains"],
            "overall": {"how": "calculated"},
            "asks": dict.fromkeys(Asks.model_fields, True),
            "texts": {"impact": asked, "evidence": asked},
            **entries,
        }
    )
