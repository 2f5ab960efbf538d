"""FHIR OperationOutcomes: what was left out of a resource, and why a request is refused."""

import re
from collections.abc import Iterable, Mapping
from typing import Any, Final

from api.fhir import names
from api.foundation.http.problem_details import FaultOut, ProblemOut

_CODES: Final[Mapping[int, str]] = {
    401: "login",
    403: "forbidden",
    404: "not-found",
    409: "conflict",
    413: "too-long",
    422: "invalid",
    429: "throttled",
    500: "exception",
    503: "transient",
}


def outcome_of(resource: str, left_out: Iterable[tuple[str, str]]) -> dict[str, Any]:
    """An issue for each part that was left out, with its linkId; one that says that all was read, without any."""
    issues = [_issue(resource, link_id, words) for link_id, words in left_out]
    everything = {"severity": "information", "code": "informational", "diagnostics": "Everything was read."}
    return {"resourceType": "OperationOutcome", "issue": issues or [everything]}


def _issue(resource: str, link_id: str, words: str) -> dict[str, Any]:
    issue = {"severity": "warning", "code": "not-supported", "diagnostics": f"{link_id}: {words}" if link_id else words}
    return {**issue, "expression": [_item_of(resource, link_id) if link_id else resource]}


def _item_of(resource: str, link_id: str) -> str:
    escaped = link_id.replace("\\", "\\\\").replace("'", "\\'")
    return f"{resource}.descendants().where(linkId = '{escaped}')"


def outcome_of_refusal(problem: ProblemOut) -> dict[str, Any]:
    """A refusal with an issue for each fault: in the words of the problem, with its place in the resource."""
    resource = next((part for part in problem.instance.split("/") if part.startswith("Questionnaire")), "")
    kind = {"system": names.PROBLEM, "code": problem.type.rpartition("/")[2]}
    issue = {
        "severity": "error",
        "code": _CODES.get(problem.status, "processing"),
        "details": {"coding": [kind], "text": f"{problem.title}. {problem.detail}"},
    }
    faults = [{**issue, **_of_fault(resource, fault)} for fault in problem.errors]
    own = {"id": problem.request_id} if re.fullmatch(r"[A-Za-z0-9.-]{1,64}", problem.request_id) else {}
    return {"resourceType": "OperationOutcome", **own, "issue": faults or [{**issue, "diagnostics": problem.detail}]}


def _of_fault(resource: str, fault: FaultOut) -> dict[str, Any]:
    named, _, link_id = fault.pointer.partition("linkId: ")
    said: dict[str, Any] = {"diagnostics": fault.detail}
    if fault.may_be_kept:
        said["extension"] = [{"url": names.MAY_BE_KEPT, "valueBoolean": True}]
    if link_id and not named:
        return {**said, "diagnostics": f"{link_id}: {fault.detail}", "expression": [_item_of(resource, link_id)]}
    if fault.pointer.startswith("/"):
        steps = (f"[{step}]" if step.isdecimal() else f".{step}" for step in fault.pointer.split("/")[1:])
        return {**said, "expression": [resource + "".join(steps)]}
    return {**said, "diagnostics": f"{fault.pointer}: {fault.detail}"} if fault.pointer else said
