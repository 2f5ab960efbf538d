"""Mail server and receivers of webhooks hang, refuse and answer again: nobody who works waits for them."""

import random
import threading
import time
import uuid
from statistics import quantiles

import pytest
from sqlalchemy import text

from api.foundation.permissions import Actor
from api.foundation.settings import Settings
from api.webhooks import actions
from api.webhooks.actions import EndpointPlan
from api.webhooks.kinds import CHOICES
from benchmarks import with_webhooks
from models import Role
from tests.conftest import DatabaseKind
from tests.live import Server, a_complete_audit, serving
from tests.mail_server import a_mail_server
from tests.trials.conftest import Place, Record
from tests.trials.editing import an_audit
from tests.trials.faults.under_load import faults_of_the_trail
from tests.webhooks.receiving import HOSTS, Received, a_receiver, authority_in

pytestmark = pytest.mark.trial

AUDITS, CONCERNS = 40, 10
HANGS_SECONDS = 8.0
# Whoever waits for one word of the mail server waits for longer.
LONGEST_SECONDS = HANGS_SECONDS / 2
PHASES = ("answering", "hanging", "refusing", "answering again")
# The workers send within this time: emails every 10 seconds, webhooks every 5.
UNTIL_SENT_SECONDS = 12.0


def test_nobody_waits_for_a_mail_server_or_a_receiver_that_hangs_or_refuses(
    place: Place, database_kind: DatabaseKind, record_property: Record
) -> None:
    ground = place.ground
    _add_endpoints(place)
    audits = [an_audit(place.database, ground) for _ in PHASES]
    over = threading.Event()
    with a_mail_server() as mail, a_receiver() as receiver:
        environment = {
            "CASEAUDIT_WEBHOOK_HOSTS": " ".join(HOSTS),
            with_webhooks.PORT: str(receiver.port),
            with_webhooks.AUTHORITY: str(authority_in(place.folder)),
            "CASEAUDIT_SMTP_HOST": "127.0.0.1",
            "CASEAUDIT_SMTP_PORT": str(mail.port),
            "CASEAUDIT_SMTP_SECURITY": "none",
            "CASEAUDIT_MAIL_FROM": "audit@example.org",
            "CASEAUDIT_PUBLIC_ADDRESS": "https://audit.example.org",
        }
        state = PHASES[0]

        def answer(_: Received) -> int:
            if state == "hanging":
                over.wait(HANGS_SECONDS)
            return 503 if state in {"hanging", "refusing"} else 204

        receiver.answer = answer
        took: dict[str, list[float]] = {}
        with serving(place.url, place.folder, module=with_webhooks.__name__, environment=environment) as server:
            for phase, audit_id in zip(PHASES, audits, strict=True):
                state = phase
                mail.seconds, mail.refuses = (HANGS_SECONDS if phase == "hanging" else 0), phase == "refusing"
                took[phase] = _work(server, place, audit_id, phase)
                # While they are sent, too.
                time.sleep(UNTIL_SENT_SECONDS)
                took[phase] += _work(server, place, audit_id, f"{phase}, sending")
            ready = server.client().send("GET", "/api/v1/health/ready")
        over.set()
    with place.database.reading() as session:
        queued = session.connection().execute(text("SELECT count(*) FROM outbox_message")).scalar_one()
    told = ", ".join(f"{phase} {quantiles(each, n=20)[-1] * 1000:.0f} ms" for phase, each in took.items())
    longest = max(max(each) for each in took.values())
    shown = (
        f"Mail server and receivers on {database_kind}, p95 of {len(took[PHASES[0]])} saves: {told}; longest "
        f"{longest:.2f} s; {len(mail.messages)} emails and {len(receiver.requests)} webhooks arrived, {queued} emails "
        f"were queued"
    )
    print(shown)
    record_property("figure", shown)
    assert longest <= LONGEST_SECONDS
    assert ready.status == 200
    assert queued == len(PHASES) * 2 * CONCERNS
    assert mail.messages
    assert receiver.requests
    assert faults_of_the_trail(place) == []


def _add_endpoints(place: Place) -> None:
    settings = Settings(
        database_url=place.url, trail_key_file=place.folder / "trail-key", webhook_hosts=" ".join(HOSTS)
    )
    by = Actor(place.ground.organisation_id, place.ground.lead.person_id, roles=frozenset({Role.ADMINISTRATOR}))
    for host in HOSTS:
        with place.database.writing() as session:
            plan = EndpointPlan("Receiver", f"https://{host}/in", CHOICES)
            actions.create_endpoint(session, plan=plan, settings=settings, by=by)


def _work(server: Server, place: Place, audit_id: uuid.UUID, phase: str) -> list[float]:
    """How long each save took: audits that are recorded, and concerns that are raised."""
    ground, took = place.ground, []
    program, auditor = server.client(ground.integration_token), server.client(ground.auditor_token)
    concern = {"person_id": str(ground.lead.person_id), "words": "Seen alone and afraid at the visit today."}
    for number in range(AUDITS):
        body = a_complete_audit(ground, random.Random(f"{phase} {number}"))
        began = time.monotonic()
        got = program.send("POST", "/api/v1/complete-audits", body, Idempotency_Key=f"{phase} {number}")
        took.append(time.monotonic() - began)
        assert got.status == 201, got.body
        if number % (AUDITS // CONCERNS) == 0:
            path, key = f"/api/v1/audits/{audit_id}/concerns", f"concern {phase} {number}"
            began = time.monotonic()
            got = auditor.send("POST", path, concern, Idempotency_Key=key)
            took.append(time.monotonic() - began)
            assert got.status == 201, got.body
    return took
