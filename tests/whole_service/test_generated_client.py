"""Others can build on the OpenAPI document: a linter finds no fault in it, and a generated client does a round's work.

openapi-python-client makes the client, with the settings that docs/rest.md gives. It uses the service over HTTP.
"""

import json
import os
import random
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import timedelta
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from api.app import create_app
from api.foundation.settings import Settings
from models import now
from models.storage.database import Database, open_database
from tests.live import Server, a_complete_audit, a_ground, serving
from tests.people.single_sign_on.certified import node

ROOT = Path(__file__).resolve().parent.parent.parent
LINTER = ROOT / "node_modules" / "@redocly" / "cli"
AUDITS = 20
Operation = Callable[..., Any]


@pytest.fixture(scope="module")
def document(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("document") / "openapi.json"
    file.write_text(json.dumps(create_app(Settings()).openapi()))
    return file


def test_a_linter_finds_no_fault_but_the_missing_licence(document: Path) -> None:
    if not LINTER.is_dir():
        raise FileNotFoundError("@redocly/cli is not in node_modules. Run make setup.")
    quiet = {"REDOCLY_TELEMETRY": "off", "REDOCLY_SUPPRESS_UPDATE_NOTICE": "true"}

    def lint(file: Path) -> list[dict[str, Any]]:
        command = [node(), str(LINTER / "bin" / "cli.js"), "lint", "--format=json", str(file)]
        run = subprocess.run(command, check=False, capture_output=True, text=True, env={**os.environ, **quiet})
        problems: list[dict[str, Any]] = json.loads(run.stdout)["problems"]
        return problems

    # The owner chooses the licence.
    assert [problem["ruleId"] for problem in lint(document)] == ["info-license"]
    broken = document.with_name("broken.json")
    broken.write_text(document.read_text().replace("schemas/RoundIn", "schemas/RoundsIn"))
    assert "no-unresolved-refs" in {problem["ruleId"] for problem in lint(broken)}


@pytest.fixture(scope="module")
def operation(document: Path) -> Iterator[Operation]:
    """Finds an operation of the generated client by its name: `rounds.make_round`."""
    folder = document.parent
    (settings,) = re.findall(r"```yaml\n(.*?)```", (ROOT / "docs" / "rest.md").read_text(), re.DOTALL)
    (folder / "client.yml").write_text(f"{settings}post_hooks: []\n")
    command = [sys.executable, "-m", "openapi_python_client", "generate", "--path", str(document), "--meta", "none"]
    where = ["--config", str(folder / "client.yml"), "--output-path", str(folder / "caseaudit_client")]
    made = subprocess.run([*command, *where, "--fail-on-warning"], check=False, capture_output=True, text=True)
    assert made.returncode == 0, made.stdout[-3000:]
    operations = sum(len(each) for each in json.loads(document.read_text())["paths"].values())
    assert len([*(folder / "caseaudit_client" / "api").glob("*/[a-z]*.py")]) == operations

    def find(name: str) -> Callable[..., Any]:
        tag, _, function = name.partition(".")
        found = import_module(f"caseaudit_client.api.{tag}.{tag}_{function}")
        called: Callable[..., Any] = found.sync_detailed
        return called

    sys.path.insert(0, str(folder))
    yield find
    sys.path.remove(str(folder))
    for name in [name for name in sys.modules if name.startswith("caseaudit_client")]:
        del sys.modules[name]


@pytest.fixture
def server(database: Database, database_url: str, tmp_path: Path) -> Iterator[Server]:
    database.close()
    with serving(database_url, tmp_path, forked=True) as made:
        yield made


def test_it_makes_a_round_records_audits_and_reads_the_report(
    operation: Operation, server: Server, database_url: str
) -> None:
    models, shapes = import_module("caseaudit_client"), import_module("caseaudit_client.models")
    database = open_database(database_url)
    ground = a_ground(database)
    database.close()
    address, today = f"http://127.0.0.1:{server.port}", now().date()
    plan = shapes.RoundIn(
        title="Made by a program",
        template_id=ground.template_id,
        template_version=1,
        period_from=today - timedelta(days=90),
        period_to=today,
        due_on=today + timedelta(days=30),
    )
    with (
        models.AuthenticatedClient(address, token=ground.lead_token) as lead,
        models.AuthenticatedClient(address, token=ground.integration_token) as recorder,
    ):
        made = operation("rounds.make_round")(client=lead, body=plan, idempotency_key="a-round").parsed
        opened = operation("rounds.open_round")(
            made.id, client=lead, body=shapes.OpeningIn(recorded_elsewhere=True), if_match=f'"{made.version}"'
        ).parsed
        assert (opened.id, opened.state) == (made.id, shapes.RoundState.OPEN)
        for number in range(AUDITS):
            said = {**a_complete_audit(ground, random.Random(number)), "round_id": str(made.id)}
            body = shapes.CompleteAuditIn.from_dict(said)
            assert body.to_dict() == said
            recorded = operation("complete_audits.record_complete_audit")(
                client=recorder, body=body, idempotency_key=f"audit-{number}"
            )
            assert recorded.status_code == 201, recorded.content
        report = operation("reports.read_gaps")(client=lead, round_=[made.id]).parsed
        refused = operation("reports.read_gaps")(client=recorder, round_=[made.id])
    asked = server.client(ground.lead_token).send("GET", f"/api/v1/reports/gaps?round={made.id}")
    assert report.to_dict() == asked.json()
    assert asked.json()["counted"] == AUDITS
    assert (refused.status_code, type(refused.parsed)) == (403, shapes.ProblemOut)
