"""Each page on the way to a sample and its allocation begins with what was typed before; nothing is stored unseen."""

import random
import uuid
from datetime import date, timedelta

import pytest
from sqlmodel import select

from api.allocation.proposals import pages as proposal_pages
from api.case_lists import actions as case_lists
from api.sampling import actions as samples
from api.sampling.frames import SamplePlan
from checklists.case_list import CaseList as CaseListContent
from checklists.case_list import ListedCase
from checklists.cases import AgeBand, CaseStatus
from checklists.privacy.references import reference_from
from models import Audit, Round, RoundState, Sample, now
from tests.client import Client
from tests.desk import Desk
from tests.factories import an_actor
from tests.importing import import_list
from tests.page_forms import SeenPage

LISTED = date(2026, 5, 4)
CASES = 12


def a_case_list(desk: Desk) -> uuid.UUID:
    cases = tuple(
        ListedCase(
            reference_from(random.Random(place).randbytes(10)),
            "North locality",
            CaseStatus.CHILD_IN_NEED,
            AgeBand.FROM_5_TO_9,
        )
        for place in range(CASES)
    )
    lead = an_actor(desk.cast.lena)
    with desk.database.writing() as session:
        checked = case_lists.check_list(CaseListContent(LISTED, "1a2b3c4d", "annex-a", cases), by=lead)
        return import_list(session, checked=checked, by=lead).id


def planning(desk: Desk, size: str) -> dict[str, str]:
    today = now().date()
    days = (
        ("period_from", today - timedelta(days=90)),
        ("period_to", today),
        ("due_on", today + timedelta(days=30)),
    )
    typed = {f"{name}-{part}": str(getattr(day, part)) for name, day in days for part in ("day", "month", "year")}
    about = {"title": "Autumn round", "template_version": f"{desk.template_id}/1", "minimum_applicable": "5"}
    return {"key": uuid.uuid4().hex, **about, **typed, "sample_size": size}


def the_form_with(page: SeenPage, field: str) -> dict[str, str]:
    return next(form.fields for form in page.forms if field in form.fields)


def counts(desk: Desk) -> tuple[int, int]:
    with desk.database.reading() as session:
        return len(session.exec(select(Sample)).all()), len(session.exec(select(Audit)).all())


def a_sample(desk: Desk, list_id: uuid.UUID, size: int) -> None:
    with desk.database.writing() as session:
        plan = SamplePlan(list_id, size=size)
        samples.draw_sample(session, round_id=desk.round_id, plan=plan, seed="one", by=an_actor(desk.cast.lena))


@pytest.mark.both_in_trials
def test_the_number_of_cases_of_a_new_round_leads_to_a_preview_and_draws_nothing(desk: Desk, lena: Client) -> None:
    assert "Number of cases to sample" not in lena.get("/rounds/new").text, "there is no case list yet"
    a_case_list(desk)
    page = SeenPage(lena.get("/rounds/new")).words
    assert "From the case list of 4 May 2026, which has 12 cases." in page
    made = lena.post("/rounds/new", data=planning(desk, "5"))
    assert made.headers["location"].endswith("/samples/new?size=5")
    shown = SeenPage(lena.get(made.headers["location"]))
    assert "No sample has been drawn yet. 5 cases will be drawn from the 12 cases that can be drawn." in shown.words
    assert counts(desk) == (0, 0)
    path = made.headers["location"].partition("?")[0]
    preview, change = (form.fields for form in shown.forms if form.action == path)
    assert (preview["size"], preview["months_since_audit"]) == ("5", "12")
    assert (change["size"], change["months_since_audit"]) == ("5", "12")
    drawn = lena.post(path, data={**preview, "draw": "yes"})
    assert drawn.status_code == 303
    with desk.database.reading() as session:
        sample = session.exec(select(Sample)).one()
    assert (sample.size, sample.seed, sample.months_since_audit) == (5, preview["seed"], 12)


def test_without_a_number_the_next_page_is_as_before(desk: Desk, lena: Client) -> None:
    a_case_list(desk)
    made = lena.post("/rounds/new", data=planning(desk, ""))
    assert "size" not in made.headers["location"]


@pytest.mark.parametrize("size", ["0", "some", "-2"])
def test_a_number_that_is_none_is_refused_beside_its_field_and_no_round_is_planned(
    desk: Desk, lena: Client, size: str
) -> None:
    a_case_list(desk)
    refused = lena.post("/rounds/new", data=planning(desk, size))
    assert refused.status_code == 422
    assert "#sample_size" in SeenPage(refused).links
    assert the_form_with(SeenPage(refused), "sample_size")["sample_size"] == size
    with desk.database.reading() as session:
        assert session.exec(select(Round).where(Round.state == RoundState.PLANNED)).all() == []


def test_a_number_over_the_frame_is_said_beside_the_field_of_the_plan(desk: Desk, lena: Client) -> None:
    a_case_list(desk)
    made = lena.post("/rounds/new", data=planning(desk, "40"))
    page = lena.get(made.headers["location"])
    assert page.status_code == 422
    assert "Enter 12 or fewer." in SeenPage(page).words
    assert "#size" in SeenPage(page).links


@pytest.mark.both_in_trials
def test_the_page_of_allocating_begins_with_a_proposal_that_stays_the_same(desk: Desk, lena: Client) -> None:
    a_sample(desk, a_case_list(desk), 4)
    path = f"/rounds/{desk.round_id}/proposal"
    pages = [SeenPage(lena.get(path)) for _ in range(3)]
    assert len({the_form_with(page, "mark")["mark"] for page in pages}) == 1
    words = pages[0].words
    assert "No audits are allocated yet. This proposal allocates 4 readings." in words
    assert "No case is read twice. Audit method: records only. You can change these below." in words
    assert counts(desk) == (1, 0)
    auditors = [str(desk.cast.asha.id), str(desk.cast.ben.id)]
    assert lena.post(path, data={**the_form_with(pages[0], "mark"), "auditors": auditors}).status_code == 303
    assert counts(desk) == (1, 4)
    assert "All sampled cases in this round are allocated." in SeenPage(lena.get(path)).words


def test_a_long_proposal_waits_until_somebody_asks_for_it(
    desk: Desk, lena: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    a_sample(desk, a_case_list(desk), 4)
    monkeypatch.setattr(proposal_pages, "MOST_PROPOSED", 3)
    page = SeenPage(lena.get(f"/rounds/{desk.round_id}/proposal"))
    assert "4 sampled cases are waiting for an auditor." in page.words
    assert not any("mark" in form.fields for form in page.forms)
