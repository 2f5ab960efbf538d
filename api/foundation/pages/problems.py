"""A page about each kind of refusal, so that the `type` of every problem leads somewhere."""

from fastapi import Request
from starlette.responses import HTMLResponse

from api.foundation.http.dependencies import public
from api.foundation.http.routing import Router
from api.foundation.pages.rendering import render
from api.foundation.problems import NotFound, Problem, every_problem

router = Router(include_in_schema=False)

_WHAT_TO_DO = {
    "internal-error": "The fault is in the service and has been logged. Nothing was saved. Try again; if it stays, "
    "report it with its request number.",
    "bad-request": "Check that what was sent is whole and is what it says it is: JSON in the API, a form on a page.",
    "invalid": "Mend each thing that is listed, at the place that is named, and send it again.",
    "bad-template": "Mend the template at each place that is named, and send it again.",
    "not-signed-in": "Sign in. A program sends a token in Authorization; yours may have expired or been revoked.",
    "wrong-credentials": "Check the email address and type the password again. An administrator can make a new link.",
    "too-many-attempts": "Wait as long as Retry-After says. Whoever is signed in already stays signed in.",
    "too-many-requests": "Wait as long as Retry-After says. A program sends its next request when it has the answer "
    "to the one before.",
    "not-allowed": "Your roles, or the scopes of the token, lack the permission. Ask an administrator for it.",
    "cross-site": "The service takes forms only from its own pages. Open the page here, and send it from there.",
    "not-found": "Check the address. What you may not see answers in the same way as what does not exist.",
    "method-not-allowed": "Use one of the methods that the Allow header names.",
    "conflict": "Read the thing again: its state does not allow this now. The message says what would.",
    "moved": "Look at it again as it is now, and repeat what you asked for. Nothing was saved.",
    "already-exists": "Use the one that exists, or give yours a name or reference of its own.",
    "stale": "Read it again, look at what has changed, and repeat your change on that.",
    "version-missing": "Send If-Match with the ETag that came with what you read.",
    "idempotency-key-missing": "Send Idempotency-Key: a text of your own, new for each thing you make.",
    "idempotency-key-reused": "Use a new Idempotency-Key; repeat one only with the very same request.",
    "too-large": "Send less at once: ordinary requests take 1 MB, lists of complete audits or case files 16 MB, and "
    "one item of them 1 MB.",
    "headers-too-large": "Send at most 100 headers, and at most 32 kB of them with the address. In a browser, delete "
    "the cookies of this address.",
    "too-slow": "Nothing was done, since the request was not whole in time. Send it again, over a quicker connection.",
    "unsupported": "Send JSON with Content-Type: application/json.",
    "unavailable": "Nothing was saved. Wait as long as Retry-After says, and send it again.",
}


@router.get("/problems", dependencies=[public("Says what messages mean; holds no records.")])
def list_problems(request: Request) -> HTMLResponse:
    kinds = sorted(every_problem(), key=lambda kind: (kind.status, kind.slug))
    return render(request, "problems/list.html", kinds=kinds)


@router.get("/problems/{slug}", dependencies=[public("Says what a message means; holds no records.")])
def show_problem(request: Request, slug: str) -> HTMLResponse:
    kind = next((kind for kind in every_problem() if kind.slug == slug), None)
    if kind is None:
        raise NotFound("problem")
    return render(request, "problems/one.html", kind=kind, what_to_do=what_to_do(kind))


def what_to_do(kind: type[Problem]) -> str:
    """How to resolve this kind of refusal. Raises KeyError for one without a text."""
    return _WHAT_TO_DO[kind.slug]
