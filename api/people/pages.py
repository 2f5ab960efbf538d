"""Pages of people: the list, invitations, and one person's roles, links and sessions."""

import uuid
from collections.abc import Mapping, Sequence
from typing import Annotated, Final

from fastapi import Query, Request
from starlette.responses import Response

from api.foundation.http.dependencies import Page, Transaction, reading, writing
from api.foundation.http.replies import SecretReply
from api.foundation.http.routing import Router
from api.foundation.pages.forms import PostedForm, TypedForm, submit_once
from api.foundation.pages.rendering import redirect, render
from api.foundation.permissions import Permission
from api.foundation.problems import AlreadyExists, Conflict, Fault, Invalid, Problem, Stale, is_allowed
from api.foundation.settings import Settings
from api.people import actions
from api.people.access.hold import waiting_of, waiting_roles
from api.people.actions import Invited
from api.people.open_work import FoundOpenWork, left_behind, open_work_of
from api.people.second_factor.queries import factors_of, is_needed_by
from api.people.second_factor.sealing import Owner
from api.people.single_sign_on.queries import account_of
from api.people.single_sign_on.rule import check_can_unlink
from checklists.plurals import plural
from models import Role

router = Router(include_in_schema=False)

Reader = Annotated[Transaction, reading(Permission.READ_PEOPLE)]
ReadingWriter = Annotated[Transaction, reading(Permission.WRITE_PEOPLE)]
WritingWriter = Annotated[Transaction, writing(Permission.WRITE_PEOPLE)]
# Gives somebody roles, or a way to sign in.
GivingAccess = Annotated[Transaction, writing(Permission.WRITE_PEOPLE, recent=True)]
ROLES: Final = (
    {"value": Role.AUDITOR.value, "text": Role.AUDITOR.label, "hint": "Scores allocated case files."},
    {
        "value": Role.MODERATOR.value,
        "text": Role.MODERATOR.label,
        "hint": "Checks submitted audits, and agrees, changes or returns them.",
    },
    {
        "value": Role.QUALITY_LEAD.value,
        "text": Role.QUALITY_LEAD.label,
        "hint": "Plans rounds, reads all audits and reports gaps.",
    },
    {
        "value": Role.ADMINISTRATOR.value,
        "text": Role.ADMINISTRATOR.label,
        "hint": "Manages people, teams and tokens. Cannot see audits.",
    },
    {
        "value": Role.ACTION_OWNER.value,
        "text": Role.ACTION_OWNER.label,
        "hint": "Sees the actions they own and those about their teams. Cannot see audits.",
    },
    {
        "value": Role.AGENCY_AUDITOR.value,
        "text": Role.AGENCY_AUDITOR.label,
        "hint": "Answers for another agency in joint audits. Cannot see the council’s own audits.",
    },
)
ENTRY: Final = (
    {"value": "yes", "text": "Active"},
    {
        "value": "no",
        "text": "Deactivated",
        "hint": "Sessions, links and tokens end immediately. The person’s work is kept.",
    },
)


@router.get("/people")
def list_people(
    request: Request,
    acting: Reader,
    page: Page,
    role: Annotated[str, Query(max_length=40)] = "",
    state: Annotated[str, Query(max_length=40)] = "",
) -> Response:
    """Empty values of role and state mean no filter: a form always sends its empty fields."""
    found = actions.list_people(
        acting.session,
        by=acting.actor,
        limit=page.to_fetch,
        after=page.after_id,
        role=Role(role) if role in set(Role) else None,
        active={"active": True, "deactivated": False}.get(state),
    )
    shown, after = page.cut(found, key=lambda each: each.person.id)
    return render(
        request,
        "people/list.html",
        acting=acting,
        people=shown,
        is_administrator=acting.actor.may(Permission.WRITE_PEOPLE),
        may_allocate=acting.actor.may(Permission.ALLOCATE_AUDITS),
        roles=[{"value": each.value, "text": each.label} for each in Role],
        states=[{"value": "active", "text": "Active"}, {"value": "deactivated", "text": "Deactivated"}],
        chosen={"role": role, "state": state},
        after=after,
        first=page.after is None,
    )


@router.get("/people/new")
def new_person(request: Request, acting: ReadingWriter) -> Response:
    return render(request, "people/new.html", acting=acting, roles=ROLES)


@router.post("/people/new")
def invite(request: Request, acting: GivingAccess, form: PostedForm) -> Response:
    def make() -> SecretReply:
        invited = actions.invite_person(
            acting.session,
            name=form.text("name"),
            email=form.text("email"),
            roles=_roles(form),
            settings=acting.settings,
            by=acting.actor,
        )
        return _link_page(request, acting, invited, is_new=True)

    try:
        with acting.attempt():
            return submit_once(acting, form, make)
    except (Invalid, AlreadyExists) as problem:
        return render(
            request,
            "people/new.html",
            acting=acting,
            status=problem.status,
            faults=problem.faults,
            typed=form.typed,
            roles=ROLES,
        )


@router.get("/people/{person_id}")
def show_person(request: Request, acting: ReadingWriter, person_id: uuid.UUID) -> Response:
    return _person_page(request, acting, person_id)


