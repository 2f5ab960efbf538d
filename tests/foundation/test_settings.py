"""Settings that could let a stranger in are refused, and what deploy/ holds is of this service."""

import re
from pathlib import Path

import pytest
from pydantic import ValidationError

from api.foundation.settings import Settings

DEPLOY = Path(__file__).parent.parent.parent / "deploy"
FILES = sorted(path for path in DEPLOY.rglob("*") if path.is_file())
OF_THE_PROXY = {"CASEAUDIT_NAME", "CASEAUDIT_AT"}


@pytest.mark.parametrize("trusted", ["10.0.0.5", "10.0.0.0/24, ::1"])
def test_proxies_are_trusted_by_address_or_network(trusted: str) -> None:
    assert Settings(trusted_proxies=trusted).trusted_proxies == trusted.replace(" ", "")


@pytest.mark.parametrize("trusted", ["*", "proxy.example.org", "0.0.0.0/0", "10.0.0.5,", "::/0"])
def test_not_everybody_can_be_a_trusted_proxy(trusted: str) -> None:
    with pytest.raises(ValidationError, match="Enter"):
        Settings(trusted_proxies=trusted)


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_every_setting_in_a_file_of_deployment_exists(file: Path) -> None:
    named = set(re.findall(r"CASEAUDIT_[A-Z_]+", file.read_text("utf-8"))) - OF_THE_PROXY
    assert named <= {f"CASEAUDIT_{name.upper()}" for name in Settings.model_fields}


def test_the_example_of_an_environment_is_accepted(monkeypatch: pytest.MonkeyPatch) -> None:
    lines = (DEPLOY / "systemd" / "environment.example").read_text("utf-8").splitlines()
    given = dict(line.lstrip("#").split("=", 1) for line in lines if "=" in line and not line.startswith("# "))
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    assert Settings().public_address == "https://audit.example.org"
