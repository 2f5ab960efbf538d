"""The visible part of tables that a case list is stored in before anybody may see it.

Each is a database view of a table: readers of `CaseFile` use the view, and cannot forget the condition. Writers name
the table, `StoredCaseFile`. While a list is being imported, the view leaves out what that list brought; after the
import, the view shows the list's changes of known case files before their rows do.
"""

from typing import ClassVar

from sqlalchemy import MetaData
from sqlmodel import SQLModel


class VisibleView(SQLModel):
    """The base of models of views. Views are created by migrations, and hold no constraints."""

    # Separate from the tables, which are compared with the database and processed one by one.
    metadata: ClassVar[MetaData] = MetaData()
