"""The heavy things of one table, each prepared first and done when it is called."""

import json
import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from http.client import HTTPException
from typing import Any
from urllib.parse import urlencode

from api.case_lists.pseudonyms.list_file import write_case_list
from checklists.case_list import CaseList, ListedCase
from checklists.privacy.references import reference_from
from models import AgeBand, CaseStatus, now
from tests.case_lists.exports import ON, annex_a, made_children
from tests.live import Client, a_complete_audit
from tests.trials.crowds.people import FORM, PASSWORD
from tests.trials.heavy.jobs import followed
from tests.trials.heavy.stage import CASES_LISTED, Stage, all_at_once
from tests.trials.test_list_trials import a_list
from tests.uploading import Uploader

SIGN_INS = 20
SAMPLED = 20_000
AUDITS_IN_ONE_CALL = 1_000
# Together a little under the 16 MB that one call may bring.
LONG_WORDS = 300
LONGEST_WORDS = 7_900
ALLOCATED = 2_400
AUDITORS = 40
PDFS = 60
WORKBOOKS = 10
CHILDREN_OF_ONE = 5_000
CHILDREN_OF_LARGEST = 40_000
# Every character may stand for another: what rates passwords tries all the ways.
LONG_PASSWORD = "4@8({[<369&#!1/|0$5+7%2" * 5
Do = Callable[[], str]


@dataclass(frozen=True, slots=True)
class Row:
    """What is asked, how it is prepared, and whether some of it may be put off with 503 or 429."""

    name: str
    prepare: Callable[[Stage], Do]
    may_be_put_off: bool = False


def _sign_ins(stage: Stage) -> Do:
    people = stage.population.of_kind("sign-in", SIGN_INS)

    def sign_in(client: Client, email: str) -> str:
        form = urlencode({"email": email, "password": PASSWORD}).encode()
        return str(client.send("POST", "/sign-in", form, Content_Type=FORM).status)

    clients = [_nobody(stage) for _ in people]
    return lambda: all_at_once(
        [
            lambda client=client, email=each.email: sign_in(client, email)  # type: ignore[misc]
            for client, each in zip(clients, people, strict=True)
        ]
    )


def _nobody(stage: Stage) -> Client:
    client = stage.client()
    del client.headers["Authorization"]
    return client


def _list_by_rest(stage: Stage) -> Do:
    body, client = a_list(40, CASES_LISTED), stage.client(stage.place.ground.integration_token)
    return lambda: stage.send(client, "POST", "/api/v1/case-lists", body)[1]


def _list_by_page(stage: Stage) -> Do:
    chance = random.Random(41)
    cases = tuple(
        ListedCase(
            reference_from(chance.randbytes(10)),
            f"Team {place % 20}",
            chance.choice([CaseStatus.CHILD_IN_NEED, CaseStatus.CHILD_PROTECTION_PLAN, CaseStatus.CHILD_LOOKED_AFTER]),
            AgeBand.FROM_5_TO_9,
        )
        for place in range(CASES_LISTED)
    )
    content = write_case_list(CaseList(now().date() - timedelta(days=1), "abcdef01", "table", cases))
    uploader = _uploader(stage)

    def look_and_take() -> str:
        looked = uploader.look(content, on=now().date())
        if looked.status != 200 or b'name="draft"' not in looked.body:
            return followed(uploader.client.send, looked)
        return followed(uploader.client.send, uploader.take(looked))

    return look_and_take


def _uploader(stage: Stage) -> Uploader:
    made = Uploader(stage.server, stage.place.database, stage.place.ground, stage.place.folder)
    headers = made.client.headers
    made.client = stage.client()
    made.client.headers = headers
    return made


def _plan(stage: Stage) -> Do:
    body, client, round_id = stage.a_plan(SAMPLED), stage.lead(), stage.a_round()
    return lambda: stage.send(client, "POST", f"/api/v1/rounds/{round_id}/samples/plan", body)[1]


def _sample(stage: Stage) -> Do:
    body, client, round_id = stage.a_plan(SAMPLED), stage.lead(), stage.a_round()
    return lambda: stage.send(client, "POST", f"/api/v1/rounds/{round_id}/samples", body)[1]


def _audits(stage: Stage, number: int, words: int) -> Do:
    chance, ground = random.Random(words), stage.place.ground
    listed = [a_complete_audit(ground, chance) for _ in range(number)]
    if words:
        for score in (score for audit in listed for score in audit["scores"]):
            for name in ("rationale", "impact", "evidence"):
                score[name] = _a_text(words, chance)
    body, client = json.dumps(listed).encode(), stage.client(ground.integration_token)

    def record() -> str:
        answer, outcome = stage.send(client, "POST", "/api/v1/complete-audits/batch", body)
        refused = answer.json().get("refused", 0) if answer.status == 200 else 0
        return f"{outcome} but {refused} refused: {answer.body[:300]!r}" if refused else outcome

    return record


