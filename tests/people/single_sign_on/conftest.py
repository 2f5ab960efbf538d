"""A provider for the tests of single sign-on, and the service that knows it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from api.foundation.settings import Settings
from tests.people.single_sign_on.made_provider import CLIENT_ID, PUBLIC_ADDRESS, SECRET, MadeProvider, running


@pytest.fixture(scope="session")
def _provider() -> Iterator[MadeProvider]:
    with running() as made:
        yield made


@pytest.fixture
def provider(_provider: MadeProvider) -> MadeProvider:
    """The provider, which says what is right until the test has it say something else."""
    _provider.reset()
    return _provider


@pytest.fixture(scope="session")
def secret_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("single-sign-on") / "secret"
    file.write_text(f"{SECRET}\n")
    return file


@pytest.fixture
def settings(database_url: str, provider: MadeProvider, secret_file: Path) -> Settings:
    return Settings(
        database_url=database_url,
        oidc_issuer=provider.address,
        oidc_client_id=CLIENT_ID,
        oidc_client_secret_file=secret_file,
        oidc_name="Northshire account",
        oidc_on_this_machine=True,
        public_address=PUBLIC_ADDRESS,
    )
