"""Mutants made by rule: operators, constants, what is returned, and errors that are no longer raised."""

import ast
import copy
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from tests.mutants.mutant import ROOT, Mutant, find_tests

OTHER_COMPARISON: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
}
# The rules' own tests, where they are not in tests/checklists/test_<module>.py alone.
TESTS = {
    "api/access/audits.py": ("test_audit_lives.py",),
    "api/access/blindness.py": ("test_blindness.py",),
    "checklists/audits/consistency.py": (
        *("checklists/audits/test_consistency.py", "checklists/audits/test_questions_and_grades.py"),
        "checklists/audits/test_involved.py",
    ),
    "checklists/audits/scoring.py": (
        *("checklists/audits/test_scoring.py", "checklists/audits/test_overall_caps.py"),
        "checklists/audits/test_questions_and_grades.py",
    ),
    "checklists/audits/sources.py": ("checklists/audits/test_sources.py",),
    "checklists/audits/how_seen.py": ("blind_reading/test_having_seen.py",),
    "checklists/audits/conclusion.py": ("audits/test_conclusions.py", "reports/test_conclusions.py"),
    "api/access/concerns.py": ("concerns/test_concerns.py",),
    "api/access/joint.py": ("joint_rounds/test_joint_rounds.py", "joint_rounds/test_agency_reports.py"),
    "api/access/notified.py": ("notices/test_notices.py",),
    "api/access/seen.py": ("blind_reading/test_having_seen.py",),
    "api/access/people.py": ("test_reallocation.py", "rounds/test_closing.py"),
    "checklists/reliability/agreement_words.py": (
        *("checklists/reliability/test_agreement.py", "checklists/reliability/test_optimism.py"),
        "checklists/reliability/test_agreement_document.py",
    ),
    "checklists/case_list.py": ("test_list_file.py",),
    "checklists/cases.py": ("test_list_file.py", "test_pseudonymising.py", "templates/test_case_words.py"),
    "checklists/reliability/coefficients.py": ("checklists/reliability/test_agreement.py",),
    "checklists/privacy/identifiers.py": ("privacy/test_identifiers.py", "privacy/test_likely.py"),
    "checklists/privacy/everyday_words.py": ("checklists/privacy/test_names.py", "test_guard.py"),
    "checklists/templates/faults.py": ("checklists/templates/test_template.py",),
    "checklists/audits/moderation.py": ("test_audit_states.py",),
    "checklists/templates/rules.py": (
        *("checklists/templates/test_template.py", "checklists/templates/test_format_2.py"),
        "test_documented_limits.py",
    ),
    "checklists/statistics/rounding.py": ("documents/test_rounding.py",),
    "checklists/statistics/seeded_random.py": ("test_seeded_random.py",),
    "checklists/audits/signature.py": ("test_sign_off.py",),
    "checklists/templates/template_reading.py": ("checklists/templates/test_template.py", "test_documented_limits.py"),
    "checklists/templates/template_strings.py": (
        *("checklists/templates/test_template.py", "checklists/templates/test_format_2.py"),
        "test_documented_limits.py",
    ),
    "checklists/audits/conversation.py": ("audits/test_conversation_and_views.py",),
    "checklists/audits/facts.py": ("audits/test_case.py", "checklists/test_case_counts.py"),
    "checklists/audits/family_views.py": ("audits/test_conversation_and_views.py",),
    "checklists/privacy/given_names.py": ("checklists/privacy/test_likely.py",),
    "checklists/privacy/invisible.py": ("checklists/privacy/test_likely.py",),
    "checklists/privacy/likely_places.py": ("checklists/privacy/test_likely.py",),
    "checklists/release/beside.py": ("release/test_beside_the_themes.py",),
    "checklists/release/certain.py": ("checklists/release/test_certain.py", "release/test_statements.py"),
    "checklists/release/counting.py": (
        *("checklists/release/test_altered_copy.py", "checklists/release/test_counting.py"),
    ),
    "checklists/release/copied_counts.py": ("checklists/release/test_altered_copy.py", "release/test_snapshots.py"),
    "checklists/reports/coded_lines.py": ("checklists/reports/test_questions.py",),
    "checklists/reports/voices.py": ("reports/test_voices.py",),
    "checklists/reports/time_spent.py": ("audits/test_theme_notes.py",),
    "checklists/templates/asks.py": (
        *("checklists/templates/test_asks.py", "checklists/templates/test_format_2.py"),
        "test_documented_limits.py",
    ),
    "checklists/templates/conditions.py": (
        *("checklists/templates/test_conditions.py", "checklists/templates/test_format_2.py"),
        "test_documented_limits.py",
    ),
    "checklists/templates/overall.py": ("test_overall_caps.py", "test_documented_limits.py"),
    "checklists/templates/part.py": ("checklists/templates/test_format_2.py",),
    "checklists/outlines/lines.py": ("checklists/outlines/test_outlines.py",),
    "checklists/outlines/proposing.py": ("checklists/outlines/test_outlines.py",),
    "checklists/outlines/tree.py": ("checklists/outlines/test_outlines.py",),
    "checklists/referrals.py": ("checklists/samples/test_referrals.py",),
    "checklists/templates/parts.py": (
        *("checklists/templates/test_parts.py", "checklists/templates/test_format_2.py"),
        "test_documented_limits.py",
    ),
    "checklists/templates/questions.py": (
        *("checklists/templates/test_questions.py", "checklists/templates/test_format_2.py"),
        "test_documented_limits.py",
    ),
    "checklists/templates/template_file.py": ("checklists/templates/test_template.py",),
    "checklists/templates/case_words.py": ("checklists/templates/test_case_words.py", "test_documented_limits.py"),
    "checklists/templates/scale.py": ("checklists/templates/test_scale.py", "test_documented_limits.py"),
    "checklists/templates/template.py": (
        "checklists/templates/test_what_a_template_answers.py",
        "checklists/templates/test_template.py",
        "checklists/templates/test_format_2.py",
        "test_documented_limits.py",
    ),
    "checklists/templates/versions/converting.py": ("checklists/templates/test_versions.py",),
    "checklists/templates/versions/differences.py": ("checklists/templates/test_versions.py",),
}


