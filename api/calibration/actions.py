"""Calibration: many people score one practice case, blind to each other, and agree on the right answers."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import select
from sqlmodel import Session, col

from api.audit_templates import actions as templates
from api.audit_templates.drafts import document_of, each_theme
from api.foundation import events
from api.foundation.permissions import Actor, Permission, check_may
from api.foundation.problems import Conflict, Fault, Invalid, NotAllowed, NotFound, check_version
from api.foundation.text.free_text import KeepReason, NameCheck, raise_if_any
from checklists.audits.scoring import missing_themes
from checklists.templates.parts import MOST_EXEMPLARS
from checklists.templates.template import Template as TemplateContent
from models import (
    CalibrationAgreement,
    CalibrationAnswer,
    CalibrationExercise,
    CalibrationReading,
    ExerciseState,
    Person,
    Role,
    RoleGrant,
    new_id,
    now,
)
from models.audits.template import published_content
from models.storage.joins import linked

LONGEST_TITLE = 200
LONGEST_WORDS = 2_000  # as much as a template holds in one text


@dataclass(frozen=True, slots=True)
class NewExercise:
    """A new exercise. Without participants, everybody who audits or moderates takes part."""

    title: str
    template_id: uuid.UUID
    template_version: int
    practice_case: str
    due_on: date
    participants: Sequence[uuid.UUID] = ()
    keep_names: KeepReason | None = None


@dataclass(frozen=True, slots=True)
class ExerciseAnswer:
    """An answer to a theme with its text: why it was given, or why it was agreed on."""

    theme: str
    answer: str
    words: str = ""
    keep_names: KeepReason | None = None


def create_exercise(session: Session, *, new: NewExercise, by: Actor) -> CalibrationExercise:
    """Create an exercise and invite its participants. The practice case is made up, never real. Raises Invalid."""
    check_may(by, Permission.WRITE_CALIBRATION)
    names = NameCheck.of(session, by)
    faults = [
        *names.check("/title", new.title, keep=new.keep_names),
        *names.check("/practice_case", new.practice_case, keep=new.keep_names),
    ]
    if not new.title.strip() or len(new.title) > LONGEST_TITLE:
        faults.append(Fault("/title", f"Enter a title of {LONGEST_TITLE} characters or fewer"))
    if not new.practice_case.strip():
        faults.append(Fault("/practice_case", "Enter a practice case"))
    content = published_content(session, by.organisation_id, new.template_id, new.template_version)
    if content is None:
        faults.append(Fault("/template_version", "Select a published template version"))
    elif not content.graded:
        faults.append(Fault("/template_version", "Select a template with ratings: an exercise compares ratings"))
    possible = possible_participants(session, by)
    chosen = list(dict.fromkeys(new.participants)) or list(possible)
    if not set(chosen) <= possible.keys() or len(chosen) < 2:
        faults.append(Fault("/participants", "Select at least 2 active auditors or moderators"))
    raise_if_any(faults)
    made = CalibrationExercise(
        organisation_id=by.organisation_id,
        id=new_id(),
        title=new.title,
        template_id=new.template_id,
        template_version=new.template_version,
        practice_case=new.practice_case,
        due_on=new.due_on,
    )
    session.add(made)
    session.flush()
    session.add_all(
        CalibrationReading(organisation_id=by.organisation_id, exercise_id=made.id, person_id=person_id)
        for person_id in chosen
    )
    session.flush()
    events.record(session, "calibration.made", made.id, by=by)
    names.record(session, made.id, by=by)
    return made


def answer_case(
    session: Session, *, exercise_id: uuid.UUID, answers: Sequence[ExerciseAnswer], version: int, by: Actor
) -> CalibrationReading:
    """Store the actor's own answers to some themes, all or none, until they submit or the exercise is closed."""
    exercise, reading = _own_reading(session, exercise_id, version, by)
    template = template_of(session, exercise)
    names = NameCheck.of(session, by)
    raise_if_any([fault for each in answers for fault in _faults(template, each, names)])
    for each in answers:
        session.merge(
            CalibrationAnswer(
                organisation_id=by.organisation_id,
                exercise_id=exercise.id,
                person_id=reading.person_id,
                theme=each.theme,
                answer=each.answer,
                rationale=each.words,
            )
        )
    _changed(session, reading)
    events.record(session, "calibration.answered", exercise.id, by=by)
    names.record(session, exercise.id, by=by)
    return reading


