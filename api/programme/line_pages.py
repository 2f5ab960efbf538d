"""Pages of the lines of an audit programme: their form, and one line with its rounds, pauses and exemptions."""

import uuid
from datetime import date
from typing import Annotated, Any

from fastapi import Request
from starlette.responses import Response

from api.audits import actions as audits
from api.foundation.http.dependencies import Transaction, reading, writing
from api.foundation.http.routing import Router
from api.foundation.local_time import day_in_words
from api.foundation.pages.choices import choices_of
from api.foundation.pages.forms import PostedForm, TypedForm, identifier_in, submit_once
from api.foundation.pages.rendering import redirect, render
from api.foundation.permissions import Permission
from api.foundation.problems import Conflict, Fault, Invalid, NotAllowed, Problem, Stale, is_allowed
from api.joint_rounds.agencies.actions import list_agencies
from api.people.teams.queries import team_choices
from api.programme import actions, queries, standing
from api.programme.actions import MOST_CASES, MOST_DAYS, MOST_MONTHS, MOST_OF_EACH, NewLine
from api.programme.pages import LINE_COLOURS, STANDING_COLOURS
from api.programme.queries import ShownLine
from api.programme.standing import LineMove
from api.rounds.queries import published_versions
from checklists.programme.dates import DAYS_BEFORE, Cadence
from models import LineKind, ProgrammeLine

router = Router(include_in_schema=False)

ReadingLead = Annotated[Transaction, reading(Permission.WRITE_ROUNDS)]
WritingLead = Annotated[Transaction, writing(Permission.WRITE_ROUNDS)]
BUTTONS = {LineMove.PAUSE: "Pause line", LineMove.CONTINUE: "Continue line", LineMove.END: "End line"}
MOVED = {
    LineMove.PAUSE: "Line paused. Its rounds are not planned until it continues.",
    LineMove.CONTINUE: "Line continued.",
    LineMove.END: "Line ended. It has no more rounds.",
}


@router.get("/programmes/{programme_id}/lines/new")
def ask_for_line(request: Request, acting: ReadingLead, programme_id: uuid.UUID) -> Response:
    return _form_page(request, acting, programme_id, None)


@router.post("/programmes/{programme_id}/lines/new")
def add_line(request: Request, acting: WritingLead, programme_id: uuid.UUID, form: PostedForm) -> Response:
    def make() -> Response:
        made = actions.add_line(acting.session, programme_id=programme_id, new=_new_of(form), by=acting.actor)
        return redirect(f"/programme-lines/{made.id}", notice="Line added. The service plans its rounds.")

    try:
        with acting.attempt():
            return submit_once(acting, form, make)
    except Invalid as problem:
        return _form_page(request, acting, programme_id, None, problem=problem, form=form)


@router.get("/programme-lines/{line_id}")
def show_line(request: Request, acting: ReadingLead, line_id: uuid.UUID) -> Response:
    return _line_page(request, acting, line_id)


@router.get("/programme-lines/{line_id}/edit")
def ask_what_changes(request: Request, acting: ReadingLead, line_id: uuid.UUID) -> Response:
    line = actions.find_line(acting.session, line_id=line_id, by=acting.actor)
    actions.check_can_change_line(line, by=acting.actor)
    return _form_page(request, acting, line.programme_id, line)


@router.post("/programme-lines/{line_id}/edit")
def change_line(request: Request, acting: WritingLead, line_id: uuid.UUID, form: PostedForm) -> Response:
    line = actions.find_line(acting.session, line_id=line_id, by=acting.actor)
    actions.check_can_change_line(line, by=acting.actor)
    try:
        with acting.attempt():
            new = _new_of(form, scope=tuple(line.scope.split()))
            actions.change_line(acting.session, line_id=line_id, new=new, version=form.version, by=acting.actor)
    except (Invalid, Stale, Conflict) as problem:
        line = actions.find_line(acting.session, line_id=line_id, by=acting.actor)
        return _form_page(request, acting, line.programme_id, line, problem=problem, form=form)
    return redirect(f"/programme-lines/{line_id}", notice="Line saved. Rounds that exist stay as they are.")


