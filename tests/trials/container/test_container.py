"""The container file is built from a local root file system, and its image runs as it is meant to.

Without a registry: Debian's debootstrap makes the base image, of Debian 12 with its Python 3.11, under the name that
the file begins with, and buildah runs every step of the file. Without a container engine: the image runs as its own
user, in a network of its own, on a root file system that cannot be written, with a volume for what it keeps.
"""

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.live import ROOT
from tests.trials.conftest import Record
from tests.trials.several_machines.programs import find_program

pytestmark = pytest.mark.trial

FILE = ROOT / "deploy" / "container" / "Containerfile"
BASE = "docker.io/library/python:3.12-slim-bookworm"
NAME = "caseaudit-container"
LONGEST_START_SECONDS = 90.0
# Only what pip needs of what was fetched before.
PIP = "[global]\nno-index = true\nfind-links = /wheels\n"
INSIDE = """
set -e
mount --make-rprivate /
mount --bind "$1" "$1"
mount -o remount,ro,bind "$1"
mount --bind "$2" "$1/var/lib/caseaudit"
mount -t tmpfs tmpfs "$1/tmp"
mount -t proc proc "$1/proc"
mount --rbind /dev "$1/dev"
shift 2
exec chroot --userspec=10001:10001 "$@"
"""


@dataclass(frozen=True, slots=True)
class Buildah:
    """buildah with a store of its own, without a container engine."""

    folder: Path

    def __call__(self, *words: str | Path) -> str:
        store = (f"--root={self.folder}/store", f"--runroot={self.folder}/run")
        command: list[str | Path] = [find_program("buildah", "buildah"), *store, *words]
        environment = {**os.environ, "STORAGE_DRIVER": "vfs", "BUILDAH_ISOLATION": "chroot"}
        done = subprocess.run(command, check=False, capture_output=True, text=True, env=environment)
        assert done.returncode == 0, f"{done.stdout[-2000:]}\n{done.stderr[-2000:]}"
        return done.stdout.strip()