def submit_case(session: Session, *, exercise_id: uuid.UUID, version: int, by: Actor) -> CalibrationReading:
    """Submit the actor's own answers. Every theme needs one, and some a rationale, as in an audit; else Invalid."""
    exercise, reading = _own_reading(session, exercise_id, version, by)
    template = template_of(session, exercise)
    mine = answers_of(session, exercise).get(reading.person_id, {})
    missing = set(missing_themes(template, {theme: row.answer for theme, row in mine.items()}))
    faults = [
        Fault(f"/scores/{theme.key}", f"{theme.label}: select an answer")
        for theme in template.themes
        if theme.key in missing
    ]
    faults += [
        Fault(f"/scores/{row.theme}", f"{template.theme(row.theme).label}: enter a rationale for this answer")
        for row in mine.values()
        if template.needs_rationale(row.answer) and not row.rationale.strip()
    ]
    if faults:
        raise Invalid("Your answers are not complete, so they were not submitted.", faults=tuple(faults))
    reading.handed_in_at = now()
    _changed(session, reading)
    events.record(session, "calibration.handed-in", exercise.id, by=by)
    return reading


def close_exercise(session: Session, *, exercise_id: uuid.UUID, version: int, by: Actor) -> CalibrationExercise:
    """Close an exercise: nobody answers any more, and all participants see the spread. Raises Conflict."""
    exercise = _to_lead(session, exercise_id, version, by)
    if exercise.state is ExerciseState.CLOSED:
        raise Conflict("This exercise is already closed.")
    if sum(reading.handed_in_at is not None for reading in readings_of(session, exercise)) < 2:
        raise Conflict("At least 2 people must submit answers before you can close the exercise.")
    exercise.state, exercise.closed_at = ExerciseState.CLOSED, now()
    _moved(session, exercise)
    events.record(session, "calibration.closed", exercise.id, by=by)
    return exercise


def record_agreement(
    session: Session, *, exercise_id: uuid.UUID, answers: Sequence[ExerciseAnswer], version: int, by: Actor
) -> CalibrationExercise:
    """Store the agreed answers to some themes, with the reasons. Only once the exercise is closed."""
    exercise = _to_lead(session, exercise_id, version, by)
    if exercise.state is not ExerciseState.CLOSED:
        raise Conflict(
            "Close the exercise before you do this. People answer without seeing other answers until it closes."
        )
    template = template_of(session, exercise)
    names = NameCheck.of(session, by)
    faults = [fault for each in answers for fault in _faults(template, each, names, called="words")]
    faults += [
        Fault(
            f"/scores/{each.theme}/words",
            f"{template.theme(each.theme).label}: enter a reason for the agreed answer, in "
            f"{LONGEST_WORDS:,} characters or fewer",
        )
        for each in answers
        if template.has_theme(each.theme) and not 0 < len(each.words.strip()) <= LONGEST_WORDS
    ]
    raise_if_any(faults)
    for each in answers:
        session.merge(
            CalibrationAgreement(
                organisation_id=by.organisation_id,
                exercise_id=exercise.id,
                theme=each.theme,
                answer=each.answer,
                words=each.words,
            )
        )
    _moved(session, exercise)
    themes = " ".join(each.theme for each in answers)
    events.record(session, "calibration.agreed", exercise.id, by=by, details={"themes": themes})
    names.record(session, exercise.id, by=by)
    return exercise


