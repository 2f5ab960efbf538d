"""The papers that a council asks for say what the program does: names, numbers and lists are those of the code."""

import ast
import importlib
import re
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlmodel import SQLModel

import models
from api.foundation.settings import Settings
from api.moving import left_out
from checklists import backups
from checklists.retention import RetentionKind
from tests.sources import PACKAGES, ROOT, Source, files, parsed, sources, text_of

PAPERS = ROOT / "docs" / "papers"
NAMES = sorted(path.name for path in PAPERS.glob("*.md"))
SOURCES = files(*PACKAGES)

# With one of these a module can open or accept a connection.
CONNECTS = {
    *("socket", "socketserver", "ssl", "smtplib", "ftplib", "poplib", "imaplib", "telnetlib", "xmlrpc", "http.client"),
    *("http.server", "urllib.request", "httpcore2", "httpx", "httpx2", "httpx2_jsfetch", "requests", "urllib3"),
    *("aiohttp", "websockets", "psycopg", "asyncpg", "sqlalchemy.create_engine", "asyncio.open_connection"),
}
RUNS_TEXT = {"eval", "exec", "compile", "__import__"}
READS_OBJECTS = {"pickle", "marshal", "shelve", "dill", "yaml"}
# Between processes of the service alone: no file, request or answer of another system is read so.
BETWEEN_OWN_PROCESSES = {"api/foundation/jobs/handover.py"}

# The requirements of levels 1 and 2 of OWASP ASVS 5.0.0 by section: 253, of which 70 are of level 1.
ASVS = {
    "1.1": "1 2",
    "1.2": "1 2 3 4 5 6 7 8 9",
    "1.3": "1 2 3 4 5 6 7 8 9 10 11",
    "1.4": "1 2 3",
    "1.5": "1 2",
    "2.1": "1 2 3",
    "2.2": "1 2 3",
    "2.3": "1 2 3 4",
    "2.4": "1",
    "3.2": "1 2",
    "3.3": "1 2 3 4",
    "3.4": "1 2 3 4 5 6",
    "3.5": "1 2 3 4 5",
    "3.7": "1 2",
    "4.1": "1 2 3",
    "4.2": "1",
    "4.3": "1 2",
    "4.4": "1 2 3 4",
    "5.1": "1",
    "5.2": "1 2 3",
    "5.3": "1 2",
    "5.4": "1 2 3",
    "6.1": "1 2 3",
    "6.2": "1 2 3 4 5 6 7 8 9 10 11 12",
    "6.3": "1 2 3 4",
    "6.4": "1 2 3 4",
    "6.5": "1 2 3 4 5",
    "6.6": "1 2 3",
    "6.8": "1 2 3 4",
    "7.1": "1 2 3",
    "7.2": "1 2 3 4",
    "7.3": "1 2",
    "7.4": "1 2 3 4 5",
    "7.5": "1 2",
    "7.6": "1 2",
    "8.1": "1 2",
    "8.2": "1 2 3",
    "8.3": "1",
    "8.4": "1",
    "9.1": "1 2 3",
    "9.2": "1 2 3 4",
    "10.1": "1 2",
    "10.2": "1 2",
    "10.3": "1 2 3 4",
    "10.4": "1 2 3 4 5 6 7 8 9 10 11",
    "10.5": "1 2 3 4 5",
    "10.6": "1 2",
    "10.7": "1 2 3",
    "11.1": "1 2",
    "11.2": "1 2 3",
    "11.3": "1 2 3",
    "11.4": "1 2 3 4",
    "11.5": "1",
    "11.6": "1",
    "12.1": "1 2 3",
    "12.2": "1 2",
    "12.3": "1 2 3 4",
    "13.1": "1",
    "13.2": "1 2 3 4 5",
    "13.3": "1 2",
    "13.4": "1 2 3 4 5",
    "14.1": "1 2",
    "14.2": "1 2 3 4",
    "14.3": "1 2 3",
    "15.1": "1 2 3",
    "15.2": "1 2 3",
    "15.3": "1 2 3 4 5 6 7",
    "16.1": "1",
    "16.2": "1 2 3 4 5",
    "16.3": "1 2 3 4",
    "16.4": "1 2 3",
    "16.5": "1 2 3",
    "17.1": "1",
    "17.2": "1 2 3 4",
    "17.3": "1 2",
}


def section(paper: str, heading: str) -> str:
    """The text below a heading of a paper, up to the next one."""
    text = (PAPERS / paper).read_text("utf-8")
    found = re.search(rf"^#+ {re.escape(heading)}$(.*?)(?=^#+ |\Z)", text, re.MULTILINE | re.DOTALL)
    assert found, f"{paper} has no heading {heading!r}"
    return found[1]


