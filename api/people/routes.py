"""People over REST."""

import uuid
from typing import Annotated, Self

from fastapi import Query
from pydantic import BaseModel, ConfigDict, Field, StrictBool
from starlette.responses import Response

from api.access.people import roles_with
from api.foundation.http.dependencies import IdempotencyKey, IfMatch, Page, Transaction, reading, writing
from api.foundation.http.problem_details import refusals
from api.foundation.http.replies import SecretReply, json_reply, run_once
from api.foundation.http.routing import Router
from api.foundation.permissions import Actor, Permission
from api.people import actions
from api.people.actions import Invited
from api.people.inviting import actions as inviting
from api.people.inviting.actions import MOST, NewPerson
from api.people.open_work import FoundOpenWork, open_work_of
from api.people.role_changes import FoundPerson
from models import Role

router = Router(prefix="/people", tags=["People"])

Name = Annotated[str, Field(min_length=1, max_length=actions.LONGEST_NAME)]
Roles = Annotated[
    list[Role],
    Field(
        min_length=1,
        max_length=len(Role),
        description=(
            "A person can have several roles. An administrator has no other role unless the service is "
            "set to allow this."
        ),
    ),
]


class NewPersonIn(BaseModel):
    model_config = ConfigDict(extra="forbid")

    name: Name
    email: Annotated[str, Field(max_length=actions.LONGEST_EMAIL, description="The person signs in with this address.")]
    roles: Roles


class PersonIn(BaseModel):
    model_config = ConfigDict(extra="forbid")

    name: Name
    roles: Roles
    active: Annotated[
        StrictBool, Field(description="Whether the person has access. False ends sessions and tokens immediately.")
    ]


class PersonOut(BaseModel):
    id: uuid.UUID
    name: str
    roles: list[Role]
    active: bool
    email: Annotated[str | None, Field(description="For administrators only; otherwise null.")]
    has_password: Annotated[
        bool | None, Field(description="Whether they have used a link yet. For administrators only; otherwise null.")
    ]
    version: int

    @classmethod
    def of(cls, found: FoundPerson, *, to: Actor) -> Self:
        person, is_administrator = found.person, to.may(Permission.WRITE_PEOPLE)
        return cls(
            id=person.id,
            name=person.name,
            roles=list(found.roles),
            active=person.active,
            email=person.email if is_administrator else None,
            has_password=person.password_hash is not None if is_administrator else None,
            version=person.version,
        )


class PersonList(BaseModel):
    items: list[PersonOut]
    after: str | None


class OpenWorkOut(BaseModel):
    kind: str
    text: Annotated[str, Field(description="The number in words: 2 audits to finish.")]
    number: int
    round: Annotated[str, Field(description="The title of the round; empty if the work does not belong to a round.")]
    afterwards: Annotated[str, Field(description="What happens to the work when the person can no longer do it.")]
    roles: Annotated[list[Role], Field(description="The roles that allow the person to do the work.")]

    @classmethod
    def of(cls, found: FoundOpenWork) -> Self:
        return cls(
            kind=found.kind.key,
            text=found.words,
            number=found.work.number,
            round=found.work.where,
            afterwards=found.kind.afterwards,
            roles=sorted(roles_with(found.kind.permission)),
        )


class OpenWorkList(BaseModel):
    items: list[OpenWorkOut]


class InvitedOut(BaseModel):
    """A person, and the path of their one-time link."""

    person: PersonOut
    link: Annotated[
        str | None,
        Field(
            description="The path of a page in this service to give to the person. The link works once. The path "
            "is returned once and is not stored: it is null if the request is repeated. In that "
            "case, create a new link."
        ),
    ]
    waits: Annotated[bool, Field(description="Whether another person who can read audits must confirm it first.")]


class EndedOut(BaseModel):
    ended: Annotated[int, Field(description="Number of sessions ended.")]


@router.get("", response_model=PersonList)
def list_people(
    acting: Annotated[Transaction, reading(Permission.READ_PEOPLE)],
    page: Page,
    role: Annotated[Role | None, Query(description="Return only people with this role.")] = None,
    active: Annotated[
        bool | None, Query(description="Return only people with access, or only people without access.")
    ] = None,
) -> PersonList:
    """People by name. Quality leads see names and roles. Administrators also see email addresses."""
    found = actions.list_people(
        acting.session, by=acting.actor, limit=page.to_fetch, after=page.after_id, role=role, active=active
    )
    shown, after = page.cut(found, key=lambda each: each.person.id)
    return PersonList(
        items=[PersonOut.of(each, to=acting.actor) for each in shown],
        after=after,
    )


