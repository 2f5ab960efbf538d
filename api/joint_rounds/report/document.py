"""The report of a joint round as a document: whole numbers, because there are few cases."""

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Final

from sqlmodel import Session

from api.documents.document import Cell, Column, Document, Origin, Section, Table, count, text
from api.foundation.local_time import local_date
from api.foundation.permissions import Actor
from api.joint_rounds.report.queries import JointReport
from api.reports.origins import name_of_organisation
from checklists.plurals import plural
from checklists.templates.template import NotEvidencedRule
from models import now

MARKING: Final = "Internal: true counts of a few children. Only for people who take part in the joint audit."
COUNTED: Final = (
    "Answers are counted of cases whose panel is open. An agency that does not know a child answers nothing about it."
)
MEETS: Final = "Meets the standard: of an agency's applicable answers to a theme, how many meet it."
NOT_EVIDENCED: Final = {
    NotEvidencedRule.BELOW_STANDARD: "Not evidenced does not. Not applicable is left out.",
    NotEvidencedRule.LEFT_OUT: "Not evidenced and not applicable are left out.",
}
SAME_ANSWER: Final = (
    "Same answer: how often two agencies gave the same answer to the same theme of the same case, of the times "
    "that both gave any but not applicable. Agencies answer from different records, so this is not how reliably a file "
    "is read: that is measured by blind double reading, and the two are never put together."
)


def document_of(session: Session, report: JointReport, *, by: Actor) -> Document:
    """The report, made today by this person."""
    joint_round = report.shown.round
    return Document(
        title=f"Joint audit: {joint_round.title}",
        subtitle=f"Cases that have been to a panel: {len(report.open_cases)} of {len(report.shown.cases)}.",
        marking=MARKING,
        made_on=local_date(now()),
        sections=tuple(_sections(report)),
        origin=Origin(
            organisation=name_of_organisation(session, by.organisation_id),
            rounds=(joint_round.title,),
            period=(joint_round.period_from, joint_round.period_to),
            counted=number_of_cases(report),
            made_by=by.name,
        ),
        kind="joint-audit",
        about=joint_round.title,
    )


def number_of_cases(report: JointReport) -> str:
    """How many cases are counted, in words."""
    number = len(report.open_cases)
    return plural(number, "case")


def _sections(report: JointReport) -> Iterator[Section]:
    yield returns_section(report)
    if report.open_cases:
        yield _standard(report)
        yield answers_section(report)
        yield cases_section(report)
        yield agreement_section(report)
        yield from found_sections(report)
    yield how_counted(report)


def how_counted(report: JointReport) -> Section:
    """What is counted, and what meets the standard by the template's rule."""
    meets_standard = f"{MEETS} {NOT_EVIDENCED[report.template.not_evidenced]}"
    return Section("How it is counted", points=(COUNTED, meets_standard, SAME_ANSWER), sheet="definitions")


def returns_section(report: JointReport) -> Section:
    """What each agency returned."""
    columns = (
        Column("Agency"),
        *(Column(label, numeric=True) for label in ("Cases", "Returned", "Late", "Not known to us")),
    )
    rows = tuple(
        (text(name), count(each.cases), count(each.returned), count(each.late), count(each.not_known))
        for name, each in report.returns.items()
    )
    return Section("What agencies returned", table=Table("returns", "Returns by agency", columns, rows))


def _standard(report: JointReport) -> Section:
    """Agencies by themes: how many applicable answers meet the standard."""
    names = list(report.returns)
    rows = []
    for key in report.template.theme_keys:
        cells = [meets(report, [name], key) for name in names]
        if any(cell.text for cell in cells):
            rows.append((text(report.template.theme(key).label), *cells))
    columns = (Column("Theme"), *(Column(name) for name in names))
    return Section(
        "Answers that meet the standard, by theme and agency",
        table=Table("themes", "How many answers meet the standard, of those that apply", columns, tuple(rows)),
    )


def meets(report: JointReport, agencies: Iterable[str], theme: str) -> Cell:
    """How many answers of these agencies to a theme meet the standard, of the ones that apply; empty without any."""
    given: Counter[str] = sum((Counter(report.answers.get((name, theme), {})) for name in agencies), Counter())
    template = report.template
    applies = {answer: number for answer, number in given.items() if template.is_applicable(answer)}
    applicable = sum(applies.values())
    meeting = sum(number for answer, number in applies.items() if not template.counts_below(answer))
    return text(f"{meeting} of {applicable}" if applicable else "")


def answers_section(report: JointReport) -> Section:
    """Each answer of each agency, by theme."""
    answers = report.template.scale.answers
    columns = (
        Column("Agency"),
        Column("Theme"),
        *(Column(report.template.scale.label(each), numeric=True) for each in answers),
    )
    rows = tuple(
        (text(name), text(report.template.theme(key).label), *(count(given[each]) for each in answers))
        for name in report.returns
        for key in report.template.theme_keys
        if (given := report.answers.get((name, key)))
    )
    return Section("Answers of each agency", table=Table("agencies", "Answers by agency and theme", columns, rows))


def cases_section(report: JointReport) -> Section:
    """What the panel of each case agreed."""
    columns = (Column("Case"), Column("Panel"), Column("Grade"), Column("Themes that differ", numeric=True))
    rows = tuple(
        (
            text(each.reference, href=f"/joint-cases/{each.case.id}"),
            text(each.case.state.label),
            text(report.template.scale.label(each.case.grade) if each.case.grade else "None"),
            count(report.differing.get(each.case.id, 0)),
        )
        for each in report.open_cases
    )
    return Section("Cases", table=Table("cases", "What panels agreed", columns, rows))


def agreement_section(report: JointReport) -> Section:
    """Of each two agencies, how often they gave the same answer."""
    columns = (Column("Agencies"), Column("Same answer"))
    rows = tuple(
        (text(f"{one} and {other}"), text(f"{each.same} of {each.compared}"))
        for (one, other), each in sorted(report.agreement.items())
    )
    return Section(
        "How often agencies gave the same answer",
        paragraphs=() if rows else ("No two agencies answered the same theme of the same case.",),
        table=Table("agreement", "Same answer, of the answers that can be compared", columns, rows) if rows else None,
    )


def found_sections(report: JointReport) -> Iterator[Section]:
    """What panels found, theme by theme, with the case of each."""
    references = {each.case.id: each.reference for each in report.open_cases}
    found = [each for case_id in references for each in report.findings.get(case_id, ())]
    if not found:
        return
    order = {key: place for place, key in enumerate(report.template.theme_keys)}
    columns = tuple(
        Column(label) for label in ("Theme", "Case", "Strengths", "Points for development", "Recommendations")
    )
    rows = tuple(
        (
            text(report.template.theme(each.theme).label),
            text(references[each.joint_case_id]),
            text(each.strengths),
            text(each.development),
            text(each.recommendations),
        )
        for each in sorted(found, key=lambda each: order[each.theme])
    )
    yield Section("What panels found", table=Table("findings", "What panels found of each theme", columns, rows))
