"""The report of a closed joint round for an agency, as a document: its own answers, beside those of all agencies."""

from collections.abc import Iterator
from dataclasses import replace

from sqlmodel import Session

from api.documents.document import Column, Document, Origin, Section, Table, text
from api.foundation.local_time import local_date
from api.foundation.permissions import Actor
from api.joint_rounds.report.agency_queries import AgencyReport
from api.joint_rounds.report.document import (
    MARKING,
    agreement_section,
    answers_section,
    cases_section,
    found_sections,
    how_counted,
    meets,
    number_of_cases,
    returns_section,
)
from api.reports.origins import name_of_organisation
from models import now


def agency_document(session: Session, report: AgencyReport, *, by: Actor) -> Document:
    """The report, made today by this person."""
    joint_round = report.own.shown.round
    return Document(
        title=f"Joint audit: {joint_round.title}",
        subtitle=f"{report.agency}: what your agency answered, beside all agencies.",
        marking=MARKING,
        made_on=local_date(now()),
        sections=tuple(_sections(report)),
        origin=Origin(
            organisation=name_of_organisation(session, by.organisation_id),
            rounds=(joint_round.title,),
            period=(joint_round.period_from, joint_round.period_to),
            counted=number_of_cases(report.own),
            made_by=by.name,
        ),
        kind="joint-audit",
        about=f"{joint_round.title}, {report.agency}",
    )


def _sections(report: AgencyReport) -> Iterator[Section]:
    yield replace(returns_section(report.own), heading="What your agency returned", paragraphs=(_whose(report),))
    if report.own.answers:
        yield _side_by_side(report)
        yield replace(answers_section(report.own), heading="Answers of your agency")
    if report.together.open_cases:
        yield cases_section(report.together)
        yield agreement_section(report.together)
        yield from found_sections(report.together)
    yield how_counted(report.own)


def _side_by_side(report: AgencyReport) -> Section:
    """Themes: how many answers of the agency meet the standard, and of all agencies."""
    agency, together = report.agency, report.together
    has_others = bool(together.open_cases)
    rows = []
    for key in report.own.template.theme_keys:
        cells = [meets(report.own, [agency], key)]
        if has_others:
            cells += [meets(together, [agency], key), meets(together, together.returns, key)]
        if any(cell.text for cell in cells):
            rows.append((text(report.own.template.theme(key).label), *cells))
    columns = [Column("Theme"), Column(f"{agency}, all its cases")]
    if has_others:
        columns += [Column(f"{agency}, cases that you saw"), Column("All agencies, cases that you saw")]
    return Section(
        "Answers that meet the standard, by theme",
        table=Table("themes", "How many answers meet the standard, of those that apply", tuple(columns), tuple(rows)),
    )


def _whose(report: AgencyReport) -> str:
    number = len(report.together.open_cases)
    if not number:
        return (
            f"These are the numbers of {report.agency}, of all people who answered for it. You saw no case "
            "with the answers of other agencies, so nothing is counted of them."
        )
    return (
        f"The numbers of {report.agency} are of all its cases and all people who answered for it. Other agencies are "
        f"counted only in the {'case' if number == 1 else f'{number} cases'} that you saw: you answered for your "
        "agency, it knows the child, and the panel opened."
    )
