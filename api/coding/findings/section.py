"""Findings from what was written, as a section of a round's report."""

from collections.abc import Iterator
from itertools import groupby
from typing import Final

from sqlmodel import Session

from api.coding.findings.queries import FoundFinding, list_findings
from api.coding.passages.agreeing import Figures
from api.coding.passages.counts import agreement_on_findings
from api.coding.rules import check_can_code, coded_round
from api.documents.document import Cell, Column, Section, Table, count, text
from api.foundation.permissions import Actor
from api.foundation.problems import is_allowed
from api.reports.deleted_audits import deleted_in_words
from api.reports.gaps.coefficients import value_with_interval
from models import Round, RoundState

HEADING: Final = "Findings from what was written"
COLUMNS: Final = (
    Column("Theme and code"),
    Column("Passages", numeric=True),
    Column("Same answer (95% interval)", numeric=True),
    Column("Kappa (95% interval)", numeric=True),
)


def findings_section(session: Session, audit_round: Round, by: Actor) -> Section | None:
    """The findings by theme, each with the number of audits that have its code, and how far those agreed who coded the
    theme; None where there are none.
    """
    if audit_round.state is RoundState.PLANNED or not is_allowed(check_can_code, by):
        return None
    found = list_findings(session, round_id=audit_round.id, by=by)
    if not found:
        return None
    points = tuple(f"{each.theme_label}: {each.with_count}" for each in found)
    said = "Written by quality leads from what auditors wrote. Numbers are of counted audits with a text on the theme."
    rows = tuple(_agreement(session, audit_round, found, by))
    table = Table("agreement-of-coders", "Agreement of those who coded the passages", COLUMNS, rows) if rows else None
    deleted = deleted_in_words(session, [audit_round])
    return Section(HEADING, paragraphs=(said, deleted) if deleted else (said,), points=points, table=table)


def _agreement(
    session: Session, audit_round: Round, found: list[FoundFinding], by: Actor
) -> Iterator[tuple[Cell, ...]]:
    """Of each theme that several people coded: all codes at once, where that can be said, and the findings' codes."""
    coded = coded_round(session, audit_round.id, by=by)
    for label, some in groupby(found, key=lambda it: it.theme_label):
        findings = list(some)
        agree = agreement_on_findings(session, coded, findings[0].finding.theme, [it.finding for it in findings], by=by)
        names = {it.finding.code_id: it.code for it in findings}
        if agree.of_all:
            yield _row(f"{label}, all codes", agree.of_all)
        for code_id, figures in agree.of_code.items():
            yield _row(f"{label}, {names[code_id]}", figures)


def _row(name: str, figures: Figures) -> tuple[Cell, ...]:
    values = list(figures.values())
    return (text(name), count(values[0].n_units), *map(value_with_interval, values))
