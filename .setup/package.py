"""Builds the wheel into dist/, installs it into a fresh environment without any network, and starts the demonstration.

The fresh environment has what the wheel depends on from .venv, and nothing of this checkout. The demonstration runs in
an empty folder, with nothing on its PATH: neither make nor Node.
"""

import os
import re
import shutil
import signal
import subprocess
import sys
import sysconfig
import tempfile
import time
import urllib.request
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
DIST = ROOT / "dist"
STYLE = "/static/govuk/govuk-frontend.min.css"
LONGEST_START_SECONDS = 300


def build() -> Path:
    """The wheel, newly built."""
    shutil.rmtree(DIST, ignore_errors=True)
    subprocess.run([sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(DIST)], check=True, cwd=ROOT)
    (wheel,) = DIST.glob("*.whl")
    return wheel


def install(wheel: Path, place: Path) -> Path:
    """Install the wheel into a new environment; returns its command."""
    venv.create(place, with_pip=False, symlinks=os.name != "nt")
    command = place / ("Scripts" if os.name == "nt" else "bin")
    python = command / "python"
    if shutil.which("uv"):
        pip = ["uv", "pip", "install", "--quiet", "--offline", "--python", str(python)]
    else:
        pip = [sys.executable, "-m", "pip", "--python", str(python), "install", "--quiet", "--no-index"]
    subprocess.run([*pip, "--no-deps", str(wheel)], check=True)
    site = subprocess.run(
        [python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"],
        check=True,
        capture_output=True,
        text=True,
    ).stdout.strip()
    # Files of this kind in a folder that is added so are not read: the checkout stays out.
    (Path(site) / "dependencies.pth").write_text(f"{sysconfig.get_path('purelib')}\n", "utf-8")
    return command / "caseaudit"


def try_demonstration(command: Path, folder: Path) -> float:
    """Start the demonstration and open two of its pages; seconds until it listened."""
    began = time.monotonic()
    with (folder / "said.log").open("w+") as said:
        demo = subprocess.Popen(
            [command, "demo"],
            cwd=folder,
            env={"PATH": "", "CASEAUDIT_PORT": "0", "PYTHONUNBUFFERED": "1", "HOME": str(folder)},
            stdout=said,
            stderr=subprocess.STDOUT,
        )
        try:
            address = _address(demo, folder / "said.log", began + LONGEST_START_SECONDS)
            seconds = time.monotonic() - began
            for path, expected in (("/api/v1/health/ready", b'"'), ("/sign-in", b"Sign in"), (STYLE, b"govuk")):
                with urllib.request.urlopen(address + path, timeout=30) as answer:  # noqa: S310 - its own address
                    if expected not in answer.read():
                        sys.exit(f"{path} was not answered as it should be.")
        finally:
            demo.send_signal(signal.SIGINT)
            demo.wait(60)
    return seconds


def _address(demo: "subprocess.Popen[bytes]", said: Path, ends: float) -> str:
    while time.monotonic() < ends and demo.poll() is None:
        if found := re.search(r"Serving on (http://\S+)", said.read_text("utf-8")):
            return found[1]
        time.sleep(0.2)
    sys.exit(f"The demonstration did not start:\n{said.read_text('utf-8')[-2000:]}")


def main() -> None:
    wheel = build()
    with tempfile.TemporaryDirectory() as temporary:
        place = Path(temporary)
        (place / "empty").mkdir()
        command = install(wheel, place / "environment")
        seconds = try_demonstration(command, place / "empty")
    size = wheel.stat().st_size / 1e6
    print(f"{wheel.relative_to(ROOT)}: {size:.1f} MB. Tried without a network: it served in {seconds:.0f} s.")


if __name__ == "__main__":
    main()
