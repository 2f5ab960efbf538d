"""What may be seen of tables that a case list is stored in while nobody may see it yet.

Each is a view of the database over a table of the same kind: whoever reads `CaseFile` reads the view, and cannot
forget the condition. Who writes names the table, `StoredCaseFile`. Where a list is being taken in, the view leaves out
what that list brought; once the list is there, the view shows what it says of known case files before their rows do.
"""

from typing import ClassVar

from sqlalchemy import MetaData
from sqlmodel import SQLModel


class VisibleView(SQLModel):
    """The base of what is read from a view. Views are made by migrations, and hold no constraints."""

    # Apart from the tables, which are compared with the database and gone through one by one.
    metadata: ClassVar[MetaData] = MetaData()
