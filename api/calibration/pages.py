"""Pages of calibration exercises: created by a lead, scored by many, closed, agreed, and kept as exemplars."""

import uuid
from collections.abc import Callable, Sequence
from typing import Annotated, Any

from fastapi import Request
from sqlmodel import Session
from starlette.responses import Response

from api.audit_templates import actions as templates
from api.calibration import actions
from api.calibration.actions import ExerciseAnswer, NewExercise
from api.calibration.queries import exercise_shown
from api.foundation.http.dependencies import Transaction, reading, writing
from api.foundation.http.routing import Router
from api.foundation.pages.forms import PostedForm, TypedForm, submit_once
from api.foundation.pages.rendering import redirect, render
from api.foundation.permissions import Actor, Permission
from api.foundation.problems import Conflict, Fault, Invalid, Problem, Stale
from api.foundation.text.names import check_title
from checklists.statistics.rounding import in_figures, in_percent
from models import ExerciseState, TemplateVersionState

router = Router(include_in_schema=False)

STATE_COLOURS = {ExerciseState.OPEN: "blue", ExerciseState.CLOSED: "grey"}

ReadingParticipant = Annotated[Transaction, reading(Permission.SCORE_CALIBRATION)]
WritingParticipant = Annotated[Transaction, writing(Permission.SCORE_CALIBRATION)]
ReadingLead = Annotated[Transaction, reading(Permission.WRITE_CALIBRATION)]
WritingLead = Annotated[Transaction, writing(Permission.WRITE_CALIBRATION)]
MOST_VERSIONS = 200


@router.get("/calibration")
def list_exercises(request: Request, acting: ReadingParticipant) -> Response:
    return render(
        request,
        "calibration/list.html",
        colours=STATE_COLOURS,
        acting=acting,
        exercises=actions.exercises_of(acting.session, by=acting.actor),
        may_make=acting.actor.may(Permission.WRITE_CALIBRATION),
    )


@router.get("/calibration/new")
def ask_for_exercise(request: Request, acting: ReadingLead) -> Response:
    return _form(request, acting)


@router.post("/calibration/new")
def make_exercise(request: Request, acting: WritingLead, form: PostedForm) -> Response:
    title = form.text("title").strip()
    form.faults.extend(check_title("title", title, called="the exercise", longest=actions.LONGEST_TITLE))
    if not form.text("practice_case").strip():
        form.faults.append(Fault("practice_case", "Enter a practice case"))
    due_on = form.date("due_on", "The due date")
    template, _, number = form.text("template").rpartition(".")

    def make() -> Response:
        due = form.given(due_on)
        try:
            template_id, version = uuid.UUID(template), int(number)
            participants = [uuid.UUID(each) for each in form.texts("participants")]
        except ValueError:
            raise Invalid.at("template", "Select the template to score the case with") from None
        new = NewExercise(
            form.text("title"),
            template_id,
            version,
            form.text("practice_case"),
            due,
            participants,
            form.keep_names(),
        )
        made = actions.create_exercise(acting.session, new=new, by=acting.actor)
        return redirect(
            f"/calibration/{made.id}", notice="Exercise created. Participants can find it under “Calibration”."
        )

    try:
        with acting.attempt():
            return submit_once(acting, form, make)
    except (Invalid, Conflict) as problem:
        return _form(request, acting, problem=problem, form=form)


@router.get("/calibration/{exercise_id}")
def show_exercise(request: Request, acting: ReadingParticipant, exercise_id: uuid.UUID) -> Response:
    return _page(request, acting, exercise_id)


@router.post("/calibration/{exercise_id}/answers")
def answer(request: Request, acting: WritingParticipant, exercise_id: uuid.UUID, form: PostedForm) -> Response:
    """Store one's own answers, and submit them when that button was pressed."""

    def save(session: Session, *, exercise_id: uuid.UUID, version: int, by: Actor) -> None:
        kept = actions.answer_case(
            session, exercise_id=exercise_id, answers=_answered(session, exercise_id, form, by), version=version, by=by
        )
        if form.has("hand_in"):
            actions.submit_case(session, exercise_id=exercise_id, version=kept.version, by=by)

    return _done(request, acting, exercise_id, form, save, "Answers submitted." if form.has("hand_in") else "Saved.")


@router.post("/calibration/{exercise_id}/close")
def close(request: Request, acting: WritingLead, exercise_id: uuid.UUID, form: PostedForm) -> Response:
    said = "Exercise closed. Participants can now see everyone’s answers."
    return _done(request, acting, exercise_id, form, actions.close_exercise, said)


