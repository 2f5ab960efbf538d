"""Pages of webhooks: the list, one webhook with its settings, and its messages."""

import uuid
from collections.abc import Callable
from typing import Annotated, Final

from fastapi import Query, Request
from starlette.responses import Response

from api.foundation.http.dependencies import Page, Transaction, reading, writing
from api.foundation.http.replies import SecretReply
from api.foundation.http.routing import Router
from api.foundation.outgoing.targets import hosts_in
from api.foundation.pages.forms import PostedForm, TypedForm, submit_once
from api.foundation.pages.rendering import redirect, render
from api.foundation.permissions import Permission
from api.foundation.problems import Conflict, Invalid, Problem, Stale
from api.webhooks import actions, queries
from api.webhooks.actions import EndpointPlan
from api.webhooks.kinds import CHOICES
from checklists.plurals import plural
from models import EndpointState, WebhookEndpoint, WebhookKind, WebhookState, now

router = Router(include_in_schema=False)

Reader = Annotated[Transaction, reading(Permission.WRITE_WEBHOOKS)]
Writer = Annotated[Transaction, writing(Permission.WRITE_WEBHOOKS)]
Keeper = Annotated[Transaction, writing(Permission.WRITE_WEBHOOKS, recent=True)]
_KINDS: Final = [{"value": kind.value, "text": kind.label} for kind in CHOICES]


@router.get("/webhooks")
def list_webhooks(request: Request, acting: Reader) -> Response:
    return render(
        request,
        "webhooks/list.html",
        acting=acting,
        rows=[
            (each, queries.progress_of(acting.session, endpoint_id=each.id, by=acting.actor))
            for each in queries.list_endpoints(acting.session, by=acting.actor)
        ],
        hosts=_hosts(acting),
        most=actions.MOST_ENDPOINTS,
    )


@router.get("/webhooks/new")
def new_webhook(request: Request, acting: Reader) -> Response:
    actions.check_webhooks_are_allowed(acting.settings)
    return _form_page(request, acting)


@router.post("/webhooks/new")
def make_webhook(request: Request, acting: Keeper, form: PostedForm) -> Response:
    def make() -> SecretReply:
        made = actions.create_endpoint(acting.session, plan=_plan_in(form), settings=acting.settings, by=acting.actor)
        page = render(
            request, "webhooks/secret.html", acting=acting, webhook=made.endpoint, secret=made.secret, is_new=True
        )
        return SecretReply(page, again=redirect(f"/webhooks/{made.endpoint.id}"))

    try:
        with acting.attempt():
            return submit_once(acting, form, make)
    except (Invalid, Conflict) as problem:
        return _form_page(request, acting, problem=problem, form=form)


@router.get("/webhooks/{webhook_id}")
def show_webhook(request: Request, acting: Reader, webhook_id: uuid.UUID) -> Response:
    return _webhook_page(request, acting, webhook_id)


@router.get("/webhooks/{webhook_id}/change")
def change_form(request: Request, acting: Reader, webhook_id: uuid.UUID) -> Response:
    return _form_page(request, acting, webhook=_found(acting, webhook_id))


@router.post("/webhooks/{webhook_id}/change")
def change_webhook(request: Request, acting: Keeper, webhook_id: uuid.UUID, form: PostedForm) -> Response:
    try:
        with acting.attempt():
            actions.change_endpoint(
                acting.session,
                endpoint_id=webhook_id,
                plan=_plan_in(form),
                version=form.version,
                settings=acting.settings,
                by=acting.actor,
            )
    except (Invalid, Conflict, Stale) as problem:
        return _form_page(request, acting, webhook=_found(acting, webhook_id), problem=problem, form=form)
    return redirect(f"/webhooks/{webhook_id}", notice="Webhook saved.")


@router.get("/webhooks/{webhook_id}/secret")
def secret_form(request: Request, acting: Reader, webhook_id: uuid.UUID) -> Response:
    return _secret_page(request, acting, webhook_id)


