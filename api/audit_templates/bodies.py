"""Bodies that hold a template: how they are read, and their description in the OpenAPI document."""

from typing import Annotated, Any, Final, Literal

from fastapi import Depends
from starlette.requests import Request

from api.foundation.problems import Unsupported
from checklists.templates.template_file import MAX_TEMPLATE_BYTES, template_json_schema

_KINDS: Final[dict[str, Literal["json", "toml"]]] = {"application/json": "json", "application/toml": "toml"}


# The body is parsed here, and not by the framework: only so can duplicate names be found, and faults be worded for a
# template.
async def _json_body(request: Request) -> bytes:
    if _media_type(request) != "application/json":
        raise Unsupported("Send the template as JSON, with Content-Type: application/json.")
    return await request.body()


async def _file_body(request: Request) -> tuple[bytes, Literal["json", "toml"]]:
    kind = _KINDS.get(_media_type(request))
    if kind is None:
        raise Unsupported("Send the file with Content-Type: application/json or application/toml.")
    return await request.body(), kind


def _media_type(request: Request) -> str:
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


JsonBody = Annotated[bytes, Depends(_json_body)]
FileBody = Annotated[tuple[bytes, Literal["json", "toml"]], Depends(_file_body)]


def template_schema() -> dict[str, Any]:
    """The schema of a template, with its parts beside it: the OpenAPI document shares both among its operations."""
    schema = template_json_schema()
    schema.pop("$schema")
    return schema


def body_description(*media_types: str) -> dict[str, Any]:
    """The OpenAPI description of a body that the route parses itself."""
    shapes: dict[str, dict[str, Any]] = {
        "application/json": {"schema": template_schema()},
        "application/toml": {
            "schema": {
                "type": "string",
                "maxLength": MAX_TEMPLATE_BYTES,
                "description": "The template as TOML, with the same entries as the JSON format.",
            }
        },
    }
    return {
        "requestBody": {"required": True, "content": {media_type: shapes[media_type] for media_type in media_types}}
    }