@router.post("/programme-lines/{line_id}/move")
def move_line(request: Request, acting: WritingLead, line_id: uuid.UUID, form: PostedForm) -> Response:
    try:
        move = form.given(form.one_of("move", LineMove, "Select what to do with the line."))
        with acting.attempt():
            standing.move_line(acting.session, line_id=line_id, move=move, version=form.version, by=acting.actor)
    except (Invalid, Conflict, Stale) as problem:
        return _line_page(request, acting, line_id, problem=problem, form=form)
    return redirect(f"/programme-lines/{line_id}", notice=MOVED[move])


@router.post("/programme-lines/{line_id}/exemptions")
def ask_for_exemption(request: Request, acting: WritingLead, line_id: uuid.UUID, form: PostedForm) -> Response:
    try:
        with acting.attempt():
            standing.ask_for_exemption(
                acting.session,
                line_id=line_id,
                starts_on=_day_of(form),
                reason=form.text("reason"),
                keep_names=form.keep_names(),
                by=acting.actor,
            )
    except (Invalid, Conflict) as problem:
        return _line_page(request, acting, line_id, problem=problem, form=form)
    notice = "Exemption asked for. Another quality lead decides; until then the round remains planned."
    return redirect(f"/programme-lines/{line_id}", notice=notice)


@router.post("/programme-lines/{line_id}/exemptions/decision")
def decide_exemption(request: Request, acting: WritingLead, line_id: uuid.UUID, form: PostedForm) -> Response:
    try:
        decision = form.one_of("decision", ("approve", "decline"), "Select approve or decline.")
        approved = form.given(decision) == "approve"
        with acting.attempt():
            day = _day_of(form)
            standing.decide_exemption(
                acting.session, line_id=line_id, starts_on=day, approved=approved, by=acting.actor
            )
    except (Invalid, Conflict, NotAllowed) as problem:
        return _line_page(request, acting, line_id, problem=problem, form=form)
    notice = "Exemption approved." if approved else "Exemption declined. The round remains planned."
    return redirect(f"/programme-lines/{line_id}", notice=notice)


def _day_of(form: TypedForm) -> date:
    try:
        return date.fromisoformat(form.text("starts_on"))
    except ValueError:
        raise Invalid.at("starts_on", "Select a round of this line.") from None


def _new_of(form: TypedForm, *, scope: tuple[str, ...] = ()) -> NewLine:
    """What was typed. Raises Invalid with each fault at its field."""
    title = form.text("title").strip()
    if not title:
        form.faults.append(Fault("title", "Enter a title for the line."))
    kind = form.one_of("kind", LineKind, "Select a kind of round.")
    cadence = form.one_of("cadence", Cadence, "Select how often.")
    template, _, number = form.text("template_version").partition("/")
    template_id = identifier_in(template)
    if template_id is None or not (number.isascii() and number.isdecimal() and len(number) < 7):
        form.faults.append(Fault("template_version", "Select a published template."))
    first_on = form.date("first_on", "The first day of the first round")
    size = form.whole_number("size", "Number of cases", least=1, most=MOST_CASES)
    days = form.whole_number("days_to_finish", "Days to finish", least=1, most=MOST_DAYS)
    months = form.whole_number("months_judged", "Months under review", least=1, most=MOST_MONTHS)
    double = form.whole_number("double_percent", "Percentage of cases to read twice", most=100, needed=False)
    each = form.whole_number("each_auditor", "Audits of each auditor", least=1, most=MOST_OF_EACH, needed=False)
    target = form.whole_number("target_percent", "Target", least=1, most=100, needed=False)
    lowest = form.whole_number("lowest_percent", "Largest share at the lowest rating", most=99, needed=False)
    return NewLine(
        title=title,
        kind=form.given(kind),
        template_id=form.given(template_id),
        template_version=int(number),
        cadence=form.given(cadence),
        first_on=form.given(first_on),
        size=form.given(size),
        days_to_finish=form.given(days),
        months_judged=form.given(months),
        double_percent=double or 0,
        scope=scope,
        only_teams=_identifiers(form, "only_teams"),
        agencies=_identifiers(form, "agencies"),
        auditors=_identifiers(form, "auditors"),
        each_auditor=each,
        target_percent=target,
        lowest_percent=lowest,
    )