@router.post("/webhooks/{webhook_id}/secret")
def change_secret(request: Request, acting: Keeper, webhook_id: uuid.UUID, form: PostedForm) -> Response:
    def change() -> SecretReply:
        hours = form.whole_number("overlap_hours", "Number of hours", most=actions.LONGEST_OVERLAP_HOURS)
        form.check()
        made = actions.change_secret(
            acting.session,
            endpoint_id=webhook_id,
            overlap_hours=hours or 0,
            settings=acting.settings,
            by=acting.actor,
        )
        page = render(
            request, "webhooks/secret.html", acting=acting, webhook=made.endpoint, secret=made.secret, is_new=False
        )
        return SecretReply(page, again=redirect(f"/webhooks/{webhook_id}"))

    try:
        with acting.attempt():
            return submit_once(acting, form, change)
    except Invalid as problem:
        return _secret_page(request, acting, webhook_id, problem=problem, form=form)


@router.post("/webhooks/{webhook_id}/switch-on")
def switch_on(request: Request, acting: Keeper, webhook_id: uuid.UUID, form: PostedForm) -> Response:
    return _move(request, acting, webhook_id, form, actions.switch_on, "Webhook switched on.")


@router.post("/webhooks/{webhook_id}/switch-off")
def switch_off(request: Request, acting: Writer, webhook_id: uuid.UUID, form: PostedForm) -> Response:
    return _move(request, acting, webhook_id, form, actions.switch_off, "Webhook switched off.")


@router.get("/webhooks/{webhook_id}/delete")
def confirm_deleting(request: Request, acting: Reader, webhook_id: uuid.UUID) -> Response:
    return render(request, "webhooks/delete.html", acting=acting, webhook=_found(acting, webhook_id))


@router.post("/webhooks/{webhook_id}/delete")
def delete_webhook(request: Request, acting: Writer, webhook_id: uuid.UUID, form: PostedForm) -> Response:
    try:
        with acting.attempt():
            actions.delete_endpoint(acting.session, endpoint_id=webhook_id, version=form.version, by=acting.actor)
    except Stale as problem:
        return _webhook_page(request, acting, webhook_id, problem=problem)
    return redirect("/webhooks", notice="Webhook deleted.")


@router.post("/webhooks/{webhook_id}/test")
def test_webhook(request: Request, acting: Writer, webhook_id: uuid.UUID) -> Response:
    try:
        with acting.attempt():
            actions.ask_for_test(acting.session, endpoint_id=webhook_id, by=acting.actor)
    except Conflict as problem:
        return _webhook_page(request, acting, webhook_id, problem=problem)
    return redirect(
        f"/webhooks/{webhook_id}/messages", notice="Test message requested. It appears here within 10 seconds."
    )


@router.get("/webhooks/{webhook_id}/messages")
def list_messages(
    request: Request,
    acting: Reader,
    page: Page,
    webhook_id: uuid.UUID,
    state: Annotated[WebhookState | None, Query()] = None,
) -> Response:
    found = queries.list_messages(
        acting.session,
        endpoint_id=webhook_id,
        by=acting.actor,
        limit=page.to_fetch,
        before=page.after_number,
        state=state,
    )
    shown, after = page.cut(found, key=lambda each: each.number)
    path = f"/webhooks/{webhook_id}/messages"
    return render(
        request,
        "webhooks/messages.html",
        acting=acting,
        webhook=_found(acting, webhook_id),
        messages=shown,
        progress=queries.progress_of(acting.session, endpoint_id=webhook_id, by=acting.actor),
        states=list(WebhookState),
        state=state,
        path=path,
        list_path=f"{path}?state={state}" if state else path,
        after=after,
        first=page.after is None,
        kept_days=queries.KEPT.days,
        most_again=actions.MOST_AGAIN,
    )


