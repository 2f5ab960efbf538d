"""A form posted after its session ended, kept by the browser alone until the person has signed in again."""

import json
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Self

from api.foundation.pages.forms import TypedForm
from api.foundation.pages.rendering import is_path_of_this_site

MOST_FIELDS: Final = 2_000
MOST_CHARACTERS: Final = 1_000_000


@dataclass(frozen=True, slots=True)
class CarriedForm:
    """A kept form: where it was posted, its fields, and who typed it, if known.

    It is as trustworthy as any form that a browser posts, and so contains nothing that decides what somebody may do.
    """

    path: str
    fields: tuple[tuple[str, str], ...]
    typist: uuid.UUID | None = None
    lost_file: bool = False

    def write(self) -> str:
        """As the value of one hidden field, which preserves every character."""
        return json.dumps(
            {
                "path": self.path,
                "fields": self.fields,
                "typist": str(self.typist) if self.typist else None,
                "lost_file": self.lost_file,
            },
            ensure_ascii=False,
        )

    @classmethod
    def read(cls, value: str) -> Self | None:
        """Read what `write` wrote; None for anything else, and for a path that leaves this site."""
        try:
            read = json.loads(value)
            carried = cls(
                path=str(read["path"]),
                fields=tuple((str(name), str(text)) for name, text in read["fields"]),
                typist=uuid.UUID(read["typist"]) if read["typist"] else None,
                lost_file=read["lost_file"] is True,
            )
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
            return None
        if not is_path_of_this_site(carried.path) or not _is_bounded(carried.fields):
            return None
        return carried

    def is_of(self, person_id: uuid.UUID) -> bool:
        """Whether this person may see it: they typed it, or nobody knows who did."""
        return self.typist is None or self.typist == person_id

    @property
    def words(self) -> list[str]:
        """What a person wrote, to be shown: not the hidden fields and choices."""
        return [text for name, text in self.fields if not _is_hidden(name) and (" " in text.strip() or "\n" in text)]


# Of our own forms; not what a person wrote.
_HIDDEN: Final = {"key", "version", "next", "carried", "credential"}
# Nor sensitive terms, which no page shows again.
_UNSEEN: Final = {*_HIDDEN, "terms"}
# The last word of hidden fields that one form has for each theme, passage or case.
_HIDDEN_OF_EACH: Final = {"asked", "seen"}


def _is_hidden(name: str) -> bool:
    return name in _UNSEEN or name.rpartition("-")[2] in _HIDDEN_OF_EACH or name.startswith(("was ", "read "))


def keep_for_sign_in(form: TypedForm, *, path: str, typist: uuid.UUID | None) -> CarriedForm | None:
    """The form to keep, without passwords and files; None when there is nothing to keep, or too much."""
    carried = keep_until_proved(form, path=path, typist=typist)
    return carried if carried is not None and any(name not in _HIDDEN for name, _ in carried.fields) else None


def keep_until_proved(form: TypedForm, *, path: str, typist: uuid.UUID | None) -> CarriedForm | None:
    """The same, though nothing was typed: what is to be done is kept too. None for too much."""
    fields = tuple(
        (name, text) for name, texts in form.typed.items() if "password" not in name.lower() for text in texts
    )
    return CarriedForm(path, fields, typist, lost_file=bool(form.files)) if _is_bounded(fields) else None


def _is_bounded(fields: Sequence[tuple[str, str]]) -> bool:
    return len(fields) <= MOST_FIELDS and sum(len(name) + len(text) for name, text in fields) <= MOST_CHARACTERS