@router.post("/people/{person_id}")
def change_person(request: Request, acting: GivingAccess, person_id: uuid.UUID, form: PostedForm) -> Response:
    found = actions.find_person(acting.session, person_id=person_id, by=acting.actor)
    # One's own roles are not on the form, and so stay as they are.
    is_own = person_id == acting.actor.person_id
    if not is_own and form.text("confirmed") != "yes" and (left := _left_behind(acting, person_id, form)):
        return _leaving_page(request, acting, person_id, form, left)
    try:
        with acting.attempt():
            actions.change_person(
                acting.session,
                person_id=person_id,
                name=form.text("name"),
                roles=found.roles if is_own else _roles(form),
                active=found.person.active if is_own else _active(form),
                version=form.version,
                settings=acting.settings,
                by=acting.actor,
            )
    except (Invalid, Stale, Conflict) as problem:
        return _person_page(request, acting, person_id, problem=problem, faults=problem.faults, typed=form.typed)
    return redirect(f"/people/{person_id}", notice="Person saved.")


def _left_behind(acting: Transaction, person_id: uuid.UUID, form: TypedForm) -> list[FoundOpenWork]:
    """The open work that the person could no longer do after this change; none when the form cannot be read."""
    try:
        roles, active = _roles(form), _active(form)
    except Invalid:
        return []
    found = open_work_of(acting.session, person_id=person_id, by=acting.actor)
    before = actions.find_person(acting.session, person_id=person_id, by=acting.actor)
    already = left_behind(found, roles=before.roles, active=before.person.active)
    return [each for each in left_behind(found, roles=roles, active=active) if each not in already]


def _leaving_page(
    request: Request, acting: Transaction, person_id: uuid.UUID, form: TypedForm, left: Sequence[FoundOpenWork]
) -> Response:
    return render(
        request,
        "people/leaving.html",
        acting=acting,
        found=actions.find_person(acting.session, person_id=person_id, by=acting.actor),
        left=left,
        deactivates=not _active(form),
        sent=[
            (name, value)
            for name, values in form.typed.items()
            if name in {"version", "name", "roles", "active"}
            for value in values
        ],
    )


@router.post("/people/{person_id}/link")
def issue_link(request: Request, acting: GivingAccess, person_id: uuid.UUID, form: PostedForm) -> Response:
    def make() -> SecretReply:
        issued = actions.issue_link(acting.session, person_id=person_id, settings=acting.settings, by=acting.actor)
        return _link_page(request, acting, issued, is_new=False)

    try:
        with acting.attempt():
            return submit_once(acting, form, make)
    except Conflict as problem:
        return _person_page(request, acting, person_id, problem=problem)


@router.post("/people/{person_id}/end-sessions")
def end_sessions(acting: WritingWriter, person_id: uuid.UUID) -> Response:
    ended = actions.end_sessions(acting.session, person_id=person_id, by=acting.actor)
    if person_id == acting.actor.person_id:
        return redirect("/sign-in", notice="You are signed out on all devices.")
    return redirect(f"/people/{person_id}", notice=f"{plural(ended, 'session')} ended.")


def _person_page(
    request: Request,
    acting: Transaction,
    person_id: uuid.UUID,
    *,
    problem: Problem | None = None,
    faults: Sequence[Fault] = (),
    typed: Mapping[str, Sequence[str]] | None = None,
) -> Response:
    if problem is not None and not faults:
        words = problem.detail
        if isinstance(problem, Stale):
            words = (
                "Someone else has changed this since you opened the page. Check the latest version, then decide again."
            )
        faults = (Fault("", words),)
    found = actions.find_person(acting.session, person_id=person_id, by=acting.actor)
    owner = Owner(acting.actor.organisation_id, person_id)
    return render(
        request,
        "people/person.html",
        acting=acting,
        refusal=problem,
        faults=faults,
        typed=typed,
        found=found,
        waiting=waiting_of(acting.session, found.person),
        waiting_roles=waiting_roles(acting.session, found.person),
        is_own=person_id == acting.actor.person_id,
        has_second_factor=factors_of(acting.session, owner).are_set_up,
        is_linked=account_of(acting.session, owner) is not None,
        may_unlink=is_allowed(check_can_unlink, person_id, by=acting.actor),
        has_provider=bool(acting.settings.oidc_issuer),
        needs_second_factor=is_needed_by(acting.session, owner.organisation_id, found.roles),
        open_work=open_work_of(acting.session, person_id=person_id, by=acting.actor),
        roles=ROLES,
        entry=ENTRY,
    )


def _link_page(request: Request, acting: Transaction, invited: Invited, *, is_new: bool) -> SecretReply:
    """The page with the link, which is shown once to the person who pressed the button, and is not stored."""
    page = render(
        request,
        "people/link.html",
        acting=acting,
        person=invited.person,
        link=link_to_give(request, acting.settings, invited.secret),
        hours=acting.settings.link_hours,
        is_new=is_new,
        waits=invited.waits,
    )
    return SecretReply(page, again=redirect(f"/people/{invited.person.id}"))


def link_to_give(request: Request, settings: Settings, secret: str) -> str:
    """A one-time link as a person gives it: at the public address, or at the address of this request."""
    own = f"{'https' if settings.behind_https else request.url.scheme}://{request.url.netloc}"
    return f"{settings.public_address.rstrip('/') or own}/link/{secret}"


def _roles(form: TypedForm) -> set[Role]:
    chosen = set(form.texts("roles"))
    if not chosen <= set(Role):
        raise Invalid.at("roles", "Select from the roles shown.")
    return {Role(role) for role in chosen}


def _active(form: TypedForm) -> bool:
    if form.text("active") not in {"yes", "no"}:
        raise Invalid.at("active", "Select whether the person has access.")
    return form.text("active") == "yes"
