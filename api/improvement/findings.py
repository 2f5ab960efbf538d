"""The finding behind an action: its themes, with their figures as they stood that day. It is kept and never counted
again.
"""

import json
import uuid
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from typing import Any, Self

from sqlmodel import Session

from api.foundation.local_time import local_date
from api.foundation.permissions import Actor
from api.reports.gaps.queries import gap_report
from checklists.reports.gaps import Gap, GapState
from checklists.templates.template import Template as TemplateContent
from models import now


@dataclass(frozen=True, slots=True)
class FoundTheme:
    """A theme that an action is about. Numbers are None unless the finding is a gap.

    `applicable` is how many answers applied, `meeting` how many of them met the standard.
    """

    key: str
    label: str
    applicable: int | None = None
    meeting: int | None = None
    state: GapState | None = None

    @property
    def percent(self) -> int | None:
        """The share that met the standard, as a whole percentage, rounded half up."""
        if not self.applicable or self.meeting is None:
            return None
        return (200 * self.meeting + self.applicable) // (2 * self.applicable)


@dataclass(frozen=True, slots=True)
class Fact:
    """A figure of a finding that is not a theme's share: its label and its value, both in words."""

    label: str
    value: str


@dataclass(frozen=True, slots=True)
class Finding:
    """What an action was planned for: themes of a round, the target, and how many audits had been counted by then.

    `facts`: of urgent concerns, or of agreement between readers.
    """

    themes: tuple[FoundTheme, ...] = ()
    counted_on: date | None = None
    audits: int | None = None
    target_percent: int | None = None
    facts: tuple[Fact, ...] = ()

    def write(self) -> str:
        """As the text that is stored."""
        return json.dumps(
            {
                "counted_on": self.counted_on.isoformat() if self.counted_on else None,
                "audits": self.audits,
                "target_percent": self.target_percent,
                "themes": [
                    {"key": each.key, "label": each.label, "applicable": each.applicable, "meeting": each.meeting}
                    | {"state": each.state.value if each.state else None}
                    for each in self.themes
                ],
            }
            | ({"facts": [[each.label, each.value] for each in self.facts]} if self.facts else {}),
            ensure_ascii=False,
        )

    @classmethod
    def read(cls, stored: str) -> Self:
        """The finding that `write` wrote; an empty one for an empty text."""
        if not stored:
            return cls()
        kept: dict[str, Any] = json.loads(stored)
        themes = tuple(
            FoundTheme(**{**each, "state": GapState(each["state"]) if each["state"] else None})
            for each in kept["themes"]
        )
        counted_on = date.fromisoformat(kept["counted_on"]) if kept["counted_on"] else None
        facts = tuple(Fact(label, value) for label, value in kept.get("facts", ()))
        return cls(themes, counted_on, kept["audits"], kept["target_percent"], facts)

    def without_figures(self) -> "Finding":
        """The themes alone: what people see who may not read every audit behind the figures."""
        return Finding(tuple(FoundTheme(each.key, each.label) for each in self.themes))


def finding_of_gap(session: Session, *, round_id: uuid.UUID, themes: Collection[str], by: Actor) -> Finding:
    """The gaps of these themes in a round as they are now. Raises NotFound and NotAllowed as the gap report does."""
    report = gap_report(session, round_ids=[round_id], by=by)
    gaps = {gap.key: gap for group in report.groups for gap in group.themes}
    return Finding(
        tuple(
            _of(gaps[theme.key]) if theme.key in gaps else FoundTheme(theme.key, theme.label)
            for theme in report.template.themes
            if theme.key in themes
        ),
        local_date(now()),
        report.counted,
        int(report.target * 100) if report.target is not None else None,
    )


def finding_without_figures(template: TemplateContent, themes: Collection[str]) -> Finding:
    """These themes of a template, by their labels."""
    return Finding(tuple(FoundTheme(theme.key, theme.label) for theme in template.themes if theme.key in themes))


def _of(gap: Gap) -> FoundTheme:
    return FoundTheme(gap.key, gap.label, gap.applicable, gap.meeting, gap.state)
