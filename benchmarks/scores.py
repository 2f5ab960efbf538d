"""Saving one score, by form and by REST, for an auditor with few audits in the round and for one with thousands."""

import json
import uuid
from dataclasses import dataclass, replace
from urllib.parse import urlencode

from sqlmodel import col, select

from benchmarks.load import Measured, processor_seconds, request, run
from benchmarks.store import fill, keep_tallies
from benchmarks.table import Figures
from models import Audit, Role
from models.storage.database import Database
from tests.factories import MadeOrganisation, MadePerson, a_person, a_token_for, an_actor, signed_in
from tests.live import THEMES, Ground, Server, an_open_round
from tests.page_forms import SeenPage

FEW, SAVED = 10, 100
# The first requests, which build their routes, are not measured.
WARMING = 2
FORM = "application/x-www-form-urlencoded"


@dataclass(frozen=True, slots=True)
class _Page:
    text: str


def measure(figures: Figures, server: Server, database: Database, ground: Ground, *, many: int, cookie: str) -> None:
    """`many`: the audits of the auditor who has thousands. `cookie`: its name."""
    for audits in (FEW, many):
        auditor = an_auditor(database, ground)
        token, secret = a_token_for(database, auditor).secret, signed_in(database, auditor)
        round_id = an_open_round(database, ground.template_id, ground.lead)
        own = replace(ground, auditor=an_actor(auditor), round_id=round_id)
        fill(database, own, [round_id], audits_each=audits, submitted=False)
        # Otherwise the service would count them in the background during the measurement.
        keep_tallies(database, own, round_id)
        with database.reading() as session:
            drafts = session.exec(select(Audit.id).where(col(Audit.round_id) == round_id).limit(FEW)).all()
        body = json.dumps({"answer": "good", "rationale": "The plan was clear."}).encode()
        by_rest = [
            request("PUT", f"/api/v1/audits/{draft}/scores/{theme}", token, body, headers={"If-Match": '"1"'})
            for theme in THEMES[: SAVED // FEW]
            for draft in drafts
        ]
        _judge(figures, server, f"saved score by REST, auditor with {audits:,} audits", by_rest, status=200)
        # Other themes: saving by REST changed the versions that the forms of those themes would hold.
        others = THEMES[SAVED // FEW :]
        forms = [_form(server, draft, f"{cookie}={secret}", theme) for theme in others for draft in drafts]
        _judge(figures, server, f"saved score by form, auditor with {audits:,} audits", forms, status=303)


def _judge(figures: Figures, server: Server, row: str, requests: list[bytes], *, status: int) -> None:
    first, measured = requests[:WARMING], requests[WARMING:]
    run(server.port, 1, first, status=status)
    before = processor_seconds(server)
    taken: Measured = run(server.port, 1, measured, status=status)
    each = (processor_seconds(server) - before) / len(measured) * 1000
    figures.judge(f"{row}, processor time", each, limit=f"median of the whole answer {taken.median_ms:.1f} ms")


def _form(server: Server, audit_id: uuid.UUID, cookie: str, theme: str) -> bytes:
    client = server.client()
    del client.headers["Authorization"]
    path = f"/audits/{audit_id}/themes/{theme}"
    client.headers["Cookie"] = cookie
    page = client.send("GET", path)
    assert page.status == 200, page.body
    fields = SeenPage(_Page(page.body.decode())).form(path) | {"answer": "good", "rationale": "The plan was late."}
    body = urlencode(fields).encode()
    lines = [f"POST {path} HTTP/1.1", "Host: 127.0.0.1", f"Cookie: {cookie}", "Sec-Fetch-Site: same-origin"]
    lines += [f"Content-Type: {FORM}", f"Content-Length: {len(body)}", "", ""]
    return "\r\n".join(lines).encode() + body


def an_auditor(database: Database, ground: Ground) -> MadePerson:
    """Another auditor of the ground's organisation."""
    assert ground.lead.person_id is not None
    roles = frozenset({Role.ADMINISTRATOR})
    invites = MadePerson(ground.organisation_id, ground.lead.person_id, "Ada", "", roles, "")
    return a_person(database, MadeOrganisation(ground.organisation_id, "", invites))
