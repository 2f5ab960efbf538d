"""Sending a case list to the service: once, however often it is tried.

A list has a digest, and the service says whether it has the list of a digest. The key of a request is made of what is
sent, so that a request that was sent twice is carried out once, and a list that became a job is followed again.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from api.foundation.outgoing.service import Answer, Service, ServiceAway, ServiceRefused, reading_the_answer
from checklists.case_counts import counts_of
from checklists.case_list import CaseList, ListedCase, digest_of
from checklists.characteristics import decode_groups

_LISTS: Final = "/api/v1/case-lists"
_MAKE_A_TEAM: Final = "make"
_JOB: Final = 202
_SECONDS_BETWEEN: Final = 3.0
_MOST_QUESTIONS: Final = 400
# Of the same list with the same choices, after attempts that were refused once they had become a job.
_MOST_ATTEMPTS: Final = 20


@dataclass(frozen=True, slots=True)
class Taken:
    """A list that the service has: how many cases are in it, how many were new, and whether it was there before."""

    cases: int
    new: int
    was_there: bool


@dataclass(frozen=True, slots=True)
class Effect:
    """What importing a list would do. `unknown_teams`: names of no active team, with their number of cases."""

    new: int
    changed: int
    same: int
    absent: int
    unknown_teams: Mapping[str, int]


def body_of(case_list: CaseList, *, create_teams: bool = False) -> bytes:
    """A list as the service accepts it over REST; with `create_teams` a team is created for each unknown name."""
    said: dict[str, Any] = {
        "listed_on": case_list.on.isoformat(),
        "source": case_list.source,
        "key_id": case_list.key_id,
        "cases": [_case(case) for case in case_list.cases],
    }
    if create_teams:
        said["teams"] = {case.team: _MAKE_A_TEAM for case in case_list.cases}
    return json.dumps(said, separators=(",", ":"), sort_keys=True).encode()


def _case(case: ListedCase) -> dict[str, Any]:
    return {
        "reference": case.reference,
        "team": case.team,
        "status": case.status,
        "age_band": case.age_band,
        "category": case.category,
        "worker": case.worker,
        "started": None if case.started is None else case.started.isoformat(),
        "closed": None if case.closed is None else case.closed.isoformat(),
        "re_referral": case.re_referral,
        "counts": {count.value: number for count, number in counts_of(case.counts).items()},
        "formerly": case.formerly,
        "characteristics": decode_groups(case.characteristics),
    }


def find_taken(service: Service, case_list: CaseList) -> Taken | None:
    """The list, where the service has it already. Raises ServiceRefused, ServiceAway."""
    said = service.get(_LISTS, {"digest": digest_of(case_list), "limit": "1"}).said
    with reading_the_answer():
        found = list(said["items"])
    return _taken(found[0], was_there=True) if found else None


def preview(service: Service, body: bytes) -> Effect:
    """What importing the list would do. The service stores nothing of it. Raises ServiceRefused, ServiceAway."""
    said = service.post(f"{_LISTS}/preview", body).said
    with reading_the_answer():
        return Effect(
            new=int(said["new"]),
            changed=int(said["changed"]),
            same=int(said["same"]),
            absent=int(said["absent"]),
            unknown_teams={str(team["name"]): int(team["cases"]) for team in said["teams"] if team["team_id"] is None},
        )


def send(service: Service, case_list: CaseList, body: bytes) -> Taken:
    """Have the list imported, and wait until it is. Raises ServiceRefused, ServiceAway."""
    named = hashlib.sha256(body).hexdigest()
    for attempt in range(1, _MOST_ATTEMPTS + 1):
        try:
            answer = service.post(_LISTS, body, key=f"case-list-{named}-{attempt}")
        except ServiceRefused as refused:
            taken = find_taken(service, case_list) if refused.kind == "already-exists" else None
            if taken is None:
                raise
            return taken
        if answer.status != _JOB:
            return _taken(answer.said, was_there=answer.is_repeated)
        taken = _followed(service, case_list, answer)
        if taken is not None:
            return taken
    raise ServiceAway("The service refused this list again and again. Look at the jobs of the service.")


def _followed(service: Service, case_list: CaseList, answer: Answer) -> Taken | None:
    """The list, when its job is done; None for a job of an earlier attempt that failed. Raises as `send` does."""
    job = answer.said
    for _ in range(_MOST_QUESTIONS):
        state = job.get("state")
        if state == "done":
            taken = find_taken(service, case_list)
            if taken is None:
                raise ServiceRefused("The service imported the list, and does not have it any more.")
            return Taken(taken.cases, taken.new, was_there=answer.is_repeated)
        if state in {"failed", "cancelled"}:
            if answer.is_repeated:
                return None
            raise ServiceRefused(str(job.get("detail") or "The import was cancelled."), _faults_of(job))
        service.wait(_SECONDS_BETWEEN)
        job = service.get(f"/api/v1/jobs/{job.get('id')}").said
    raise ServiceAway("The list is still being imported. Run the command again to see whether it is done.")


def _faults_of(job: Mapping[str, Any]) -> list[tuple[str, str]]:
    return [(str(each.get("pointer")), str(each.get("detail"))) for each in job.get("faults") or ()]


def _taken(said: Mapping[str, Any], *, was_there: bool) -> Taken:
    with reading_the_answer():
        return Taken(int(said["cases"]), int(said["made"]), was_there=was_there)
