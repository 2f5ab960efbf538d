"""Extension points of submission: what higher rooms do when audits are submitted, taken back or agreed, in the same
transaction.
"""

import uuid
from collections.abc import Callable, Collection, Sequence
from typing import Final

from sqlmodel import Session

from api.foundation.hooks import WRITING, Hook
from api.foundation.permissions import Actor

# Called with the identifiers of audits of one organisation. It must be quick, however many there are.
AFTER_SUBMISSION: Final = Hook[Callable[[Session, Sequence[uuid.UUID], Actor], None]](
    "work after submission", read_at=WRITING
)
# Called with audits of new case files that another system has recorded complete, and their rounds: nobody has written
# anything else about them. There are many each second, so a provider with nothing to do must ask the database only one
# short query.
AFTER_RECORDING: Final = Hook[Callable[[Session, Collection[uuid.UUID], Sequence[uuid.UUID], Actor], None]](
    "work after complete audits of new case files", read_at=WRITING
)
# Called with an audit that has been taken back from its submission: returned or withdrawn.
AFTER_TAKING_BACK: Final = Hook[Callable[[Session, uuid.UUID, Actor], None]](
    "work after a return or withdrawal", read_at=WRITING
)
# Called with an audit whose answers or overall judgement have been agreed, in moderation, by consensus or at sign-off.
AFTER_AGREEMENT: Final = Hook[Callable[[Session, uuid.UUID, Actor], None]](
    "work after answers are agreed", read_at=WRITING
)
