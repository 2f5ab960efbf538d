"""The second factor over REST. A passkey is set up in a browser, on the page."""

import uuid
from datetime import datetime
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from api.foundation.http.dependencies import IdempotencyKey, IfMatch, Transaction, reading, writing
from api.foundation.http.problem_details import refusals
from api.foundation.http.replies import SecretReply, json_reply, run_once
from api.foundation.http.routing import Router
from api.foundation.permissions import Permission
from api.people.second_factor import actions
from api.people.second_factor.queries import Factors, Rule
from api.people.second_factor.rule import change_rule, read_rule
from api.people.sign_in.attempts import key_of
from models import Role

router = Router(tags=["People"])

SettingUp = Annotated[Transaction, writing(Permission.OWN_ACCOUNT, without_second_factor=True, recent=True)]
Changing = Annotated[Transaction, writing(Permission.OWN_ACCOUNT, recent=True)]


class PasskeyOut(BaseModel):
    id: uuid.UUID
    name: str
    created_at: datetime
    last_used_at: datetime | None


class FactorsOut(BaseModel):
    has_one_time_codes: bool
    passkeys: list[PasskeyOut]
    recovery_codes_left: Annotated[int, Field(description="Number of recovery codes that have not been used.")]

    @classmethod
    def of(cls, found: Factors) -> Self:
        return cls(
            has_one_time_codes=found.codes is not None,
            passkeys=[
                PasskeyOut(id=each.id, name=each.name, created_at=each.created_at, last_used_at=each.last_used_at)
                for each in found.passkeys
            ],
            recovery_codes_left=found.recovery_codes_left,
        )


class OfferedCodesOut(BaseModel):
    secret: Annotated[
        str, Field(description="The key for an app that makes codes. It is not used before it is confirmed.")
    ]
    address: Annotated[str, Field(description="The same as an otpauth address, for a QR code.")]


class OneTimeCodeIn(BaseModel):
    model_config = ConfigDict(extra="forbid")

    code: Annotated[str, Field(max_length=20, description="The code that the app shows now.")]


class RecoveryCodesOut(BaseModel):
    recovery_codes: Annotated[
        list[str],
        Field(
            description="Each works once in place of the second factor. They are returned once and are not stored: the "
            "list is empty if the request is repeated, or if you have recovery codes already."
        ),
    ]


class SecondFactorRuleIn(BaseModel):
    model_config = ConfigDict(extra="forbid")

    roles: Annotated[
        list[Role], Field(max_length=len(Role), description="The roles that need a second factor. None: no role.")
    ]


class SecondFactorRuleOut(BaseModel):
    roles: list[Role]

    @classmethod
    def of(cls, found: Rule) -> Self:
        return cls(roles=[role for role in Role if role in found.roles])


@router.get("/me/second-factor", response_model=FactorsOut)
def read_own(
    acting: Annotated[Transaction, reading(Permission.OWN_ACCOUNT, without_second_factor=True)],
) -> FactorsOut:
    """What you have set up besides your password. You must be signed in: you cannot use a token."""
    return FactorsOut.of(actions.own_factors(acting.session, by=acting.actor))


@router.post("/me/second-factor/codes", response_model=OfferedCodesOut, responses=refusals(409))
def offer_codes(acting: SettingUp) -> OfferedCodesOut:
    """Create a key for an app that makes one-time codes. Confirm it with the first code."""
    made = actions.offer_codes(acting.session, key=key_of(acting.settings.trail_key_path), by=acting.actor)
    return OfferedCodesOut(secret=made.secret, address=made.address)


@router.post("/me/second-factor/codes/confirm", response_model=RecoveryCodesOut, responses=refusals(400, 409))
def confirm_codes(acting: SettingUp, key: IdempotencyKey, sent: OneTimeCodeIn) -> Response:
    """Start to use one-time codes. From then on you are asked for one when you sign in."""

    def make() -> SecretReply:
        server_key = key_of(acting.settings.trail_key_path)
        return _with_codes(actions.confirm_codes(acting.session, key=server_key, code=sent.code, by=acting.actor))

    return run_once(acting, key, make)


@router.post("/me/second-factor/codes/remove", response_model=FactorsOut, responses=refusals(409))
def remove_codes(acting: Changing) -> FactorsOut:
    """Stop using one-time codes."""
    actions.remove_codes(acting.session, by=acting.actor)
    return FactorsOut.of(actions.own_factors(acting.session, by=acting.actor))


@router.post("/me/second-factor/passkeys/{passkey_id}/remove", response_model=FactorsOut, responses=refusals(404, 409))
def remove_passkey(acting: Changing, passkey_id: uuid.UUID) -> FactorsOut:
    """Remove one of your passkeys."""
    actions.remove_passkey(acting.session, passkey_id=passkey_id, by=acting.actor)
    return FactorsOut.of(actions.own_factors(acting.session, by=acting.actor))


@router.post("/me/second-factor/recovery-codes", response_model=RecoveryCodesOut, responses=refusals(400, 409))
def make_recovery_codes(acting: Changing, key: IdempotencyKey) -> Response:
    """Create new recovery codes. Earlier ones stop working."""
    return run_once(acting, key, lambda: _with_codes(actions.make_recovery_codes(acting.session, by=acting.actor)))


@router.get("/second-factor-rule", response_model=SecondFactorRuleOut)
def read_second_factor_rule(acting: Annotated[Transaction, reading(Permission.WRITE_PEOPLE)]) -> Response:
    """Which roles need a second factor. At first administrators do, and the version is 0."""
    return _shown(read_rule(acting.session, by=acting.actor))


@router.put("/second-factor-rule", response_model=SecondFactorRuleOut, responses=refusals(412, 428))
def change_second_factor_rule(
    acting: Annotated[Transaction, writing(Permission.WRITE_PEOPLE, recent=True)],
    version: IfMatch,
    rule: SecondFactorRuleIn,
) -> Response:
    """Choose which roles need a second factor. Sessions of people who have none end. You cannot use a token."""
    return _shown(change_rule(acting.session, roles=rule.roles, version=version, by=acting.actor))


@router.post("/people/{person_id}/second-factor/remove", status_code=204, responses=refusals(404, 409))
def remove_second_factor_of_person(
    acting: Annotated[Transaction, writing(Permission.WRITE_PEOPLE, recent=True)], person_id: uuid.UUID
) -> Response:
    """Remove the second factor of somebody who has lost it, and end their sessions. You cannot use a token."""
    actions.remove_of_person(acting.session, person_id=person_id, by=acting.actor)
    return Response(status_code=204)


def _shown(found: Rule) -> Response:
    return json_reply(SecondFactorRuleOut.of(found), version=found.version)


def _with_codes(made: list[str]) -> SecretReply:
    return SecretReply(
        json_reply(RecoveryCodesOut(recovery_codes=made)), again=json_reply(RecoveryCodesOut(recovery_codes=[]))
    )
