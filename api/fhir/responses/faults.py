"""Refusals of responses: each fault with the linkId of its item, or its place in the whole."""

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from api.fhir import names
from api.fhir.responses.places import LinkIds
from api.fhir.responses.resources import QuestionnaireResponse
from api.foundation.problems import Fault, Invalid

_MOST_FAULTS: Final = 100


def refused(faults: Sequence[Fault]) -> Invalid:
    """The refusal of a response with these faults, each once."""
    return Invalid("The response was not recorded.", faults=tuple(dict.fromkeys(faults))[:_MOST_FAULTS])


def at_link_ids(problem: Invalid, sent: QuestionnaireResponse, link_ids: LinkIds | None = None) -> Invalid:
    """A refusal of a complete audit, with the places of its faults in the response that it came from."""
    faults = []
    for fault in problem.faults:
        link_id = "" if link_ids is None else link_ids.of(fault.pointer)
        place = f"linkId: {link_id}" if link_id else place_of_whole(sent, fault.pointer)
        faults.append(Fault(place, fault.detail, fault.places, fault.may_be_kept))
    return refused(faults)


def place_of_whole(sent: QuestionnaireResponse, pointer: str) -> str:
    """Where a response says what an item does not."""
    places = {
        "/round_id": sent.pointer_to(names.ROUND),
        "/case_file/team_id": sent.pointer_to(names.TEAM),
        "/sampling_weight": sent.pointer_to(names.SAMPLING_WEIGHT),
        "/auditor_id": "/author/identifier/value",
    }
    if pointer.startswith("/case_file"):
        return places.get(pointer, "/subject/identifier/value")
    return places.get(pointer, "")


def shown(key: str) -> str:
    """A key as the sender wrote it, or "?" if it does not look like a key: it might contain a person's name."""
    return key if re.fullmatch(r"[A-Za-z0-9_][\w./-]{0,160}", key, re.ASCII) else "?"


def place_in(value: Mapping[str, Any], steps: Sequence[int | str]) -> str:
    """The linkId of the item around a part of a response; where no item is around it, its place."""
    link_id, within = None, value
    for step in steps:
        try:
            within = within[step]  # type: ignore[index]
        except (KeyError, IndexError, TypeError):
            break
        if isinstance(within, Mapping) and isinstance(within.get("linkId"), str):
            link_id = within["linkId"]
    if link_id is not None:
        return f"linkId: {shown(link_id)}"
    return "/" + "/".join(shown(str(step)) for step in steps)
