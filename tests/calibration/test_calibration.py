"""Calibration: one practice case, scored blind, laid side by side, agreed upon, and kept as exemplars."""

import uuid

import pytest
from sqlmodel import select

from api.audit_templates import actions as templates
from api.calibration import actions as calibration
from api.calibration.actions import ExerciseAnswer, NewExercise
from api.calibration.queries import ExerciseShown, exercise_shown
from api.foundation.problems import Conflict, Invalid, NotAllowed, NotFound, Stale
from models import Audit, CalibrationReading, now
from tests.desk import THEMES, Desk
from tests.factories import MadePerson, a_person, an_actor

WORDS = "The child was seen alone twice, and said that bedtime is when it is loud."


def an_exercise(desk: Desk) -> uuid.UUID:
    new = NewExercise("The Ash siblings", desk.template_id, 1, "Two made-up siblings live with an aunt.", now().date())
    with desk.database.writing() as session:
        return calibration.create_exercise(session, new=new, by=an_actor(desk.cast.lena)).id


def reading_version(desk: Desk, exercise_id: uuid.UUID, person: MadePerson) -> int:
    with desk.database.reading() as session:
        return session.get_one(CalibrationReading, (desk.cast.organisation.id, exercise_id, person.id)).version


def hand_in(desk: Desk, exercise_id: uuid.UUID, person: MadePerson, *answers: str) -> None:
    given = [ExerciseAnswer(theme, answer, "Seen.") for theme, answer in zip(THEMES, answers, strict=True)]
    with desk.database.writing() as session:
        version = reading_version(desk, exercise_id, person)
        by = an_actor(person)
        kept = calibration.answer_case(session, exercise_id=exercise_id, answers=given, version=version, by=by)
        calibration.submit_case(session, exercise_id=exercise_id, version=kept.version, by=by)


def shown_to(desk: Desk, exercise_id: uuid.UUID, person: MadePerson) -> ExerciseShown:
    with desk.database.reading() as session:
        return exercise_shown(session, exercise_id=exercise_id, by=an_actor(person))


def closed(desk: Desk, *others: MadePerson) -> uuid.UUID:
    exercise_id = an_exercise(desk)
    for person in others:
        hand_in(desk, exercise_id, person, "good", "good", "good", "good")
    hand_in(desk, exercise_id, desk.cast.asha, "good", "good", "good", "good")
    hand_in(desk, exercise_id, desk.cast.ben, "good", "inadequate", "not-evidenced", "good")
    with desk.database.writing() as session:
        version = calibration.find_exercise(session, exercise_id=exercise_id, by=an_actor(desk.cast.lena)).version
        calibration.close_exercise(session, exercise_id=exercise_id, version=version, by=an_actor(desk.cast.lena))
    return exercise_id


def agree(desk: Desk, exercise_id: uuid.UUID, *answered: ExerciseAnswer) -> None:
    lena = an_actor(desk.cast.lena)
    with desk.database.writing() as session:
        version = calibration.find_exercise(session, exercise_id=exercise_id, by=lena).version
        calibration.record_agreement(session, exercise_id=exercise_id, answers=answered, version=version, by=lena)


@pytest.mark.both_databases
def test_nobody_sees_what_another_answered_until_the_exercise_is_closed(desk: Desk) -> None:
    exercise_id = an_exercise(desk)
    hand_in(desk, exercise_id, desk.cast.asha, "good", "good", "inadequate", "good")
    for person in (desk.cast.ben, desk.cast.mo, desk.cast.lena):
        shown = shown_to(desk, exercise_id, person)
        assert shown.spread is None
        assert shown.mine == {}
        client = desk.browser(person)
        page = client.get(f"/calibration/{exercise_id}").text
        body = client.get(f"/api/v1/calibration-exercises/{exercise_id}").json()
        assert "Seen." not in page
        assert body["spread"] == body["answers"] == body["agreed"] == []
    assert {each.name for each in shown_to(desk, exercise_id, desk.cast.ben).participants} == {desk.cast.ben.name}


