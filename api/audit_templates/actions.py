"""Audit templates: imported, created, copied, edited as drafts, published, retired. Published ones never change."""

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from sqlalchemy import ColumnElement, Select, delete, func, select, tuple_
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import defer
from sqlmodel import Session, col

from api.foundation import events
from api.foundation.permissions import Actor, Permission, check_may, operator_of
from api.foundation.problems import AlreadyExists, BadTemplate, Conflict, Fault, NotFound, check_version
from checklists.templates.library import STARTING_KEYS, load_library_template
from checklists.templates.template import Template as TemplateContent
from checklists.templates.template_file import TemplateRefused, check_template, read_template, write_template
from models import OwnPlace, Round, Template, TemplateVersion, TemplateVersionState, new_id, now
from models.audits.template import content_of
from models.storage.joins import linked


@dataclass(frozen=True, slots=True)
class FoundVersion:
    """One version of a template. Its content is loaded only when it was not read as part of a list."""

    template: Template
    version: TemplateVersion

    @property
    def content(self) -> TemplateContent:
        return content_of(self.version.document)

    @property
    def is_draft(self) -> bool:
        return self.version.state is TemplateVersionState.DRAFT


@dataclass(frozen=True, slots=True)
class VersionUse:
    """Use of a template: the newest published version, and its draft, each None where there is none."""

    key: str
    published: int | None
    draft: int | None


@dataclass(frozen=True, slots=True)
class VersionKey:
    """The sort key of a version in a list."""

    template_id: uuid.UUID
    number: int


def content_of_file(body: bytes, *, kind: Literal["json", "toml"]) -> TemplateContent:
    """The template in a file. Raises BadTemplate with the place and the correction of every fault."""
    try:
        return read_template(body, kind=kind)
    except TemplateRefused as refused:
        raise _bad_template(refused) from None


def content_from(value: object) -> TemplateContent:
    """The template in a plain value. Raises BadTemplate with the place and the correction of every fault."""
    try:
        return check_template(value)
    except TemplateRefused as refused:
        raise _bad_template(refused) from None


def _bad_template(refused: TemplateRefused) -> BadTemplate:
    faults = tuple(
        Fault(
            fault.pointer,
            fault.message
            if fault.line is None or "at line" in fault.message
            else f"{fault.message} Check line {fault.line}.",
        )
        for fault in refused.faults
    )
    detail = faults[0].detail if len(faults) == 1 else f"There are {len(faults)} errors in this template."
    return BadTemplate(detail, faults=faults)


def list_versions(
    session: Session,
    *,
    by: Actor,
    limit: int,
    after: VersionKey | None = None,
    states: Iterable[TemplateVersionState] = tuple(TemplateVersionState),
    template_id: uuid.UUID | None = None,
) -> list[FoundVersion]:
    """At most `limit` versions after a place, newest template first and newest version first, without their content.

    Drafts are only for people who may write templates.
    """
    check_may(by, Permission.READ_TEMPLATES)
    query = (
        _visible(by)
        .where(col(TemplateVersion.state).in_(list(states)))
        .options(defer(col(TemplateVersion.document)))  # type: ignore[arg-type]
        .order_by(col(TemplateVersion.template_id).desc(), col(TemplateVersion.number).desc())
        .limit(limit)
    )
    if template_id is not None:
        query = query.where(col(TemplateVersion.template_id) == template_id)
    if after is not None:
        earlier = col(TemplateVersion.template_id) < after.template_id
        same = col(TemplateVersion.template_id) == after.template_id
        query = query.where(earlier | (same & (col(TemplateVersion.number) < after.number)))
    return [FoundVersion(template, version) for version, template in session.execute(query)]


def find_version(session: Session, *, template_id: uuid.UUID, number: int, by: Actor) -> FoundVersion:
    """One version. Raises NotFound, also for a draft when the actor may not write templates."""
    check_may(by, Permission.READ_TEMPLATES)
    return _find(session, template_id, number, by=by)


def rounds_using(session: Session, found: Iterable[FoundVersion], *, by: Actor) -> dict[VersionKey, int]:
    """How many rounds use each of the versions; versions that no round uses are left out."""
    keys = [(each.version.template_id, each.version.number) for each in found]
    if not keys or not by.may(Permission.READ_ROUNDS):
        return {}
    counted = session.execute(
        select(col(Round.template_id), col(Round.template_version), func.count())
        .where(
            col(Round.organisation_id) == by.organisation_id,
            tuple_(col(Round.template_id), col(Round.template_version)).in_(keys),
        )
        .group_by(col(Round.template_id), col(Round.template_version))
    )
    return {VersionKey(template_id, number): count for template_id, number, count in counted}


