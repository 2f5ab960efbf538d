"""Submitting audits while webhooks are sent, to an endpoint that answers and to one that does not, and without them."""

import uuid
from pathlib import Path
from statistics import quantiles
from typing import Final

from sqlmodel import col, select

from api.foundation.permissions import Actor
from api.foundation.settings import Settings
from api.webhooks import actions
from api.webhooks.actions import EndpointPlan
from api.webhooks.queueing import queue_new
from api.webhooks.sending import send_due
from benchmarks import with_webhooks
from benchmarks.load import request, run
from benchmarks.store import fill
from benchmarks.table import Figures
from models import Audit, Role, WebhookKind, WebhookMessage, WebhookState
from models.storage.database import Database
from tests.live import AS_PEOPLE_DO, Ground, an_open_round, serving
from tests.webhooks.receiving import HOSTS, a_receiver, authority_in

ROW: Final = "submission with webhooks, 95th of a hundred to that without"
TURNS: Final = 3
# The seconds between two submissions: more often than hundreds of auditors submit.
SECONDS_BETWEEN: Final = 0.1


def measure(figures: Figures, url: str, database: Database, ground: Ground, folder: Path, *, submissions: int) -> None:
    """The same submissions without and with webhooks in turn, so that other load on the machine affects each alike."""
    settings = Settings(database_url=url, trail_key_file=folder / "trail-key", webhook_hosts=" ".join(HOSTS))
    wanted_of = _add_endpoints(database, ground, settings)
    taken: dict[bool, list[float]] = {False: [], True: []}
    with a_receiver() as receiver:
        reached = with_webhooks.receiver_of(receiver.port).network()
        sends_them = {
            "CASEAUDIT_WEBHOOK_HOSTS": settings.webhook_hosts,
            with_webhooks.PORT: str(receiver.port),
            with_webhooks.AUTHORITY: str(authority_in(folder)),
        }
        for sends in (False, True) * TURNS:
            requests = [
                request("POST", f"/api/v1/audits/{audit}/submit", ground.auditor_token, headers={"If-Match": '"1"'})
                for audit in _drafts(database, ground, submissions)
            ]
            module, environment = (with_webhooks.__name__, sends_them) if sends else (AS_PEOPLE_DO, {})
            with serving(url, folder, module=module, environment=environment) as server:
                taken[sends] += run(server.port, 1, requests, status=200, pause=SECONDS_BETWEEN).latencies
            # What is left is delivered now: it would be sent during the next turn.
            while send_due(database, settings, reached):
                pass
        arrived = {each.headers["webhook-id"] for each in receiver.requests}
    wanted = _messages(database, wanted_of)
    # What a server had claimed when it was killed waits until its claim ends.
    assert len(wanted) == 2 * TURNS * submissions, "a submission has no message"
    assert {name for name, state in wanted.items() if state is not WebhookState.WAITING} <= arrived, "one was lost"
    without, with_them = (quantiles(taken[sends], n=20)[-1] * 1000 for sends in (False, True))
    figures.judge(ROW, with_them / without, limit=f"without webhooks {without:.1f} ms, with them {with_them:.1f} ms")


def _add_endpoints(database: Database, ground: Ground, settings: Settings) -> uuid.UUID:
    """Add two endpoints; returns the one that can be reached."""
    by = Actor(ground.organisation_id, ground.lead.person_id, roles=frozenset({Role.ADMINISTRATOR}))
    made = []
    for host in HOSTS:
        plan = EndpointPlan("Receiver", f"https://{host}/in", [WebhookKind.AUDIT_SUBMITTED])
        with database.writing() as session:
            made.append(actions.create_endpoint(session, plan=plan, settings=settings, by=by).endpoint.id)
    return made[0]


def _messages(database: Database, endpoint_id: uuid.UUID) -> dict[str, WebhookState]:
    """The messages to an endpoint, by their identifiers, and what became of each."""
    queue_new(database)
    with database.reading() as session:
        found = session.exec(select(WebhookMessage).where(col(WebhookMessage.endpoint_id) == endpoint_id)).all()
    return {f"msg_{each.id.hex}": each.state for each in found}


def _drafts(database: Database, ground: Ground, number: int) -> list[uuid.UUID]:
    """Audits of a new round that can be submitted as they are."""
    round_id = an_open_round(database, ground.template_id, ground.lead)
    fill(database, ground, [round_id], audits_each=number, submitted=False)
    with database.reading() as session:
        return list(session.exec(select(Audit.id).where(col(Audit.round_id) == round_id)))
