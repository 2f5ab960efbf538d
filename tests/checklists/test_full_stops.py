"""Full stops: none after a single sentence beside a field, one after every sentence elsewhere."""

import pytest

from checklists.full_stops import as_sentence, beside_field


@pytest.mark.parametrize(
    ("said", "sentence", "beside"),
    [
        ("Enter a title", "Enter a title.", "Enter a title"),
        ("Enter a title.", "Enter a title.", "Enter a title"),
        ("Is this right?", "Is this right?", "Is this right?"),
        ("Stop!", "Stop!", "Stop!"),
        ("Correct this:", "Correct this:", "Correct this:"),
        ("And more…", "And more…", "And more…"),
        ("And more...", "And more...", "And more..."),
        ("Enter 2.5 or less.", "Enter 2.5 or less.", "Enter 2.5 or less"),
        ("It is missing. Enter it", "It is missing. Enter it.", "It is missing. Enter it."),
        ("Is it so? Enter it.", "Is it so? Enter it.", "Is it so? Enter it."),
        ("Stop! Enter it", "Stop! Enter it.", "Stop! Enter it."),
        ("", "", ""),
    ],
)
def test_a_single_sentence_beside_a_field_has_no_full_stop(said: str, sentence: str, beside: str) -> None:
    assert as_sentence(said) == sentence
    assert beside_field(said) == beside
    assert beside_field(beside) == beside
