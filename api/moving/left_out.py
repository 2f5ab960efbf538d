"""What is left out when everything of an organisation is exported: secrets, and copies that are soon deleted."""

from collections.abc import Mapping
from typing import Final

from sqlalchemy import Column, Table

_COPY: Final = "a copy of what other tables hold, deleted after days"
_GUESSING: Final = "hashes that slow guessing or prevent a second use, deleted after a day, and not of one organisation"
_HASH: Final = "the hash of a secret"
_SEALED: Final = "a secret, encrypted under a key that is not exported"
_KEYED: Final = "a hash under a key that is not exported"

TABLES: Final[Mapping[str, str]] = {
    "case_list_draft": _COPY,
    "export_file": _COPY,
    "idempotent_request": _COPY,
    "job": _COPY,
    "sign_in_count": _GUESSING,
    "spent_answer": _GUESSING,
}

COLUMNS: Final[Mapping[tuple[str, str], str]] = {
    ("access_request", "link_hash"): _HASH,
    ("feedback_link", "secret_hash"): _HASH,
    ("feedback_sheet", "code"): "the code that opens a sheet without an account",
    ("one_time_codes", "last_step"): "part of a second factor",
    ("one_time_codes", "sealed_secret"): _SEALED,
    ("passkey", "challenged_at"): "part of a second factor",
    ("passkey", "credential_id"): "part of a second factor",
    ("passkey", "public_key"): "part of a second factor",
    ("passkey", "sign_count"): "part of a second factor",
    ("person", "password_hash"): _HASH,
    ("recovery_code", "code_hash"): _HASH,
    ("risky_term", "first_hash"): _KEYED,
    ("risky_term", "key_mark"): _KEYED,
    ("risky_term", "whole_hash"): _KEYED,
    ("sign_in_link", "secret_hash"): _HASH,
    ("token", "secret_hash"): _HASH,
    ("web_session", "provider_session"): _HASH,
    ("web_session", "secret_hash"): _HASH,
    ("webhook_endpoint", "sealed_former"): _SEALED,
    ("webhook_endpoint", "sealed_secret"): _SEALED,
}


def kept_columns(table: Table) -> list[Column[object]]:
    """The columns of a table that are exported."""
    return [column for column in table.columns if (table.name, column.name) not in COLUMNS]
