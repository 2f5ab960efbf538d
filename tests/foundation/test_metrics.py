"""Prometheus reads how the service does, only where the operator asked for it, and nobody is named."""

import re
import uuid
from pathlib import Path

from fastapi import FastAPI

from api.app import create_app
from api.foundation.health.metrics import BUCKETS, MEDIA_TYPE, Family, RequestCounts, text_of
from api.foundation.settings import Settings
from models.storage.database import Database
from tests.cast import Site
from tests.client import Client
from tests.factories import Cast, client_for

DOCUMENT = (Path(__file__).parent.parent.parent / "docs" / "operating.md").read_text("utf-8")
LINE = re.compile(r'([a-z_]+)(\{([a-z]+="(\\.|[^"\\])*",?)*\})? [-+.0-9e]+')


def asked(database: Database) -> FastAPI:
    return create_app(Settings(metrics=True), database)


def test_without_the_setting_there_is_no_such_page(app: FastAPI) -> None:
    assert Client(app).get("/metrics").status_code == 404


def test_every_line_is_in_the_text_format_and_every_family_is_documented(database: Database) -> None:
    answer = Client(asked(database)).get("/metrics")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == MEDIA_TYPE
    samples = [line for line in answer.text.splitlines() if not line.startswith("#")]
    assert [line for line in samples if LINE.fullmatch(line) is None] == []
    families = set(re.findall(r"^# TYPE (\S+) ", answer.text, re.MULTILINE))
    assert len(families) >= 9
    assert [name for name in families if f"`{name}`" not in DOCUMENT] == []
    # Only where the service makes backups.
    documented = set(re.findall(r"`(caseaudit_[a-z_]+)`", DOCUMENT))
    assert documented - families == {"caseaudit_newest_backup_age_seconds"}


def test_requests_are_counted_by_route_and_no_label_names_anybody(database: Database, cast: Cast) -> None:
    app = asked(database)
    asha, secret = client_for(app, cast.asha), uuid.uuid4()
    for path in (f"/audits/{secret}", f"/api/v1/audits/{secret}", f"/people/{cast.asha.id}", f"/{secret}", "/account"):
        asha.get(path)
    asha.request("MADEUP", f"/{secret}")
    found = Client(app).get("/metrics").text
    assert 'caseaudit_requests_total{method="GET",route="/audits/{audit_id}",status="404"} 1' in found
    for word in (str(secret), str(cast.asha.id), cast.asha.name, cast.organisation.name, "MADEUP"):
        assert word not in found


def test_what_was_answered_is_in_its_bucket() -> None:
    counts = RequestCounts()
    for seconds in (0.001, 0.01, 0.2, 99):
        counts.count("GET", "/", 200, seconds)
    found = text_of(counts.families())
    assert 'caseaudit_requests_total{method="GET",route="/",status="200"} 4' in found
    assert f'caseaudit_request_seconds_bucket{{le="{BUCKETS[0]}"}} 2' in found
    assert 'caseaudit_request_seconds_bucket{le="0.25"} 3' in found
    assert 'caseaudit_request_seconds_bucket{le="+Inf"} 4' in found
    assert "caseaudit_request_seconds_count 4" in found


def test_a_label_cannot_end_its_line() -> None:
    family = Family("name", "gauge", "A name.", [("", {"said": 'a "b"\n\\'}, 1)])
    assert text_of([family]).splitlines()[-1] == r'name{said="a \"b\"\n\\"} 1'


def test_a_request_that_fails_is_counted_too(site: Site) -> None:
    app = create_app(Settings(metrics=True), site.database)
    Client(app).get("/api/v1/audits")
    assert 'route="/api/v1/audits",status="401"} 1' in Client(app).get("/metrics").text
