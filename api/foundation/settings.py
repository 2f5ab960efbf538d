"""Settings from the environment, read once at the start."""

from collections.abc import Iterator
from datetime import timedelta
from ipaddress import ip_network
from pathlib import Path
from typing import Final, Literal, Self
from urllib.parse import unquote, urlsplit

from pydantic import Field, SecretStr, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from api.foundation.addresses import is_address
from api.foundation.outgoing.targets import hosts_in

BESIDE_THE_DATABASE: Final = (
    "database-key",
    "trail-key",
    "trail-key.newest",
    "checkpoints",
    "risky-terms-key",
    "erased-cases",
)


class Settings(BaseSettings):
    """Every setting has a safe default; each is an environment variable with the prefix CASEAUDIT_."""

    model_config = SettingsConfigDict(env_prefix="CASEAUDIT_", frozen=True)

    database_url: str = Field(
        default="sqlite:///caseaudit.db",
        description="The database: sqlite:///file.db, or postgresql://user:password@host/name.",
    )
    database_encryption: Literal["auto", "required", "off"] = Field(
        default="auto",
        description=(
            "Whether SQLite databases are encrypted. auto: new ones are, where sqlcipher3 is installed. required: no "
            "other is opened. off: new ones are not."
        ),
    )
    database_key_file: Path | None = Field(
        default=None,
        description=(
            "The file with the key of an encrypted SQLite database, created with the database. None: in the same "
            "folder as the database."
        ),
    )
    database_key: SecretStr = Field(
        default=SecretStr(""), description="The key itself, as 64 hexadecimal digits, instead of a file."
    )
    database_key_command: str = Field(
        default="",
        description="A command that prints the key, such as that of a key store. It is run without a shell.",
    )
    pgbouncer_url: str = Field(
        default="",
        description=(
            "PgBouncer in transaction mode, through which the server reaches the PostgreSQL database: "
            "postgresql://user:password@host:6432/name. Commands and backups use CASEAUDIT_DATABASE_URL. Empty: the "
            "server uses it too."
        ),
    )
    standby_url: str = Field(
        default="",
        description=(
            "A hot standby of the PostgreSQL database, from which reports, files, exports and the OData feed are read: "
            "postgresql://user:password@host/name. Empty: they are read from the database."
        ),
    )
    host: str = Field(default="127.0.0.1", description="The address to listen on.")
    port: int = Field(default=8000, ge=0, le=65535, description="The port to listen on. 0 uses any free port.")
    workers: int = Field(
        default=1, ge=1, le=64, description="Server processes. More than one needs PostgreSQL, and Linux or macOS."
    )
    behind_https: bool = Field(
        default=False,
        description="Set to true behind HTTPS. Cookies are then marked Secure and browsers are told to use only HTTPS.",
    )
    trusted_proxies: str = Field(
        default="127.0.0.1",
        description=(
            "The addresses or networks of the proxies behind which the service runs, with commas between them. Only "
            "they can say which address a person has."
        ),
    )
    idle_minutes: int = Field(default=30, ge=5, le=240, description="Minutes of inactivity before a session ends.")
    absolute_hours: int = Field(default=12, ge=1, le=24, description="Hours after sign-in before a session ends.")
    token_days: int = Field(default=90, ge=1, le=365, description="The longest life of a token, in days.")
    link_hours: int = Field(default=72, ge=1, le=336, description="Hours before a one-time sign-in link expires.")
    allow_combined_administrator: bool = Field(
        default=False,
        description=("Allow 1 person to be an administrator and also read audits. For small organisations only."),
    )
    trail_key_file: Path | None = Field(
        default=None,
        description=(
            "The file with the key that signs trail checkpoints, created at first start. None: in the "
            "same folder as the database."
        ),
    )
    trail_checkpoints_file: Path | None = Field(
        default=None,
        description=(
            "The second file of trail checkpoints, preferably on another disk. None: in the same folder "
            "as the database."
        ),
    )
    risky_terms_key_file: Path | None = Field(
        default=None,
        description=(
            "The file with the key for lists of sensitive terms, created with the first term. None: in "
            "the same folder as the database."
        ),
    )
    erased_cases_file: Path | None = Field(
        default=None,
        description=(
            "The file of erased cases, preferably on another disk, so that they stay erased when a backup is restored. "
            "None: in the same folder as the database."
        ),
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        default="info", description="The level of detail in the log, written as JSON lines to standard error."
    )
    public_address: str = Field(
        default="",
        description=(
            "The web address of the service, such as https://audit.example.org, used for links that people open. With "
            "a path, such as https://intranet.example.org/case-audit, the service is below that path."
        ),
    )
    smtp_host: str = Field(
        default="", description="The mail server that sends emails. Without a mail server, no email is sent."
    )
    smtp_port: int = Field(default=587, ge=1, le=65535, description="The port of the mail server.")
    smtp_security: Literal["starttls", "tls", "none"] = Field(
        default="starttls",
        description="Security of the connection to the mail server. Use none only on the same computer.",
    )
    smtp_user: str = Field(default="", description="The user name for the mail server, if it needs one.")
    smtp_password: SecretStr = Field(default=SecretStr(""), description="The password for the mail server.")
    mail_from: str = Field(default="", description="The sender address of emails.")
    reminder_days: int = Field(
        default=3, ge=0, le=30, description="Days before the due date when auditors receive a reminder email."
    )
    concern_hours: int = Field(default=4, ge=1, le=72, description="Hours allowed to acknowledge an urgent concern.")
    concern_person: str = Field(
        default="", description="The email address of the person first notified of an urgent concern."
    )
    requests_a_minute: int = Field(
        default=30_000, ge=60, description="Requests a minute allowed for 1 person or program."
    )
    strangers_requests_a_minute: int = Field(
        default=6_000, ge=60, description="Requests a minute allowed from 1 address without signing in."
    )
    backup_folder: Path | None = Field(
        default=None,
        description=(
            "A folder, preferably on another machine, for a backup every day. None: the service makes no backups."
        ),
    )
    backup_recipients: str = Field(
        default="", description="The age recipients (age1…) whose keys open the backups, with spaces between them."
    )
    oidc_issuer: str = Field(
        default="",
        description=(
            "The issuer of your sign-in provider (OpenID Connect), such as "
            "https://login.microsoftonline.com/<tenant>/v2.0. Empty: no single sign-on."
        ),
    )
    oidc_client_id: str = Field(default="", description="The client ID that the provider gave to this service.")
    oidc_client_secret_file: Path | None = Field(
        default=None, description="The file with the client secret. None: the provider asks for no secret."
    )
    oidc_name: str = Field(
        default="single sign-on", max_length=40, description="The name of the provider, as people know it."
    )
    oidc_hosts: str = Field(
        default="", description="Hosts of the provider besides that of the issuer, with spaces between them."
    )
    oidc_groups_claim: str = Field(default="groups", description="The claim that holds a person's groups.")
    oidc_on_this_machine: bool = Field(
        default=False, description="Allow a provider on this machine without HTTPS. For tests only."
    )
    webhook_hosts: str = Field(
        default="",
        description=(
            "The hosts to which webhooks may be sent, such as hooks.example.org, with spaces between them. Empty: the "
            "service sends no webhooks."
        ),
    )
    metrics: bool = Field(
        default=False, description="Serve measurements for Prometheus at /metrics. Let only your monitoring reach it."
    )
    show_api_documentation: bool = Field(
        default=True, description="Serve /api/v1/openapi.json and the REST reference at /rest."
    )

    @model_validator(mode="after")
    def _one_place_has_the_key(self) -> Self:
        if (
            sum(map(bool, (self.database_key_file, self.database_key.get_secret_value(), self.database_key_command)))
            > 1
        ):
            raise ValueError(
                "Set only one: CASEAUDIT_DATABASE_KEY_FILE, CASEAUDIT_DATABASE_KEY or CASEAUDIT_DATABASE_KEY_COMMAND."
            )
        return self

    @model_validator(mode="after")
    def _these_are_for_postgresql(self) -> Self:
        for name in ("pgbouncer_url", "standby_url"):
            url = getattr(self, name)
            if url and not (_is_postgresql(url) and _is_postgresql(self.database_url)):
                raise ValueError(
                    f"CASEAUDIT_{name.upper()} and CASEAUDIT_DATABASE_URL must both begin with postgresql://."
                )
        return self

    @model_validator(mode="after")
    def _mail_needs_an_address(self) -> Self:
        if self.smtp_host and not (self.mail_from and self.public_address):
            raise ValueError("With CASEAUDIT_SMTP_HOST, set CASEAUDIT_MAIL_FROM and CASEAUDIT_PUBLIC_ADDRESS too.")
        return self

    @model_validator(mode="after")
    def _a_provider_needs_an_address(self) -> Self:
        if self.oidc_issuer and not (self.oidc_client_id and self.public_address):
            raise ValueError(
                "With CASEAUDIT_OIDC_ISSUER, set CASEAUDIT_OIDC_CLIENT_ID and CASEAUDIT_PUBLIC_ADDRESS too."
            )
        return self

    @model_validator(mode="after")
    def _backups_need_a_recipient(self) -> Self:
        if self.backup_folder is not None and not self.backup_recipients.strip():
            raise ValueError("With CASEAUDIT_BACKUP_FOLDER, set CASEAUDIT_BACKUP_RECIPIENTS too.")
        return self

    @field_validator("trusted_proxies")
    @classmethod
    def _are_addresses(cls, text: str) -> str:
        parts = [part.strip() for part in text.split(",")]
        try:
            networks = [ip_network(part) for part in parts]
        except ValueError:
            raise ValueError("Enter IP addresses or networks, such as 10.0.0.5 or 10.0.0.0/24.") from None
        if any(network.prefixlen == 0 for network in networks):
            raise ValueError("Enter the addresses of your proxies only: anybody could say that they have any address.")
        return ",".join(parts)

    @field_validator("webhook_hosts")
    @classmethod
    def _are_hosts(cls, text: str) -> str:
        hosts_in(text)
        return text.strip()

    @field_validator("mail_from", "concern_person")
    @classmethod
    def _is_an_address(cls, text: str) -> str:
        address = text.strip().lower()
        if address and not is_address(address):
            raise ValueError("Enter only an email address, such as name@example.org.")
        return address

    @property
    def idle_limit(self) -> timedelta:
        return timedelta(minutes=self.idle_minutes)

    @property
    def absolute_limit(self) -> timedelta:
        return timedelta(hours=self.absolute_hours)

    @property
    def public_path(self) -> str:
        """The path of the public address below which everything is, such as "/case-audit"; "" for a host of its own."""
        return unquote(urlsplit(self.public_address).path).rstrip("/")

    def address_to_open(self, port: int | None = None) -> str:
        """The web address at which a person on this machine or, with a public address, anywhere opens the service.

        `port`: where the service listens, if the settings leave that open. A service that listens on all addresses is
        opened at this machine's own.
        """
        if self.public_address:
            return self.public_address.rstrip("/")
        host = {"": "127.0.0.1", "0.0.0.0": "127.0.0.1", "::": "::1"}.get(self.host, self.host)  # noqa: S104 - read only
        return f"http://{f'[{host}]' if ':' in host else host}:{port or self.port}"

    @property
    def keeps_key_in_file(self) -> bool:
        """Whether the key of the database is in a file, and not in the environment or given by a command."""
        return not (self.database_key.get_secret_value() or self.database_key_command)

    @property
    def database_key_path(self) -> Path:
        return self.database_key_file or self._beside_the_database("database-key")

    @property
    def trail_key_path(self) -> Path:
        return self.trail_key_file or self._beside_the_database("trail-key")

    @property
    def trail_memory_path(self) -> Path:
        """Beside the key: the newest checkpoint alone."""
        return self.trail_key_path.with_name(f"{self.trail_key_path.name}.newest")

    @property
    def trail_checkpoints_path(self) -> Path:
        return self.trail_checkpoints_file or self._beside_the_database("checkpoints")

    @property
    def risky_terms_key_path(self) -> Path:
        return self.risky_terms_key_file or self._beside_the_database("risky-terms-key")

    @property
    def erased_cases_path(self) -> Path:
        return self.erased_cases_file or self._beside_the_database("erased-cases")

    def _beside_the_database(self, ending: str) -> Path:
        """A file named after the database; for PostgreSQL, in the folder where the service runs."""
        path = self.sqlite_path or Path(urlsplit(self.database_url).path.strip("/") or "caseaudit")
        return path.with_name(f"{path.name}.{ending}")

    @property
    def sqlite_path(self) -> Path | None:
        """The file of an SQLite database, by its real name where the address leads to it through a symbolic link, so
        that it has one set of keys; None for PostgreSQL.
        """
        named = self._named_sqlite_path
        return None if named is None else named.resolve()

    @property
    def _named_sqlite_path(self) -> Path | None:
        prefix = "sqlite:///"
        return Path(self.database_url.removeprefix(prefix)) if self.database_url.startswith(prefix) else None

    def misplaced(self) -> Iterator[tuple[Path, Path]]:
        """Keys beside a symbolic link to the database instead of beside the database: where, and where to move them."""
        named, real = self._named_sqlite_path, self.sqlite_path
        if named is None or real is None or not named.is_symlink():
            return
        for ending in BESIDE_THE_DATABASE:
            here, there = (path.with_name(f"{path.name}.{ending}") for path in (named, real))
            if here.exists() and not there.exists():
                yield here, there


def _is_postgresql(url: str) -> bool:
    return url.startswith(("postgresql://", "postgresql+psycopg://"))
