"""Queries of case files."""

import uuid
from collections.abc import Sequence

from sqlalchemy import ColumnElement
from sqlmodel import Session, col, func, select

from api.access.audits import may_read_every_audit, readable_audits
from api.case_files.words import not_a_word, words_in_use
from api.foundation.permissions import Actor, Permission
from api.foundation.problems import Invalid
from models import (
    Audit,
    CaseFile,
    TemplateVersion,
    TemplateVersionState,
)
from models.audits.template import published_content


def harm_labels(session: Session, actor: Actor) -> dict[str, str]:
    """The forms of harm of the published templates: their labels, by key."""
    own = actor.organisation_id
    versions = session.exec(
        select(TemplateVersion.template_id, TemplateVersion.number)
        .where(
            col(TemplateVersion.organisation_id) == own, col(TemplateVersion.state) == TemplateVersionState.PUBLISHED
        )
        .order_by(col(TemplateVersion.template_id), col(TemplateVersion.number))
    ).all()
    contents = (published_content(session, own, template, number) for template, number in versions)
    return {harm.key: harm.label for content in contents if content for harm in content.forms_of_harm}


def visible_case_files(actor: Actor) -> tuple[ColumnElement[bool], ...]:
    """The conditions under which a case file is visible: leads see all, others those of audits they may read."""
    mine = (col(CaseFile.organisation_id) == actor.organisation_id,)
    if may_read_every_audit(actor) or actor.may(Permission.WRITE_CASE_FILES):
        return mine
    return (*mine, col(CaseFile.id).in_(select(Audit.case_file_id).where(readable_audits(actor))))


def list_case_files(
    session: Session,
    *,
    by: Actor,
    limit: int,
    after: uuid.UUID | None = None,
    team_id: uuid.UUID | None = None,
    status: str | None = None,
    reference: str = "",
    newest_first: bool = False,
) -> Sequence[CaseFile]:
    """Case files that somebody may see, in the order of creation or in reverse. Raises Invalid for no known status."""
    key = col(CaseFile.id)
    wanted = _filters(session, by, team_id=team_id, status=status, reference=reference)
    query = select(CaseFile).where(*wanted).order_by(key.desc() if newest_first else key)
    if after is not None:
        query = query.where(key < after if newest_first else key > after)
    return session.exec(query.limit(limit)).all()


def count_case_files(
    session: Session, *, by: Actor, team_id: uuid.UUID | None = None, status: str | None = None, reference: str = ""
) -> int:
    """How many case files the list has with these filters."""
    wanted = _filters(session, by, team_id=team_id, status=status, reference=reference)
    return session.exec(select(func.count()).select_from(CaseFile).where(*wanted)).one()


def _filters(
    session: Session, by: Actor, *, team_id: uuid.UUID | None, status: str | None, reference: str
) -> list[ColumnElement[bool]]:
    """The conditions of a list. `reference`: a part of the reference, in capital or small letters."""
    wanted = [*visible_case_files(by)]
    if team_id is not None:
        wanted.append(col(CaseFile.team_id) == team_id)
    if status is not None:
        words = words_in_use(session, by.organisation_id)
        if status not in words.statuses:
            raise Invalid.at("status", not_a_word("status", words.statuses))
        wanted.append(col(CaseFile.status) == status)
    if reference.strip():
        wanted.append(col(CaseFile.reference).contains(reference.strip().upper(), autoescape=True))
    return wanted
