"""Extension point of the page of a sample: what to do with its cases next."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from sqlmodel import Session

from api.foundation.hooks import Hook
from api.rounds.hooks import Step

if TYPE_CHECKING:
    from models import Round

STEPS: Final = Hook[Callable[[Session, "Round"], Step | None]]("steps of a sample")
