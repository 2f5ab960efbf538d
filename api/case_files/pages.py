"""Pages of case files: the list, a new one, and editing one."""

import uuid
from typing import Annotated, Any

from fastapi import Query, Request
from starlette.responses import Response

from api.case_files import actions, queries
from api.case_files.actions import FoundCaseFile, NewCaseFile
from api.case_files.queries import harm_labels
from api.case_files.words import age_choices, lists_of_words, plain_choices, status_choices, words_in_use
from api.foundation.http.dependencies import Page, Transaction, reading, writing
from api.foundation.http.routing import Router
from api.foundation.pages.choices import Choice
from api.foundation.pages.forms import PostedForm, TypedForm, submit_once
from api.foundation.pages.rendering import redirect, render
from api.foundation.permissions import Permission
from api.foundation.problems import Fault, Invalid, Problem, Stale
from api.people.key_holder.queries import key_holder_of
from api.people.teams import actions as teams_of
from api.people.teams.queries import team_choices

router = Router(include_in_schema=False)

ReadingLead = Annotated[Transaction, reading(Permission.WRITE_CASE_FILES)]
WritingLead = Annotated[Transaction, writing(Permission.WRITE_CASE_FILES)]


@router.get("/case-files")
def list_case_files(
    request: Request,
    acting: ReadingLead,
    page: Page,
    team: Annotated[str, Query(max_length=40)] = "",
    status: Annotated[str, Query(max_length=40)] = "",
    reference: Annotated[str, Query(max_length=80)] = "",
) -> Response:
    """Empty values of team and status mean no filter: a form always sends its empty fields."""
    session, actor = acting.session, acting.actor
    teams = team_choices(session, actor, retired=True)
    words = words_in_use(session, actor.organisation_id)
    team_id = uuid.UUID(team) if team in {choice["value"] for choice in teams} else None
    known_status = status if status in words.statuses else None
    found = queries.list_case_files(
        session,
        by=actor,
        newest_first=True,
        team_id=team_id,
        status=known_status,
        reference=reference,
        limit=page.to_fetch,
        after=page.after_id,
    )
    shown, after = page.cut(found, key=lambda each: each.id)
    return render(
        request,
        "case_files/list.html",
        acting=acting,
        case_files=shown,
        harms=actions.harms_of(session, shown),
        harm_labels=harm_labels(session, actor),
        team_names={choice["value"]: choice["text"] for choice in teams},
        teams=teams,
        words=words,
        statuses=plain_choices(words.statuses),
        chosen={"team": team, "status": status, "reference": reference},
        number=queries.count_case_files(session, by=actor, team_id=team_id, status=known_status, reference=reference),
        key_holder=key_holder_of(acting.session, acting.actor.organisation_id),
        after=after,
        first=page.after is None,
    )


@router.get("/case-files/new")
def new_case_file(request: Request, acting: ReadingLead) -> Response:
    return _form_page(request, acting)


@router.post("/case-files/new")
def make_case_file(request: Request, acting: WritingLead, form: PostedForm) -> Response:
    def make() -> Response:
        new = _typed_case_file(form, reference=form.text("reference").strip().upper() or None)
        made = actions.create_case_file(acting.session, case_file=new, by=acting.actor)
        return redirect("/case-files", notice=f"Case file {made.case_file.reference} created.")

    try:
        with acting.attempt():
            return submit_once(acting, form, make)
    except Invalid as problem:
        return _form_page(request, acting, problem=problem, form=form)


@router.get("/case-files/{case_file_id}/edit")
def edit_case_file(request: Request, acting: ReadingLead, case_file_id: uuid.UUID) -> Response:
    found = actions.find_case_file(acting.session, case_file_id=case_file_id, by=acting.actor)
    return _form_page(request, acting, found)


@router.post("/case-files/{case_file_id}/edit")
def change_case_file(request: Request, acting: WritingLead, case_file_id: uuid.UUID, form: PostedForm) -> Response:
    try:
        with acting.attempt():
            new = _typed_case_file(form, reference=None)
            actions.change_case_file(
                acting.session,
                case_file_id=case_file_id,
                team_id=new.team_id,
                status=new.status,
                age_band=new.age_band,
                forms_of_harm=new.forms_of_harm,
                version=form.version,
                by=acting.actor,
            )
    except (Invalid, Stale) as problem:
        found = actions.find_case_file(acting.session, case_file_id=case_file_id, by=acting.actor)
        return _form_page(request, acting, found, problem=problem, form=form)
    return redirect("/case-files", notice="Case file saved. Audits already submitted keep the earlier details.")


def _typed_case_file(form: TypedForm, *, reference: str | None) -> NewCaseFile:
    try:
        team_id = uuid.UUID(form.text("team_id"))
    except ValueError:
        team_id = None
        form.faults.append(Fault("team_id", "Select a team."))
    status, age_band = form.text("status"), form.text("age_band")
    if not status:
        form.faults.append(Fault("status", "Select a status."))
    if not age_band:
        form.faults.append(Fault("age_band", "Select an age band."))
    return NewCaseFile(form.given(team_id), status, age_band, tuple(form.texts("forms_of_harm")), reference)


def _form_page(
    request: Request,
    acting: Transaction,
    found: FoundCaseFile | None = None,
    *,
    problem: Problem | None = None,
    form: TypedForm | None = None,
) -> Response:
    teams: list[Choice] = team_choices(acting.session, acting.actor)
    labels = harm_labels(acting.session, acting.actor)
    lists = lists_of_words(acting.session, acting.actor.organisation_id)
    statuses, age_bands = status_choices(lists), age_choices(lists)
    words = words_in_use(acting.session, acting.actor.organisation_id)
    if found is not None:
        # The current value remains an option, even if the team has been retired or the template withdrawn.
        team = teams_of.find_team(acting.session, team_id=found.case_file.team_id, by=acting.actor)
        if not team.active:
            teams.append({"value": str(team.id), "text": f"{team.name} (retired)"})
        for choices, key, label in (
            (statuses, found.case_file.status, words.status_label(found.case_file.status)),
            (age_bands, found.case_file.age_band, words.age_label(found.case_file.age_band)),
        ):
            if key not in {choice.get("value") for choice in choices}:
                choices.append({"value": key, "text": label})
        labels |= {key: key for key in found.forms_of_harm if key not in labels}
    context: dict[str, Any] = {
        "found": found,
        "is_stale": isinstance(problem, Stale),
        "teams": teams,
        "words": words,
        "statuses": statuses,
        "age_bands": age_bands,
        "key_holder": key_holder_of(acting.session, acting.actor.organisation_id),
        "harms": [{"value": key, "text": label} for key, label in labels.items()],
    }
    return render(
        request,
        "case_files/form.html",
        acting=acting,
        refusal=problem,
        form=form,
        **context,
    )