def make_exemplars(session: Session, *, exercise_id: uuid.UUID, version: int, by: Actor) -> int:
    """Put the agreed ratings, with their texts, into a new draft version of the template; returns the draft's number.

    Not evidenced and not applicable are not ratings, and give no exemplar. Raises Conflict while the template has a
    draft, when nothing is agreed, and when a theme has as many exemplars as it can hold.
    """
    exercise = _to_lead(session, exercise_id, version, by)
    template = template_of(session, exercise)
    agreed = {
        row.theme: {"rating": row.answer, "words": row.words}
        for row in agreements_of(session, exercise).values()
        if template.scale.is_rating(row.answer)
    }
    if not agreed:
        raise Conflict("No rating has been agreed yet.")
    version_use = templates.version_use_of(session, template_id=exercise.template_id, by=by)
    made = templates.new_version(
        session, template_id=exercise.template_id, from_number=version_use.published or exercise.template_version, by=by
    )
    document = document_of(made.content)
    for theme in each_theme(document):
        if theme["key"] in agreed:
            theme["exemplars"] = [*theme["exemplars"], agreed[theme["key"]]]
            if len(theme["exemplars"]) > MOST_EXEMPLARS:
                raise Conflict(f"A theme can have up to {MOST_EXEMPLARS} exemplars. Remove some exemplars first.")
    templates.change_draft(
        session,
        template_id=exercise.template_id,
        number=made.version.number,
        content=templates.content_from(document),
        version=made.version.version,
        by=by,
    )
    _moved(session, exercise)
    details = {"number": made.version.number}
    events.record(session, "calibration.exemplars-made", exercise.id, by=by, details=details)
    return made.version.number


def find_exercise(session: Session, *, exercise_id: uuid.UUID, by: Actor) -> CalibrationExercise:
    """The exercise, for leads and participants; NotFound for everybody else."""
    found: CalibrationExercise | None = session.execute(
        select(CalibrationExercise)
        .where(
            col(CalibrationExercise.organisation_id) == by.organisation_id, col(CalibrationExercise.id) == exercise_id
        )
        .execution_options(populate_existing=True)
    ).scalar_one_or_none()
    if found is None or not (by.may(Permission.WRITE_CALIBRATION) or _reading(session, found, by) is not None):
        raise NotFound("calibration exercise")
    return found


def exercises_of(session: Session, *, by: Actor) -> list[CalibrationExercise]:
    """The exercises that the actor leads or takes part in, the newest first."""
    query = (
        select(CalibrationExercise)
        .where(col(CalibrationExercise.organisation_id) == by.organisation_id)
        .order_by(col(CalibrationExercise.id).desc())
    )
    if not by.may(Permission.WRITE_CALIBRATION):
        query = query.join(CalibrationReading, linked(CalibrationReading.exercise_id, CalibrationExercise.id)).where(
            col(CalibrationReading.person_id) == by.person_id
        )
    return list(session.execute(query).scalars())


def possible_participants(session: Session, by: Actor) -> dict[uuid.UUID, str]:
    """The active people who audit or moderate, by name."""
    rows = session.execute(
        select(col(Person.id), col(Person.name))
        .join(RoleGrant, linked(RoleGrant.person_id, Person.id))
        .where(
            col(Person.organisation_id) == by.organisation_id,
            col(Person.active),
            col(RoleGrant.role).in_([Role.AUDITOR, Role.MODERATOR]),
        )
        .distinct()
        .order_by(col(Person.name), col(Person.id))
    )
    return {row.id: row.name for row in rows}


def template_of(session: Session, exercise: CalibrationExercise) -> TemplateContent:
    """The template of the exercise's version."""
    content = published_content(session, exercise.organisation_id, exercise.template_id, exercise.template_version)
    if content is None:
        raise NotFound("template version")
    return content


