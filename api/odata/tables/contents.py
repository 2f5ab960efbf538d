"""What the templates of an organisation's rounds say of themes and answers, for tables that are joined with it."""

import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

from sqlalchemy import Boolean, FromClause, Integer, String, Uuid, select
from sqlmodel import Session, col

from api.odata.tables.computed import rows_as_table
from api.reports.exports.contents import Outcome, outcome_of
from checklists.audits.scoring import meets_overall, overall_choices
from checklists.reports.tallies import answer_codes
from checklists.templates.template import Template as TemplateContent
from models import Round, RoundState
from models.audits.template import content_in_scope, published_content

_ROUND: Final = {"round_id": Uuid(), "content": Integer()}
_THEME: Final = {"content": Integer(), "number": Integer(), "theme_id": String(), "key": String()}
_CODE: Final = {
    "content": Integer(),
    "code": String(),
    "answer": String(),
    "outcome": String(),
    "applicable": Boolean(),
    "meets": Boolean(),
}
_RATING: Final = {"content": Integer(), "rating": String(), "meets": Boolean()}


def theme_id(template_id: uuid.UUID, version: int, key: str) -> str:
    """What identifies a theme of a template version in the feed."""
    return f"{template_id}/{version}/{key}"


@dataclass(frozen=True)
class Contents:
    """What each opened round of an organisation asks: rounds that ask the same share one content."""

    session: Session
    organisation_id: int

    @cached_property
    def _of_rounds(self) -> Mapping[uuid.UUID, tuple[uuid.UUID, int, str]]:
        found = self.session.execute(
            select(col(Round.id), col(Round.template_id), col(Round.template_version), col(Round.scope)).where(
                col(Round.organisation_id) == self.organisation_id, col(Round.state) != RoundState.PLANNED
            )
        )
        return {round_id: (template_id, version, scope) for round_id, template_id, version, scope in found}

    @cached_property
    def _numbers(self) -> Mapping[tuple[uuid.UUID, int, str], int]:
        return {asked: number for number, asked in enumerate(dict.fromkeys(self._of_rounds.values()))}

    @cached_property
    def _each(self) -> list[tuple[int, uuid.UUID, int, TemplateContent]]:
        """Each content, with its number, its template and the version."""
        found = []
        for (template_id, version, scope), number in self._numbers.items():
            content = content_in_scope(self.session, self.organisation_id, template_id, version, scope)
            if content is not None:
                found.append((number, template_id, version, content))
        return found

    def templates(self) -> Iterator[tuple[uuid.UUID, int, TemplateContent]]:
        """Every template version of these rounds, whole."""
        for template_id, version in dict.fromkeys(asked[:2] for asked in self._numbers):
            content = published_content(self.session, self.organisation_id, template_id, version)
            if content is not None:
                yield template_id, version, content

    @cached_property
    def rounds(self) -> FromClause:
        """The number of the content of each round."""
        rows = ({"round_id": round_id, "content": self._numbers[of]} for round_id, of in self._of_rounds.items())
        return rows_as_table(self.session, "asked", rows, _ROUND)

    @cached_property
    def themes(self) -> FromClause:
        """The themes of each content, numbered from 1 as in an encoded line of answers."""
        rows = (
            {"content": number, "number": place, "theme_id": theme_id(template_id, version, key), "key": key}
            for number, template_id, version, content in self._each
            for place, key in enumerate(content.theme_keys, 1)
        )
        return rows_as_table(self.session, "theme", rows, _THEME)

    @cached_property
    def codes(self) -> FromClause:
        """What each letter of an encoded line means, as exports have it."""
        rows = (
            {"content": number, "code": code, "answer": answer, **_meaning(content, answer)}
            for number, _, _, content in self._each
            for answer in content.counted_answers
            for code in answer_codes(content, {answer})
        )
        return rows_as_table(self.session, "code", rows, _CODE)

    @cached_property
    def ratings(self) -> FromClause:
        """Whether each overall judgement meets the standard."""
        rows = (
            {"content": number, "rating": overall, "meets": meets_overall(content, overall)}
            for number, _, _, content in self._each
            for overall in overall_choices(content)
        )
        return rows_as_table(self.session, "rating", rows, _RATING)


def _meaning(content: TemplateContent, answer: str) -> dict[str, Any]:
    outcome, is_applicable = outcome_of(content, answer), content.is_applicable(answer)
    return {
        "outcome": outcome.value,
        "applicable": is_applicable,
        "meets": outcome is Outcome.MEETS if is_applicable else None,
    }
