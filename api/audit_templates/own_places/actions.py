"""Where an organisation's own records show the evidence of a theme: read for auditors, written by template writers."""

import uuid
from dataclasses import dataclass
from typing import Final

from sqlalchemy import bindparam, select
from sqlmodel import Session, col

from api.audit_templates import actions
from api.audit_templates.actions import FoundVersion
from api.foundation import events
from api.foundation.permissions import Actor, Permission, check_may
from api.foundation.problems import Invalid, NotFound, check_version
from checklists.templates.template import Theme
from models import OwnPlace, now

MOST_CHARACTERS: Final = 2000


@dataclass(frozen=True, slots=True)
class ThemePlace:
    """A theme of a template, and the organisation's own lines for it. Version 0: none were ever written."""

    theme: Theme
    words: str
    version: int


def newest_version(session: Session, *, template_id: uuid.UUID, by: Actor) -> FoundVersion:
    """The newest version of a template that the actor may see: published, or else its draft. Raises NotFound."""
    use = actions.version_use_of(session, template_id=template_id, by=by)
    number = use.published or use.draft
    if number is None:
        newest = actions.list_versions(session, by=by, limit=1, template_id=template_id)
        number = newest[0].version.number
    return actions.find_version(session, template_id=template_id, number=number, by=by)


def list_places(session: Session, *, template_id: uuid.UUID, by: Actor) -> list[ThemePlace]:
    """Every theme of the newest version with the organisation's own lines. Raises NotFound."""
    check_may(by, Permission.READ_TEMPLATES)
    found = newest_version(session, template_id=template_id, by=by)
    stored = {place.theme: place for place in _stored(session, template_id, by)}
    return [
        ThemePlace(theme, stored[theme.key].words, stored[theme.key].version)
        if theme.key in stored
        else ThemePlace(theme, "", 0)
        for theme in found.content.themes
    ]


def place_of(session: Session, *, template_id: uuid.UUID, theme: str, by: Actor) -> ThemePlace:
    """The organisation's own lines for one theme. Raises NotFound."""
    for place in list_places(session, template_id=template_id, by=by):
        if place.theme.key == theme:
            return place
    raise NotFound("theme")


def words_by_theme(session: Session, *, template_id: uuid.UUID, by: Actor) -> dict[str, str]:
    """The organisation's own lines for the auditors of this template, by the key of the theme."""
    named = {"own": by.organisation_id, "template": template_id}
    return {theme: words for theme, words in session.connection().execute(_WORDS, named) if words}


# Made once: every page on which a theme is scored asks it.
_WORDS: Final = select(col(OwnPlace.theme), col(OwnPlace.words)).where(
    col(OwnPlace.organisation_id) == bindparam("own"), col(OwnPlace.template_id) == bindparam("template")
)


def write_place(
    session: Session, *, template_id: uuid.UUID, theme: str, words: str, version: int, by: Actor
) -> ThemePlace:
    """Write the organisation's own lines for a theme; "" takes them out. They hold for every version of the template.

    Raises NotFound, Stale when somebody wrote them since `version`, Invalid when they are too long.
    """
    check_may(by, Permission.WRITE_TEMPLATES)
    words = words.strip()
    if len(words) > MOST_CHARACTERS:
        raise Invalid.at("/words", f"Text must be {MOST_CHARACTERS:,} characters or fewer")
    if not all(character.isprintable() or character == "\n" for character in words):
        raise Invalid.at("/words", "This contains a control character that cannot be shown. Enter the text again")
    actions.lock_template(session, template_id, by=by)
    before = place_of(session, template_id=template_id, theme=theme, by=by)
    check_version(before.version, version)
    session.merge(
        OwnPlace(
            organisation_id=by.organisation_id,
            template_id=template_id,
            theme=theme,
            words=words,
            version=before.version + 1,
            changed_at=now(),
        )
    )
    session.flush()
    events.record(session, "template.own-place-written", template_id, by=by)
    return ThemePlace(before.theme, words, before.version + 1)


def _stored(session: Session, template_id: uuid.UUID, by: Actor) -> list[OwnPlace]:
    query = select(OwnPlace).where(
        col(OwnPlace.organisation_id) == by.organisation_id, col(OwnPlace.template_id) == template_id
    )
    return list(session.execute(query).scalars())
