"""Every table: importing this module imports them all. Code that goes through all tables begins here."""

from collections.abc import Mapping
from importlib import import_module
from typing import Final

from sqlalchemy import MetaData, Table
from sqlmodel import SQLModel

from models import MODULES

for module in MODULES:
    import_module(module)

METADATA: Final[MetaData] = SQLModel.metadata
# By their names.
TABLES: Final[Mapping[str, Table]] = METADATA.tables
