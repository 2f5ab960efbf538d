"""Tables on a phone: a figure follows the name of its column, and who hears the page still hears a table."""

import pytest
from markupsafe import escape
from playwright.sync_api import expect

from api.foundation.pages.narrow_tables import with_names_of_columns
from tests.browser import NewPage, axe, tables_that_scroll
from tests.desk import Desk
from tests.factories import an_actor
from tests.site_in_browser import served, sign_in

SAID = 'A "gap" of <b>5</b> & more'
HEADS = ("Theme", "Gap", SAID, '<span class="govuk-visually-hidden">Chart</span>', "")


def a_table(heads: tuple[str, ...] = HEADS) -> str:
    head = "".join(f'<th scope="col" class="govuk-table__header">{each}</th>' for each in heads)
    cells = f"<td>{escape(SAID)}</td><td>\n  </td><td><progress></progress></td><td>more</td>"
    rows = f'<tr><th scope="row" class="govuk-table__header">Voice</th>{cells}</tr>' * 2
    return (
        f'<table class="govuk-table"><caption>Gaps</caption><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>'
    )


def test_every_cell_has_the_name_of_its_column_unless_one_of_them_is_empty() -> None:
    page = with_names_of_columns(f"<p>Before</p>{a_table()}<p>After</p>")
    assert page.count('<td role="cell" data-column="Gap">') == 2
    assert page.count('<td role="cell" data-column="Chart">') == 2
    assert page.count('<td role="cell">') == 4  # the empty cell, and the one under no heading
    assert page.count('<th role="rowheader" scope="row"') == 2
    assert page.count('<th role="columnheader"') == len(HEADS)
    assert escape(SAID) in page
    assert page.startswith("<p>Before</p>")
    assert page.endswith("<p>After</p>")


def test_the_name_of_a_column_is_escaped() -> None:
    heads = ("Theme", str(escape(SAID)), "Rank")
    assert 'data-column="A &#34;gap&#34; of &lt;b&gt;5&lt;/b&gt; &amp; more"' in with_names_of_columns(a_table(heads))


@pytest.mark.parametrize("page", [a_table(("Theme", "Gap")), "<p>No table</p>"])
def test_a_table_of_two_columns_is_left_as_it_is(page: str) -> None:
    assert with_names_of_columns(page) == page


def test_on_a_phone_no_table_scrolls_and_each_is_still_read_as_a_table(desk: Desk, new_page: NewPage) -> None:
    for javascript in (True, False):
        with served(desk.database) as address:
            page = new_page(width=375, javascript=javascript)
            sign_in(page, address, desk.database, an_actor(desk.cast.lena))
            page.goto(f"{address}/rounds")
            assert tables_that_scroll(page) == []
            table = page.get_by_role("table", name="Rounds, newest first")
            expect(table.get_by_role("columnheader", name="Due")).to_have_count(1)
            expect(table.get_by_role("rowheader").first).to_be_visible()
            due = table.get_by_role("cell").nth(1)
            expect(due).to_be_visible()
            shown = due.evaluate("cell => getComputedStyle(cell, '::before').content")
            assert shown.startswith('"Due: "')
            assert axe(page) == [] if javascript else True
