"""What an agency is asked of a template, and in which words: written by quality leads, for every version.

Without more said, an agency is asked every theme in the words of the template.
"""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import ColumnElement, delete
from sqlmodel import Session, col, select

from api.audit_templates.own_places.actions import newest_version
from api.foundation import events
from api.foundation.permissions import Actor, Permission, check_may
from api.foundation.problems import Conflict, Fault, check_version
from api.foundation.text.free_text import KeepReason, NameCheck, raise_if_any
from api.joint_rounds.agencies.actions import find_agency
from checklists.templates.template import Theme
from models import Agency, AgencyTheme

MOST_CHARACTERS: Final = 2_000


@dataclass(frozen=True, slots=True)
class AskedTheme:
    """How an agency is asked a theme: not at all, in its own words or, where they are empty, in the template's."""

    theme: str
    asked: bool = True
    words: str = ""
    keep_names: KeepReason | None = None


@dataclass(frozen=True, slots=True)
class Asked:
    """What an agency is asked of the newest published version of a template: every theme, in its order."""

    agency: Agency
    title: str
    themes: Sequence[tuple[Theme, AskedTheme]]


def find_asked(session: Session, *, template_id: uuid.UUID, agency_id: uuid.UUID, by: Actor) -> Asked:
    """What an agency is asked of a template. Raises Conflict for a template without a published version, NotFound."""
    check_may(by, Permission.WRITE_JOINT_ROUNDS)
    found = newest_version(session, template_id=template_id, by=by)
    if found.is_draft:
        raise Conflict("This template has no published version yet. Publish it first.")
    agency = find_agency(session, agency_id=agency_id, by=by)
    stored = stored_for(session, template_id, agency_id, by=by)
    themes = [(theme, stored.get(theme.key, AskedTheme(theme.key))) for theme in found.content.themes]
    return Asked(agency, found.version.title, themes)


def write_asked(
    session: Session,
    *,
    template_id: uuid.UUID,
    agency_id: uuid.UUID,
    themes: Sequence[AskedTheme],
    version: int,
    by: Actor,
) -> Agency:
    """Say what an agency is asked of a template; a theme that is left out stays as it is.

    `version`: of the agency. Raises Conflict, Invalid with places `/themes/<theme>/…`, NotAllowed, NotFound, Stale.
    """
    before = find_asked(session, template_id=template_id, agency_id=agency_id, by=by)
    agency = find_agency(session, agency_id=agency_id, by=by, lock=True)
    check_version(agency.version, version)
    was = {theme.key: each for theme, each in before.themes}
    names, faults = NameCheck.of(session, by), []
    for each in themes:
        place = f"/themes/{each.theme}/words"
        if each.theme not in was:
            faults.append(Fault(f"/themes/{each.theme}/theme", "The template has no such theme."))
        elif len(each.words) > MOST_CHARACTERS:
            faults.append(Fault(place, f"Text must be {MOST_CHARACTERS:,} characters or fewer."))
        else:
            faults += names.check(place, each.words, keep=each.keep_names, was=was[each.theme].words)
    after = was | {each.theme: each for each in themes}
    if not any(each.asked for each in after.values()):
        faults.append(Fault("", f"Ask {agency.name} at least one theme."))
    raise_if_any(faults)
    gone = delete(AgencyTheme).where(*_of(template_id, agency_id, by), col(AgencyTheme.theme).in_(list(after)))
    session.execute(gone)
    session.add_all(
        AgencyTheme(
            organisation_id=by.organisation_id,
            template_id=template_id,
            agency_id=agency_id,
            theme=key,
            asked=each.asked,
            words=each.words.strip(),
        )
        for key, each in after.items()
        if each.words.strip() or not each.asked
    )
    agency.version += 1
    session.add(agency)
    session.flush()
    events.record(session, "agency.questions-changed", agency_id, by=by, details={"template": str(template_id)})
    names.record(session, agency_id, by=by)
    return agency


def stored_for(
    session: Session, template_id: uuid.UUID, agency_id: uuid.UUID, *, by: Actor
) -> Mapping[str, AskedTheme]:
    """What was said of themes of a template for an agency, by the key of the theme."""
    rows = session.exec(select(AgencyTheme).where(*_of(template_id, agency_id, by)))
    return {row.theme: AskedTheme(row.theme, row.asked, row.words) for row in rows}


def _of(template_id: uuid.UUID, agency_id: uuid.UUID, by: Actor) -> tuple[ColumnElement[bool], ...]:
    return (
        col(AgencyTheme.organisation_id) == by.organisation_id,
        col(AgencyTheme.template_id) == template_id,
        col(AgencyTheme.agency_id) == agency_id,
    )
