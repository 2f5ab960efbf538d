"""What was left out of a resource, as a FHIR OperationOutcome."""

from collections.abc import Iterable
from typing import Any


def outcome_of(resource: str, left_out: Iterable[tuple[str, str]]) -> dict[str, Any]:
    """An issue for each part that was left out, with its linkId; one that says that all was read, without any."""
    issues = [_issue(resource, link_id, words) for link_id, words in left_out]
    everything = {"severity": "information", "code": "informational", "diagnostics": "Everything was read."}
    return {"resourceType": "OperationOutcome", "issue": issues or [everything]}


def _issue(resource: str, link_id: str, words: str) -> dict[str, Any]:
    issue = {"severity": "warning", "code": "not-supported", "diagnostics": f"{link_id}: {words}" if link_id else words}
    escaped = link_id.replace("\\", "\\\\").replace("'", "\\'")
    place = f"{resource}.descendants().where(linkId = '{escaped}')" if link_id else resource
    return {**issue, "expression": [place]}
