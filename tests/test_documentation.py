"""The documents keep step with the code."""

import re
from pathlib import Path

from api.cli import cli
from api.settings import Settings

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text()


def test_the_readme_lists_every_setting_with_its_default_and_its_meaning() -> None:
    for name, field in Settings.model_fields.items():
        default = str(field.default).lower() if isinstance(field.default, bool) else field.default
        assert f"| `CASEAUDIT_{name.upper()}` | `{default}` | {field.description} |" in README


def test_the_readme_names_no_setting_that_does_not_exist() -> None:
    named = set(re.findall(r"CASEAUDIT_[A-Z_]+", README))
    assert named == {f"CASEAUDIT_{name.upper()}" for name in Settings.model_fields}


def test_the_readme_names_every_command() -> None:
    commands = {command.name for command in cli.registered_commands} | {group.name for group in cli.registered_groups}
    assert len(commands) > 1
    for command in commands:
        assert f"caseaudit {command}" in README or f"make {command}" in README


def test_the_readme_stays_short() -> None:
    assert len(README.splitlines()) < 200


def test_every_decision_is_numbered_in_order() -> None:
    decisions = sorted((ROOT / "docs" / "adr").glob("*.md"))
    for place, decision in enumerate(decisions, start=1):
        assert decision.name.startswith(f"{place:04d}-")
        assert decision.read_text().startswith(f"# {place}. ")
