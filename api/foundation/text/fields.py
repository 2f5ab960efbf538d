"""Field types for free text and dates over REST."""

import re
from datetime import date
from typing import Annotated, Any

from fastapi import Path
from pydantic import BeforeValidator, Field

from api.foundation.text.free_text import MOST_CHARACTERS, KeepReason

FreeText = Annotated[str, Field(max_length=MOST_CHARACTERS)]


KeepNames = Annotated[
    KeepReason | None,
    Field(description=("The reason to keep possible names in the text. Without a reason, the text is refused.")),
]


ThemeKey = Annotated[str, Path(max_length=60, description="The key of a theme of the audit's template.")]


def _written(value: Any) -> Any:
    if isinstance(value, date) or (isinstance(value, str) and re.fullmatch(r"\d{4}-\d{2}-\d{2}", value, re.ASCII)):
        return value
    raise ValueError("Enter a date as year-month-day, such as 2026-03-31")


# A number is no date here: by default 0 would be the first day of 1970.
WrittenDate = Annotated[date, BeforeValidator(_written)]
