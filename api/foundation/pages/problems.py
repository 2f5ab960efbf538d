"""A page about each kind of refusal, so that the `type` of every problem leads somewhere."""

from fastapi import Request
from starlette.responses import HTMLResponse

from api.foundation.http.dependencies import public
from api.foundation.http.routing import Router
from api.foundation.pages.rendering import render
from api.foundation.problems import NotFound, Problem, every_problem

router = Router(include_in_schema=False)

_WHAT_TO_DO = {
    "internal-error": "There is a fault in the service. It has been logged and nothing was saved. Try again. If "
    "the problem continues, report the request number.",
    "bad-request": "Check that the request is complete and in the right format: JSON for the API, a form for a page.",
    "invalid": "Correct each error at the place listed, then send the request again.",
    "bad-template": "Correct the template at each place listed, then send it again.",
    "not-signed-in": (
        "Sign in. Programs must send a token in the Authorization header. Your token may have expired or been revoked."
    ),
    "wrong-credentials": (
        "Check the email address and enter the password again. An administrator can create a new sign-in link."
    ),
    "passwords-off": "Sign in with the provider of your organisation: its button is on the page where you sign in.",
    "too-many-attempts": "Wait for the time given in Retry-After. People who are already signed in stay signed in.",
    "too-many-requests": "Wait for the time given in Retry-After. Programs should wait for each answer before "
    "they send the next request.",
    "not-allowed": (
        "Your roles, or the scopes of your token, do not include this permission. Ask an administrator to add it."
    ),
    "second-factor-needed": "Sign in to the pages, and set up one-time codes or a passkey under Your account.",
    "prove-again": "Open the page in a browser and enter your password again. Programs with a token are not asked.",
    "cross-site": (
        "The service accepts forms only from its own pages. Open the page in this service and submit "
        "the form from there."
    ),
    "not-found": "Check the address. The answer is the same for pages you cannot view and pages that do not exist.",
    "method-not-allowed": "Use one of the methods listed in the Allow header.",
    "conflict": "The current state does not allow this. Read the latest version. The message explains what you can do.",
    "moved": "Nothing was saved. View the latest version, then repeat your request.",
    "already-exists": "Use the existing one, or choose a different name or reference.",
    "stale": "Read the latest version, check what has changed, then repeat your change.",
    "version-missing": "Send If-Match with the ETag of the version you read.",
    "idempotency-key-missing": "Send Idempotency-Key: your own text, different for each thing you create.",
    "idempotency-key-reused": "Use a new Idempotency-Key. Repeat a key only with exactly the same request.",
    "too-large": "Send less at once. The limit is 1 MB for ordinary requests, 16 MB for lists of complete audits "
    "or case files, and 1 MB for 1 item in a list.",
    "headers-too-large": "Send no more than 100 headers, and no more than 32 kB of headers and address together. "
    "In a browser, delete the cookies for this address.",
    "too-slow": (
        "Nothing was done because the complete request did not arrive in time. Send it again over a faster connection."
    ),
    "unsupported": "Send JSON with Content-Type: application/json.",
    "not-supported": "Use only what the page about the data feed lists, such as $select, $filter and $top.",
    "unavailable": "Nothing was saved. Wait for the time given in Retry-After, then send the request again.",
    "saved-or-not": "View what you changed. If the change is not there, make it again. Programs can repeat the request "
    "with the same Idempotency-Key: it takes effect only once.",
}


@router.get("/problems", dependencies=[public("Explains error messages; holds no records.")])
def list_problems(request: Request) -> HTMLResponse:
    kinds = sorted(every_problem(), key=lambda kind: (kind.status, kind.slug))
    return render(request, "problems/list.html", kinds=kinds)


@router.get("/problems/{slug}", dependencies=[public("Explains an error message; holds no records.")])
def show_problem(request: Request, slug: str) -> HTMLResponse:
    kind = next((kind for kind in every_problem() if kind.slug == slug), None)
    if kind is None:
        raise NotFound("problem")
    return render(request, "problems/one.html", kind=kind, what_to_do=what_to_do(kind))


def what_to_do(kind: type[Problem]) -> str:
    """How to resolve this kind of refusal. Raises KeyError for one without a text."""
    return _WHAT_TO_DO[kind.slug]
