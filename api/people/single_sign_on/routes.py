"""Single sign-on over REST: who signs in how, and testing the settings. Signing in itself happens in a browser."""

import uuid
from collections.abc import Sequence
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, StrictBool
from starlette.responses import Response

from api.foundation.health.findings import Finding, State, is_fit
from api.foundation.http.dependencies import ActorRequest, IfMatch, Transaction, outside, reading, writing
from api.foundation.http.problem_details import refusals
from api.foundation.http.replies import json_reply
from api.foundation.http.routing import Router
from api.foundation.permissions import Permission
from api.foundation.problems import Conflict
from api.foundation.settings import Settings
from api.people.single_sign_on.provider.client import provider_of
from api.people.single_sign_on.provider.examining import examine
from api.people.single_sign_on.queries import Rule
from api.people.single_sign_on.rule import MOST_GROUPS, MOST_KEEPERS, Wanted, change_rule, read_rule, unlink
from models import Role

router = Router(tags=["People"])

Reading = Annotated[Transaction, reading(Permission.WRITE_PEOPLE)]
Writing = Annotated[Transaction, writing(Permission.WRITE_PEOPLE, recent=True)]


class GroupRoles(BaseModel):
    model_config = ConfigDict(extra="forbid")

    group: Annotated[str, Field(max_length=200, description="The group as the provider names it in the claim.")]
    roles: Annotated[list[Role], Field(max_length=len(Role), description="The roles of its members.")]


class SingleSignOnIn(BaseModel):
    model_config = ConfigDict(extra="forbid")

    allowed: Annotated[StrictBool, Field(description="Whether people may sign in with the provider.")]
    passwords: Annotated[StrictBool, Field(description="Whether everybody may use a password.")]
    keepers: Annotated[
        list[Annotated[str, Field(max_length=254)]],
        Field(
            max_length=MOST_KEEPERS,
            description="Email addresses of those who may use a password where others may not. At least 1 must be an "
            "administrator.",
        ),
    ]
    groups: Annotated[
        list[GroupRoles],
        Field(max_length=MOST_GROUPS, description="Roles that follow from groups alone, at each sign-in."),
    ]


class ProviderOut(BaseModel):
    name: str
    issuer: str
    client_id: str
    redirect_address: str
    logout_address: Annotated[str, Field(description="For back-channel logout.")]


class SingleSignOnOut(BaseModel):
    provider: Annotated[ProviderOut | None, Field(description="As the operator set it up; null without one.")]
    allowed: bool
    passwords: bool
    keepers: list[str]
    groups: list[GroupRoles]

    @classmethod
    def of(cls, rule: Rule, keepers: list[str], settings: Settings) -> Self:
        provider = provider_of(settings)
        return cls(
            provider=None
            if provider is None
            else ProviderOut(
                name=provider.name,
                issuer=provider.issuer,
                client_id=provider.client_id,
                redirect_address=provider.back,
                logout_address=provider.logout,
            ),
            allowed=rule.allowed,
            passwords=rule.passwords,
            keepers=keepers,
            groups=[
                GroupRoles(group=name, roles=[role for role in Role if role in roles])
                for name, roles in rule.groups.items()
            ],
        )


class SettingFindingOut(BaseModel):
    about: str
    state: State
    said: str
    to_do: Annotated[str, Field(description="How to correct it; empty where nothing is to be done.")]


class TestOut(BaseModel):
    people_can_sign_in: bool
    findings: list[SettingFindingOut]

    @classmethod
    def of(cls, found: Sequence[Finding]) -> Self:
        shown = [
            SettingFindingOut(about=each.about, state=each.state, said=each.said, to_do=each.to_do) for each in found
        ]
        return cls(people_can_sign_in=is_fit(found), findings=shown)


@router.get("/single-sign-on", response_model=SingleSignOnOut)
def read_single_sign_on(acting: Reading) -> Response:
    """Who signs in how. At first with a password alone, and the version is 0."""
    return _shown(acting)


@router.put("/single-sign-on", response_model=SingleSignOnOut, responses=refusals(412, 428))
def change_single_sign_on(acting: Writing, version: IfMatch, sent: SingleSignOnIn) -> Response:
    """Decide who signs in how. Sessions end that could not begin any more. You cannot use a token."""
    groups: dict[str, set[Role]] = {}
    for each in sent.groups:
        groups.setdefault(each.group.strip(), set()).update(each.roles)
    wanted = Wanted(sent.allowed, sent.passwords, sent.keepers, groups)
    change_rule(acting.session, wanted=wanted, version=version, settings=acting.settings, by=acting.actor)
    return _shown(acting)


@router.post("/single-sign-on/test", response_model=TestOut, responses=refusals(409))
def test_single_sign_on(asking: Annotated[ActorRequest, outside(Permission.WRITE_PEOPLE)]) -> TestOut:
    """Test the operator's settings against the provider. Nobody is signed in."""
    provider = provider_of(asking.settings)
    if provider is None:
        raise Conflict("The operator has not set up a provider: see docs/signing-in.md.")
    return TestOut.of(examine(provider))


@router.post("/people/{person_id}/single-sign-on/remove", status_code=204, responses=refusals(404, 409))
def remove_link_to_provider(acting: Writing, person_id: uuid.UUID) -> Response:
    """Remove the link of a person to their account with the provider. You cannot use a token."""
    unlink(acting.session, person_id=person_id, by=acting.actor)
    return Response(status_code=204)


def _shown(acting: Transaction) -> Response:
    rule, keepers = read_rule(acting.session, by=acting.actor)
    return json_reply(SingleSignOnOut.of(rule, keepers, acting.settings), version=rule.version)
