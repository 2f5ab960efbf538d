"""The programs of Debian that these trials use."""

import os
import shutil

FOLDERS = "/usr/sbin:/usr/bin:/sbin:/bin"


def find_program(name: str, package: str) -> str:
    """The path of a program. Raises FileNotFoundError, with what to do about it."""
    found = shutil.which(name, path=f"{FOLDERS}:{os.environ.get('PATH', '')}")
    if not found:
        raise FileNotFoundError(f"This trial needs {name} (Debian: apt-get install {package}).")
    return found
