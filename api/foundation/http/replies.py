"""Responses to programs: versions as ETags, and one effect for a request that is sent again."""

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from typing import Any, Final

from pydantic import BaseModel
from sqlalchemy import and_, bindparam, delete, select, update
from sqlmodel import col
from starlette.responses import Response

from api.documents.files import WrittenFile
from api.foundation import access_log
from api.foundation.http.dependencies import RequestKey, Transaction
from api.foundation.problems import IdempotencyKeyReused
from models import IdempotentRequest, now
from models.clock import earliest
from models.storage.bulk import table_of
from models.storage.database import Database
from models.storage.dialects import insert_new
from models.storage.prepared import Prepared


def etag(version: int) -> str:
    """A row's version as a strong ETag."""
    return f'"{version}"'


def json_reply(
    content: BaseModel | None = None, *, status: int = 200, version: int | None = None, location: str = ""
) -> Response:
    """A JSON response, with the version of what it shows and its location."""
    headers = {}
    if version is not None:
        headers["ETag"] = etag(version)
    if location:
        headers["Location"] = location
    body = content.model_dump_json().encode() if content is not None else b""
    return Response(body, status, headers, media_type="application/json" if body else None)


def file_answer(acting: Transaction, file: WrittenFile, kind: str, subject_id: uuid.UUID) -> Response:
    """A file to download, never to be displayed inline; the download is an event of this kind."""
    access_log.record_view(acting.session, kind, subject_id, by=acting.actor)
    headers = {"Content-Disposition": f'attachment; filename="{file.name}"'}
    return Response(file.content, media_type=file.media_type, headers=headers)


REPLAYED: Final = "Idempotency-Replayed"
# A client that has had no response within this time has long stopped asking for it.
ANSWERS_KEPT = timedelta(days=7)


def delete_expired_replies(database: Database) -> None:
    """Delete the stored responses that are older than ANSWERS_KEPT."""
    with database.writing() as session:
        session.execute(delete(IdempotentRequest).where(col(IdempotentRequest.created_at) < earliest() - ANSWERS_KEPT))


@dataclass(frozen=True, slots=True)
class SecretReply:
    """A response with a secret, and the one without it, which is stored and returned for a repeated request."""

    answer: Response
    again: Response


_REQUESTS = table_of(IdempotentRequest)
_IT = and_(*(_REQUESTS.c[name] == bindparam(f"its_{name}") for name in ("organisation_id", "asker_id", "key")))
_FIND: Final = Prepared(select(_REQUESTS).where(_IT))
_ANSWER: Final = ("status", "location", "etag", "body")
_KEEP: Final = Prepared(update(_REQUESTS).where(_IT).values({name: bindparam(f"its_{name}") for name in _ANSWER}))


@cache
def _take(dialect: str) -> Prepared:
    return Prepared(insert_new(dialect, _REQUESTS))


def run_once(acting: Transaction, key: RequestKey, make: Callable[[], Response | SecretReply]) -> Response:
    """The response of `make`, made once: the same request with the same key gets the stored response again.

    The key is stored in the same transaction as the effect, before it: a simultaneous request waits for that
    transaction and then replays it. Raises IdempotencyKeyReused when the key belongs to another request of the same
    actor.
    """
    session, actor = acting.session, acting.actor
    owner = {"organisation_id": actor.organisation_id, "asker_id": actor.id, "key": key.key}
    mine = {f"its_{name}": value for name, value in owner.items()}
    empty = {"status": 0, "location": "", "etag": "", "body": b"", "created_at": now()}
    take = _take(session.get_bind().dialect.name)
    while not take.run(session, {**owner, "fingerprint": key.fingerprint, **empty}):
        for stored in _FIND.rows(session, mine):
            return _answered_before(stored, key)
        # An old key that was deleted just now: the request is a new one.
    made = make()
    shown, kept = (made.answer, made.again) if isinstance(made, SecretReply) else (made, made)
    answered = {
        "its_status": kept.status_code,
        "its_location": kept.headers.get("location", ""),
        "its_etag": kept.headers.get("etag", ""),
        "its_body": bytes(kept.body),
    }
    _KEEP.run(session, {**mine, **answered})
    return shown


def replayed(acting: Transaction, key: RequestKey) -> Response | None:
    """The stored response to this same request, if there is one; else None. Raises IdempotencyKeyReused."""
    actor = acting.actor
    mine = {"its_organisation_id": actor.organisation_id, "its_asker_id": actor.id, "its_key": key.key}
    stored = _FIND.rows(acting.session, mine)
    return _answered_before(stored[0], key) if stored else None


def _answered_before(stored: Any, key: RequestKey) -> Response:
    if stored.fingerprint != key.fingerprint:
        raise IdempotencyKeyReused
    headers = {REPLAYED: "true"}
    if stored.location:
        headers["Location"] = stored.location
    if stored.etag:
        headers["ETag"] = stored.etag
    return Response(stored.body, stored.status, headers, media_type="application/json" if stored.body else None)