def generate_mutants() -> list[Mutant]:
    """Every mutant of checklists/ and api/access/."""
    files = sorted(path for folder in ("checklists", "api/access") for path in (ROOT / folder).rglob("*.py"))
    return [mutant for path in files if path.name != "__init__.py" for mutant in _mutants_of(path)]


def _mutants_of(path: Path) -> Iterator[Mutant]:
    file, source = path.relative_to(ROOT).as_posix(), path.read_text("utf-8")
    tests = find_tests(TESTS.get(file) or (f"{path.parent.name}/test_{path.name}",))
    for change in changes(source):
        yield Mutant(file, change.line, change.where, change.text, partial(changed, source, change), tests)


@dataclass(frozen=True, slots=True)
class Change:
    """One change of a module: its line, the function it is in, what it was and became, and how to find it again."""

    line: int
    where: str
    text: str
    node: int
    choice: int


def changes(source: str) -> Iterator[Change]:
    """Every change that the rules make to a module, one at a time."""
    tree = ast.parse(source)
    places, left_out = _places(tree), _left_out(tree)
    for number, node in enumerate(ast.walk(tree)):
        if id(node) in left_out:
            continue
        name, function = places[id(node)]
        for choice, other in enumerate(_others(node, function)):
            yield Change(getattr(node, "lineno", 0), name, f"{_text(node)} -> {_text(other)}", number, choice)


def changed(source: str, change: Change) -> str:
    """The module with this change."""
    tree = ast.parse(source)
    node = list(ast.walk(tree))[change.node]
    _put(node, list(_others(node, _places(tree)[id(node)][1]))[change.choice], tree)
    return ast.unparse(tree)


def _others(node: ast.AST, function: ast.FunctionDef | None) -> Iterator[ast.AST]:
    """What a node may become."""
    if isinstance(node, ast.Compare):
        for place, operator in enumerate(node.ops):
            other = copy.deepcopy(node)
            other.ops[place] = OTHER_COMPARISON[type(operator)]()
            yield other
    elif isinstance(node, ast.BoolOp):
        yield ast.BoolOp(ast.Or() if isinstance(node.op, ast.And) else ast.And(), node.values)
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        yield node.operand
    elif isinstance(node, ast.Constant) and type(node.value) in {int, float}:
        value = node.value
        assert isinstance(value, int | float)
        yield from (ast.Constant(value + 1), ast.Constant(value - 1))
    elif isinstance(node, ast.Return) and node.value is not None:
        yield from (ast.Return(value) for value in _other_returns(node.value, function))
    elif isinstance(node, ast.Raise):
        yield ast.Pass()


def _other_returns(value: ast.expr, function: ast.FunctionDef | None) -> Iterator[ast.expr]:
    now = value.value if isinstance(value, ast.Constant) else ...
    if now is not None:
        yield ast.Constant(None)
    if function is not None and function.returns is not None and ast.unparse(function.returns) == "bool":
        yield from (ast.Constant(other) for other in (True, False) if other is not now)


def _put(node: ast.AST, other: ast.AST, tree: ast.Module) -> None:
    for parent in list(ast.walk(tree)):
        for name, value in ast.iter_fields(parent):
            if value is node:
                setattr(parent, name, other)
            elif isinstance(value, list):
                value[:] = [other if each is node else each for each in value]


def _places(tree: ast.Module) -> dict[int, tuple[str, ast.FunctionDef | None]]:
    """The dotted name of the function or class that each node is in, and the function."""
    found: dict[int, tuple[str, ast.FunctionDef | None]] = {}

    def walk(node: ast.AST, name: str, function: ast.FunctionDef | None) -> None:
        found[id(node)] = (name, function)
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            name = f"{name}.{node.name}".lstrip(".")
            function = node if isinstance(node, ast.FunctionDef) else None
        for child in ast.iter_child_nodes(node):
            walk(child, name, function)

    walk(tree, "", None)
    return found


def _left_out(tree: ast.Module) -> set[int]:
    """Annotations, which do nothing when the program runs."""
    within = [
        annotation
        for node in ast.walk(tree)
        for annotation in (getattr(node, "annotation", None), getattr(node, "returns", None))
        if isinstance(annotation, ast.AST)
    ]
    return {id(node) for annotation in within for node in ast.walk(annotation)}


def _text(node: ast.AST) -> str:
    return " ".join(ast.unparse(node).split())
