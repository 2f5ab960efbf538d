"""Pages of what auditors of a round wrote: by theme, one theme to code, and the counts of its codes."""

import uuid
from typing import Annotated, Final
from urllib.parse import urlencode

from fastapi import Path, Query, Request
from starlette.responses import Response

from api.coding.codes.actions import add_code
from api.coding.codes.queries import list_codes, rounds_with_codes
from api.coding.findings.queries import list_findings
from api.coding.passages import actions, counts, queries
from api.coding.passages.actions import Coding
from api.coding.passages.queries import AUDITS_ON_A_PAGE, Chosen, PassagesQuery
from api.coding.passages.reading import DIGEST_LENGTH
from api.coding.rules import check_can_code, coded_round, slug_of, theme_of
from api.foundation.http.dependencies import Page, Transaction, heavy_reading, writing
from api.foundation.http.routing import Router
from api.foundation.pages.forms import PostedForm, TypedForm
from api.foundation.pages.rendering import redirect, render
from api.foundation.permissions import Permission
from api.foundation.problems import BadRequest, Invalid, is_allowed
from api.reports.deleted_audits import deleted_in_words
from api.reports.gaps.coefficients import value_with_interval
from api.rounds.hooks import ShownRound, Step
from checklists.passages.parts import Place
from checklists.reliability.agreement_words import in_words
from models import RoundState

router = Router(include_in_schema=False)

Reader = Annotated[Transaction, heavy_reading(Permission.CODE_PASSAGES)]
Writer = Annotated[Transaction, writing(Permission.CODE_PASSAGES)]
Slug = Annotated[str, Path(max_length=60, description="A theme, or whole-audit.")]
# Of the codes in their order; N and P go to the next passage and to the one before.
KEYS: Final = "123456789abcdefghijklmoqrstuvwxyz"
CHOICES: Final = [{"value": each.value, "text": each.label} for each in Chosen]


@router.get("/rounds/{round_id}/findings")
def list_themes(request: Request, acting: Reader, round_id: uuid.UUID) -> Response:
    coded = coded_round(acting.session, round_id, by=acting.actor)
    progress = counts.progress_of_themes(acting.session, round_id=round_id, by=acting.actor)
    return render(
        request,
        "coding/passages/themes.html",
        acting=acting,
        audit_round=coded.round,
        deleted=deleted_in_words(acting.session, [coded.round]),
        themes=[(slug_of(each.theme), each) for each in progress],
        codes=list_codes(acting.session, coded),
        earlier=rounds_with_codes(acting.session, coded, by=acting.actor),
        findings=list_findings(acting.session, round_id=round_id, by=acting.actor),
    )


@router.get("/rounds/{round_id}/findings/{theme}")
def show_passages(
    request: Request,
    acting: Reader,
    round_id: uuid.UUID,
    theme: Slug,
    page: Page,
    show: Annotated[str, Query(max_length=20, description="Which passages.")] = "",
    code: Annotated[str, Query(max_length=60, description="Only passages that you gave this code.")] = "",
    words: Annotated[str, Query(max_length=100, description="Only passages with these words.")] = "",
    like: Annotated[str, Query(max_length=100, description="Only passages like this one.")] = "",
) -> Response:
    query = _query_of(theme, show, code, words, like)
    return _passages_page(request, acting, round_id, theme, query, after=page.after_id)


@router.post("/rounds/{round_id}/findings/{theme}")
def give_codes(request: Request, acting: Writer, round_id: uuid.UUID, theme: Slug, form: PostedForm) -> Response:
    query = _query_of(theme, form.text("show"), form.text("code"), form.text("words"), form.text("like"))
    try:
        with acting.attempt():
            actions.give_codes(
                acting.session, round_id=round_id, theme=theme_of(theme), codings=_codings_of(form), by=acting.actor
            )
            if name := form.text("name"):
                keep = form.keep_names()
                add_code(acting.session, round_id=round_id, name=name, keep_names=keep, by=acting.actor)
    except Invalid as problem:
        after = _identifier(form.text("after"))
        return _passages_page(request, acting, round_id, theme, query, after=after, problem=problem, form=form)
    at = form.text("following") if form.text("do") == "next" else form.text("after")
    shown = {name: form.text(name) for name in ("show", "code", "words", "like")} | {"after": at}
    chosen = urlencode({name: value for name, value in shown.items() if value})
    # The first of the next passages has the focus, so that its codes are one key away.
    place = "#passages" if form.text("do") == "next" else ""
    return redirect(f"/rounds/{round_id}/findings/{theme}{'?' if chosen else ''}{chosen}{place}", notice="Codes saved.")