@router.post("/calibration/{exercise_id}/agreed")
def agree(request: Request, acting: WritingLead, exercise_id: uuid.UUID, form: PostedForm) -> Response:
    def save(session: Session, *, exercise_id: uuid.UUID, version: int, by: Actor) -> None:
        actions.record_agreement(
            session, exercise_id=exercise_id, answers=_answered(session, exercise_id, form, by), version=version, by=by
        )

    return _done(request, acting, exercise_id, form, save, "Agreed answers saved.")


@router.post("/calibration/{exercise_id}/exemplars")
def make_exemplars(request: Request, acting: WritingLead, exercise_id: uuid.UUID, form: PostedForm) -> Response:
    said = "Exemplars added to a new draft of the template. Publish the draft to use them."
    return _done(request, acting, exercise_id, form, actions.make_exemplars, said)


def _answered(session: Session, exercise_id: uuid.UUID, form: TypedForm, by: Actor) -> list[ExerciseAnswer]:
    exercise = actions.find_exercise(session, exercise_id=exercise_id, by=by)
    found = []
    for theme in actions.template_of(session, exercise).theme_keys:
        prefix = f"scores/{theme}/"
        words = form.text(f"{prefix}words") or form.text(f"{prefix}rationale")
        if given := form.text(f"{prefix}answer"):
            found.append(ExerciseAnswer(theme, given, words, form.keep_names(prefix)))
    return found


def _done(
    request: Request,
    acting: Transaction,
    exercise_id: uuid.UUID,
    form: TypedForm,
    action: Callable[..., Any],
    notice: str,
) -> Response:
    try:
        with acting.attempt():
            action(acting.session, exercise_id=exercise_id, version=form.version, by=acting.actor)
    except (Invalid, Stale, Conflict) as problem:
        return _page(request, acting, exercise_id, problem=problem, form=form)
    return redirect(f"/calibration/{exercise_id}", notice=notice)


def _page(
    request: Request,
    acting: Transaction,
    exercise_id: uuid.UUID,
    *,
    problem: Problem | None = None,
    form: TypedForm | None = None,
) -> Response:
    shown = exercise_shown(acting.session, exercise_id=exercise_id, by=acting.actor)
    leads = acting.actor.may(Permission.WRITE_CALIBRATION)
    is_open = shown.exercise.state is ExerciseState.OPEN
    scores = is_open and shown.reading is not None and shown.reading.handed_in_at is None
    version = shown.reading.version if scores and shown.reading else shown.exercise.version
    scale = shown.template.scale
    return render(
        request,
        "calibration/exercise.html",
        colours=STATE_COLOURS,
        acting=acting,
        refusal=problem,
        faults=_faults(problem),
        form=form,
        shown=shown,
        exercise=shown.exercise,
        content=shown.template,
        answers=[{"value": each, "text": scale.label(each)} for each in scale.answers],
        label=scale.label,
        spread={each.theme: each for each in shown.spread.themes} if shown.spread else {},
        leads=leads,
        scores=scores,
        version=version,
        exercise_version=shown.exercise.version,
        may_close=leads and is_open,
        may_agree=leads and not is_open,
        percent=_percent,
        figure=lambda number: in_figures(number, 2),
        grades=_grades,
    )


def _faults(problem: Problem | None) -> Sequence[Fault]:
    if problem is None:
        return ()
    if isinstance(problem, Stale):
        return (
            Fault("", ("The exercise changed after you opened this page. Check the exercise and repeat your change.")),
        )
    return problem.faults or (Fault("", problem.detail),)


def _percent(share: Any) -> str:
    return "not defined" if share is None else in_percent(share)


def _grades(each: Any) -> str:
    """A participant's shift from the agreed answers, in words."""
    mean = each.result.shift.mean if each.result else None
    if mean is None:
        return ""
    if not mean:
        return "same as agreed"
    return f"{in_figures(abs(mean), 1)} ratings {'above' if mean > 0 else 'below'} the agreed answers"


def _form(
    request: Request, acting: Transaction, *, problem: Problem | None = None, form: TypedForm | None = None
) -> Response:
    return render(
        request,
        "calibration/new.html",
        acting=acting,
        refusal=problem,
        form=form,
        templates=_published(acting),
        people=[
            {"value": str(person_id), "text": name}
            for person_id, name in actions.possible_participants(acting.session, acting.actor).items()
        ],
    )


def _published(acting: Transaction) -> list[dict[str, str]]:
    found = templates.list_versions(
        acting.session, limit=MOST_VERSIONS, states=[TemplateVersionState.PUBLISHED], by=acting.actor
    )
    return [
        {
            "value": f"{each.template.id}.{each.version.number}",
            "text": f"{each.version.title}, version {each.version.number}",
        }
        for each in found
    ]
