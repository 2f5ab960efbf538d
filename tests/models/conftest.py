"""What tests of models may ask for."""

import sys
from collections.abc import Iterator

import pytest


@pytest.fixture
def threads_take_turns() -> Iterator[None]:
    """Threads are interrupted as often as the interpreter can."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)
