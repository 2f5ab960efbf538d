"""Which parts of a round's letters are released: each where every audit has them, and no other."""

from itertools import pairwise

import pytest

from checklists.release.altered_copy import NoCopyError
from checklists.release.beside import columns_beside, columns_of_work
from checklists.release.copied_counts import AsCounted, CopiedPart, ToCopy
from checklists.release.counting import release_round
from checklists.release.disclosure import Record
from checklists.templates.template import Template
from tests.checklists.full_template import a_full_template
from tests.checklists.small_template import a_template

FULL, PLAIN = a_full_template(), a_template()
THEMES = len(FULL.theme_keys)
BESIDE, WORK = len(columns_beside(FULL)), len(columns_of_work(FULL))


def parts_of(template: Template, *letters: int) -> list[tuple[int, int]]:
    """Where each part begins, and of how many columns it is, for audits that have so many letters."""
    asked: list[ToCopy] = []

    def copies(wanted: ToCopy) -> list[CopiedPart] | None:
        asked.append(wanted)
        return None

    counted = {number: AsCounted("", "-" * length) for number, length in enumerate(letters)}
    records = {number: Record("", {}, None) for number in counted}
    with pytest.raises(NoCopyError):
        release_round(template, records, counted, {}, key=b"key", copies=copies)
    return [(part.start, len(part.columns)) for part in asked[0].parts]


def test_what_is_said_beside_the_themes_goes_on_after_them_where_every_audit_has_it() -> None:
    everything = THEMES + BESIDE + WORK
    every_part = [(0, THEMES), (THEMES, BESIDE), (THEMES + BESIDE, WORK)]
    assert all(start + number == following for (start, number), (following, _) in pairwise(every_part))
    assert parts_of(FULL, everything, everything) == every_part
    assert parts_of(FULL, everything, everything - 1) == every_part[:2]
    assert parts_of(FULL, THEMES + BESIDE, everything) == every_part[:2]
    assert parts_of(FULL, everything, THEMES + BESIDE - 1) == every_part[:1]


def test_a_template_that_asks_for_nothing_beside_its_themes_has_one_part() -> None:
    themes = len(PLAIN.theme_keys)
    assert (columns_beside(PLAIN), columns_of_work(PLAIN)) == ((), ())
    assert parts_of(PLAIN, themes, themes) == [(0, themes)]
