"""Audit templates over REST, as content and as files."""

import uuid
from datetime import date, datetime
from typing import Annotated, Any, Self

from fastapi import Path, Query
from pydantic import BaseModel, ConfigDict, Field, StrictInt
from starlette.responses import Response

from api.audit_templates import actions, library
from api.audit_templates.actions import FoundVersion, VersionKey
from api.audit_templates.bodies import FileBody, JsonBody, body_description, template_schema
from api.foundation.http.dependencies import (
    IdempotencyKey,
    IfMatch,
    Page,
    PageQuery,
    Transaction,
    encode_key,
    reading,
    writing,
)
from api.foundation.http.problem_details import refusals
from api.foundation.http.replies import etag, json_reply, run_once
from api.foundation.http.routing import Router
from api.foundation.permissions import Permission
from checklists.templates.library import built_in, library_keys, load_library_template, newest_number
from checklists.templates.template import NotEvidencedRule
from checklists.templates.template import Template as TemplateContent
from checklists.templates.template_file import template_json_schema
from models import TemplateVersionState

router = Router(tags=["Templates"])

Reader = Annotated[Transaction, reading(Permission.READ_TEMPLATES)]
Writer = Annotated[Transaction, writing(Permission.WRITE_TEMPLATES)]
Number = Annotated[int, Path(ge=1, le=1_000_000, description="The number of the version, from 1.")]
VERSION_ADDRESS = "/templates/{template_id}/versions/{number}"


class VersionOut(BaseModel):
    """One version of a template, without its content."""

    template_id: uuid.UUID
    key: Annotated[
        str, Field(description=("Identifies the template in your organisation. All its versions share the key."))
    ]
    number: int
    title: str
    state: TemplateVersionState
    version: Annotated[int, Field(description="Increases with every change. The ETag of this template version.")]
    created_at: datetime
    published_at: datetime | None
    retired_at: datetime | None

    @classmethod
    def of(cls, found: FoundVersion) -> Self:
        return cls(**_entries_of(found))


class WholeVersionOut(VersionOut):
    """One version of a template, with its content."""

    content: TemplateContent

    @classmethod
    def of(cls, found: FoundVersion) -> Self:
        return cls(**_entries_of(found), content=found.content)


class VersionList(BaseModel):
    items: list[VersionOut]
    after: str | None


class TemplateOut(BaseModel):
    """A template: its newest usable version, and its draft where there is one."""

    id: uuid.UUID
    key: str
    published: Annotated[int | None, Field(description="The number of the newest published version.")]
    draft: Annotated[
        int | None, Field(description="The number of the draft. Given only to people who can edit templates.")
    ]


class FromLibraryIn(BaseModel):
    model_config = ConfigDict(extra="forbid")

    key: Annotated[str, Field(min_length=1, max_length=60, description="The key in the template library.")]


class CopyIn(BaseModel):
    """The version to copy, and the title of the copy."""

    model_config = ConfigDict(extra="forbid")

    number: Annotated[StrictInt, Field(ge=1, le=1_000_000, description="The version to copy.")]
    key: Annotated[str, Field(min_length=1, max_length=60, description="The key of the new template.")]
    title: Annotated[str, Field(min_length=1, max_length=200)]


class NewVersionIn(BaseModel):
    model_config = ConfigDict(extra="forbid")

    from_number: Annotated[StrictInt, Field(ge=1, le=1_000_000, description="The version to start from.")]


class BuiltInOut(BaseModel):
    """The newest version of a built-in template, which an organisation can add."""

    key: str
    number: Annotated[int, Field(description="The number of the version in the library, not in your organisation.")]
    title: str
    summary: str
    audits: Annotated[str, Field(description="What its audits read, such as case files or observations.")]
    learning_domains: int
    themes: int
    questions: int
    not_evidenced: NotEvidencedRule
    source: Annotated[str, Field(description="The source document.")]
    source_published: Annotated[date | None, Field(description="The day that document was published.")]

    @classmethod
    def of(cls, key: str) -> Self:
        described = built_in(key)
        content = load_library_template(key, newest_number(key))
        return cls(
            key=key,
            number=described.number,
            title=described.title,
            summary=content.summary,
            audits=described.audits,
            learning_domains=len(content.learning_domains),
            themes=described.themes,
            questions=described.questions,
            not_evidenced=content.not_evidenced,
            source=described.source,
            source_published=described.source_published,
        )