def rows(paper: str, heading: str) -> list[list[str]]:
    """The cells of each row of the first table below a heading."""
    lines = [line for line in section(paper, heading).splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]


def named(text: str) -> list[str]:
    """What stands between backticks."""
    return re.findall(r"`([^`]+)`", text)


@pytest.mark.parametrize("paper", NAMES)
def test_every_test_that_a_paper_names_exists(paper: str) -> None:
    references = re.findall(r"`tests/([\w/]+\.py)::(\w+)`", (PAPERS / paper).read_text("utf-8"))
    missing = [
        f"{file}::{name}"
        for file, name in references
        if not (ROOT / "tests" / file).exists()
        or not re.search(rf"^(async )?def {name}\(", (ROOT / "tests" / file).read_text("utf-8"), re.MULTILINE)
    ]
    assert missing == []


@pytest.mark.parametrize("paper", NAMES)
def test_every_setting_and_file_that_a_paper_names_exists(paper: str) -> None:
    text = (PAPERS / paper).read_text("utf-8")
    settings = {f"CASEAUDIT_{name.upper()}" for name in Settings.model_fields}
    assert set(re.findall(r"CASEAUDIT_[A-Z_]+", text)) <= settings
    files = re.findall(r"`((?:api|models|checklists|tests|deploy|docs)/[\w./-]+?)/?(?:::\w+)?`", text)
    assert [path for path in files if not (ROOT / path).exists()] == []


