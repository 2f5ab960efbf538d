"""Rounds, teams, and the themes of the templates that rounds use."""

from typing import Final

from sqlalchemy import Integer, String, Uuid, select, type_coerce
from sqlmodel import Session, col

from api.foundation.permissions import Actor, Permission
from api.odata.shapes import Column, Kind, Rows, Table, whole
from api.odata.tables.computed import rows_as_table
from api.odata.tables.contents import Contents, theme_id
from models import Round, Team

_THEME: Final = {
    "ThemeId": String(),
    "TemplateId": Uuid(),
    "TemplateVersion": Integer(),
    "TemplateKey": String(),
    "Template": String(),
    "ThemeKey": String(),
    "Theme": String(),
    "LearningDomain": String(),
    "Number": Integer(),
}


def _rounds(_: Session, by: Actor) -> Rows:
    return select(
        col(Round.id).label("RoundId"),
        col(Round.title).label("Title"),
        type_coerce(Round.state, String).label("State"),
        col(Round.template_id).label("TemplateId"),
        col(Round.template_version).label("TemplateVersion"),
        col(Round.period_from).label("PeriodFrom"),
        col(Round.period_to).label("PeriodTo"),
        col(Round.read_from).label("ReadFrom"),
        col(Round.due_on).label("DueOn"),
        col(Round.target_percent).label("TargetPercent"),
        col(Round.lowest_percent).label("LowestPercent"),
        col(Round.minimum_applicable).label("MinimumApplicable"),
        col(Round.follows_id).label("FollowsRoundId"),
        col(Round.opened_at).label("OpenedAt"),
        col(Round.closed_at).label("ClosedAt"),
    ).where(col(Round.organisation_id) == by.organisation_id)


def _teams(_: Session, by: Actor) -> Rows:
    return select(col(Team.id).label("TeamId"), col(Team.name).label("Name"), col(Team.active).label("Active")).where(
        col(Team.organisation_id) == by.organisation_id
    )


def _themes(session: Session, by: Actor) -> Rows:
    rows = (
        {
            "ThemeId": theme_id(template_id, version, theme.key),
            "TemplateId": template_id,
            "TemplateVersion": version,
            "TemplateKey": content.key,
            "Template": content.title,
            "ThemeKey": theme.key,
            "Theme": theme.label,
            "LearningDomain": content.domain_of(theme.key).title,
            "Number": number,
        }
        for template_id, version, content in Contents(session, by.organisation_id).templates()
        for number, theme in enumerate(content.themes, 1)
    )
    made = rows_as_table(session, "themes", rows, _THEME)
    return select(*(made.c[name] for name in _THEME))


ROUNDS: Final = Table(
    "Rounds",
    "Round",
    "A round, with its period, template and target.",
    Permission.READ_FEED_RECORDS,
    (
        Column("RoundId", Kind.IDENTIFIER),
        Column("Title", Kind.TEXT),
        Column("State", Kind.TEXT),
        Column("TemplateId", Kind.IDENTIFIER),
        Column("TemplateVersion", Kind.WHOLE),
        Column("PeriodFrom", Kind.DAY),
        Column("PeriodTo", Kind.DAY),
        Column("ReadFrom", Kind.DAY, nullable=True),
        Column("DueOn", Kind.DAY),
        Column("TargetPercent", Kind.WHOLE, nullable=True),
        Column("LowestPercent", Kind.WHOLE, nullable=True),
        Column("MinimumApplicable", Kind.WHOLE),
        Column("FollowsRoundId", Kind.IDENTIFIER, nullable=True),
        Column("OpenedAt", Kind.MOMENT, nullable=True),
        Column("ClosedAt", Kind.MOMENT, nullable=True),
    ),
    key=("RoundId",),
    order=("RoundId",),
    part_at=whole(_rounds),
)
TEAMS: Final = Table(
    "Teams",
    "Team",
    "A team.",
    Permission.READ_FEED_RECORDS,
    (Column("TeamId", Kind.IDENTIFIER), Column("Name", Kind.TEXT), Column("Active", Kind.YES_NO)),
    key=("TeamId",),
    order=("TeamId",),
    part_at=whole(_teams),
)
THEMES: Final = Table(
    "Themes",
    "Theme",
    "A theme of a template version that rounds use.",
    Permission.READ_FEED_RECORDS,
    (
        Column("ThemeId", Kind.TEXT),
        Column("TemplateId", Kind.IDENTIFIER),
        Column("TemplateVersion", Kind.WHOLE),
        Column("TemplateKey", Kind.TEXT),
        Column("Template", Kind.TEXT),
        Column("ThemeKey", Kind.TEXT),
        Column("Theme", Kind.TEXT),
        Column("LearningDomain", Kind.TEXT),
        Column("Number", Kind.WHOLE),
    ),
    key=("ThemeId",),
    order=("ThemeId",),
    part_at=whole(_themes),
)
