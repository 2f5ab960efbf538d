"""What is computed in a process of its own is completed when the service is asked to stop."""

import os
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import pytest

from api.documents.writers import typeset as typesetting
from api.foundation.jobs import handover
from api.foundation.own_process import start_process

ASKED_TO_STOP: Final = (signal.SIGTERM, signal.SIGINT)


def ask_to_stop(process: subprocess.Popen[Any]) -> None:
    """As systemd and a terminal ask every process of the service."""
    for asked in ASKED_TO_STOP:
        os.kill(process.pid, asked)


def test_what_is_computed_while_the_service_is_asked_to_stop_is_completed() -> None:
    with start_process("api.foundation.apart.process", "statistics", "fmean") as process:
        ask_to_stop(process)
        assert process.stdin is not None
        assert process.stdout is not None
        with process.stdin:
            handover.send([1.0, 3.0], process.stdin)
        assert handover.receive(process.stdout) == 2.0
    assert process.returncode == 0


def test_what_is_typeset_while_the_service_is_asked_to_stop_is_completed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    template = tmp_path / "page.typ"
    template.write_text("Page")
    begin: Callable[..., None] = subprocess.Popen.__init__

    def begun(process: subprocess.Popen[Any], *given: Any, **named: Any) -> None:
        begin(process, *given, **named)
        ask_to_stop(process)

    monkeypatch.setattr(subprocess.Popen, "__init__", begun)
    assert typesetting.typeset(template, {}, format="pdf")[0].startswith(b"%PDF")


def test_the_service_itself_is_still_asked_to_stop_when_it_has_started_a_process() -> None:
    before = signal.pthread_sigmask(signal.SIG_BLOCK, ())
    with start_process("api.foundation.apart.process", "statistics", "fmean") as process:
        process.kill()
    assert signal.pthread_sigmask(signal.SIG_BLOCK, ()) == before
