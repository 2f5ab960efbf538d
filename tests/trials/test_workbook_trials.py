"""200 audits go into workbooks, are filled in by another program and come back: every cell is as it was typed."""

import random
from pathlib import Path

import pytest

from models import Role
from tests.audits.workbook_round_trip import differences_after
from tests.desk import a_desk, built_in_template
from tests.factories import a_person
from tests.trials.conftest import Record

pytestmark = pytest.mark.trial

AUDITORS, AUDITS_EACH = 4, 50


def test_two_hundred_audits_come_back_as_they_were_typed(
    tmp_path: Path, migrated_sqlite_file: Path, record_property: Record
) -> None:
    file = tmp_path / "desk.sqlite3"
    file.write_bytes(migrated_sqlite_file.read_bytes())
    chance = random.Random(1)
    audits = cells = 0
    told: list[str] = []
    with a_desk(f"sqlite:///{file}", template=built_in_template()) as desk:
        for number in range(AUDITORS):
            auditor = a_person(desk.database, desk.cast.organisation, roles={Role.AUDITOR}, name=f"Auditor {number}")
            for each in range(AUDITS_EACH):
                desk.an_audit(auditor, harms=(), reference=f"CASE-{number}0{each}")
            found = differences_after(desk, desk.browser(auditor), chance)
            audits, cells, told = audits + found[0], cells + found[1], [*told, *found[2]]
    record_property(
        "figure", f"{audits} audits in {AUDITORS} workbooks, {cells:,} cells: {len(told)} differences (aim: 0)"
    )
    assert audits == AUDITORS * AUDITS_EACH
    assert told == []