WORDS = [
    "the",
    "plan",
    "was",
    "late",
    "and",
    "nobody",
    "told",
    "her",
    "why",
    "so",
    "the",
    "visit",
    "was",
    "short",
    "but",
    "the",
    "record",
    "shows",
    "what",
    "he",
    "saw",
    "there",
]


def _a_text(characters: int, chance: random.Random) -> str:
    said: list[str] = []
    while sum(map(len, said)) + len(said) < characters - 12:
        said.append(chance.choice(WORDS))
    return " ".join(said)


def _allocation(stage: Stage) -> Do:
    stage.population.of_kind("score", AUDITORS)
    client, round_id = stage.lead(), stage.a_round()
    _, outcome = stage.send(client, "POST", f"/api/v1/rounds/{round_id}/samples", stage.a_plan(ALLOCATED))
    assert outcome in {"201", "202 done"}, outcome
    asked: dict[str, Any] = {"seed": "one"}
    answer, outcome = stage.send(client, "POST", f"/api/v1/rounds/{round_id}/proposal", asked)
    assert answer.status == 200, outcome
    asked["mark"] = answer.json()["mark"]
    assert len(answer.json()["readings"]) == ALLOCATED
    return lambda: stage.send(client, "POST", f"/api/v1/rounds/{round_id}/proposal/confirm", asked)[1]


def _snapshot(stage: Stage) -> Do:
    body, client = {"round_id": str(stage.large_round), "title": "For the board"}, stage.lead()
    return lambda: stage.send(client, "POST", "/api/v1/snapshots", body)[1]


def _report_page(stage: Stage) -> Do:
    uploader = _uploader(stage)  # a lead who is signed in
    return lambda: str(uploader.client.send("GET", f"/rounds/{stage.large_round}/report").status)


def _report_json(stage: Stage) -> Do:
    client = stage.lead()
    return lambda: stage.send(client, "GET", f"/api/v1/rounds/{stage.large_round}/report")[1]


def _pdfs(stage: Stage) -> Do:
    path = f"/api/v1/rounds/{stage.pdf_round}/report.pdf"
    clients = [stage.lead() for _ in range(PDFS)]
    return lambda: all_at_once(
        [lambda client=client: str(client.send("GET", path).status) for client in clients]  # type: ignore[misc]
    )


def _workbooks(stage: Stage) -> Do:
    content = annex_a(made_children(CHILDREN_OF_ONE))
    uploaders = [_uploader(stage) for _ in range(WORKBOOKS)]
    return lambda: all_at_once(
        [
            lambda uploader=uploader: followed(uploader.client.send, uploader.look(content, on=ON))  # type: ignore[misc]
            for uploader in uploaders
        ]
    )


def _largest_workbook(stage: Stage) -> Do:
    content, uploader = annex_a(made_children(CHILDREN_OF_LARGEST)), _uploader(stage)
    return lambda: followed(uploader.client.send, uploader.look(content, on=ON))


def _long_password(stage: Stage) -> Do:
    uploader = _uploader(stage)
    form = urlencode({"current_password": "not the right one", "password": LONG_PASSWORD}).encode()

    def change() -> str:
        status = uploader.client.send("POST", "/account/password", form, Content_Type=FORM).status
        # The current password is wrong, so being refused is right.
        return "200" if status == 422 else str(status)

    return change


def done(do: Do) -> str:
    """What came of it, or why there was no answer."""
    try:
        return do()
    except (OSError, HTTPException) as error:
        return f"none ({type(error).__name__})"


ROWS = (
    Row(f"{SIGN_INS} sign-ins at once", _sign_ins),
    Row(f"a case list of {CASES_LISTED:,} by REST", _list_by_rest),
    Row(f"a case list of {CASES_LISTED:,} by page", _list_by_page),
    Row(f"a sample plan of {SAMPLED:,}", _plan),
    Row(f"a sample of {SAMPLED:,}", _sample),
    Row(f"{AUDITS_IN_ONE_CALL:,} complete audits, short", lambda stage: _audits(stage, AUDITS_IN_ONE_CALL, 0)),
    Row(f"{AUDITS_IN_ONE_CALL:,} complete audits, long", lambda stage: _audits(stage, AUDITS_IN_ONE_CALL, LONG_WORDS)),
    Row("one complete audit of 355 kB", lambda stage: _audits(stage, 1, LONGEST_WORDS)),
    Row(f"confirming an allocation of {ALLOCATED:,}", _allocation),
    Row("a snapshot of 20,000 audits", _snapshot),
    Row("a report of 20,000 audits, page", _report_page),
    Row("a report of 20,000 audits, JSON", _report_json),
    Row(f"{PDFS} requests for one PDF report", _pdfs, may_be_put_off=True),
    Row(f"{WORKBOOKS} Annex A of {CHILDREN_OF_ONE:,} by page", _workbooks, may_be_put_off=True),
    Row(f"an Annex A of {CHILDREN_OF_LARGEST:,} by page", _largest_workbook),
    Row("a long password", _long_password),
)
