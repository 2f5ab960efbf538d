"""Recording the audit of a response, with the action that records every complete audit."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sqlmodel import Session

from api.audits.complete import actions as complete_audits
from api.audits.complete.actions import PreparedAudits
from api.audits.complete.known import RecordedAudit
from api.fhir import names
from api.fhir.responses.faults import at_link_ids
from api.fhir.responses.places import JUDGEMENT
from api.fhir.responses.reading import Named, ReadResponse, checked, read_response
from api.fhir.responses.whole import round_of
from api.foundation.permissions import Actor, Permission, check_may
from api.foundation.problems import Fault, Invalid, Problem
from models import Round


@dataclass(frozen=True, slots=True)
class PreparedResponse:
    """A response that has been checked: its audit, to be stored, and what is not recorded of it, by linkId."""

    audits: PreparedAudits
    not_recorded: tuple[Named, ...]


def prepare_response(session: Session, resource: Mapping[str, Any], *, by: Actor) -> PreparedResponse:
    """Check a response and prepare its audit for storing; writes nothing. Raises its Problem, with linkIds."""
    check_may(by, Permission.RECORD_AUDITS)
    sent = checked(resource)
    round_id = round_of(sent)
    asked = session.get(Round, (by.organisation_id, round_id))
    template = asked.content(session) if asked is not None else None
    if asked is None or template is None:
        raise at_link_ids(Invalid.at("/round_id", "Select a round in your organisation"), sent)
    of = f"{names.canonical_of(asked.template_id)}|{asked.template_version}"
    read = read_response(sent, template, round_id=round_id, of=of)
    prepared = complete_audits.prepare_audits(session, audits=[read.audit.to_complete()], by=by)
    (result,) = prepared.results
    if isinstance(result, Problem):
        raise at_link_ids(result, sent, read.link_ids) if isinstance(result, Invalid) else result
    faults = tuple(_other_than_recorded(read, result, prepared))
    if faults:
        raise at_link_ids(Invalid(faults=faults), sent, read.link_ids)
    return PreparedResponse(prepared, read.not_recorded)


def store_response(session: Session, prepared: PreparedResponse, *, by: Actor) -> RecordedAudit:
    """Record the audit that was prepared, completely or not at all. Raises its Problem, and Moved."""
    (result,) = complete_audits.store_audits(session, prepared.audits, by=by)
    if isinstance(result, Problem):
        raise result
    return result


def _other_than_recorded(read: ReadResponse, recorded: RecordedAudit, prepared: PreparedAudits) -> Iterator[Fault]:
    """What a response says that would be recorded otherwise: the judgement, and the case as the service knows it."""
    if read.judgement is not None and read.judgement != recorded.overall:
        yield Fault(f"/{JUDGEMENT[0]}", "By this template, the answers give another overall judgement than this.")
    if read.audit.case_file_id is None:
        return
    case_file, harms = prepared.known.case_files[read.audit.case_file_id]
    known = {
        "status": case_file.status,
        "age_band": case_file.age_band,
        "forms_of_harm": sorted(harms),
        "team_id": str(case_file.team_id),
        "reference": case_file.reference,
    }
    for name, value in read.case_file.items():
        if (sorted(value) if isinstance(value, list) else value) != known[name]:
            yield Fault(f"/case_file/{name}", "The case file here says otherwise. Leave this out, or change the case.")
