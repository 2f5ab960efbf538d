"""Create a key without storing it, and read the answers about a council's tables as a file."""

from dataclasses import dataclass

from sqlmodel import Session

from api.case_lists.choices import stored_choices
from api.case_lists.pseudonyms.choices_file import written_choices
from api.case_lists.pseudonyms.key_file import new_key_file
from api.documents.files import WrittenFile
from api.foundation import events
from api.foundation.local_time import local_date
from api.foundation.permissions import Actor, Permission, check_may
from models import now

_JSON = "application/json"


@dataclass(frozen=True, slots=True)
class NewKey:
    """A key that was created: its id, and its file, which is downloaded once."""

    id: str
    file: WrittenFile


def create_key(session: Session, *, by: Actor) -> NewKey:
    """Create a key for pseudonyms. It is not stored: its event has only its id, which reveals nothing about it."""
    check_may(by, Permission.WRITE_CASE_FILES)
    key, content = new_key_file(on=local_date(now()))
    events.record(session, "case-list.key-made", events.THE_ORGANISATION, by=by, details={"key": key.id})
    return NewKey(key.id, WrittenFile(content, _JSON, f"council-key-{key.id}.json"))


def answers_file(session: Session, *, by: Actor) -> WrittenFile:
    """The stored answers, as the file that caseaudit pseudonymise reads."""
    return WrittenFile(written_choices(stored_choices(session, by=by)), _JSON, "council-key-choices.json")
