"""$metadata is valid against the schemas that OASIS publishes for OData 4.0, and says of every column what it is."""

from pathlib import Path

import pytest
from lxml import etree

from api.odata.catalogue import TABLES
from api.odata.metadata import metadata_of
from api.odata.shapes import Kind

ROOT = Path(__file__).parent.parent.parent
# A package of the OData technical committee, which carries the published schemas.
SCHEMAS = ROOT / "node_modules" / "odata-csdl" / "schemas"
EDM = "{http://docs.oasis-open.org/odata/ns/edm}"


@pytest.fixture(scope="module")
def schema() -> etree.XMLSchema:
    if not SCHEMAS.is_dir():
        raise FileNotFoundError("odata-csdl is not in node_modules. Run make setup.")
    return etree.XMLSchema(etree.parse(str(SCHEMAS / "edmx.xsd")))


def test_the_metadata_is_valid_against_the_published_schemas(schema: etree.XMLSchema) -> None:
    document = etree.fromstring(metadata_of(TABLES.values()))
    schema.assertValid(document)


def test_the_schemas_refuse_what_is_no_metadata(schema: etree.XMLSchema) -> None:
    written = metadata_of(TABLES.values())
    for good, bad in (
        (b'Type="Edm.Guid"', b'Kind="Edm.Guid"'),
        (b"<PropertyRef", b"<PropertyReference"),
        (b'Name="Audits"', b'Name="Audits of a round"'),
        (b'Nullable="true"', b'Nullable="perhaps"'),
    ):
        assert good in written
        assert not schema.validate(etree.fromstring(written.replace(good, bad)))


def test_every_table_has_its_key_and_its_columns_in_the_metadata() -> None:
    document = etree.fromstring(metadata_of(TABLES.values()))
    types = {each.attrib["Name"]: each for each in document.iter(f"{EDM}EntityType")}
    sets = {each.attrib["Name"]: each.attrib["EntityType"] for each in document.iter(f"{EDM}EntitySet")}
    assert sets == {name: f"CaseAudit.{table.row}" for name, table in TABLES.items()}
    for table in TABLES.values():
        found = types[table.row]
        assert [each.attrib["Name"] for each in found.iter(f"{EDM}PropertyRef")] == list(table.key)
        assert [(each.attrib["Name"], each.attrib["Type"]) for each in found.iter(f"{EDM}Property")] == [
            (column.name, column.kind.value) for column in table.columns
        ]
        columns = table.by_name
        assert len(columns) == len(table.columns)
        # A key is never empty, and rows have one order.
        assert not any(columns[name].nullable for name in (*table.key, *table.order))
        assert not table.round_column or columns[table.round_column].kind is Kind.IDENTIFIER


def test_the_metadata_is_small_and_the_same_each_time() -> None:
    assert metadata_of(TABLES.values()) == metadata_of(TABLES.values())
    assert len(metadata_of(TABLES.values())) < 16_000