class LibraryOut(BaseModel):
    items: list[BuiltInOut]


def _entries_of(found: FoundVersion) -> dict[str, Any]:
    version = found.version
    return {
        "template_id": version.template_id,
        "key": found.template.key,
        "number": version.number,
        "title": version.title,
        "state": version.state,
        "version": version.version,
        "created_at": version.created_at,
        "published_at": version.published_at,
        "retired_at": version.retired_at,
    }


@router.get("/templates", response_model=VersionList)
def list_template_versions(
    acting: Reader,
    page: Page,
    state: Annotated[TemplateVersionState | None, Query(description="Only versions in this state.")] = None,
    template_id: Annotated[uuid.UUID | None, Query(description="Only versions of this template.")] = None,
) -> VersionList:
    """Versions of templates, newest template first and newest version first.

    Drafts are shown only to people who may write templates.
    """
    found = actions.list_versions(
        acting.session,
        by=acting.actor,
        limit=page.to_fetch,
        after=place_of(page),
        states=TemplateVersionState if state is None else [state],
        template_id=template_id,
    )
    shown, after = page.cut(found, key=key_of)
    return VersionList(
        items=[VersionOut.of(each) for each in shown],
        after=after,
    )


def key_of(found: FoundVersion) -> str:
    """The key of the page that follows a version."""
    return encode_key(str(found.version.template_id), str(found.version.number))


def place_of(page: PageQuery) -> VersionKey | None:
    """The last version of the page before. Raises Invalid for a malformed key."""
    values = page.after_values(uuid.UUID, _number)
    return values and VersionKey(*values)


def _number(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and len(text) < 8):
        raise ValueError(text)
    return int(text)


@router.post(
    "/templates",
    status_code=201,
    response_model=WholeVersionOut,
    responses=refusals(400, 409, 415),
    openapi_extra=body_description("application/json"),
)
def make_template(acting: Writer, key: IdempotencyKey, body: JsonBody) -> Response:
    """Create a template; its version 1 is a draft."""

    def make() -> Response:
        content = actions.content_of_file(body, kind="json")
        return _made(actions.create_template(acting.session, content=content, by=acting.actor))

    return run_once(acting, key, make)


@router.post(
    "/templates/import",
    status_code=201,
    response_model=WholeVersionOut,
    responses=refusals(400, 409, 415),
    openapi_extra=body_description("application/json", "application/toml"),
)
def import_template(acting: Writer, key: IdempotencyKey, file: FileBody) -> Response:
    """Create a template from a file of at most 1 MB; its version 1 is a draft."""

    def make() -> Response:
        body, kind = file
        content = actions.content_of_file(body, kind=kind)
        return _made(actions.create_template(acting.session, content=content, by=acting.actor))

    return run_once(acting, key, make)


@router.post("/templates/from-library", status_code=201, response_model=WholeVersionOut, responses=refusals(400, 409))
def add_template_from_library(acting: Writer, key: IdempotencyKey, chosen: FromLibraryIn) -> Response:
    """Add the newest version of a built-in template, published.

    It is version 1, or the next version of the template that your organisation added before.
    """

    def make() -> Response:
        return _made(library.add_from_library(acting.session, key=chosen.key, by=acting.actor))

    return run_once(acting, key, make)


@router.get("/template-library", response_model=LibraryOut)
def list_library(acting: Reader) -> LibraryOut:  # noqa: ARG001 - declares who may read this
    """The built-in templates."""
    return LibraryOut(items=[BuiltInOut.of(key) for key in library_keys()])


@router.get("/template-schema", response_model=dict[str, Any])
def read_template_schema(acting: Reader) -> dict[str, Any]:  # noqa: ARG001 - declares who may read this
    """The shape of a template file, as JSON Schema 2020-12."""
    return template_json_schema()


@router.get("/templates/{template_id}", response_model=TemplateOut, responses=refusals(404))
def read_template(acting: Reader, template_id: uuid.UUID) -> TemplateOut:
    """A template with its newest version and its draft."""
    version_use = actions.version_use_of(acting.session, template_id=template_id, by=acting.actor)
    return TemplateOut(id=template_id, key=version_use.key, published=version_use.published, draft=version_use.draft)