@router.post("", status_code=201, response_model=InvitedOut, responses=refusals(400, 409))
def invite_person(
    acting: Annotated[Transaction, writing(Permission.WRITE_PEOPLE, recent=True)],
    key: IdempotencyKey,
    person: NewPersonIn,
) -> Response:
    """Add a person and create their one-time link. You must be signed in: you cannot use a token."""

    def make() -> SecretReply:
        invited = actions.invite_person(
            acting.session,
            name=person.name,
            email=person.email,
            roles=person.roles,
            settings=acting.settings,
            by=acting.actor,
        )
        return _with_link(invited, acting.actor)

    return run_once(acting, key, make)


class NewPeopleIn(BaseModel):
    model_config = ConfigDict(extra="forbid")

    people: Annotated[list[NewPersonIn], Field(min_length=1, max_length=MOST)]


class InvitedList(BaseModel):
    items: list[InvitedOut]


@router.post("/batch", status_code=201, response_model=InvitedList, responses=refusals(400))
def invite_people(
    acting: Annotated[Transaction, writing(Permission.WRITE_PEOPLE, recent=True)], key: IdempotencyKey, new: NewPeopleIn
) -> Response:
    """Add many people, all or none, each with a one-time link. You must be signed in: you cannot use a token."""

    def make() -> SecretReply:
        people = [NewPerson(each.name, each.email, frozenset(each.roles)) for each in new.people]
        made = inviting.invite_people(acting.session, people=people, settings=acting.settings, by=acting.actor)
        items = [_invited(each, acting.actor, link=f"/link/{each.secret}") for each in made]
        hidden = [item.model_copy(update={"link": None}) for item in items]
        return SecretReply(
            json_reply(InvitedList(items=items), status=201), again=json_reply(InvitedList(items=hidden), status=201)
        )

    return run_once(acting, key, make)


@router.get("/{person_id}", response_model=PersonOut, responses=refusals(404))
def read_person(acting: Annotated[Transaction, reading(Permission.READ_PEOPLE)], person_id: uuid.UUID) -> Response:
    return _shown(actions.find_person(acting.session, person_id=person_id, by=acting.actor), acting.actor)


@router.get("/{person_id}/open-work", response_model=OpenWorkList, responses=refusals(404))
def read_open_work(
    acting: Annotated[Transaction, reading(Permission.WRITE_PEOPLE)], person_id: uuid.UUID
) -> OpenWorkList:
    """A person's open work, to check before you deactivate them or remove a role. Counts and rounds only."""
    found = open_work_of(acting.session, person_id=person_id, by=acting.actor)
    return OpenWorkList(items=[OpenWorkOut.of(each) for each in found])


@router.put("/{person_id}", response_model=PersonOut, responses=refusals(404, 409, 412, 428))
def change_person(
    acting: Annotated[Transaction, writing(Permission.WRITE_PEOPLE, recent=True)],
    person_id: uuid.UUID,
    version: IfMatch,
    person: PersonIn,
) -> Response:
    """Change a person's name, roles and access. You cannot change your own roles."""
    changed = actions.change_person(
        acting.session,
        person_id=person_id,
        name=person.name,
        roles=person.roles,
        active=person.active,
        version=version,
        settings=acting.settings,
        by=acting.actor,
    )
    return _shown(changed, acting.actor)


@router.post("/{person_id}/link", status_code=201, response_model=InvitedOut, responses=refusals(400, 404, 409))
def issue_link(
    acting: Annotated[Transaction, writing(Permission.WRITE_PEOPLE, recent=True)],
    key: IdempotencyKey,
    person_id: uuid.UUID,
) -> Response:
    """Create a new one-time link. Older links stop working. You must be signed in: you cannot use a token."""

    def make() -> SecretReply:
        issued = actions.issue_link(acting.session, person_id=person_id, settings=acting.settings, by=acting.actor)
        return _with_link(issued, acting.actor)

    return run_once(acting, key, make)


@router.post("/{person_id}/end-sessions", response_model=EndedOut, responses=refusals(404))
def end_sessions(acting: Annotated[Transaction, writing(Permission.WRITE_PEOPLE)], person_id: uuid.UUID) -> EndedOut:
    """End all sessions of a person immediately."""
    return EndedOut(ended=actions.end_sessions(acting.session, person_id=person_id, by=acting.actor))


def _invited(invited: Invited, actor: Actor, *, link: str | None) -> InvitedOut:
    person = PersonOut.of(FoundPerson(invited.person, invited.roles), to=actor)
    return InvitedOut(person=person, link=link, waits=invited.waits)


def _with_link(invited: Invited, actor: Actor) -> SecretReply:
    def answered(link: str | None) -> Response:
        content = _invited(invited, actor, link=link)
        location = f"/api/v1/people/{content.person.id}"
        return json_reply(content, status=201, version=content.person.version, location=location)

    return SecretReply(answered(f"/link/{invited.secret}"), again=answered(None))


def _shown(found: FoundPerson, actor: Actor) -> Response:
    return json_reply(PersonOut.of(found, to=actor), version=found.person.version)
