"""Lists every component with its version and licence: for people in docs/papers, for programs in dist/ (CycloneDX 1.6).

Everything comes from the locks and from licences.txt: nothing is asked of this machine or of a network.
"""

import json
import re
import tomllib
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

ROOT: Final = Path(__file__).resolve().parent.parent
PAPER: Final = ROOT / "docs" / "papers" / "components.md"
FOR_PROGRAMS: Final = ROOT / "dist" / "caseaudit.cdx.json"
RUNS: Final = "requirements.lock"
PYTHON_LOCKS: Final = (RUNS, "requirements-dev.lock", "requirements-node.lock")
# Of packages that name a file instead of a licence: by an identifier of our own, as SPDX has it for such texts.
_IN_A_FILE: Final = {"odata-csdl": "LicenseRef-OASIS-IPR"}
_PINNED: Final = re.compile(r"^([A-Za-z0-9._-]+)==([^ ;\\]+)", re.MULTILINE)
_NEEDED_BY: Final = re.compile(r"^    # +(?:via )?(?!via$)([A-Za-z0-9._-]+)(?: \(pyproject\.toml\))?$", re.MULTILINE)
_HEADINGS: Final = {True: "Packages that the service runs with", False: "Packages for building and testing alone"}


@dataclass(frozen=True, order=True)
class Component:
    """A package of a lock. `kind`: pypi or npm. `runs`: whether it is part of what is installed."""

    kind: str
    name: str
    version: str
    licence: str
    runs: bool
    needed_by: frozenset[str] = field(compare=False, default=frozenset())

    @property
    def address(self) -> str:
        """Its package URL, by which programs know it."""
        return f"pkg:{self.kind}/{self.name.replace('@', '%40')}@{self.version}"


def licences() -> dict[str, str]:
    """The licence of each Python package."""
    lines = (ROOT / ".setup" / "licences.txt").read_text("utf-8").splitlines()
    return dict(line.split(" ", 1) for line in lines if line and not line.startswith("#"))


def components() -> list[Component]:
    """Every component of the locks, in order. Raises KeyError for one whose licence is not known."""
    return sorted({*_python_components(), *_node_components()})


def _python_components() -> Iterator[Component]:
    known, seen = licences(), set()
    for lock in PYTHON_LOCKS:
        blocks = re.split(r"\n(?=[A-Za-z0-9])", (ROOT / lock).read_text("utf-8"))
        for block in blocks:
            if (pinned := _PINNED.match(block)) and pinned.groups() not in seen:
                seen.add(pinned.groups())
                name, version = pinned.groups()
                needed_by = frozenset(_NEEDED_BY.findall(block))
                yield Component("pypi", name, version, known[name], lock == RUNS, needed_by)


def _node_components() -> Iterator[Component]:
    packages = json.loads((ROOT / "package-lock.json").read_text("utf-8"))["packages"]
    for place, package in packages.items():
        if place:
            name = place.rpartition("node_modules/")[2]
            licence = _IN_A_FILE.get(name, package["license"])
            yield Component("npm", name, package["version"], licence, not package.get("dev", False))


def as_paper(found: list[Component]) -> str:
    """The list for people, in Markdown."""
    lines = [
        "# Components and their licences",
        "",
        "Every package that the service runs with, or that is used to build and test it, from the locks. `make sbom`",
        "writes this list, and the same for programs in the CycloneDX format: `dist/caseaudit.cdx.json`.",
        "Licences are SPDX expressions.",
        "",
        "For the choice of the product's own licence, which is the owner's: `psycopg` is under the LGPL, and is used",
        "as a library that can be replaced. `irrcac` and `krippendorff` are under the GPL, and only tests use them:",
        "they are not part of what is installed.",
    ]
    for runs, heading in _HEADINGS.items():
        lines += ["", f"## {heading}", "", "| package | version | licence | from |", "|---|---|---|---|"]
        lines += [
            f"| {each.name} | {each.version} | {each.licence} | {each.kind} |" for each in found if each.runs == runs
        ]
    return "\n".join(lines) + "\n"


def as_bill(found: list[Component]) -> dict[str, Any]:
    """The list for programs: a bill of materials in the form of CycloneDX 1.6, the same for the same locks."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    own = f"pkg:pypi/{project['name']}@{project['version']}"
    needs: dict[str, list[str]] = {own: [each.address for each in found if each.runs and each.kind == "npm"]}
    by_name: dict[str, list[str]] = {}
    for each in found:
        by_name.setdefault(each.name, []).append(each.address)
    for each in found:
        needs.setdefault(each.address, [])
        for name in each.needed_by - {project["name"]}:
            for address in by_name.get(name, []):
                needs.setdefault(address, []).append(each.address)
        if project["name"] in each.needed_by:
            needs[own].append(each.address)
    listed = [
        {
            "type": "library",
            "bom-ref": each.address,
            "name": each.name,
            "version": each.version,
            "scope": "required" if each.runs else "excluded",
            "licenses": [{"expression": each.licence}],
            "purl": each.address,
        }
        for each in found
    ]
    number = uuid.UUID(bytes=sha256(json.dumps(listed).encode()).digest()[:16], version=5)
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": f"urn:uuid:{number}",
        "version": 1,
        "metadata": {
            "component": {
                "type": "application",
                "bom-ref": own,
                "name": project["name"],
                "version": project["version"],
                "purl": own,
            }
        },
        "components": listed,
        "dependencies": [{"ref": ref, "dependsOn": sorted(set(those))} for ref, those in sorted(needs.items())],
    }


def main() -> None:
    found = components()
    PAPER.write_text(as_paper(found), "utf-8")
    FOR_PROGRAMS.parent.mkdir(exist_ok=True)
    FOR_PROGRAMS.write_text(json.dumps(as_bill(found), indent=2) + "\n", "utf-8")
    running = sum(each.runs for each in found)
    print(f"{FOR_PROGRAMS.relative_to(ROOT)}: {len(found)} components, of which {running} run with the service.")


if __name__ == "__main__":
    main()
