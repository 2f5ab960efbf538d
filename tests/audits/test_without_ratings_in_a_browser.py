"""The pages of an audit without ratings in a real browser: no barrier, and they fit a phone."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page

from tests.audits.test_in_a_browser import sign_in
from tests.audits.test_without_ratings import submitted, words_only
from tests.browser import look
from tests.desk import Desk, a_desk
from tests.site_in_browser import served


@pytest.fixture
def desk(tmp_path: Path, migrated_sqlite_file: Path) -> Iterator[Desk]:
    file = tmp_path / "desk.sqlite3"
    file.write_bytes(migrated_sqlite_file.read_bytes())
    with a_desk(f"sqlite:///{file}", template=words_only()) as made:
        yield made


def test_pages_without_ratings_have_no_barrier_and_fit_a_phone(desk: Desk, page: Page) -> None:
    done = submitted(desk, desk.browser(desk.cast.asha))
    begun = desk.an_audit()
    template = f"/templates/{desk.template_id}/versions/1"
    with served(desk.database) as address:
        for who, paths in (
            ("asha", (f"/audits/{begun}/themes/voice", f"/audits/{begun}/check", f"/audits/{done}")),
            ("lena", (f"/rounds/{desk.round_id}/report", f"/audits/{done}/print", template, f"{template}/checklist")),
        ):
            sign_in(page, desk, address, getattr(desk.cast, who))
            for path in paths:
                page.goto(f"{address}{path}")
                look(page)
