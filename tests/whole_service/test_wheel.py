"""The wheel has everything that the service needs: an installation needs neither this checkout, make nor Node."""

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LOOK = "api/foundation/pages/static/govuk/govuk-frontend.min.css"


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(place)]
    subprocess.run(command, check=True, cwd=ROOT, capture_output=True)
    (built,) = place.glob("*.whl")
    return built


def test_every_file_of_the_packages_and_every_migration_is_in_the_wheel(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        packed = {name for name in archive.namelist() if ".dist-info/" not in name}
    here = {
        file.relative_to(ROOT).as_posix()
        for package in ("api", "checklists", "models", "alembic")
        for file in (ROOT / package).rglob("*")
        if file.is_file() and "__pycache__" not in file.parts
    }
    renamed = {
        name.replace("alembic/", "models/storage/migrations/", 1) if name[:8] == "alembic/" else name for name in here
    }
    assert LOOK in renamed
    assert packed == renamed


def test_a_database_is_created_by_the_wheel_alone(wheel: Path, tmp_path: Path) -> None:
    """Far from the checkout, with nothing on the PATH."""
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(tmp_path / "site")
    empty = tmp_path / "empty"
    empty.mkdir()
    # The folder of the wheel is looked into before those of the environment, where the checkout is.
    run = (
        f"import sys; sys.path.insert(0, {str(tmp_path / 'site')!r}); from api.cli import main; import api; "
        "assert 'site' in api.__file__; sys.argv[1:] = ['migrate']; main()"
    )
    environment = {"PATH": "", "CASEAUDIT_DATABASE_URL": f"sqlite:///{empty / 'new.sqlite3'}", "HOME": str(empty)}
    if "SYSTEMROOT" in os.environ:
        environment["SYSTEMROOT"] = os.environ["SYSTEMROOT"]
    done = subprocess.run(
        [sys.executable, "-c", run], check=False, cwd=empty, env=environment, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert (empty / "new.sqlite3").stat().st_size > 0
