"""The register of auditors and moderators: training, calibration, and how they grade."""

from datetime import timedelta

import pytest

from api.foundation.local_time import day_in_words, local_date
from api.programme.register.queries import register_of
from models import CalibrationExercise, CalibrationReading, ExerciseState, now
from tests.desk import Desk
from tests.factories import a_key, an_actor
from tests.page_forms import SeenPage


@pytest.mark.both_databases
def test_training_is_recorded_and_shown_with_calibration_of_every_auditor_and_moderator(desk: Desk) -> None:
    lena, asha = desk.browser(desk.cast.lena), desk.cast.asha
    today = local_date(now())
    own = desk.cast.organisation.id
    with desk.database.writing() as session:
        exercise = CalibrationExercise(
            organisation_id=own,
            title="A practice case",
            template_id=desk.template_id,
            template_version=1,
            practice_case="A made-up case.",
            due_on=today,
        )
        session.add(exercise)
        session.flush()
        session.add(
            CalibrationReading(organisation_id=own, exercise_id=exercise.id, person_id=asha.id, handed_in_at=now())
        )
        session.flush()
        exercise.state, exercise.closed_at = ExerciseState.CLOSED, now()
    body = {"person_id": str(asha.id), "trained_on": "2026-03-02"}
    assert lena.post("/api/v1/auditor-register", json=body, headers=a_key()).status_code == 201
    people = {each["name"]: each for each in lena.get("/api/v1/auditor-register").json()["items"]}
    assert set(people) == {"Asha", "Ben", "Mo"}
    assert (people["Asha"]["trained_on"], people["Asha"]["calibrated_on"]) == ("2026-03-02", today.isoformat())
    assert (people["Ben"]["trained_on"], people["Ben"]["calibrated_on"]) == (None, None)
    assert people["Mo"]["roles"] == ["moderator"]
    typed = {"person_id": str(asha.id), "trained_on-day": "3", "trained_on-month": "3", "trained_on-year": "2026"}
    assert lena.post("/auditor-register", data=typed).status_code == 303
    words = SeenPage(lena.get("/auditor-register")).words
    for expected in ("3 March 2026", day_in_words(today), "Too few to say", "Does not audit", "Not recorded"):
        assert expected in words
    assert desk.events().count("programme.training-recorded") == 2


def test_training_of_tomorrow_or_of_somebody_who_does_not_audit_is_refused(desk: Desk) -> None:
    lena = desk.browser(desk.cast.lena)
    tomorrow = (local_date(now()) + timedelta(days=1)).isoformat()
    body = {"person_id": str(desk.cast.lena.id), "trained_on": tomorrow}
    refused = lena.post("/api/v1/auditor-register", json=body, headers=a_key())
    assert {each["pointer"] for each in refused.json()["errors"]} == {"/person_id", "/trained_on"}
    shown = SeenPage(lena.post("/auditor-register", data={"person_id": ""})).words
    assert "The day of training must include a day, a month and a year" in shown
    assert desk.browser(desk.cast.asha).get("/auditor-register").status_code == 403
    with desk.database.reading() as session:
        assert all(each.trained_on is None for each in register_of(session, by=an_actor(desk.cast.lena)))