@router.post("/webhooks/{webhook_id}/messages/{message_id}/send-again")
def send_again(request: Request, acting: Writer, webhook_id: uuid.UUID, message_id: uuid.UUID) -> Response:
    try:
        with acting.attempt():
            actions.send_again(acting.session, endpoint_id=webhook_id, message_id=message_id, by=acting.actor)
    except Conflict as problem:
        return _webhook_page(request, acting, webhook_id, problem=problem)
    return redirect(f"/webhooks/{webhook_id}/messages", notice="The message is being sent again.")


@router.post("/webhooks/{webhook_id}/send-parked-again")
def send_parked_again(request: Request, acting: Writer, webhook_id: uuid.UUID) -> Response:
    try:
        with acting.attempt():
            number = actions.send_parked_again(acting.session, endpoint_id=webhook_id, by=acting.actor)
    except Conflict as problem:
        return _webhook_page(request, acting, webhook_id, problem=problem)
    notice = f"{plural(number, 'message')} being sent again." if number else "No message to send."
    return redirect(f"/webhooks/{webhook_id}/messages", notice=notice)


def _plan_in(form: TypedForm) -> EndpointPlan:
    """What the form says. Raises Invalid for a kind that it does not offer."""
    chosen = set(form.texts("kinds"))
    if not chosen <= set(CHOICES):
        raise Invalid.at("kinds", "Select from the options shown.")
    return EndpointPlan(form.text("name"), form.text("address"), [WebhookKind(kind) for kind in chosen])


def _move(
    request: Request,
    acting: Transaction,
    webhook_id: uuid.UUID,
    form: TypedForm,
    action: Callable[..., WebhookEndpoint],
    notice: str,
) -> Response:
    try:
        with acting.attempt():
            action(acting.session, endpoint_id=webhook_id, version=form.version, by=acting.actor)
    except (Stale, Conflict) as problem:
        return _webhook_page(request, acting, webhook_id, problem=problem)
    return redirect(f"/webhooks/{webhook_id}", notice=notice)


def _found(acting: Transaction, webhook_id: uuid.UUID) -> WebhookEndpoint:
    return queries.find_endpoint(acting.session, endpoint_id=webhook_id, by=acting.actor)


def _hosts(acting: Transaction) -> list[str]:
    return sorted(str(host) for host in hosts_in(acting.settings.webhook_hosts))


def _webhook_page(
    request: Request, acting: Transaction, webhook_id: uuid.UUID, *, problem: Problem | None = None
) -> Response:
    webhook = _found(acting, webhook_id)
    return render(
        request,
        "webhooks/webhook.html",
        acting=acting,
        refusal=problem,
        webhook=webhook,
        kinds=[kind.label for kind in webhook.chosen_kinds],
        progress=queries.progress_of(acting.session, endpoint_id=webhook_id, by=acting.actor),
        is_on=webhook.state is EndpointState.ON,
        moment=now(),
    )


def _form_page(
    request: Request,
    acting: Transaction,
    *,
    webhook: WebhookEndpoint | None = None,
    problem: Problem | None = None,
    form: TypedForm | None = None,
) -> Response:
    return render(
        request,
        "webhooks/form.html",
        acting=acting,
        refusal=problem,
        form=form,
        is_stale=isinstance(problem, Stale),
        webhook=webhook,
        chosen=[kind.value for kind in (webhook.chosen_kinds if webhook is not None else CHOICES)],
        kinds=_KINDS,
        hosts=_hosts(acting),
    )


def _secret_page(
    request: Request,
    acting: Transaction,
    webhook_id: uuid.UUID,
    *,
    problem: Problem | None = None,
    form: TypedForm | None = None,
) -> Response:
    return render(
        request,
        "webhooks/change_secret.html",
        acting=acting,
        refusal=problem,
        form=form,
        webhook=_found(acting, webhook_id),
        hours=actions.OVERLAP_HOURS,
        most_hours=actions.LONGEST_OVERLAP_HOURS,
    )
