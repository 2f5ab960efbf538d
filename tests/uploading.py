"""Sending files to the page of case lists as a browser does, to a server as it runs for people."""

import re
import uuid
import zlib
from datetime import date
from pathlib import Path

from sqlalchemy import text

from api.case_lists.pseudonyms import key_file
from api.foundation.http.security import cookie_name
from api.foundation.identity.secrets import hash_of, new_secret
from api.foundation.settings import Settings
from models import WebSession
from models.storage.database import Database
from tests.live import Answer, Client, Ground, Server

PAGE = "/case-lists/new"


class Uploader:
    """A lead at the page of case lists, with the council's key file."""

    def __init__(self, server: Server, database: Database, ground: Ground, folder: Path) -> None:
        path = folder / "council.key"
        key_file.create_key_file(path, on=date(2026, 1, 1))
        self.key, secret = path.read_bytes(), new_secret()
        path.unlink()
        with database.writing() as session:
            lead = ground.lead
            assert lead.person_id is not None
            session.add(
                WebSession(secret_hash=hash_of(secret), organisation_id=lead.organisation_id, person_id=lead.person_id)
            )
        self.client: Client = server.client()
        self.client.headers = {"Cookie": f"{cookie_name(Settings())}={secret}", "Sec-Fetch-Site": "same-origin"}

    def look(self, content: bytes, *, on: date, **fields: str) -> Answer:
        """Choose a file and the key, and look at what it holds."""
        day = {"on-day": str(on.day), "on-month": str(on.month), "on-year": str(on.year)}
        return self._post({**day, **fields}, {"file": content, "key_file": self.key})

    def take(self, looked: Answer, **fields: str) -> Answer:
        """Take in what was looked at, with a new team for every name that is not known."""
        page = looked.body.decode()
        (draft,) = re.findall(r'name="draft" value="([^"]+)"', page)
        teams = dict.fromkeys(re.findall(r'<select[^>]*name="(team:[^"]+)"', page), "make")
        return self._post({"draft": draft, "key": uuid.uuid4().hex, **teams, **fields}, {})

    def _post(self, fields: dict[str, str], files: dict[str, bytes]) -> Answer:
        boundary = uuid.uuid4().hex
        parts = [
            f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
            for name, value in fields.items()
        ]
        parts += [
            f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"; filename="{name}"\r\n\r\n'.encode()
            + content
            + b"\r\n"
            for name, content in files.items()
        ]
        body = b"".join(parts) + f"--{boundary}--\r\n".encode()
        return self.client.send("POST", PAGE, body, Content_Type=f"multipart/form-data; boundary={boundary}")


def everything_stored(database: Database) -> str:
    """Every cell of every table, as text; but verifications and statistics, which the service makes by itself, and the
    minute in which a browser was last seen.
    """
    with database.reading() as session:
        connection = session.connection()
        if connection.dialect.name == "sqlite":
            names = "SELECT name FROM sqlite_master WHERE type = 'table'"
        else:
            names = "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
        found = []
        for name in sorted(
            set(connection.execute(text(names)).scalars()) - {"verification", "sqlite_stat1", "sqlite_stat4"}
        ):
            for row in connection.execute(text(f'SELECT * FROM "{name}"')).mappings():
                found += [_as_text(cell) for column, cell in row.items() if column != "last_seen_at"]
    return "\n".join(found)


def _as_text(cell: object) -> str:
    if not isinstance(cell, bytes):
        return str(cell)
    try:  # what is kept of a list is packed
        return zlib.decompress(cell).decode()
    except zlib.error:
        return cell.decode("latin-1")
