"""Completes the OpenAPI document: for every operation its refusals, its permission, and how to sign in."""

from collections.abc import Mapping
from typing import Any, Final

from api.foundation.http.problem_details import ProblemOut, refusals

_ANY_PUBLIC_OPERATION: Final = (400, 404, 413, 422, 500, 503)
_ANY_OPERATION: Final = (*_ANY_PUBLIC_OPERATION, 401, 403)
# The patterns of these headers. To the framework they are optional, because we refuse a missing one in our words.
_HEADERS: Final = {
    "if-match": r'^(W/)?"?[0-9]{1,9}"?$',
    "idempotency-key": r'^"?[!#-~]([ -~]{0,198}[!#-~])?"?$',
}


def complete_openapi(
    document: dict[str, Any],
    permissions: Mapping[tuple[str, str], str | None],
    examples: Mapping[str, Any],
    *,
    cookie: str,
    below: str = "",
) -> None:
    """Declare every refusal that any operation may give, and how to sign in, and name each operation for clients.

    `permissions` has what each operation needs, by path and method: None for a public one. `examples`: bodies in JSON
    by method and path, as in `POST /api/v1/rounds`. `cookie` is the name of the session's cookie, and `below`
    the path below which the service is.
    """
    document["servers"] = [{"url": below or "/", "description": "This service."}]
    components = document.setdefault("components", {})
    schemas = components.setdefault("schemas", {})
    # The framework's own schemas of a 422, which is never sent.
    for unused in ("HTTPValidationError", "ValidationError"):
        schemas.pop(unused, None)
    shape = ProblemOut.model_json_schema(ref_template="#/components/schemas/{model}")
    schemas.update(shape.pop("$defs", {}))
    schemas["ProblemOut"] = shape
    components["securitySchemes"] = {
        "token": {"type": "http", "scheme": "bearer", "description": "A token, created under Account or Integrations."},
        "session": {"type": "apiKey", "in": "cookie", "name": cookie},
    }
    _share_schemas(document.get("paths", {}), schemas)
    for path, operations in document.get("paths", {}).items():
        for method, operation in operations.items():
            _complete_operation(operation, permissions[path, method.upper()])
            if (route := f"{method.upper()} {path}") in examples:
                operation["requestBody"]["content"]["application/json"]["example"] = examples[route]


def _share_schemas(paths: dict[str, Any], schemas: dict[str, Any]) -> None:
    """Move each schema with parts of its own ($defs) to the components, where every operation finds it."""
    bodies = [
        each["content"]
        for operations in paths.values()
        for operation in operations.values()
        for each in (operation.get("requestBody", {}), *operation["responses"].values())
        if "content" in each
    ]
    for content in (each for body in bodies for each in body.values()):
        schema = content.get("schema", {})
        if "$defs" in schema:
            name = "".join(word.capitalize() for word in schema["title"].split())
            schemas.update(_renamed(schema, name))
            content["schema"] = {"$ref": f"#/components/schemas/{name}"}


def _renamed(schema: Mapping[str, Any], name: str) -> dict[str, Any]:
    """The schema and its parts by the names of components: those of its parts begin with its own."""

    def moved(value: Any) -> Any:
        if isinstance(value, list):
            return [moved(each) for each in value]
        if not isinstance(value, dict):
            return value
        return {
            key: each.replace("#/$defs/", f"#/components/schemas/{name}") if key == "$ref" else moved(each)
            for key, each in value.items()
        }

    whole = {key: value for key, value in schema.items() if key != "$defs"}
    named = {name: whole, **{f"{name}{part}": shape for part, shape in schema["$defs"].items()}}
    # Generated clients name their models after titles.
    return {each: {**moved(shape), "title": each} for each, shape in named.items()}


def _complete_operation(operation: dict[str, Any], permission: str | None) -> None:
    operation["summary"] = operation["summary"].capitalize()
    # Generated clients name their functions so: by default the name has the whole path.
    words = " ".join([*operation.get("tags", ())[:1], operation["summary"]])
    operation["operationId"] = "_".join(words.lower().replace("-", " ").split())
    for parameter in operation.get("parameters", ()):
        if parameter["in"] == "header" and parameter["name"] in _HEADERS:
            parameter["required"] = True
            title = parameter["schema"]["title"]
            parameter["schema"] = {"type": "string", "pattern": _HEADERS[parameter["name"]], "title": title}
    statuses = _ANY_PUBLIC_OPERATION if permission is None else _ANY_OPERATION
    if "requestBody" in operation:
        statuses = (*statuses, 415)
    responses = operation["responses"]
    responses.pop("422", None)
    for status, response in refusals(*statuses).items():
        responses.setdefault(str(status), response)
    operation["responses"] = dict(sorted(responses.items()))
    operation["security"] = []
    if permission is not None:
        operation["security"] = [{"token": []}, {"session": []}]
        operation["x-permission"] = permission
