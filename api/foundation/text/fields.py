"""Field types for free text over REST."""

from typing import Annotated

from fastapi import Path
from pydantic import Field

from api.foundation.text.free_text import MOST_CHARACTERS, KeepReason

FreeText = Annotated[str, Field(max_length=MOST_CHARACTERS)]


KeepNames = Annotated[
    KeepReason | None,
    Field(description=("The reason to keep possible names in the text. Without a reason, the text is refused.")),
]


ThemeKey = Annotated[str, Path(max_length=60, description="The key of a theme of the audit's template.")]
