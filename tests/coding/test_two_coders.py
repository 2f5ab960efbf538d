"""Two people code the same passages by keyboard in two browsers: their agreement is the one published for the table."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.audits.beside_template import a_beside_template
from tests.browser import NewPage, look
from tests.checklists.reliability.reliability_tables import TWO_JUDGES
from tests.coding.two_coders import (
    Coder,
    Published,
    add_codes,
    another_lead,
    check_agreement,
    code_both,
    write_passages,
)
from tests.desk import Desk, a_desk
from tests.site_in_browser import browse, served

# J. Cohen, Weighted kappa, Psychological Bulletin 70 (1968), 213-220, table 1: half of its 200 units.
HALF_OF_COHENS = Published.of(TWO_JUDGES, times=0.5, exact=0.7, kappa="0.492")


@pytest.fixture
def desk(tmp_path: Path, migrated_sqlite_file: Path) -> Iterator[Desk]:
    file = tmp_path / "desk.sqlite3"
    file.write_bytes(migrated_sqlite_file.read_bytes())
    with a_desk(f"sqlite:///{file}", template=a_beside_template(case_facts=[])) as made:
        yield made


def test_agreement_of_two_who_code_by_keyboard_is_the_published_one(desk: Desk, new_page: NewPage) -> None:
    write_passages(desk, len(HALF_OF_COHENS.answers))
    client = desk.browser(desk.cast.lena)
    codes = add_codes(client, desk)
    with served(desk.database) as address:
        people = (desk.cast.lena, another_lead(desk))
        pages = [browse(new_page, desk, address, person) for person in people]
        coders = [
            Coder(page, answers) for page, answers in zip(pages, zip(*HALF_OF_COHENS.answers, strict=True), strict=True)
        ]
        for coder in coders:
            coder.begin(address, desk.round_id)
        look(pages[0])
        code_both(coders)
        check_agreement(desk, client, pages[1], codes, HALF_OF_COHENS)
        look(pages[1])