def version_use_of(session: Session, *, template_id: uuid.UUID, by: Actor) -> VersionUse:
    """The use of a template, as far as the actor may see. Raises NotFound when that is nothing."""
    check_may(by, Permission.READ_TEMPLATES)
    query = _visible(by).where(col(TemplateVersion.template_id) == template_id)
    rows = session.execute(
        query.with_only_columns(
            col(Template.key), col(TemplateVersion.state), func.max(col(TemplateVersion.number))
        ).group_by(col(Template.key), col(TemplateVersion.state))
    ).all()
    if not rows:
        raise NotFound("template")
    newest = {state: number for _, state, number in rows}
    return VersionUse(rows[0][0], newest.get(TemplateVersionState.PUBLISHED), newest.get(TemplateVersionState.DRAFT))


def add_whole_library(session: Session, *, organisation_id: int) -> None:
    """Add the built-in templates that an organisation starts with, published. The others are offered to its leads."""
    for key in STARTING_KEYS:
        publish_built_in(session, load_library_template(key), by=operator_of(organisation_id))


def publish_built_in(session: Session, content: TemplateContent, *, by: Actor) -> FoundVersion:
    """Add a built-in template, published as version 1. Raises AlreadyExists when there is a template of its key."""
    made = _insert(session, content, by=by, state=TemplateVersionState.PUBLISHED)
    events.record(session, "template.made", made.template.id, by=by, details={"number": 1, "library": content.key})
    events.record(session, "template.published", made.template.id, by=by, details={"number": 1})
    return made


def create_template(session: Session, *, content: TemplateContent, by: Actor) -> FoundVersion:
    """Create a template, its version 1 a draft. Raises AlreadyExists when the organisation has one with that key."""
    check_may(by, Permission.WRITE_TEMPLATES)
    made = _insert(session, content, by=by, state=TemplateVersionState.DRAFT)
    events.record(session, "template.made", made.template.id, by=by, details={"number": 1})
    return made


def copy_version(
    session: Session, *, template_id: uuid.UUID, number: int, key: str, title: str, by: Actor
) -> FoundVersion:
    """Create a new template with the content of a version, its version 1 a draft. Raises AlreadyExists, BadTemplate."""
    check_may(by, Permission.WRITE_TEMPLATES)
    copied = _find(session, template_id, number, by=by)
    content = content_from({**copied.content.model_dump(mode="json"), "key": key, "title": title})
    made = _insert(session, content, by=by, state=TemplateVersionState.DRAFT)
    copied_from = f"{template_id}/{number}"
    events.record(session, "template.made", made.template.id, by=by, details={"number": 1, "copied": copied_from})
    return made


def change_draft(
    session: Session, *, template_id: uuid.UUID, number: int, content: TemplateContent, version: int, by: Actor
) -> FoundVersion:
    """Replace the content of a draft. The key of a template never changes.

    Raises Stale when the draft changed since `version`, Conflict when it is no longer a draft, BadTemplate.
    """
    check_may(by, Permission.WRITE_TEMPLATES)
    found = _find_draft(session, template_id, number, version=version, by=by)
    if content.key != found.template.key:
        words = (
            "A template’s key cannot be changed. Keep the existing key, or copy the template and "
            "give the copy another key."
        )
        raise BadTemplate(words, faults=(Fault("/key", words),))
    found.version.title = content.title
    found.version.document = write_template(content).decode()
    return _moved(session, found, "template.draft-changed", by)


def publish_version(session: Session, *, template_id: uuid.UUID, number: int, version: int, by: Actor) -> FoundVersion:
    """Publish a draft: from now on it can be used, and never changes. Raises Stale, Conflict when it is not a draft."""
    check_may(by, Permission.WRITE_TEMPLATES)
    found = _find_draft(session, template_id, number, version=version, by=by)
    found.version.state, found.version.published_at = TemplateVersionState.PUBLISHED, now()
    return _moved(session, found, "template.published", by)


def retire_version(session: Session, *, template_id: uuid.UUID, number: int, version: int, by: Actor) -> FoundVersion:
    """Retire a published version: no new round can use it; existing rounds and audits keep it for ever.

    Raises Stale, and Conflict when it is not published.
    """
    check_may(by, Permission.WRITE_TEMPLATES)
    found = _find(session, template_id, number, by=by, lock=True)
    if found.version.state is not TemplateVersionState.PUBLISHED:
        raise Conflict("Only a published version can be retired.")
    _check_fresh(found, version)
    found.version.state, found.version.retired_at = TemplateVersionState.RETIRED, now()
    return _moved(session, found, "template.retired", by)


