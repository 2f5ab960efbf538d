"""Rendering of pages: templates, filters, what every page shows, and responses."""

import base64
import hashlib
from collections.abc import Callable, Hashable, Mapping, MutableMapping, Sequence
from datetime import date, datetime
from fractions import Fraction
from functools import cache, lru_cache
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from jinja2 import ChoiceLoader, Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup
from sqlalchemy import bindparam, select
from sqlmodel import col
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from api.foundation.hooks import REFUSING
from api.foundation.http.dependencies import Transaction
from api.foundation.http.sending.below_path import links_below
from api.foundation.local_time import LOCAL_TIME, day_in_words
from api.foundation.pages.forms import ShownForm, TypedForm, new_key
from api.foundation.pages.menu import BANNERS, PAGE_ACTIONS, Fragment, PageContext, navigation
from api.foundation.pages.narrow_tables import with_names_of_columns
from api.foundation.problems import Fault, Problem, Stale
from api.foundation.text.free_text import KeepReason
from checklists.plurals import plural
from checklists.statistics.rounding import in_percent
from models import Organisation

HERE: Final = Path(__file__).parent
STATIC: Final = HERE / "static"
SERVICE: Final = "Case Audit"
NOTICE_COOKIE: Final = "caseaudit-notice"
NOTICE_SECONDS: Final = 60
MOST_OF_A_NOTICE: Final = 300
MOST_SECTIONS_REMEMBERED: Final = 64


def in_words(day: date | datetime | None) -> str:
    """23 November 2026; a moment is shown as its day in British time, and None as an empty text."""
    if day is None:
        return ""
    if isinstance(day, datetime):
        day = day.astimezone(LOCAL_TIME)
    return day_in_words(day)


def moment_in_words(moment: datetime | None) -> str:
    """23 November 2026, 9:05am, in British time."""
    if moment is None:
        return ""
    local = moment.astimezone(LOCAL_TIME)
    return f"{in_words(local)}, {local.hour % 12 or 12}:{local:%M}{'am' if local.hour < 12 else 'pm'}"


def percent(share: Fraction | float | None, places: int = 0) -> str:
    """A share of 1 as a percentage: 7/8 is 88%. None is shown as a dash."""
    return "–" if share is None else in_percent(share, places)


@cache
def static(name: str) -> str:
    """The path of a static file, with a hash of its content so that browsers may keep it for a year."""
    file = STATIC / name
    if not file.is_file():
        return f"/static/{name}"
    return f"/static/{name}?v={hashlib.sha256(file.read_bytes()).hexdigest()[:12]}"


class RoomLoader(FileSystemLoader):
    """Finds `people/teams/list.html` in the folder `templates` of the package `people/teams`."""

    def get_source(self, environment: Environment, template: str) -> tuple[str, str, Callable[[], bool]]:
        room, _, name = template.rpartition("/")
        return super().get_source(environment, f"{room}/templates/{name}")

    def list_templates(self) -> list[str]:
        """The names of all templates of all rooms."""
        return [name.replace("/templates/", "/") for name in super().list_templates() if "/templates/" in name]


class Templates(Environment):
    """Templates with the same globals, which no page changes: each keeps them as they were when it was loaded.

    Jinja looks through a chain of mappings instead, for each import of each page.
    """

    def make_globals(self, d: MutableMapping[str, Any] | None) -> MutableMapping[str, Any]:
        """The globals of one template, as a plain mapping."""
        return {**self.globals, **(d or {})}


@lru_cache(maxsize=MOST_SECTIONS_REMEMBERED)
def section_once(section: Hashable, anchor: str) -> Markup:
    """A section of a document, which depends on nothing but its content: an equal one is not rendered again."""
    macros: Any = ENVIRONMENT.get_template("macros/documents.html").module
    return Markup(macros.section(section, anchor))  # noqa: S704 - the macro escapes


