"""$metadata: every table with its columns, types and key, in the Common Schema Definition Language (OData 4.0, XML)."""

from collections.abc import Iterable
from typing import Final
from xml.etree import ElementTree as ET

from api.odata.shapes import Table

_EDMX: Final = "http://docs.oasis-open.org/odata/ns/edmx"
_EDM: Final = "http://docs.oasis-open.org/odata/ns/edm"
_NAMESPACE: Final = "CaseAudit"


def metadata_of(tables: Iterable[Table]) -> bytes:
    """The document about these tables."""
    document = ET.Element("edmx:Edmx", {"xmlns:edmx": _EDMX, "Version": "4.0"})
    services = ET.SubElement(document, "edmx:DataServices")
    schema = ET.SubElement(services, "Schema", {"xmlns": _EDM, "Namespace": _NAMESPACE})
    container = ET.Element("EntityContainer", Name="Feed")
    for table in tables:
        _add_type(schema, table)
        ET.SubElement(container, "EntitySet", Name=table.name, EntityType=f"{_NAMESPACE}.{table.row}")
    schema.append(container)
    written: bytes = ET.tostring(document, encoding="utf-8", xml_declaration=True)
    return written


def _add_type(schema: ET.Element, table: Table) -> None:
    row = ET.SubElement(schema, "EntityType", Name=table.row)
    key = ET.SubElement(row, "Key")
    for name in table.key:
        ET.SubElement(key, "PropertyRef", Name=name)
    for column in table.columns:
        nullable = "true" if column.nullable else "false"
        ET.SubElement(row, "Property", Name=column.name, Type=column.kind.value, Nullable=nullable)
