"""What every part of a template shares."""

from pydantic import BaseModel, ConfigDict


class Part(BaseModel):
    """A part of a template: it never changes, and refuses entries that it does not know."""

    model_config = ConfigDict(frozen=True, extra="forbid")
