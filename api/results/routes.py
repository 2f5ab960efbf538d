"""Results of cases over REST, for a program that takes them back to the case system."""

import uuid
from datetime import date, datetime
from typing import Annotated, Self

from fastapi import Query
from pydantic import AfterValidator, AwareDatetime, BaseModel, Field

from api.foundation.http.dependencies import Page, Transaction, reading
from api.foundation.http.routing import Router
from api.foundation.local_time import in_utc
from api.foundation.permissions import Permission
from api.results.queries import CaseResult, list_results
from models import ActionState, AuditState

router = Router(prefix="/case-results", tags=["Case results"])


class ResultActionOut(BaseModel):
    id: uuid.UUID
    words: Annotated[str, Field(description="What will be done for the child.")]
    state: ActionState
    due_on: date


class CaseResultOut(BaseModel):
    """What came of a case in a round. Until every reading of it is submitted, nothing but its state."""

    id: Annotated[uuid.UUID, Field(description="The result, as the key of a page.")]
    round_id: uuid.UUID
    round_title: str
    reference: str
    key_id: Annotated[str, Field(description="The key of the reference. Empty for a reference entered here.")]
    state: Annotated[AuditState, Field(description="Of a case read twice, the state that has come least far.")]
    submitted_at: datetime | None
    agreed_at: datetime | None
    signed_at: datetime | None
    overall: Annotated[
        str | None,
        Field(description="The current overall judgement. Null until submitted, and until two readings are settled."),
    ]
    overall_label: str | None
    actions: Annotated[
        list[ResultActionOut] | None,
        Field(description="Actions for the child, earliest due date first. Null without the scope results:actions."),
    ]

    @classmethod
    def of(cls, result: CaseResult, *, with_actions: bool) -> Self:
        actions = [
            ResultActionOut(id=action.id, words=action.words, state=action.state, due_on=action.due_on)
            for action in result.actions
        ]
        return cls(
            id=result.id,
            round_id=result.round_id,
            round_title=result.round_title,
            reference=result.reference,
            key_id=result.key_id,
            state=result.state,
            submitted_at=result.submitted_at,
            agreed_at=result.agreed_at,
            signed_at=result.signed_at,
            overall=result.overall or None,
            overall_label=result.overall_label or None,
            actions=actions if with_actions else None,
        )


class CaseResults(BaseModel):
    items: list[CaseResultOut]
    after: str | None


@router.get("", response_model=CaseResults)
def list_case_results(
    acting: Annotated[Transaction, reading(Permission.READ_RESULTS)],
    page: Page,
    round_id: Annotated[uuid.UUID | None, Query(alias="round", description="Only cases of this round.")] = None,
    since: Annotated[
        Annotated[AwareDatetime, AfterValidator(in_utc)] | None,
        Query(description="Only cases of which something changed from this moment on, such as 2026-11-01T00:00:00Z."),
    ] = None,
) -> CaseResults:
    """What came of each case: status, overall judgement and actions for the child. No answers and no other texts."""
    found = list_results(
        acting.session,
        by=acting.actor,
        limit=page.to_fetch,
        after=page.after_id,
        round_id=round_id,
        since=since,
    )
    shown, after = page.cut(found, key=lambda each: each.id)
    with_actions = acting.actor.may(Permission.READ_RESULT_ACTIONS)
    return CaseResults(items=[CaseResultOut.of(each, with_actions=with_actions) for each in shown], after=after)
