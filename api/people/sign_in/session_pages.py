"""What the browser holds of a person who signs in, and where it comes from: cookies, address, where it was going."""

from urllib.parse import urlsplit

from fastapi import Request
from starlette.responses import Response

from api.foundation.http.security import cookie_name
from api.foundation.pages.rendering import is_path_of_this_site
from api.foundation.settings import Settings
from api.people.second_factor.passkeys import Site
from api.people.sessions.browsers import in_words
from api.people.sign_in.attempts import KNOWN_FOR, Caller
from api.people.sign_in.starting import SignedIn


def with_session(request: Request, response: Response, signed_in: SignedIn) -> Response:
    """The response with the cookie of a new session, which replaces the browser's previous one."""
    settings: Settings = request.app.state.settings
    # Lax and not Strict: with Strict, a person who follows a link from an email would have to sign in again.
    response.set_cookie(
        cookie_name(settings),
        signed_in.secret,
        path="/",
        httponly=True,
        samesite="lax",
        secure=settings.behind_https,
    )
    # It gives no access: attempts from this browser are counted separately from others on the same account.
    response.set_cookie(
        known_cookie_name(settings),
        signed_in.known,
        max_age=int(KNOWN_FOR.total_seconds()),
        path="/",
        httponly=True,
        samesite="lax",
        secure=settings.behind_https,
    )
    return response


def known_cookie_name(settings: Settings) -> str:
    """The name of the cookie that marks a browser from which somebody has signed in."""
    return f"{cookie_name(settings)}-known"


def caller_of(request: Request, settings: Settings) -> Caller:
    """The origin of a request: the client address as reported by the server, or by the proxy before it."""
    address = request.client.host if request.client is not None else None
    return Caller.of(
        settings,
        address=address,
        known=request.cookies.get(known_cookie_name(settings), ""),
        site=site_of(request, settings),
        browser=in_words(request.headers.get("user-agent", "")),
    )


def site_of(request: Request, settings: Settings) -> Site:
    """The address of the service as this browser knows it: the public address, or that of the request."""
    if settings.public_address:
        parts = urlsplit(settings.public_address)
        return Site(f"{parts.scheme}://{parts.netloc}")
    return Site(f"{'https' if settings.behind_https else request.url.scheme}://{request.url.netloc}")


def secret_of(request: Request) -> str:
    return request.cookies.get(cookie_name(request.app.state.settings), "")


def next_path(path: str) -> str:
    """Where to go after signing in: a path of this site, or the home page."""
    return path if is_path_of_this_site(path) and not path.startswith(("/sign-in", "/sign-out", "/link/")) else "/"
