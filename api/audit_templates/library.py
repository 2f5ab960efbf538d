"""The built-in templates that an organisation may add: whole ones, and new versions of those it added before."""

from dataclasses import dataclass

from sqlalchemy import select
from sqlmodel import Session, col

from api.audit_templates.actions import FoundVersion, publish_built_in
from api.foundation import events
from api.foundation.permissions import Actor, Permission, check_may
from api.foundation.problems import AlreadyExists, Conflict, Fault, Invalid, is_allowed
from checklists.templates.library import (
    BuiltIn,
    built_in,
    library_document,
    library_keys,
    library_numbers,
    load_library_template,
    newest_number,
)
from models import Template, TemplateVersion, TemplateVersionState, now
from models.storage.joins import linked


@dataclass(frozen=True, slots=True)
class OfferedTemplate:
    """A built-in template that an organisation can add. `has_earlier`: whether it has an earlier version of it."""

    built_in: BuiltIn
    has_earlier: bool


def offered_templates(session: Session, *, by: Actor) -> list[OfferedTemplate]:
    """The built-in templates that the organisation can add, in the library's order."""
    check_may(by, Permission.WRITE_TEMPLATES)
    has = _keys_taken(session, by)
    return [
        OfferedTemplate(built_in(key), key in has)
        for key in library_keys()
        if key not in has or (len(library_numbers(key)) > 1 and is_allowed(check_can_add_newest, session, key, by=by))
    ]


def check_can_add_newest(session: Session, key: str, *, by: Actor) -> list[TemplateVersion]:
    """The versions of the organisation's template of that key, to which the newest built-in one can be added.

    Empty when it has no such template. Raises AlreadyExists when it has the newest already, or made a template of that
    key itself; Conflict while the template has a draft.
    """
    numbers = library_numbers(key)
    versions = list(
        session.execute(
            select(TemplateVersion)
            .join(Template, linked(Template.id, TemplateVersion.template_id))
            .where(col(Template.organisation_id) == by.organisation_id, col(Template.key) == key)
            .order_by(col(TemplateVersion.number))
        ).scalars()
    )
    documents = {version.document for version in versions}
    has = [number for number in numbers if library_document(key, number) in documents]
    if newest_number(key) in has:
        raise _already_there("Your organisation already has the newest version of this template.")
    if versions and not has:
        raise _already_there(
            "Your organisation already has its own template with this key, so the built-in template cannot be added."
        )
    draft = next((version for version in versions if version.state is TemplateVersionState.DRAFT), None)
    if draft is not None:
        raise Conflict(
            f"Version {draft.number} of this template is still a draft. Publish or discard that draft first."
        )
    return versions


def add_from_library(session: Session, *, key: str, by: Actor) -> FoundVersion:
    """Add the newest version of a built-in template, published: as version 1, or as the next version of the template
    that the organisation added before. Rounds keep the version they have.

    Raises Invalid for an unknown key, AlreadyExists and Conflict as `check_can_add_newest`.
    """
    check_may(by, Permission.WRITE_TEMPLATES)
    if key not in library_keys():
        words = "There is no built-in template with this key. Use a key listed in the library."
        raise Invalid.at("/key", words)
    content = load_library_template(key, newest_number(key))
    template = session.execute(
        select(Template)
        .where(col(Template.organisation_id) == by.organisation_id, col(Template.key) == key)
        .with_for_update(key_share=True)
    ).scalar_one_or_none()
    if template is None:
        return publish_built_in(session, content, by=by)
    versions = check_can_add_newest(session, key, by=by)
    moment = now()
    made = TemplateVersion(
        organisation_id=by.organisation_id,
        template_id=template.id,
        number=versions[-1].number + 1,
        title=content.title,
        state=TemplateVersionState.PUBLISHED,
        document=library_document(key, newest_number(key)),
        created_at=moment,
        published_at=moment,
    )
    session.add(made)
    session.flush()
    details: dict[str, str | int] = {"number": made.number, "library": key}
    events.record(session, "template.version-made", template.id, by=by, details=details)
    events.record(session, "template.published", template.id, by=by, details={"number": made.number})
    return FoundVersion(template, made)


def _keys_taken(session: Session, by: Actor) -> frozenset[str]:
    taken = select(col(Template.key)).where(
        col(Template.organisation_id) == by.organisation_id, col(Template.key).in_(library_keys())
    )
    return frozenset(session.execute(taken).scalars())


def _already_there(words: str) -> AlreadyExists:
    return AlreadyExists(words, faults=(Fault("/key", words),))
