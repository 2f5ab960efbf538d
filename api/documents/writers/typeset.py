"""Typesetting in a child process, which frees the compiler's memory at its end and can be killed when it hangs.

Run as a script it reads a job as JSON from standard input and writes its pages as JSON to standard output.
"""

import base64
import json
import subprocess
import sys
from pathlib import Path
from typing import Any, Final

LONGEST_SECONDS: Final = 60


REFUSED: Final = 3


class TypesettingError(Exception):
    """The compiler refused the document, or took too long. `diagnostic` has its message, which may quote the text."""

    def __init__(self, words: str, diagnostic: str = "") -> None:
        super().__init__(words)
        self.diagnostic = diagnostic


def typeset(template: Path, inputs: dict[str, str], **options: Any) -> list[bytes]:
    """Compile a Typst template with text inputs; one file, or one for each page of an image. Raises TypesettingError.

    `options` are those of `typst.compile`, such as `format`, `ppi` and `pdf_standards`. Fonts are the compiler's own.
    """
    from api.foundation.own_process import finishing_its_work  # not imported by the script

    job = json.dumps({"template": str(template), "inputs": inputs, "options": options})
    try:
        with finishing_its_work():
            # -I: nothing of the environment or the working directory is imported. The script is this very file.
            done = subprocess.run(  # noqa: S603 - our own interpreter and file; the text comes through standard input
                [sys.executable, "-I", __file__],
                input=job.encode(),
                capture_output=True,
                timeout=LONGEST_SECONDS,
                check=False,
            )
    except subprocess.TimeoutExpired:
        raise TypesettingError("typesetting took too long") from None
    if done.returncode == REFUSED:
        refused = json.loads(done.stdout)
        raise TypesettingError(refused["message"], refused["diagnostic"])
    if done.returncode:
        raise TypesettingError(f"the typesetter ended with {done.returncode}")
    return [base64.b64decode(page) for page in json.loads(done.stdout)]


def _compile() -> int:
    import typst

    job = json.loads(sys.stdin.read())
    try:
        made: Any = typst.compile(job["template"], ignore_system_fonts=True, sys_inputs=job["inputs"], **job["options"])
    except typst.TypstError as error:
        sys.stdout.write(json.dumps({"message": str(error)[:300], "diagnostic": error.diagnostic}))
        return REFUSED
    pages = made if isinstance(made, list) else [made]
    sys.stdout.write(json.dumps([base64.b64encode(page).decode() for page in pages]))
    return 0


if __name__ == "__main__":
    sys.exit(_compile())
