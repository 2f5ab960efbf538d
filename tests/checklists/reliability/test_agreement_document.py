"""What the document on agreement shows is what the code says."""

import contextlib
import io
import re
from pathlib import Path

from checklists.reliability.agreement import AgreementState
from checklists.reliability.agreement_words import BANDS
from checklists.reliability.optimism import ShiftState

DOCUMENT = (Path(__file__).parents[3] / "docs" / "agreement.md").read_text("utf-8")


def test_the_example_prints_what_the_document_says() -> None:
    example, printed = re.findall(r"```(?:python)?\n(.*?)```", DOCUMENT, re.DOTALL)
    heard = io.StringIO()
    with contextlib.redirect_stdout(heard):
        exec(example, {})  # noqa: S102  our own document, run to keep it true
    assert heard.getvalue() == printed


def test_the_document_explains_every_state_and_every_step() -> None:
    for state in (*AgreementState, *ShiftState):
        assert state.label.lower() in DOCUMENT.lower()
    for least, words in BANDS:
        assert f"| {least:g} | {words} |" in DOCUMENT
