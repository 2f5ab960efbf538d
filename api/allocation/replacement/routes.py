"""Replacing a case of a sample by the next of its reserve, over REST."""

import uuid
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from api.allocation.replacement import actions as reserves
from api.allocation.replacement.actions import PreparedReplacement
from api.foundation.http.dependencies import ActorRequest, Computed, IfMatch, Transaction, computing
from api.foundation.http.problem_details import refusals
from api.foundation.http.replies import json_reply
from api.foundation.http.routing import Router
from api.foundation.permissions import Permission
from api.foundation.text.fields import KeepNames
from api.sampling import actions
from api.sampling.routes import SampledCaseOut, SampleOut
from models import SampledState

router = Router(tags=["Samples"])


class ReplacementIn(BaseModel):
    model_config = ConfigDict(extra="forbid")

    case_file_id: uuid.UUID
    reason: Annotated[str, Field(max_length=8_000)]
    keep_names: KeepNames = None


@router.post("/samples/{sample_id}/replace", response_model=SampleOut, responses=refusals(400, 404, 409, 412, 428))
def replace_case(
    asking: Annotated[ActorRequest, computing(Permission.ALLOCATE_AUDITS)],  # noqa: ARG001 - declares what it needs
    sample_id: uuid.UUID,
    version: IfMatch,
    replacement: ReplacementIn,
) -> Computed:
    """Put the next case of the reserve in the place of one that turns out unsuitable, for a reason."""

    def prepare(acting: Transaction) -> tuple[PreparedReplacement, Response]:
        prepared = reserves.prepare_replacement(
            acting.session,
            sample_id=sample_id,
            case_file_id=replacement.case_file_id,
            reason=replacement.reason,
            keep_names=replacement.keep_names,
            version=version,
            by=acting.actor,
        )
        sample = actions.find_sample(acting.session, sample_id=sample_id, by=acting.actor)
        shown = _after(SampleOut.of(acting.session, sample), prepared)
        return prepared, json_reply(shown, version=shown.version)

    def store(acting: Transaction, ready: tuple[PreparedReplacement, Response]) -> Response:
        prepared, shown = ready
        reserves.store_replacement(acting.session, prepared, by=acting.actor)
        return shown

    return Computed(prepare, store)


def _after(sample: SampleOut, prepared: PreparedReplacement) -> SampleOut:
    """What the sample will be when the replacement is stored."""
    cases = [SampledCaseOut.of(prepared.steps_in, prepared.reference)]
    for case in sample.cases:
        gone = case.case_file_id == prepared.replaced
        changed = {"state": SampledState.REPLACED, "reason": prepared.reason} if gone else {}
        cases.append(case.model_copy(update=changed))
    return sample.model_copy(
        update={"cases": sorted(cases, key=lambda case: case.turn), "version": prepared.version + 1}
    )
