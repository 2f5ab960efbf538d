"""Files that a server writes: what takes much memory is done by a process of its own."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from api.documents.files import FileKind, render_file
from api.documents.writers.typeset import TypesettingError
from api.foundation.problems import Unavailable
from tests.documents.a_document import DOCUMENT
from tests.documents.in_word import in_word

ROOT = Path(__file__).parents[2]
WRITE = """
import sys
from api.documents.files import FileKind, render_file
from tests.documents.a_document import DOCUMENT
assert render_file(DOCUMENT, FileKind.DOCX).content.startswith(b"PK")
print(*sys.modules)
"""


def test_a_server_that_writes_a_word_processor_file_does_not_import_what_writes_it() -> None:
    done = subprocess.run([sys.executable, "-c", WRITE], check=False, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    imported = set(done.stdout.split())
    assert "api.documents.files" in imported
    assert imported & {"api.documents.writers.docx", "docx", "lxml"} == set()


def test_a_word_processor_file_by_a_process_of_its_own_is_the_same_as_by_this_one() -> None:
    assert render_file(DOCUMENT, FileKind.DOCX).content == in_word(DOCUMENT)


def test_a_word_processor_file_whose_charts_cannot_be_drawn_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any, **__: Any) -> list[bytes]:
        raise TypesettingError("typesetting took too long")

    monkeypatch.setattr("api.documents.writers.pdf.typeset", refuse)
    with pytest.raises(Unavailable, match="download a different type of file"):
        render_file(DOCUMENT, FileKind.DOCX)
