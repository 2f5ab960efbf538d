"""Every component of the locks is listed with its licence, for people and for programs."""

import importlib.util
import re
from importlib.metadata import PackageNotFoundError, metadata
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parent.parent
LICENCE = re.compile(r"[A-Za-z0-9.+-]+(?: (?:AND|OR|WITH) [A-Za-z0-9.+-]+)*")


@pytest.fixture(scope="module")
def tool() -> ModuleType:
    spec = importlib.util.spec_from_file_location("components", ROOT / ".setup" / "components.py")
    assert spec is not None
    assert spec.loader is not None
    loaded = importlib.util.module_from_spec(spec)
    import sys

    sys.modules[spec.name] = loaded
    spec.loader.exec_module(loaded)
    return loaded


def pinned() -> set[tuple[str, str]]:
    """Every package of the Python locks with its version."""
    locks = ("requirements.lock", "requirements-dev.lock", "requirements-node.lock")
    return {
        (name, version)
        for lock in locks
        for name, version in re.findall(
            r"^([A-Za-z0-9._-]+)==([^ ;\\]+)", (ROOT / lock).read_text("utf-8"), re.MULTILINE
        )
    }


def test_the_list_of_components_is_that_of_the_lock(tool: ModuleType) -> None:
    listed = tool.components()
    assert {(each.name, each.version) for each in listed if each.kind == "pypi"} == pinned()
    assert (ROOT / "docs" / "papers" / "components.md").read_text("utf-8") == tool.as_paper(listed), "run make sbom"


def test_no_licence_is_unknown_and_none_is_of_a_package_that_is_gone(tool: ModuleType) -> None:
    assert set(tool.licences()) == {name for name, _ in pinned()}
    wrong = [each.name for each in tool.components() if not LICENCE.fullmatch(each.licence)]
    assert wrong == []


def test_a_licence_is_what_the_package_itself_says(tool: ModuleType) -> None:
    said = {}
    for name in tool.licences():
        try:
            said[name] = metadata(name).json.get("license_expression")
        except PackageNotFoundError:
            continue  # of another platform or Python
    stated = {name: licence for name, licence in said.items() if licence}
    assert len(stated) > 50
    assert stated == {name: tool.licences()[name] for name in stated}


def test_the_list_for_programs_names_each_component_once_and_what_needs_it(tool: ModuleType) -> None:
    listed = tool.components()
    bill = tool.as_bill(listed)
    references = [each["bom-ref"] for each in bill["components"]]
    assert len(references) == len(set(references)) == len(listed)
    known = {*references, bill["metadata"]["component"]["bom-ref"]}
    needs = {each["ref"]: each["dependsOn"] for each in bill["dependencies"]}
    assert set(needs) == known
    assert {ref for those in needs.values() for ref in those} <= set(references)
    assert any(ref.startswith("pkg:pypi/starlette@") for ref in needs[next(r for r in known if "/fastapi@" in r)])
    assert tool.as_bill(listed) == bill
