"""The doctor tells a connection to PostgreSQL in which the server is checked from one in which anybody could answer."""

import shutil
import socket
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from api.doctor import database as looking
from api.doctor.database import look_at_database
from api.foundation.health.findings import State
from api.foundation.settings import Settings
from models import now
from models.storage.migrating import migrate
from tests.postgres import SERVICE_ACCOUNT, SUPERUSER, Cluster, is_root, running_cluster

pytestmark = pytest.mark.trial


def a_certificate(folder: Path) -> tuple[Path, Path]:
    """A certificate of its own authority for `localhost` alone, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now() - timedelta(days=1))
        .not_valid_after(now() + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    certificate, own = folder / "server.crt", folder / "server.key"
    certificate.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    own.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    own.chmod(0o600)
    return certificate, own


def with_tls(cluster: Cluster, folder: Path) -> str:
    """Start the server again with TLS on a port of this machine; what comes after the host in its address."""
    certificate, key = a_certificate(folder)
    for file in (certificate, key):
        shutil.copy2(file, cluster.data / file.name)
        if is_root():
            shutil.chown(cluster.data / file.name, SERVICE_ACCOUNT)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    cluster.stop()
    with (cluster.data / "postgresql.auto.conf").open("a") as settings:
        settings.write(f"ssl = on\nport = {port}\n")
    again = Cluster(cluster.folder, cluster.programs, (*cluster.settings, "listen_addresses=localhost"))
    again.start()
    return f"{port}/trial"


def test_only_a_server_whose_name_is_checked_is_good(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(looking, "_HERE", frozenset())
    with running_cluster(durable=False) as cluster:
        migrate(cluster.create("trial"))
        place = with_tls(cluster, tmp_path)
        authority = f"sslrootcert={tmp_path / 'server.crt'}"

        def looked(host: str, options: str) -> dict[str, State]:
            url = f"postgresql://{SUPERUSER}@{host}:{place}?{options}"
            return {each.about: each.state for each in look_at_database(Settings(database_url=url))}

        about = "connection to the database"
        assert looked("localhost", "sslmode=disable")[about] is State.WRONG
        assert looked("localhost", "sslmode=prefer")[about] is State.WRONG
        assert looked("localhost", "sslmode=require")[about] is State.WRONG
        assert looked("localhost", f"sslmode=verify-ca&{authority}")[about] is State.LOOK
        assert looked("localhost", f"sslmode=verify-full&{authority}")[about] is State.GOOD
        # Its certificate has another name: the driver refuses it, and so nothing is read from it.
        assert looked("127.0.0.1", f"sslmode=verify-full&{authority}") == {"database": State.WRONG}