def run(*words: str | Path) -> None:
    subprocess.run(words, check=True, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Buildah]:
    """The image, built from nothing that is fetched but Debian's packages and the locked wheels."""
    if os.geteuid() != 0:
        raise PermissionError("This trial makes a root file system: run it as root.")
    folder = tmp_path_factory.mktemp("container")
    buildah = Buildah(folder)
    root, wheels, context = folder / "root", folder / "wheels", folder / "context"
    packages = "python3,python3-venv,ca-certificates"
    run(find_program("debootstrap", "debootstrap"), "--variant=minbase", f"--include={packages}", "bookworm", root)
    (root / "usr/bin/python").symlink_to("python3")
    base = buildah("from", "scratch")
    buildah("add", "--quiet", base, root, "/")
    buildah("commit", "--quiet", base, BASE)
    shutil.rmtree(root)
    pip = [sys.executable, "-m", "pip"]
    run(*pip, "download", "--quiet", "--no-deps", "--require-hashes", "-r", ROOT / "requirements.lock", "-d", wheels)
    (context / "dist").mkdir(parents=True)
    run(sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", context / "dist")
    shutil.copy(ROOT / "requirements.lock", context)
    (folder / "pip.conf").write_text(PIP)
    mounted = ["-v", f"{wheels}:/wheels:ro", "-v", f"{folder}/pip.conf:/etc/pip.conf:ro"]
    buildah("bud", "--pull-never", "--format", "docker", *mounted, "-f", FILE, "-t", "caseaudit", context)
    yield buildah
    buildah("rm", "--all")
    buildah("rmi", "--all", "--force")
    shutil.rmtree(folder)


@contextmanager
def a_network() -> Iterator[None]:
    """Of its own, in which the image may listen where it likes."""
    run("ip", "netns", "add", NAME)
    try:
        run("ip", "-n", NAME, "link", "set", "lo", "up")
        yield
    finally:
        run("ip", "netns", "delete", NAME)


def test_every_step_of_the_file_runs_and_the_image_serves_as_its_user_on_a_root_that_cannot_be_written(
    image: Buildah, tmp_path: Path, record_property: Record
) -> None:
    config = json.loads(image("inspect", "--type", "image", "caseaudit"))["Docker"]["config"]
    assert config["User"] == "10001"
    assert config["Entrypoint"] + config["Cmd"] == ["caseaudit", "serve"]
    root = Path(image("mount", image("from", "--pull-never", "caseaudit")))
    kept = root / "var/lib/caseaudit"
    assert (kept.stat().st_uid, kept.stat().st_mode & 0o777) == (10001, 0o700)
    volume = tmp_path / "kept"
    shutil.copytree(kept, volume)
    shutil.chown(volume, 10001, 10001)
    before = everything_in(root)
    with a_network(), serving(root, volume, config):
        took = wait_until_healthy(root, volume, config)
        page = inside(root, volume, config, ["python", "-c", READ_SIGN_IN])
        assert page.returncode == 0, page.stderr
    assert everything_in(root) == before
    database = volume / "caseaudit.db"
    assert not database.read_bytes().startswith(b"SQLite format 3"), "the database is encrypted"
    assert (database.stat().st_uid, database.stat().st_mode & 0o077) == (10001, 0)
    shown = (
        f"container file: every step ran, and the image was healthy {took:.0f} s after its start, on a read-only root"
    )
    print(shown)
    record_property("figure", shown)


READ_SIGN_IN = (
    "import urllib.request as u; get = lambda path: u.urlopen('http://127.0.0.1:8000' + path, timeout=20).read();"
    "assert b'Sign in' in get('/sign-in'); assert len(get('/static/govuk/govuk-frontend.min.css')) > 10_000"
)


def command_inside(root: Path, volume: Path, command: Sequence[str]) -> list[str]:
    found = ["ip", "netns", "exec", NAME, "unshare", "--mount", "sh", "-c", INSIDE, "sh", str(root), str(volume)]
    return [*found, str(root), *command]


def environment_of(config: dict[str, Any]) -> dict[str, str]:
    """What the image says, and nothing of this machine but where its own programs are."""
    named = dict(each.split("=", 1) for each in config["Env"])
    return {**named, "PATH": f"{named['PATH']}:/usr/sbin:/usr/bin:/sbin:/bin"}


def inside(
    root: Path, volume: Path, config: dict[str, Any], command: Sequence[str]
) -> subprocess.CompletedProcess[bytes]:
    called = command_inside(root, volume, command)
    return subprocess.run(called, check=False, capture_output=True, env=environment_of(config))


@contextmanager
def serving(root: Path, volume: Path, config: dict[str, Any]) -> Iterator[None]:
    called = command_inside(root, volume, [*config["Entrypoint"], *config["Cmd"]])
    with subprocess.Popen(called, env=environment_of(config), stdin=subprocess.DEVNULL) as process:
        try:
            yield
        finally:
            process.terminate()
            with suppress(subprocess.TimeoutExpired):
                process.wait(20)
            process.kill()


def wait_until_healthy(root: Path, volume: Path, config: dict[str, Any]) -> float:
    """In how many seconds its own health check says so."""
    began = time.monotonic()
    check = config["Healthcheck"]["Test"]
    assert check[0] == "CMD"
    while (said := inside(root, volume, config, check[1:])).returncode:
        assert time.monotonic() - began < LONGEST_START_SECONDS, said.stderr
        time.sleep(0.5)
    return time.monotonic() - began


def everything_in(root: Path) -> dict[str, tuple[int, int]]:
    """Every file of the image, with its size and when it was changed."""
    return {
        str(each.relative_to(root)): (each.lstat().st_size, each.lstat().st_mtime_ns)
        for each in root.rglob("*")
        if not each.is_dir()
    }
