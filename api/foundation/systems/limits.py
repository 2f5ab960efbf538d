"""What this process may use: files, connections and memory."""

import ctypes
import sys
from typing import Final

# Of one call of `select`, with which Python waits for connections on Windows.
_MOST_OF_SELECT: Final = 512
_LIBRARY: Final = None if sys.platform == "win32" else ctypes.CDLL(None)


def most_open_files() -> float:
    """How many files and connections this process may have open at once."""
    if sys.platform == "win32":
        return _MOST_OF_SELECT
    import resource

    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return float("inf") if soft == resource.RLIM_INFINITY else soft


def make_room_for_files(wanted: int) -> None:
    """Raise the limit of open files of this process and its children to this number, as far as the system allows."""
    if sys.platform == "win32":
        return
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = wanted if hard == resource.RLIM_INFINITY else min(hard, wanted)
    if soft != resource.RLIM_INFINITY and soft < most:
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))


def most_memory() -> int | None:
    """The most bytes of memory that this process has had; None where the system does not say."""
    if sys.platform == "win32":
        return None
    import resource

    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most if sys.platform == "darwin" else most * 1024


def keep_little_memory() -> None:
    """Let the C library return memory after a long list instead of keeping it: saves a third of the memory."""
    if _LIBRARY is not None and hasattr(_LIBRARY, "mallopt"):  # glibc; other libraries return memory by themselves
        for option, value in ((-8, 2), (-1, 128 * 1024), (-3, 128 * 1024)):  # arenas, trim and mmap thresholds
            _LIBRARY.mallopt(option, value)


def return_memory() -> None:
    """Return to the system what the C library holds and nobody uses; takes about 2 milliseconds, in any thread.

    By itself it returns only what lies at the end of its memory.
    """
    if _LIBRARY is not None and hasattr(_LIBRARY, "malloc_trim"):
        _LIBRARY.malloc_trim(0)
