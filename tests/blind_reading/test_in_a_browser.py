"""Reading twice in a real browser: the two readings side by side, agreeing upon them, and how far readers agree."""

import random
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from api.audits.complete import actions as complete_audits
from api.audits.complete.known import CompleteAudit, RecordedAudit
from api.audits.scoring.actions import NewScore
from api.blind_reading import actions as consensus
from api.case_files.actions import NewCaseFile
from models import AgeBand, CaseStatus
from models.storage.database import Database
from tests.browser import NewPage, look
from tests.desk import THEMES, Desk, a_desk
from tests.factories import an_actor
from tests.site_in_browser import served, sign_in

ANSWERS = ("outstanding", "good", "requires-improvement", "inadequate", "not-evidenced")


@dataclass(frozen=True)
class Shown:
    desk: Desk
    address: str
    # The first and the second reading of the first case.
    first: uuid.UUID
    second: uuid.UUID


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory, migrated_sqlite_file: Path) -> Iterator[Shown]:
    """A round of fourteen cases that Asha and Ben have both read, all but one agreed upon by the lead."""
    file = tmp_path_factory.mktemp("agreeing") / "agreeing.sqlite3"
    file.write_bytes(migrated_sqlite_file.read_bytes())
    with a_desk(f"sqlite:///{file}") as desk:
        pairs = [read_twice(desk, seed) for seed in range(14)]
        for first, _ in pairs[1:]:
            settle(desk, first)
        with served(desk.database) as address:
            yield Shown(desk, address, *pairs[0])


def read_twice(desk: Desk, seed: int) -> tuple[uuid.UUID, uuid.UUID]:
    chance, made = random.Random(seed), []
    case: NewCaseFile | uuid.UUID = NewCaseFile(desk.team_id, CaseStatus.CHILD_IN_NEED, AgeBand.FROM_5_TO_9)
    said = {theme: chance.choice(ANSWERS[:4]) for theme in THEMES}
    for auditor in (desk.cast.asha, desk.cast.ben):
        scores = tuple(NewScore(theme, said[theme], "Seen alone, page 3.", "The child was heard.") for theme in THEMES)
        new = CompleteAudit(desk.round_id, auditor.id, case, scores)
        with desk.database.writing() as session:
            recorded = complete_audits.record_audit(session, audit=new, by=an_actor(desk.cast.lena))
        assert isinstance(recorded, RecordedAudit)
        case = recorded.case_file_id
        made.append(recorded.audit_id)
        said = {theme: answer if chance.random() < 0.5 else chance.choice(ANSWERS) for theme, answer in said.items()}
        said["voice"], said["challenge"] = "inadequate", "good"
    return made[0], made[1]


def settle(desk: Desk, first: uuid.UUID) -> None:
    lena = an_actor(desk.cast.lena)
    with desk.database.writing() as session:
        pair = consensus.find_double_reading(session, audit_id=first, by=lena)
        for each in pair.open:
            consensus.propose_answer(
                session,
                audit_id=first,
                theme=each.theme.key,
                answer=each.second,
                reason="Nothing on file shows more.",
                version=0,
                by=lena,
            )
        if not pair.open:
            consensus.agree_identical_readings(session, audit_id=first, version=pair.first.audit.version, by=lena)


def test_every_page_of_reading_twice_is_accessible_and_fits_its_window(phone_page: Page, shown: Shown) -> None:
    page, database = phone_page, shown.desk.database
    sign_in(page, shown.address, database, an_actor(shown.desk.cast.lena))
    round_id = shown.desk.round_id
    with database.reading() as session:
        pair = consensus.find_double_reading(session, audit_id=shown.first, by=an_actor(shown.desk.cast.lena))
    theme = pair.open[0].theme.key
    for path in (
        f"/rounds/{round_id}/agreement",
        "/reports/agreement",
        f"/rounds/{round_id}/pairs?all=1",
        f"/audits/{shown.first}/pair",
        f"/audits/{shown.first}/pair/{theme}",
        f"/audits/{shown.first}",
    ):
        page.goto(shown.address + path)
        look(page)


def test_two_readers_agree_without_javascript(new_page: NewPage, shown: Shown) -> None:
    asha, ben = new_page(javascript=False), new_page(javascript=False)
    database: Database = shown.desk.database
    sign_in(asha, shown.address, database, an_actor(shown.desk.cast.asha))
    sign_in(ben, shown.address, database, an_actor(shown.desk.cast.ben))
    asha.goto(f"{shown.address}/audits/{shown.first}")
    asha.get_by_role("link", name="Compare the 2 readings").click()
    with database.reading() as session:
        pair = consensus.find_double_reading(session, audit_id=shown.first, by=an_actor(shown.desk.cast.lena))
    for number, each in enumerate(pair.open):
        asha.get_by_role("link", name=f"Propose an answer for {each.theme.label}").click()
        if number == 0:
            asha.get_by_role("button", name="Propose this answer").click()
            expect(asha.get_by_role("alert")).to_contain_text("Select an answer")
        asha.get_by_label("Good", exact=True).check()
        asha.get_by_label("Why is this answer right?").fill("The plan of March says so.")
        asha.get_by_role("button", name="Propose this answer").click()
    ben.goto(f"{shown.address}/audits/{shown.second}/pair")
    for _ in pair.open:
        ben.get_by_role("button", name="Confirm Good").first.click()
    expect(ben.get_by_text("Reports count the agreed answers")).to_be_visible()
