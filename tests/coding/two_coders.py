"""Two people code the same passages by keyboard, each in a browser of their own, as a published table says."""

import random
import re
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from playwright.sync_api import Page, expect
from statsmodels.stats.inter_rater import cohens_kappa

from api.audits.complete import actions as complete_audits
from api.audits.complete.known import CompleteAudit, RecordedAudit
from api.audits.scoring.actions import NewScore
from api.audits.theme_notes.actions import NewNote
from api.case_files.actions import NewCaseFile
from models import AgeBand, CaseStatus, Role
from tests.client import Client
from tests.desk import THEMES, Desk
from tests.factories import MadePerson, a_key, a_person, an_actor
from tests.writing_times import filling_for_a_test

THEME: Final = "planning"
# In the order in which the page lists them, so that the keys are 1, 2 and 3.
CODES: Final = ("Late visit", "No chronology", "Steps without dates")
OF_AN_AUDIT: Final = 4
AT_ONCE: Final = 250


@dataclass(frozen=True, slots=True)
class Published:
    """What two people answered, unit by unit, and how far they agree as published.

    `kappa` is given to as many digits as were published.
    """

    answers: Sequence[tuple[int, int]]
    exact: float
    kappa: str

    @classmethod
    def of(cls, units: Iterable[Sequence[int | None]], *, times: float, exact: float, kappa: str) -> "Published":
        """So many times the units of the table, which leaves every proportion as it is, in an order of chance."""
        read = sorted((first, second) for first, second in units if first is not None and second is not None)
        several = read * int(times) if times >= 1 else read[:: round(1 / times)]
        random.Random(1968).shuffle(several)
        return cls(several, exact, kappa)

    def kappa_of(self, code: int) -> float:
        """Cohen's kappa of one answer against all others, as statsmodels has it."""
        table = [[0, 0], [0, 0]]
        for first, second in self.answers:
            table[first == code][second == code] += 1
        return float(cohens_kappa(table, return_results=False))


def write_passages(desk: Desk, passages: int) -> None:
    """Complete audits with so many passages of the theme."""
    lena, audits = an_actor(desk.cast.lena), passages // OF_AN_AUDIT
    new = [
        CompleteAudit(
            desk.round_id,
            desk.cast.asha.id,
            NewCaseFile(desk.team_id, CaseStatus.CHILD_IN_NEED, AgeBand.FROM_5_TO_9),
            tuple(
                NewScore(theme, "good", f"The plan of visit {number} names who does what.", f"What it meant, {number}.")
                for theme in THEMES
            ),
            theme_notes={THEME: NewNote(f"Seen on day {number}, alone.", f"Say by when, step {number}.")},
        )
        for number in range(audits)
    ]
    for start in range(0, audits, AT_ONCE):
        with filling_for_a_test(), desk.database.writing() as session:
            recorded = complete_audits.record_audits(session, audits=new[start : start + AT_ONCE], by=lena)
        assert all(isinstance(each, RecordedAudit) for each in recorded), getattr(recorded[0], "faults", recorded[0])


def another_lead(desk: Desk) -> MadePerson:
    return a_person(desk.database, desk.cast.organisation, name="Lou", roles={Role.QUALITY_LEAD})


def add_codes(client: Client, desk: Desk) -> list[str]:
    """Returns their identifiers."""
    found = []
    for name in CODES:
        answer = client.post(f"/api/v1/rounds/{desk.round_id}/codes", json={"name": name}, headers=a_key())
        assert answer.status_code == 201, answer.text
        found.append(answer.json()["id"])
    return found