def readings_of(session: Session, exercise: CalibrationExercise) -> list[CalibrationReading]:
    """All participants' readings."""
    return list(
        session.execute(
            select(CalibrationReading)
            .where(
                col(CalibrationReading.organisation_id) == exercise.organisation_id,
                col(CalibrationReading.exercise_id) == exercise.id,
            )
            .order_by(col(CalibrationReading.person_id))
        ).scalars()
    )


def answers_of(session: Session, exercise: CalibrationExercise) -> dict[uuid.UUID, dict[str, CalibrationAnswer]]:
    """Each participant's answers by theme: for the actions here, and for people who may see them."""
    found: dict[uuid.UUID, dict[str, CalibrationAnswer]] = {}
    for row in session.execute(
        select(CalibrationAnswer)
        .where(
            col(CalibrationAnswer.organisation_id) == exercise.organisation_id,
            col(CalibrationAnswer.exercise_id) == exercise.id,
        )
        .execution_options(populate_existing=True)
    ).scalars():
        found.setdefault(row.person_id, {})[row.theme] = row
    return found


def agreements_of(session: Session, exercise: CalibrationExercise) -> Mapping[str, CalibrationAgreement]:
    """The agreed answers, by theme."""
    rows = session.execute(
        select(CalibrationAgreement)
        .where(
            col(CalibrationAgreement.organisation_id) == exercise.organisation_id,
            col(CalibrationAgreement.exercise_id) == exercise.id,
        )
        .execution_options(populate_existing=True)
    ).scalars()
    return {row.theme: row for row in rows}


def _faults(
    template: TemplateContent, each: ExerciseAnswer, names: NameCheck, *, called: str = "rationale"
) -> list[Fault]:
    prefix = f"/scores/{each.theme}"
    if not template.has_theme(each.theme):
        return [Fault(f"{prefix}/theme", "This theme is not in the template.")]
    faults = []
    if not template.is_answer(each.answer):
        faults.append(Fault(f"{prefix}/answer", "Select a rating, not evidenced or not applicable"))
    return [*faults, *names.check(f"{prefix}/{called}", each.words, keep=each.keep_names)]


def _reading(session: Session, exercise: CalibrationExercise, by: Actor) -> CalibrationReading | None:
    if by.person_id is None:
        return None
    return session.get(CalibrationReading, (by.organisation_id, exercise.id, by.person_id), populate_existing=True)


def _own_reading(
    session: Session, exercise_id: uuid.UUID, version: int, by: Actor
) -> tuple[CalibrationExercise, CalibrationReading]:
    check_may(by, Permission.SCORE_CALIBRATION)
    exercise = _locked(session, exercise_id, by)
    reading = _reading(session, exercise, by)
    if reading is None:
        raise NotAllowed("You are not a participant in this exercise.")
    if exercise.state is ExerciseState.CLOSED:
        raise Conflict("This exercise is closed, so you can no longer answer.")
    if reading.handed_in_at is not None:
        raise Conflict("You have already submitted your answers to this exercise.")
    check_version(reading.version, version)
    return exercise, reading


def _to_lead(session: Session, exercise_id: uuid.UUID, version: int, by: Actor) -> CalibrationExercise:
    check_may(by, Permission.WRITE_CALIBRATION)
    exercise = _locked(session, exercise_id, by)
    check_version(exercise.version, version)
    return exercise


def _locked(session: Session, exercise_id: uuid.UUID, by: Actor) -> CalibrationExercise:
    session.execute(
        select(col(CalibrationExercise.id))
        .where(
            col(CalibrationExercise.organisation_id) == by.organisation_id, col(CalibrationExercise.id) == exercise_id
        )
        .with_for_update(key_share=True)
    )
    return find_exercise(session, exercise_id=exercise_id, by=by)


def _changed(session: Session, reading: CalibrationReading) -> None:
    reading.version += 1
    session.add(reading)
    session.flush()


def _moved(session: Session, exercise: CalibrationExercise) -> None:
    exercise.version += 1
    session.add(exercise)
    session.flush()
