"""What an organisation chooses for its actions."""

from sqlalchemy import CheckConstraint
from sqlmodel import Field, SQLModel


class ActionDefaults(SQLModel, table=True):
    """The working days until a child-level action is due, where nobody says otherwise. No row: ten."""

    __tablename__ = "action_defaults"
    __table_args__ = (CheckConstraint("child_days BETWEEN 1 AND 250", name="days_are_some"),)

    organisation_id: int = Field(primary_key=True, foreign_key="organisation.id")
    child_days: int
    version: int = 1