def _identifiers(form: TypedForm, name: str) -> tuple[uuid.UUID, ...]:
    return tuple(found for text in form.texts(name) if (found := identifier_in(text)) is not None)


def _form_page(
    request: Request,
    acting: Transaction,
    programme_id: uuid.UUID,
    line: ProgrammeLine | None,
    *,
    problem: Problem | None = None,
    form: TypedForm | None = None,
) -> Response:
    session, actor = acting.session, acting.actor
    return render(
        request,
        "programme/line_form.html",
        acting=acting,
        refusal=problem,
        form=form,
        is_stale=isinstance(problem, Stale),
        programme=actions.find_programme(session, programme_id=programme_id, by=actor),
        line=line,
        is_fixed=line is not None and bool(actions.rows_of(session, line)),
        kinds=choices_of(list(LineKind)),
        cadences=choices_of(list(Cadence)),
        templates=[
            {"value": f"{each.template_id}/{each.number}", "text": f"{each.title}, version {each.number}"}
            for each in published_versions(session, by=actor)
        ],
        teams=team_choices(session, actor),
        agencies=[{"value": str(each.id), "text": each.name} for each in list_agencies(session, by=actor, active=True)],
        people=[{"value": str(key), "text": name} for key, name in audits.active_auditors(session, actor).items()],
        days_before=DAYS_BEFORE,
    )


def _line_page(
    request: Request,
    acting: Transaction,
    line_id: uuid.UUID,
    *,
    problem: Problem | None = None,
    form: TypedForm | None = None,
) -> Response:
    session, actor = acting.session, acting.actor
    programme, shown = queries.show_line(session, line_id=line_id, by=actor)
    return render(
        request,
        "programme/line.html",
        acting=acting,
        refusal=problem,
        form=form,
        programme=programme,
        shown=shown,
        moves=[
            (move.value, text)
            for move, text in BUTTONS.items()
            if is_allowed(standing.check_can_move, shown.line, move, by=actor)
        ],
        may_change=is_allowed(actions.check_can_change_line, shown.line, by=actor),
        decidable=_decidable(acting, shown),
        exemptable=[
            {"value": each.dates.starts_on.isoformat(), "text": day_in_words(each.dates.starts_on)}
            for each in shown.exemptable
        ],
        people=_names(acting, shown.line),
        colour=LINE_COLOURS[shown.line.state],
        colours=STANDING_COLOURS,
    )


def _decidable(acting: Transaction, shown: ShownLine) -> set[date]:
    """The rounds on whose exemption this person may decide."""
    return {
        each.dates.starts_on
        for each in shown.rounds
        if each.row is not None and is_allowed(standing.check_can_decide, each.row, by=acting.actor)
    }


def _names(acting: Transaction, line: ProgrammeLine) -> dict[str, Any]:
    """The names of the auditors, teams and agencies of a line. No auditors or no teams means all of them."""
    people = audits.active_auditors(acting.session, acting.actor)
    teams = {choice["value"]: choice["text"] for choice in team_choices(acting.session, acting.actor, retired=True)}
    agencies = {str(each.id): each.name for each in list_agencies(acting.session, by=acting.actor)}
    return {
        "auditors": [
            people.get(uuid.UUID(key), "A person who is no longer an auditor") for key in line.auditors.split()
        ],
        "teams": [teams.get(key, "A team") for key in line.only_teams.split()],
        "agencies": [agencies[key] for key in line.agencies.split()],
    }
