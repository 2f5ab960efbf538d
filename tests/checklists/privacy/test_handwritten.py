"""How much of what people write by hand the guard refuses or asks about, by kind, and how often it is wrong."""

from collections.abc import Callable

import pytest

from checklists.privacy.identifiers import find_identifiers
from checklists.privacy.names import find_names
from tests.checklists.privacy.handwritten import CLEAN, PLANTED

BIRTHS_UNTIL = 2023


def is_found(text: str) -> bool:
    return bool(find_identifiers(text) or find_names(text, births_until=BIRTHS_UNTIL))


@pytest.mark.parametrize("kind", PLANTED)
def test_most_of_what_is_planted_is_found(kind: str, record_property: Callable[[str, object], None]) -> None:
    missed = [text for text in PLANTED[kind] if not is_found(text)]
    figure = f"{kind}: {len(PLANTED[kind]) - len(missed)} of {len(PLANTED[kind])}, missed {missed}"
    record_property("figure", figure)
    print(figure)
    assert len(missed) <= 3


def test_few_ordinary_sentences_are_questioned(record_property: Callable[[str, object], None]) -> None:
    wrong = [text for text in CLEAN if is_found(text)]
    figure = f"ordinary sentences questioned: {len(wrong)} of {len(CLEAN)}, {wrong}"
    record_property("figure", figure)
    print(figure)
    assert len(wrong) <= 2