def new_version(session: Session, *, template_id: uuid.UUID, from_number: int, by: Actor) -> FoundVersion:
    """Begin the next version of a template as a draft with the content of another version.

    Raises Conflict while the template has a draft: there is at most one at a time.
    """
    check_may(by, Permission.WRITE_TEMPLATES)
    template = lock_template(session, template_id, by=by)
    copied = _find(session, template_id, from_number, by=by)
    version_use = version_use_of(session, template_id=template_id, by=by)
    if version_use.draft is not None:
        raise Conflict(
            f"Version {version_use.draft} of this template is still a draft. Publish or discard that draft first."
        )
    newest = session.execute(
        select(func.max(col(TemplateVersion.number))).where(*_versions_of(template_id, by))
    ).scalar_one()
    made = TemplateVersion(
        organisation_id=by.organisation_id,
        template_id=template_id,
        number=newest + 1,
        title=copied.version.title,
        document=copied.version.document,
        created_at=now(),
    )
    session.add(made)
    session.flush()
    details = {"number": made.number, "from_number": from_number}
    events.record(session, "template.version-made", template_id, by=by, details=details)
    return FoundVersion(template, made)


def discard_draft(session: Session, *, template_id: uuid.UUID, number: int, version: int, by: Actor) -> bool:
    """Delete a draft, and its template when it has no other version. Returns whether the template was deleted too.

    Raises Stale, and Conflict when it is not a draft.
    """
    check_may(by, Permission.WRITE_TEMPLATES)
    template = lock_template(session, template_id, by=by)
    found = _find_draft(session, template_id, number, version=version, by=by)
    session.delete(found.version)
    session.flush()
    others = session.execute(
        select(func.count()).select_from(TemplateVersion).where(*_versions_of(template_id, by))
    ).scalar_one()
    if not others:
        session.expunge(template)
        places = col(OwnPlace.template_id) == template_id
        session.execute(delete(OwnPlace).where(col(OwnPlace.organisation_id) == by.organisation_id, places))
        session.execute(
            delete(Template).where(col(Template.organisation_id) == by.organisation_id, col(Template.id) == template_id)
        )
    events.record(session, "template.draft-discarded", template_id, by=by, details={"number": number})
    return not others


def _visible(by: Actor) -> Select[TemplateVersion, Template]:
    query = (
        select(TemplateVersion, Template)
        .join(Template, linked(Template.id, TemplateVersion.template_id))
        .where(col(TemplateVersion.organisation_id) == by.organisation_id)
    )
    if not by.may(Permission.WRITE_TEMPLATES):
        query = query.where(col(TemplateVersion.state) != TemplateVersionState.DRAFT)
    return query


def _versions_of(template_id: uuid.UUID, by: Actor) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return (
        col(TemplateVersion.organisation_id) == by.organisation_id,
        col(TemplateVersion.template_id) == template_id,
    )


def _find(session: Session, template_id: uuid.UUID, number: int, *, by: Actor, lock: bool = False) -> FoundVersion:
    query = (
        _visible(by)
        .where(col(TemplateVersion.template_id) == template_id, col(TemplateVersion.number) == number)
        .execution_options(populate_existing=True)
    )
    if lock:
        query = query.with_for_update(key_share=True, of=TemplateVersion)
    row = session.execute(query).one_or_none()
    if row is None:
        raise NotFound("template version")
    version, template = row
    return FoundVersion(template, version)


def _find_draft(session: Session, template_id: uuid.UUID, number: int, *, version: int, by: Actor) -> FoundVersion:
    """The draft, locked until the transaction ends."""
    found = _find(session, template_id, number, by=by, lock=True)
    if not found.is_draft:
        raise Conflict("This version is published and cannot be changed. Start a new version instead.")
    _check_fresh(found, version)
    return found


def lock_template(session: Session, template_id: uuid.UUID, *, by: Actor) -> Template:
    """Lock the template, so that nobody else begins or discards a version of it until this transaction ends."""
    query = (
        select(Template)
        .where(col(Template.organisation_id) == by.organisation_id, col(Template.id) == template_id)
        .with_for_update(key_share=True)
    )
    template: Template | None = session.execute(query).scalar_one_or_none()
    if template is None:
        raise NotFound("template")
    return template


def _check_fresh(found: FoundVersion, version: int) -> None:
    check_version(found.version.version, version)


def _moved(session: Session, found: FoundVersion, kind: str, by: Actor) -> FoundVersion:
    found.version.version += 1
    session.add(found.version)
    session.flush()
    events.record(session, kind, found.template.id, by=by, details={"number": found.version.number})
    return found


def _insert(session: Session, content: TemplateContent, *, by: Actor, state: TemplateVersionState) -> FoundVersion:
    moment = now()
    template = Template(organisation_id=by.organisation_id, id=new_id(), key=content.key, created_at=moment)
    version = TemplateVersion(
        organisation_id=by.organisation_id,
        template_id=template.id,
        number=1,
        title=content.title,
        state=state,
        document=write_template(content).decode(),
        created_at=moment,
        published_at=None if state is TemplateVersionState.DRAFT else moment,
    )
    try:
        with session.begin_nested():
            session.add(template)
            session.flush()
    except IntegrityError:
        words = "Your organisation already has a template with this key. Enter a different key"
        raise AlreadyExists(words, faults=(Fault("/key", words),)) from None
    session.add(version)
    session.flush()
    return FoundVersion(template, version)
