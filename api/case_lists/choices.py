"""What was answered once about a council's own table, so that it is asked once."""

from collections.abc import Mapping
from typing import Final

from sqlmodel import Session, col, select

from api.foundation.permissions import Actor, Permission, check_may
from api.foundation.text.free_text import find_faults
from models import ReadingChoice

MOST_CHOICES: Final = 200
LONGEST: Final = 120


def stored_choices(session: Session, *, by: Actor) -> dict[str, str]:
    """The answers that the organisation gave before, by the key of the question."""
    check_may(by, Permission.WRITE_CASE_FILES)
    rows = session.exec(
        select(ReadingChoice.key, ReadingChoice.answer).where(col(ReadingChoice.organisation_id) == by.organisation_id)
    )
    return dict(rows.all())


def store_choices(session: Session, *, choices: Mapping[str, str], by: Actor) -> None:
    """Keep these answers for the next list. What looks like an identifier is not kept, and is asked again."""
    check_may(by, Permission.WRITE_CASE_FILES)
    for key, answer in list(choices.items())[:MOST_CHOICES]:
        if max(len(key), len(answer)) <= LONGEST and not find_faults("", key) and not find_faults("", answer):
            session.merge(ReadingChoice(organisation_id=by.organisation_id, key=key, answer=answer))
    session.flush()
