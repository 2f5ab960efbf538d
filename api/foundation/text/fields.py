"""Types of fields that take free text over REST."""

from typing import Annotated

from fastapi import Path
from pydantic import Field

from api.foundation.text.free_text import MOST_CHARACTERS, KeepReason

FreeText = Annotated[str, Field(max_length=MOST_CHARACTERS)]


KeepNames = Annotated[
    KeepReason | None, Field(description="Why names in these words stay. Without it they are refused once, to ask.")
]


ThemeKey = Annotated[str, Path(max_length=60, description="The key of a theme of the audit's template.")]
