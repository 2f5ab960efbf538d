"""The sheets of an XLSForm, and the names of the rows and lists that an exported template has in it.

Keys have no dot, so a name with one is never the key of a theme or question.
"""

from typing import Final

SURVEY, CHOICES, SETTINGS = "survey", "choices", "settings"
# What the form cannot say, with its values, for Case Audit to read back.
BESIDE: Final = "Case Audit"
BESIDE_HEADINGS: Final = ("Part", "In words", "Value")

SURVEY_COLUMNS: Final = (
    "type",
    "name",
    "label",
    "hint",
    "required",
    "relevant",
    "constraint",
    "appearance",
    "calculation",
    "meets",
)
CHOICE_COLUMNS: Final = ("list_name", "name", "label", "score", "meets_standard", "description")
SETTING_COLUMNS: Final = ("form_title", "form_id", "version")

CASE, FAMILY = "case", "family"
STATUS, AGE_BAND, INVOLVES = "case.status", "case.age-band", "case.involves"
DOMAIN_OF, THEME_OF, FACT_OF, FAMILY_OF = "domain.", "theme.", "fact.", "family."
SUMMARY, FINDING, NOT_APPLICABLE_WHEN, PROMPT, DESCRIPTOR = "summary", "finding", "not-applicable", "prompt", "rating"
SCORE: Final = "score"
TEXTS: Final = ("rationale", "impact", "evidence")

# The lists of ratings, and of the answers where themes are not rated.
RATINGS, ANSWERS = "rating", "answer"
STATUSES, AGE_BANDS, HARMS = "status", "age-band", "harm"
WHOLE_NUMBER: Final = ". >= 0 and . <= 9999"
MONTH: Final = "month-year"


def part_of(key: str, part: str) -> str:
    """The name of a row that belongs to a theme."""
    return f"{key}.{part}"