@router.get("/rounds/{round_id}/findings/{theme}/counts")
def show_counts(request: Request, acting: Reader, round_id: uuid.UUID, theme: Slug) -> Response:
    found = counts.theme_counts(acting.session, round_id=round_id, theme=theme_of(theme), by=acting.actor)
    return render(
        request,
        "coding/passages/counts.html",
        acting=acting,
        found=found,
        deleted=deleted_in_words(acting.session, [found.coded.round]),
        label=found.coded.label_of(found.theme),
        slug=theme,
        agreement=_agreement_table(found),
        findings=list_findings(acting.session, round_id=round_id, theme=found.theme, by=acting.actor),
    )


@router.post("/rounds/{round_id}/findings/{theme}/finished")
def finish_theme(acting: Writer, round_id: uuid.UUID, theme: Slug) -> Response:
    actions.finish_theme(acting.session, round_id=round_id, theme=theme_of(theme), by=acting.actor)
    return redirect(f"/rounds/{round_id}/findings/{theme}/counts", notice="Theme finished.")


def step_to_findings(seen: ShownRound) -> Step | None:
    """The step of coding what auditors wrote, in a round that is open or closed."""
    if seen.round.state is RoundState.PLANNED or not is_allowed(check_can_code, seen.actor):
        return None
    return Step("Findings from what was written", f"/rounds/{seen.round.id}/findings", 8)


def _passages_page(
    request: Request,
    acting: Transaction,
    round_id: uuid.UUID,
    slug: str,
    query: PassagesQuery,
    *,
    after: uuid.UUID | None,
    problem: Invalid | None = None,
    form: TypedForm | None = None,
) -> Response:
    found = queries.coding_page(
        acting.session,
        round_id=round_id,
        theme=theme_of(slug),
        query=query,
        after=after,
        limit=AUDITS_ON_A_PAGE,
        by=acting.actor,
    )
    return render(
        request,
        "coding/passages/code.html",
        acting=acting,
        found=found,
        label=found.coded.label_of(found.theme),
        slug=slug,
        query=query,
        choices=CHOICES,
        keys=KEYS,
        after=after,
        first=after is None,
        refusal=problem,
        form=form,
    )


def _agreement_table(found: counts.ThemeCounts) -> tuple[list[str], list[list[str]]] | None:
    """The heads and rows: all codes at once, where that can be said, and each code, as figures and in words."""
    named = [("All codes", found.agreement), *((row.code.name, row.agreement) for row in found.rows)]
    shown = [(name, list(figures.values())) for name, figures in named if figures]
    if not shown:
        return None
    heads = ["Code", *(f"{each.measure.label} (95% interval)" for each in shown[0][1]), "In words"]
    return heads, [
        [name, *(value_with_interval(each).text for each in figures), in_words(figures[-1])] for name, figures in shown
    ]


def _codings_of(form: TypedForm) -> list[Coding]:
    """What the person changed of the codes that the page showed; of a text that had changed, all that they keep."""
    codings = []
    for name in form.texts("passage"):
        audit_id, part = _identifier(name.partition(" ")[0]), name.partition(" ")[2]
        digest = form.text(f"read {name}")
        if audit_id is None or len(digest) != DIGEST_LENGTH:
            raise BadRequest("The form is incomplete. Open the page again and repeat your change.")
        was = _identifiers(form.text(f"was {name}").split())
        now = _identifiers(form.texts(f"codes {name}"))
        gets = now if form.has(f"changed {name}") else now - was
        codings.append(Coding(audit_id, part, digest, gets, was - now))
    return codings


def _query_of(slug: str, show: str, code: str, words: str, like: str) -> PassagesQuery:
    chosen = next((each for each in Chosen if each == show), Chosen.ALL)
    return PassagesQuery(chosen, _identifier(code), words.strip(), _key_of(slug, like))


def _identifiers(typed: list[str]) -> frozenset[uuid.UUID]:
    return frozenset(each for each in map(_identifier, typed) if each is not None)


def _identifier(typed: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(typed) if typed else None
    except ValueError:
        return None


def _key_of(slug: str, like: str) -> tuple[uuid.UUID, Place] | None:
    audit_id, _, part = like.partition(" ")
    found = _identifier(audit_id)
    return None if found is None else (found, Place(theme_of(slug), part))
