"""The case of an audit over REST: facts about it, and a synopsis."""

import uuid
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from api.audits.case import actions
from api.audits.case.actions import NewCase
from api.audits.case.queries import DescribedCase
from api.foundation.http.dependencies import IfMatch, Transaction, reading, writing
from api.foundation.http.problem_details import refusals
from api.foundation.http.replies import json_reply
from api.foundation.http.routing import Router
from api.foundation.permissions import Permission
from api.foundation.text.fields import FreeText, KeepNames
from checklists.templates.asks import MOST_CASE_FACTS

router = Router(prefix="/audits", tags=["Audits"])

FactsIn = Annotated[
    dict[Annotated[str, Field(max_length=60)], Annotated[str, Field(min_length=1, max_length=60)]],
    Field(
        max_length=MOST_CASE_FACTS, description="Case facts: the key of each fact with the key of its selected option."
    ),
]
Synopsis = Annotated[
    FreeText,
    Field(description=("A summary of the case in 150 words or fewer, with nothing that could identify anyone.")),
]


class CaseIn(BaseModel):
    """Facts about the case and its synopsis. A fact that is left out is not chosen."""

    model_config = ConfigDict(extra="forbid")

    facts: FactsIn = {}
    synopsis: Synopsis = ""
    keep_names: KeepNames = None

    def to_new(self) -> NewCase:
        return NewCase(self.facts, self.synopsis, self.keep_names)


class CaseFactOut(BaseModel):
    """A fact about the case that is known."""

    fact: str
    choice: str
    from_case_list: Annotated[
        bool, Field(description="True if the answer came from the case list and not from the auditor.")
    ]


class CaseOut(BaseModel):
    """What an audit says of its case."""

    facts: list[CaseFactOut]
    missing: Annotated[list[str], Field(description="Keys of the facts to answer before the audit can be submitted.")]
    synopsis: str
    version: Annotated[int, Field(description="0 when the auditor has not saved any case facts.")]

    @classmethod
    def of(cls, case: DescribedCase) -> Self:
        return cls(
            facts=[
                CaseFactOut(fact=fact, choice=choice, from_case_list=case.is_filled(fact))
                for fact, choice in case.facts.items()
            ],
            missing=[fact.key for fact in case.missing],
            synopsis=case.synopsis,
            version=case.version,
        )


@router.get("/{audit_id}/case", response_model=CaseOut, responses=refusals(404))
def read_case(acting: Annotated[Transaction, reading(Permission.READ_AUDITS)], audit_id: uuid.UUID) -> Response:
    """Facts about the case, with the ones that the case list fills in, and its synopsis."""
    found = actions.find_case(acting.session, audit_id=audit_id, by=acting.actor)
    return json_reply(CaseOut.of(found), version=found.version)


@router.put("/{audit_id}/case", response_model=CaseOut, responses=refusals(404, 409, 412, 428))
def describe_case(
    acting: Annotated[Transaction, writing(Permission.SCORE_AUDITS)],
    audit_id: uuid.UUID,
    version: IfMatch,
    case: CaseIn,
) -> Response:
    """Write the facts and the synopsis, all of them. If-Match is their own version: `"0"` when there are none yet."""
    found = actions.describe_case(
        acting.session, audit_id=audit_id, new=case.to_new(), version=version, by=acting.actor
    )
    return json_reply(CaseOut.of(found), version=found.version)
