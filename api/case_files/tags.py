"""What a case involves by its category: the tags that published templates give to a category of abuse or need."""

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import delete, insert
from sqlmodel import Session, col, select

from models import CaseFileHarm, RemovedTag, TemplateVersion, TemplateVersionState
from models.audits.template import published_content
from models.storage.bulk import table_of
from models.storage.dialects import insert_new

TagsByCategory = Mapping[str, frozenset[str]]

_HARMS: Final = table_of(CaseFileHarm)


def harms_in_use(session: Session, organisation_id: int) -> frozenset[str]:
    """The forms of harm that the organisation's published templates name."""
    return frozenset(harm.key for harm in _harms_of_published(session, organisation_id))


def tags_by_category(session: Session, organisation_id: int) -> TagsByCategory:
    """For each category that a published template maps, the tags that it gives a case."""
    found: dict[str, set[str]] = {}
    for harm in _harms_of_published(session, organisation_id):
        for category in harm.categories:
            found.setdefault(category, set()).add(harm.key)
    return {category: frozenset(tags) for category, tags in found.items()}


def _harms_of_published(session: Session, organisation_id: int) -> Iterable[Any]:
    versions = session.exec(
        select(TemplateVersion.template_id, TemplateVersion.number).where(
            col(TemplateVersion.organisation_id) == organisation_id,
            col(TemplateVersion.state) == TemplateVersionState.PUBLISHED,
        )
    ).all()
    contents = (published_content(session, organisation_id, template, number) for template, number in versions)
    return (harm for content in contents if content for harm in content.forms_of_harm)


@dataclass(frozen=True, slots=True)
class KnownTags:
    """The tags of an organisation's case files that a category may give, and those of them that a person removed."""

    by_category: TagsByCategory
    of_files: Mapping[uuid.UUID, frozenset[str]]

    def are_missing(self, case_file_id: uuid.UUID, category: str | None) -> bool:
        """Whether the category gives the case file a tag that it does not have, and that nobody removed."""
        wanted = self.by_category.get(category or "", frozenset())
        return not wanted <= self.of_files.get(case_file_id, frozenset())


def known_tags(session: Session, organisation_id: int) -> KnownTags:
    """The tags that categories give, and which case files have them already or had them removed by a person."""
    by_category = tags_by_category(session, organisation_id)
    given = frozenset().union(*by_category.values())
    of_files: dict[uuid.UUID, set[str]] = {}
    if given:
        for table in (CaseFileHarm, RemovedTag):
            own = (col(table.organisation_id) == organisation_id, col(table.form_of_harm).in_(given))
            for case_file_id, tag in session.exec(select(table.case_file_id, table.form_of_harm).where(*own)):
                of_files.setdefault(case_file_id, set()).add(tag)
    return KnownTags(by_category, {case_file_id: frozenset(tags) for case_file_id, tags in of_files.items()})


def tag_rows(
    organisation_id: int, cases: Iterable[tuple[uuid.UUID, str | None]], tags: TagsByCategory
) -> list[dict[str, Any]]:
    """The tags of these case files by their categories, as rows."""
    return [
        {"organisation_id": organisation_id, "case_file_id": case_file_id, "form_of_harm": tag}
        for case_file_id, category in cases
        for tag in sorted(tags.get(category or "", ()))
    ]


def add_tags(session: Session, rows: Sequence[dict[str, Any]]) -> None:
    """Add these tags of one organisation to the ones that case files have, except the ones that a person removed."""
    if not rows:
        return
    connection = session.connection()
    own = (
        col(RemovedTag.organisation_id) == rows[0]["organisation_id"],
        col(RemovedTag.case_file_id).in_({row["case_file_id"] for row in rows}),
    )
    removed = set(session.exec(select(RemovedTag.case_file_id, RemovedTag.form_of_harm).where(*own)))
    rows = [row for row in rows if (row["case_file_id"], row["form_of_harm"]) not in removed]
    if rows:
        connection.execute(insert_new(connection.dialect.name, _HARMS), rows)


def replace_tags(
    session: Session, organisation_id: int, case_file_id: uuid.UUID, before: Iterable[str], wanted: Iterable[str]
) -> None:
    """Give a case file the tags that a person chose, and remember which ones they removed."""
    wanted = set(wanted)
    row = {"organisation_id": organisation_id, "case_file_id": case_file_id}
    for table, tags in ((CaseFileHarm, wanted), (RemovedTag, _removed(session, row, before) - wanted)):
        mine = (col(table.organisation_id) == organisation_id, col(table.case_file_id) == case_file_id)
        session.execute(delete(table).where(*mine))
        if tags:
            session.execute(insert(table), [{**row, "form_of_harm": tag} for tag in sorted(tags)])


def _removed(session: Session, row: Mapping[str, Any], before: Iterable[str]) -> set[str]:
    mine = (
        col(RemovedTag.organisation_id) == row["organisation_id"],
        col(RemovedTag.case_file_id) == row["case_file_id"],
    )
    return {*before, *session.exec(select(RemovedTag.form_of_harm).where(*mine))}