@pytest.mark.fast
@pytest.mark.both_databases
def test_once_closed_the_spread_is_there_for_all_and_names_for_leads_alone(desk: Desk) -> None:
    exercise_id = closed(desk)
    found = shown_to(desk, exercise_id, desk.cast.lena).spread
    assert found is not None
    assert [each.exact for each in found.themes] == [1, 0, 0, 1]
    assert found.themes[1].counts["inadequate"] == 1
    page = desk.browser(desk.cast.asha).get(f"/calibration/{exercise_id}").text
    assert desk.cast.ben.name not in page
    agree(desk, exercise_id, ExerciseAnswer("voice", "good", WORDS), ExerciseAnswer("daily-life", "inadequate", WORDS))
    lead = desk.browser(desk.cast.lena).get(f"/calibration/{exercise_id}").text
    assert desk.cast.ben.name in lead
    own = {each.name: each.result for each in shown_to(desk, exercise_id, desk.cast.lena).participants}
    asha = own[desk.cast.asha.name]
    assert asha is not None
    assert (asha.n_same, asha.n_compared) == (1, 2)
    assert asha.shift.mean is not None
    assert asha.shift.mean > 0, "good where inadequate was agreed is generous"


def test_of_two_who_submitted_neither_is_shown_what_would_tell_the_others_answers(desk: Desk) -> None:
    cara = a_person(desk.database, desk.cast.organisation, name="Cara")
    two, three = closed(desk), closed(desk, cara)
    assert shown_to(desk, two, desk.cast.asha).spread is None
    asha = desk.browser(desk.cast.asha)
    assert "Too few people submitted to show how the answers spread" in asha.get(f"/calibration/{two}").text
    body = asha.get(f"/api/v1/calibration-exercises/{two}").json()
    assert (body["spread"], body["exact"], body["alpha_ordinal"]) == ([], None, None)
    assert shown_to(desk, three, desk.cast.asha).spread is not None


@pytest.mark.both_in_trials
def test_agreed_ratings_become_exemplars_of_a_new_draft_and_auditors_see_them(desk: Desk) -> None:
    exercise_id = closed(desk)
    agree(
        desk,
        exercise_id,
        ExerciseAnswer("voice", "good", WORDS),
        ExerciseAnswer("planning", "not-evidenced", "No plan."),
    )
    lena = an_actor(desk.cast.lena)
    with desk.database.writing() as session:
        version = calibration.find_exercise(session, exercise_id=exercise_id, by=lena).version
        number = calibration.make_exemplars(session, exercise_id=exercise_id, version=version, by=lena)
    with desk.database.writing() as session:
        draft = templates.find_version(session, template_id=desk.template_id, number=number, by=lena)
        assert [(each.rating, each.words) for each in draft.content.theme("voice").exemplars] == [("good", WORDS)]
        assert draft.content.theme("planning").exemplars == ()
        templates.publish_version(
            session, template_id=desk.template_id, number=number, version=draft.version.version, by=lena
        )
    page = desk.browser(desk.cast.lena).get(f"/templates/{desk.template_id}/versions/{number}").text
    assert WORDS in page
    with desk.database.writing() as session:
        version = calibration.find_exercise(session, exercise_id=exercise_id, by=lena).version
        calibration.make_exemplars(session, exercise_id=exercise_id, version=version, by=lena)
    with pytest.raises(Conflict, match="still a draft"), desk.database.writing() as session:
        calibration.make_exemplars(session, exercise_id=exercise_id, version=version + 1, by=lena)


def test_an_exercise_is_no_audit(desk: Desk) -> None:
    closed(desk)
    with desk.database.reading() as session:
        assert session.exec(select(Audit)).all() == []
    gaps = desk.browser(desk.cast.lena).get(f"/api/v1/reports/gaps?round={desk.round_id}").json()
    assert gaps["counted"] == 0


def test_what_is_not_complete_is_not_handed_in_and_what_is_handed_in_stays(desk: Desk) -> None:
    exercise_id, asha = an_exercise(desk), an_actor(desk.cast.asha)
    with pytest.raises(Invalid, match="not complete"), desk.database.writing() as session:
        calibration.submit_case(session, exercise_id=exercise_id, version=1, by=asha)
    hand_in(desk, exercise_id, desk.cast.asha, "good", "good", "good", "good")
    version = reading_version(desk, exercise_id, desk.cast.asha)
    with pytest.raises(Conflict, match="You have already submitted"), desk.database.writing() as session:
        calibration.answer_case(session, exercise_id=exercise_id, answers=[], version=version, by=asha)


@pytest.mark.both_in_trials
def test_of_two_edits_of_ones_own_answers_the_later_is_asked_again(desk: Desk) -> None:
    exercise_id, asha = an_exercise(desk), an_actor(desk.cast.asha)
    given = [ExerciseAnswer("voice", "good")]
    with desk.database.writing() as session:
        calibration.answer_case(session, exercise_id=exercise_id, answers=given, version=1, by=asha)
    with pytest.raises(Stale), desk.database.writing() as session:
        calibration.answer_case(session, exercise_id=exercise_id, answers=given, version=1, by=asha)