def _environment() -> Environment:
    environment = Templates(
        loader=ChoiceLoader([FileSystemLoader(HERE / "templates"), RoomLoader(HERE.parent.parent)]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
        cache_size=-1,
    )
    environment.filters.update(date=in_words, moment=moment_in_words, percent=percent, plural=plural)
    environment.globals.update(static=static, new_key=new_key, keep_reasons=_keep_reasons, service=SERVICE)
    environment.globals.update(section_once=section_once)
    return environment


def _keep_reasons() -> list[dict[str, str]]:
    return [{"value": reason.value, "text": reason.label} for reason in KeepReason]


ENVIRONMENT: Final = _environment()


def render(
    request: Request,
    template: str,
    *,
    acting: Transaction | None = None,
    refusal: Problem | None = None,
    form: TypedForm | None = None,
    on_field: Callable[[Fault], Fault] = lambda fault: fault,
    status: int | None = None,
    faults: Sequence[Fault] | None = None,
    typed: Mapping[str, Sequence[str]] | None = None,
    headers: Mapping[str, str] | None = None,
    **context: Any,
) -> HTMLResponse:
    """A page. Its template finds `form` (what was typed, what to correct), `actor`, and whatever else is given.

    After a refusal give the `refusal` and the `form` that was sent: the page has its status, says beside each
    field what is wrong with it, and keeps what was typed. `on_field` gives the field of the page for a fault of the
    action. `status`, `faults` and `typed` say otherwise where a page knows better.
    """
    if faults is None:
        found = () if refusal is None else refusal.faults or (Fault("", refusal.detail),)
        faults = [on_field(fault) for fault in found]
    if typed is None and form is not None:
        typed = form.typed
    if status is None:
        status = 200 if refusal is None else refusal.status
    actor = acting.actor if acting is not None else getattr(request.state, "actor", None)
    notice = _notice_of(request)
    page_of = PageContext(actor, None if acting is None else acting.session, request.url.path, context)
    page = ENVIRONMENT.get_template(template).render(
        context,
        actor=actor,
        form=ShownForm(typed, tuple(faults), is_overtaken=isinstance(refusal, Stale)),
        organisation=_organisation_of(acting) or getattr(request.state, "organisation", ""),
        session_left=getattr(request.state, "session_left", None),
        navigation=navigation(actor, request.url.path),
        notice=notice,
        banners=[fragment(each) for banner in BANNERS if (each := banner(page_of))],
        page_actions=[fragment(each) for action in PAGE_ACTIONS if (each := action(page_of))],
        path=request.url.path,
        here=current_path(request),
    )
    response = HTMLResponse(
        links_below(request.app.state.settings.public_path, with_names_of_columns(page)), status, dict(headers or {})
    )
    if notice:
        response.delete_cookie(NOTICE_COOKIE, httponly=True, samesite="lax")
    return response


def _organisation_of(acting: Transaction | None) -> str:
    """The name of the organisation, for the header; "" where nobody is known to be signed in."""
    if acting is None:
        return ""
    return acting.session.connection().execute(_NAME, {"own": acting.actor.organisation_id}).scalar() or ""


# Made once: every page asks it.
_NAME: Final = select(col(Organisation.name)).where(col(Organisation.id) == bindparam("own"))


def compile_before_refusing(*names: str) -> None:
    """Have these templates of refusals compiled beforehand: that takes a tenth of a second."""

    def compile_all() -> None:
        for name in names:
            ENVIRONMENT.get_template(name)

    REFUSING.before(compile_all)


def fragment(part: Fragment) -> Markup:
    """A part of a page, which its template places."""
    return Markup(ENVIRONMENT.get_template(part.template).render(part.context))  # noqa: S704 - the template escapes


def current_path(request: Request) -> str:
    """The path and query of this page, for a link or form that returns to it."""
    query = request.url.query
    return f"{request.url.path}?{query}" if query else request.url.path


def redirect(path: str, *, notice: str = "") -> Response:
    """Redirect the browser (303) after a form has worked; the next page shows the notice, once.

    The notice is in a cookie that lasts a minute, as text that the page escapes. It must never contain what somebody
    typed. Raises ValueError for a path that leaves this site.
    """
    if not is_path_of_this_site(path):
        raise ValueError("a redirect stays on this site")
    response = RedirectResponse(path, 303)
    if notice:
        text = base64.urlsafe_b64encode(notice[:MOST_OF_A_NOTICE].encode()).decode()
        response.set_cookie(NOTICE_COOKIE, text, max_age=NOTICE_SECONDS, httponly=True, samesite="lax")
    return response


def _notice_of(request: Request) -> str:
    text = request.cookies.get(NOTICE_COOKIE, "")
    try:
        return base64.urlsafe_b64decode(text).decode()[:MOST_OF_A_NOTICE]
    except ValueError:  # binascii.Error and UnicodeDecodeError are two
        return ""


def is_path_of_this_site(path: str) -> bool:
    """Whether a path, with or without a query, stays on this site: no scheme, no host, nothing browsers read as one."""
    if not path.startswith("/") or path.startswith("//") or "\\" in path or not path.isprintable():
        return False
    parts = urlsplit(path)
    return not parts.scheme and not parts.netloc
