"""What submitted audits say where their answers come from."""

from collections.abc import Sequence

from sqlalchemy import ColumnElement, case, select
from sqlmodel import Session, col

from checklists.audits.sources import decode_sources, names_a_source
from checklists.reports.tallies import decode_answers
from checklists.templates.template import Template as TemplateContent
from models import Audit


def answers_with_sources(
    session: Session, template: TemplateContent, *conditions: ColumnElement[bool]
) -> Sequence[tuple[dict[str, str], dict[str, tuple[str, ...]]]]:
    """The answers in force of submitted audits and where they come from, by theme, where an audit says so.

    The sources are the auditor's, also where moderation changed the answer.
    """
    in_force = case((col(Audit.agreed_answers) != "", col(Audit.agreed_answers)), else_=col(Audit.answers))
    rows = session.execute(
        select(in_force, col(Audit.answer_sources)).where(*conditions, col(Audit.answer_sources) != "")
    )
    return [
        (decode_answers(template, answers), decode_sources(template, sources))
        for answers, sources in rows
        if names_a_source(sources)
    ]