@router.post(
    "/templates/{template_id}/copy", status_code=201, response_model=WholeVersionOut, responses=refusals(400, 404, 409)
)
def copy_template(acting: Writer, key: IdempotencyKey, template_id: uuid.UUID, wanted: CopyIn) -> Response:
    """Create a new template with the content of a version; its version 1 is a draft."""

    def make() -> Response:
        made = actions.copy_version(
            acting.session,
            template_id=template_id,
            number=wanted.number,
            key=wanted.key,
            title=wanted.title,
            by=acting.actor,
        )
        return _made(made)

    return run_once(acting, key, make)


@router.post(
    "/templates/{template_id}/versions",
    status_code=201,
    response_model=WholeVersionOut,
    responses=refusals(400, 404, 409),
)
def begin_template_version(
    acting: Writer, key: IdempotencyKey, template_id: uuid.UUID, wanted: NewVersionIn
) -> Response:
    """Begin the next version as a draft. A template has at most one draft at a time."""

    def make() -> Response:
        made = actions.new_version(
            acting.session, template_id=template_id, from_number=wanted.from_number, by=acting.actor
        )
        return _made(made)

    return run_once(acting, key, make)


@router.get(VERSION_ADDRESS, response_model=WholeVersionOut, responses=refusals(404))
def read_template_version(acting: Reader, template_id: uuid.UUID, number: Number) -> Response:
    return _shown(actions.find_version(acting.session, template_id=template_id, number=number, by=acting.actor))


@router.put(
    VERSION_ADDRESS,
    response_model=WholeVersionOut,
    responses=refusals(404, 409, 412, 415, 428),
    openapi_extra=body_description("application/json"),
)
def change_template_draft(
    acting: Writer, template_id: uuid.UUID, number: Number, version: IfMatch, body: JsonBody
) -> Response:
    """Replace the content of a draft. A published version never changes."""
    content = actions.content_of_file(body, kind="json")
    changed = actions.change_draft(
        acting.session, template_id=template_id, number=number, content=content, version=version, by=acting.actor
    )
    return _shown(changed)


@router.delete(VERSION_ADDRESS, status_code=204, response_class=Response, responses=refusals(404, 409, 412, 428))
def discard_template_draft(acting: Writer, template_id: uuid.UUID, number: Number, version: IfMatch) -> Response:
    """Delete a draft, and its template when it has no other version."""
    actions.discard_draft(acting.session, template_id=template_id, number=number, version=version, by=acting.actor)
    return Response(status_code=204)


@router.post(VERSION_ADDRESS + "/publish", response_model=WholeVersionOut, responses=refusals(404, 409, 412, 428))
def publish_template_version(acting: Writer, template_id: uuid.UUID, number: Number, version: IfMatch) -> Response:
    """Publish a draft: from now on rounds can use it, and it never changes."""
    return _shown(
        actions.publish_version(
            acting.session, template_id=template_id, number=number, version=version, by=acting.actor
        )
    )


@router.post(VERSION_ADDRESS + "/retire", response_model=WholeVersionOut, responses=refusals(404, 409, 412, 428))
def retire_template_version(acting: Writer, template_id: uuid.UUID, number: Number, version: IfMatch) -> Response:
    """Retire a published version: no new round can use it; existing rounds and audits keep it for ever."""
    return _shown(
        actions.retire_version(acting.session, template_id=template_id, number=number, version=version, by=acting.actor)
    )


@router.get(
    VERSION_ADDRESS + "/file",
    response_class=Response,
    responses={
        200: {
            "description": "The template as a JSON file, exactly as published.",
            "content": {"application/json": {"schema": template_schema()}},
        },
        **refusals(404),
    },
)
def read_template_file(acting: Reader, template_id: uuid.UUID, number: Number) -> Response:
    return as_file(actions.find_version(acting.session, template_id=template_id, number=number, by=acting.actor))


def as_file(found: FoundVersion) -> Response:
    """A version as a file to download, or to import elsewhere."""
    name = f"{found.template.key}-version-{found.version.number}.json"
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "ETag": etag(found.version.version)}
    return Response(found.version.document.encode(), 200, headers, media_type="application/json")


def _shown(found: FoundVersion) -> Response:
    return json_reply(WholeVersionOut.of(found), version=found.version.version)


def _made(found: FoundVersion) -> Response:
    where = f"/api/v1/templates/{found.version.template_id}/versions/{found.version.number}"
    return json_reply(WholeVersionOut.of(found), status=201, version=found.version.version, location=where)