@dataclass
class Coder:
    """A person who codes a theme by keyboard alone, page after page."""

    page: Page
    answers: Sequence[int]
    coded: int = 0
    presses: int = 0
    pages: int = 0

    def begin(self, address: str, round_id: uuid.UUID) -> None:
        self.page.goto(f"{address}/rounds/{round_id}/findings/{THEME}")
        self._press_on_to("input[type=checkbox]")

    def code_page(self) -> None:
        """Code every passage of the page, and save it; the next page has the focus in its first passage."""
        passages = self.page.locator("fieldset.app-passage").count()
        for answer in self.answers[self.coded : self.coded + passages]:
            self._press(str(answer + 1))
            self._press("n")
        self.coded += passages
        self.pages += 1
        is_last = self.coded == len(self.answers)
        expect(self.page.get_by_role("button", name="Save codes" if is_last else "Save and show next")).to_be_focused()
        with self.page.expect_navigation():
            self._press("Enter")
        expect(self.page.get_by_role("alert")).to_contain_text("Codes saved.")
        if not is_last:
            expect(self.page.locator("fieldset.app-passage").first).to_be_focused()

    def finish(self) -> None:
        self._press_on_to("form[action$='/finished'] button", steps=2_000)
        with self.page.expect_navigation():
            self._press("Enter")
        expect(self.page.get_by_role("heading", level=1)).to_contain_text("Counts")

    def _press(self, key: str) -> None:
        self.presses += 1
        self.page.keyboard.press(key)

    def _press_on_to(self, selector: str, *, steps: int = 60) -> None:
        """Press Tab until what the selector names has the focus."""
        for _ in range(steps):
            self._press("Tab")
            if self.page.evaluate("selector => document.activeElement.matches(selector)", selector):
                return
        raise AssertionError(f"Tab never comes to {selector}")


def code_both(coders: Sequence[Coder]) -> None:
    """Both code the theme, page by page in turns, and finish it."""
    while any(coder.coded < len(coder.answers) for coder in coders):
        for coder in coders:
            coder.code_page()
    for coder in coders:
        coder.finish()


def check_agreement(desk: Desk, client: Client, page: Page, codes: Sequence[str], published: Published) -> None:
    """REST, the page of counts (as the page shows it to the person who finished last) and the report say as published.

    What is stored is what each meant to give: both hang on the order of the passages.
    """
    counts: dict[str, Any] = client.get(f"/api/v1/rounds/{desk.round_id}/passages/{THEME}/counts").json()
    passages = len(published.answers)
    assert counts["passages"] == passages
    assert counts["differing"] == sum(first != second for first, second in published.answers)
    assert _figure(counts["agreement"], "exact") == published.exact
    digits = len(published.kappa.partition(".")[2])
    assert f"{_figure(counts['agreement'], 'kappa'):.{digits}f}" == published.kappa
    for code, row in enumerate(counts["items"]):
        assert row["code_id"] == codes[code]
        assert abs(_figure(row["agreement"], "kappa") - published.kappa_of(code)) < 1e-9
    shown = f"{float(published.kappa):.2f} ("
    expect(page.get_by_role("row", name="All codes")).to_contain_text(f"{published.exact:.0%} (")
    expect(page.get_by_role("row", name="All codes")).to_contain_text(shown)
    new = {"theme": THEME, "words": "The chronology was not used in planning.", "code_id": codes[1]}
    written = client.post(f"/api/v1/rounds/{desk.round_id}/findings", json=new, headers=a_key())
    assert written.status_code == 201, written.text
    report = client.get(f"/api/v1/rounds/{desk.round_id}/report").json()
    (table,) = [
        section["table"]
        for section in report["sections"]
        if section["table"] and section["table"]["key"] == "agreement-of-coders"
    ]
    whole, finding = [[cell["text"] for cell in row] for row in table["rows"]]
    assert whole[:2] == ["Planning, all codes", f"{passages:,}"]
    assert whole[2].startswith(f"{published.exact:.0%} (")
    assert whole[3].startswith(shown)
    assert re.match(rf"{published.kappa_of(1):.2f} \(", finding[3])


def _figure(found: Sequence[Mapping[str, Any]], measure: str) -> float:
    (value,) = [each["value"] for each in found if each["measure"] == measure]
    return float(value)