def close(desk: Desk, exercise_id: uuid.UUID, by: MadePerson, *, older: int = 0) -> None:
    actor = an_actor(by)
    with desk.database.writing() as session:
        version = calibration.find_exercise(session, exercise_id=exercise_id, by=actor).version - older
        calibration.close_exercise(session, exercise_id=exercise_id, version=version, by=actor)


def test_a_lead_closes_an_exercise_once_as_it_is_now_and_when_two_have_handed_in(desk: Desk) -> None:
    exercise_id = an_exercise(desk)
    hand_in(desk, exercise_id, desk.cast.asha, "good", "good", "good", "good")
    with pytest.raises(Conflict, match="At least 2 people must submit answers before you"):
        close(desk, exercise_id, desk.cast.lena)
    hand_in(desk, exercise_id, desk.cast.ben, "good", "good", "good", "good")
    with pytest.raises(NotAllowed):
        close(desk, exercise_id, desk.cast.asha)
    with pytest.raises(Stale):
        close(desk, exercise_id, desk.cast.lena, older=1)
    with pytest.raises(Conflict, match="People answer without seeing other answers until it closes"):
        agree(desk, exercise_id, ExerciseAnswer("voice", "good", WORDS))
    close(desk, exercise_id, desk.cast.lena)
    with pytest.raises(Conflict, match="This exercise is already closed"):
        close(desk, exercise_id, desk.cast.lena)
    version = reading_version(desk, exercise_id, desk.cast.mo)
    with (
        pytest.raises(Conflict, match="This exercise is closed, so you can no longer"),
        desk.database.writing() as session,
    ):
        calibration.answer_case(
            session, exercise_id=exercise_id, answers=[], version=version, by=an_actor(desk.cast.mo)
        )


def test_who_takes_no_part_finds_nothing(desk: Desk) -> None:
    new = NewExercise(
        "For two", desk.template_id, 1, "A made-up case.", now().date(), [desk.cast.asha.id, desk.cast.mo.id]
    )
    with desk.database.writing() as session:
        made = calibration.create_exercise(session, new=new, by=an_actor(desk.cast.lena))
    with pytest.raises(NotFound), desk.database.reading() as session:
        calibration.find_exercise(session, exercise_id=made.id, by=an_actor(desk.cast.ben))
    assert "For two" not in desk.browser(desk.cast.ben).get("/calibration").text
    assert "For two" in desk.browser(desk.cast.asha).get("/calibration").text


def test_a_practice_case_with_an_identifier_is_refused_and_stays_in_its_field(desk: Desk) -> None:
    typed = {
        "key": "k",
        "title": "One",
        "template": f"{desk.template_id}.1",
        "practice_case": "NHS number 943 476 5919 was seen.",
        "due_on-day": "1",
        "due_on-month": "2",
        "due_on-year": "2031",
    }
    refused = desk.browser(desk.cast.lena).post("/calibration/new", data=typed)
    assert refused.status_code == 422
    assert "an NHS number" in refused.text
    assert "943 476 5919 was seen." in refused.text


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"title": ""}, "Enter a title"),
        ({"practice_case": ""}, "Enter a practice case"),
        ({"template": "nothing"}, "Select the template to score the case with"),
        ({"due_on-day": ""}, "The due date must include a day"),
        ({"participants": str(uuid.uuid4())}, "Select at least 2 active auditors or moderators"),
    ],
)
def test_an_exercise_that_lacks_something_says_what(desk: Desk, change: dict[str, str], words: str) -> None:
    typed = {
        "key": "k",
        "title": "One",
        "template": f"{desk.template_id}.1",
        "practice_case": "A made-up case.",
        "due_on-day": "1",
        "due_on-month": "2",
        "due_on-year": "2031",
    }
    refused = desk.browser(desk.cast.lena).post("/calibration/new", data=typed | change)
    assert refused.status_code == 422
    assert words in refused.text


def test_an_empty_form_says_everything_that_an_exercise_lacks_at_once(desk: Desk) -> None:
    typed = {"key": "k", "title": "", "template": f"{desk.template_id}.1", "practice_case": " "}
    refused = desk.browser(desk.cast.lena).post("/calibration/new", data=typed).text
    for words in ("Enter a title for the exercise", "Enter a practice case", "The due date must include a day"):
        assert refused.count(words) == 2, "at the top and beside the field"
