"""What is installed is what was reviewed: every version is pinned by hash, and no lock says where from."""

import re
import shutil
import subprocess
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).parent.parent
PYTHON_LOCKS = ("requirements.lock", "requirements-dev.lock", "requirements-node.lock")
LOCKS = (*PYTHON_LOCKS, "package-lock.json")
SCHEME = "://"
# Put together here, so that this file does not hold what it looks for.
REGISTRY_HOSTS = tuple(
    ".".join(parts)
    for parts in (
        ("pypi", "org"),
        ("pythonhosted", "org"),
        ("npmjs", "org"),
        ("npmjs", "com"),
        ("yarnpkg", "com"),
        ("debian", "org"),
        ("unpkg", "com"),
        ("jsdelivr", "net"),
    )
)


def pins(lock: str) -> dict[str, set[str]]:
    """The versions that a lock gives each package: more than one where they differ by platform or Python."""
    text = (ROOT / lock).read_text("utf-8")
    found: dict[str, set[str]] = {}
    for name, version in re.findall(r"^([A-Za-z0-9._-]+)==([^ ;]+)", text, re.MULTILINE):
        found.setdefault(name, set()).add(version)
    return found


def plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def wanted(*extras: str) -> list[Requirement]:
    """What pyproject.toml asks for, at run time and in these extras."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    optional = [line for extra in extras for line in project["optional-dependencies"][extra]]
    return [Requirement(line) for line in (*project["dependencies"], *optional)]


def tracked_files() -> list[Path]:
    """Every file that is in the history, or would be with the next commit."""
    git = shutil.which("git")
    assert git
    command = [git, "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    listed = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    return [ROOT / name for name in listed.split("\0") if name and (ROOT / name).is_file()]


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_holds_no_address(lock: str) -> None:
    text = (ROOT / lock).read_text("utf-8")
    assert len(text) > 200
    assert SCHEME not in text
    assert "find-links" not in text
    assert "index-url" not in text


@pytest.mark.parametrize("lock", PYTHON_LOCKS)
def test_every_pinned_package_has_a_hash(lock: str) -> None:
    blocks = re.split(r"\n(?=[A-Za-z0-9])", (ROOT / lock).read_text("utf-8"))
    pinned = [block for block in blocks if "==" in block.split("\n", maxsplit=1)[0]]
    assert len(pinned) == sum(len(versions) for versions in pins(lock).values()) > 0
    assert [block for block in pinned if "--hash=sha256:" not in block] == []


@pytest.mark.parametrize(
    ("lock", "extras"),
    [("requirements.lock", ["build"]), ("requirements-dev.lock", ["build", "dev"])],
)
def test_the_lock_satisfies_what_the_project_asks_for(lock: str, extras: list[str]) -> None:
    have = pins(lock)
    asked = [(it, version) for it in wanted(*extras) for version in have.get(plain(it.name), {"0"})]
    assert [(str(it), version) for it, version in asked if not it.specifier.contains(version)] == []
    assert {plain(it.name) for it in wanted(*extras)} <= set(have), "run make lock"


def test_what_the_tests_prove_is_what_runs() -> None:
    tested = pins("requirements-dev.lock")
    assert {name: tested.get(name) for name in pins("requirements.lock")} == pins("requirements.lock")


def test_every_dependency_says_in_one_line_why_it_is_here() -> None:
    head = (ROOT / "pyproject.toml").read_text("utf-8").partition("[project.scripts]")[0]
    lines = [line for line in head.splitlines() if re.match(r'    "[a-z]', line)]
    assert len(lines) == len(wanted("build", "dev"))
    assert [line for line in lines if not re.search(r"# \w.*", line)] == []


def test_no_file_names_the_host_of_a_package_registry() -> None:
    naming = [
        f"{file.relative_to(ROOT)}: {host}"
        for file in tracked_files()
        for host in REGISTRY_HOSTS
        if host.encode() in file.read_bytes()
    ]
    assert naming == []


def test_no_lock_of_another_tool_is_kept() -> None:
    others = {"uv.lock", "pylock.toml", "poetry.lock", "Pipfile.lock", "yarn.lock", "pnpm-lock.yaml"}
    assert {file.name for file in tracked_files()} & others == set()


def test_the_glossary_explains_every_model() -> None:
    from sqlmodel import SQLModel

    import models

    classes = [thing for name in models.__all__ if isinstance(thing := getattr(models, name), type)]
    kept = [it for it in classes if issubclass(it, SQLModel)]
    glossary = (ROOT / "GLOSSARY.md").read_text("utf-8")
    assert kept
    assert [model.__name__ for model in kept if f"`{model.__name__}`" not in glossary] == []