@pytest.mark.parametrize("paper", NAMES)
def test_a_link_of_a_paper_leads_somewhere(paper: str) -> None:
    for target, anchor in re.findall(r"\]\(((?!http)[^)#]*)#?([^)]*)\)", (PAPERS / paper).read_text("utf-8")):
        file = (PAPERS / target) if target else PAPERS / paper
        assert file.exists(), target
        if anchor:
            headings = re.findall(r"^#+ (.+)$", file.read_text("utf-8"), re.MULTILINE)
            assert anchor in {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_every_paper_is_in_the_list_of_papers() -> None:
    listed = (PAPERS / "README.md").read_text("utf-8")
    assert [name for name in NAMES if name not in {"README.md", "components.md"} and f"({name})" not in listed] == []
    assert "docs/papers" in (ROOT / "README.md").read_text("utf-8")


def test_every_table_of_the_database_is_in_the_record_of_processing_once() -> None:
    assert models.__all__
    held = rows("record-of-processing.md", "What is held")
    assert Counter(name for row in held for name in named(row[0])) == Counter(set(SQLModel.metadata.tables))
    levels = {row[0] for row in rows("record-of-processing.md", "Levels of protection")}
    assert [row[0] for row in held if row[2] not in levels or not row[3]] == []


def test_what_is_kept_as_something_has_its_period_below() -> None:
    periods = {row[0] for row in rows("record-of-processing.md", "How long")} | {"audits", "case files"}
    kept = [
        re.findall(r"\bas ([a-z -]+?)(?=[;,]|$| stays)", row[3])
        for row in rows("record-of-processing.md", "What is held")
    ]
    assert {words for each in kept for words in each} <= periods


def words_of(value: object) -> str:
    if isinstance(value, RetentionKind):
        return f"{value.default_months} months"
    assert isinstance(value, timedelta)
    if value < timedelta(days=1):
        return f"{value // timedelta(minutes=1)} minutes"
    return f"{value.days} day{'' if value.days == 1 else 's'}"


def test_every_period_is_that_of_the_program() -> None:
    table = {named(row[2])[0]: row[1] for row in rows("record-of-processing.md", "How long")}
    kept = f"{backups.DAYS} days, {backups.WEEKS} weeks and {backups.MONTHS} months, the newest of each"
    assert table.pop("checklists.backups") == kept
    for place, said in table.items():
        module, _, name = place.rpartition(".")
        value: object = (
            RetentionKind[name] if module.endswith("RetentionKind") else getattr(importlib.import_module(module), name)
        )
        assert said == words_of(value), place
    kinds = {f"checklists.retention.RetentionKind.{kind.name}" for kind in RetentionKind}
    assert kinds | set(periods_in_the_code()) == set(table)


def periods_in_the_code() -> Iterator[str]:
    """Every constant that says after what time something is deleted: KEPT, or a name that ends so."""
    for path in SOURCES:
        for name in re.findall(r"^(\w*KEPT)\b[^=\n]*= timedelta\(", text_of(path), re.MULTILINE):
            yield ".".join((*path.relative_to(ROOT).with_suffix("").parts, name))


def test_every_module_that_can_open_a_connection_is_in_the_data_flows() -> None:
    listed = {named(row[0])[0] for row in rows("data-flows.md", "Connections that the service opens")}
    assert listed == {
        str(path.relative_to(ROOT)) for path, source in sources().items() if CONNECTS & imported_by(source)
    }


def imported_by(source: Source) -> set[str]:
    """Every module that a module imports, also within functions, and what it imports of it; each with its parents."""
    names = {
        *(module for module, _ in source.imports),
        *(f"{module}.{name}" for module, name in source.imports if name),
    }
    if "open_connection" in source.attributes:
        names.add("asyncio.open_connection")
    parts = [name.split(".") for name in names]
    return {".".join(each[:length]) for each in parts for length in range(1, len(each) + 1)}


def test_every_setting_is_in_the_data_flows_once() -> None:
    listed = [name for row in rows("data-flows.md", "Settings") for name in named(row[1])]
    assert Counter(listed) == Counter(f"CASEAUDIT_{name.upper()}" for name in Settings.model_fields)


def test_every_purpose_for_which_a_key_is_derived_is_made_known() -> None:
    derived = {
        purpose
        for path in SOURCES
        for purpose in re.findall(r"\bderived(?:_key_at)?\([^()]*(?:\([^()]*\))?[^()]*b\"([\w ]+)\"\)", text_of(path))
    }
    assert derived == PURPOSES_OF_THE_TRAIL_KEY, "say so in the table of keys of docs/papers/data-flows.md"


# As the row of the trail key says them.
PURPOSES_OF_THE_TRAIL_KEY = {
    *("codes of events", "codes of erased cases", "webhooks", "attempts to sign in", "audit workbooks", "tickets"),
}


def test_the_exit_plan_names_all_that_is_left_out_of_an_export() -> None:
    said = Counter(name for row in rows("exit-plan.md", "What is left out") for name in named(row[0]))
    columns = [".".join(place) for place in left_out.COLUMNS]
    assert said == Counter([*left_out.TABLES, *columns])


def test_every_requirement_is_answered_once_and_the_sum_is_right() -> None:
    text = (PAPERS / "asvs-level-2.md").read_text("utf-8").partition("## Level 3")[0]
    answered = re.findall(r"^\| (\d+\.\d+\.\d+) \| [^|]+ \| ([^|]+) \| ([^|]+) \|$", text, re.MULTILINE)
    wanted = [f"{part}.{number}" for part, numbers in ASVS.items() for number in numbers.split()]
    assert [number for number, _, _ in answered] == wanted
    assert len(wanted) == 253
    counts = Counter(status for _, status, _ in answered)
    assert set(counts) == {"met", "not met", "host", "not applicable"}
    said = ", ".join(f"{counts[status]} {status}" for status in ("met", "not met", "host", "not applicable"))
    assert f"Of {len(wanted)} requirements: {said}." in text


def test_what_is_met_says_what_holds_it() -> None:
    text = (PAPERS / "asvs-level-2.md").read_text("utf-8")
    bare = [
        line
        for line in text.splitlines()
        if re.match(r"\| \d", line)
        and line.split("|")[3].strip() == "met"
        and not re.search(r"`|\]\(|There (is|are) none|No ", line)
    ]
    assert bare == []


def test_every_cloud_security_principle_is_answered() -> None:
    text = (PAPERS / "cloud-security-principles.md").read_text("utf-8")
    assert re.findall(r"^\| (\d+)\. .+ \| (?:product|shared|host) \| .+ \|$", text, re.MULTILINE) == [
        str(n) for n in range(1, 15)
    ]


def test_no_module_runs_text_as_code_or_starts_a_shell() -> None:
    wrong = [
        f"{path.relative_to(ROOT)}: reads objects"
        for path, source in sources().items()
        if READS_OBJECTS & imported_by(source) and str(path.relative_to(ROOT)) not in BETWEEN_OWN_PROCESSES
    ]
    for path, tree in parsed(rf"(?<![\w.])({'|'.join(RUNS_TEXT)})\b|\b(system|popen|shell)\b", *PACKAGES):
        for node in ast.walk(tree):
            if isinstance(node, ast.Call):
                if isinstance(node.func, ast.Name) and node.func.id in RUNS_TEXT:
                    wrong.append(f"{path.relative_to(ROOT)}:{node.lineno}: {node.func.id}")
                if isinstance(node.func, ast.Attribute) and ast.unparse(node.func) in {"os.system", "os.popen"}:
                    wrong.append(f"{path.relative_to(ROOT)}:{node.lineno}: a shell")
                wrong += [
                    f"{path.relative_to(ROOT)}:{node.lineno}: a shell"
                    for keyword in node.keywords
                    if keyword.arg == "shell" and ast.unparse(keyword.value) != "False"
                ]
    assert wrong == []
