"""The certificate of an erasure: that it happened, what was erased, what stays and where copies may still be."""

import json
from typing import Final

from sqlmodel import Session

from api.documents.document import Column, Document, Origin, Section, Table, count, text
from api.erasure.actions import ShownErasure
from api.erasure.document import TITLES
from api.foundation.local_time import LOCAL_TIME, day_in_words
from api.foundation.permissions import Actor
from api.foundation.problems import Conflict
from models import Organisation

STAYS: Final = (
    "Stored counts of closed rounds, and released snapshots and briefings: numbers in which nobody can be found.",
    "Events: who did what and when, without any word of the case.",
    "This certificate’s record: who asked, who confirmed, when and why.",
)
COPIES: Final = (
    (
        "Backups made before the erasure hold the case until they are deleted. When one is restored, the service "
        "erases the case again before anybody can use it."
    ),
    (
        "On PostgreSQL, the database keeps deleted rows in its files until the operator runs `caseaudit "
        "purge-erased`, and in its log until that is replaced."
    ),
    "Files that people downloaded before the erasure are outside this service.",
)


def certificate_of(session: Session, shown: ShownErasure, *, by: Actor) -> Document:
    """The certificate of a confirmed erasure. Raises Conflict where nothing was erased."""
    erasure = shown.erasure
    if not erasure.confirmed or erasure.decided_at is None:
        raise Conflict("This erasure was not confirmed, so there is no certificate.")
    local = erasure.decided_at.astimezone(LOCAL_TIME)
    erased: dict[str, int] = json.loads(erasure.erased)
    rows = tuple((text(title), count(erased[name])) for name, title in TITLES.items() if erased.get(name))
    table = Table("erased", "Records erased", (Column("Record"), Column("Number", numeric=True)), rows)
    facts = (
        f"Erasure {erasure.id}.",
        f"Case {erasure.case_file_id}. This identifier was made by the service and says nothing of the person.",
        f"Erased on {day_in_words(local.date())} at {local:%H:%M}.",
        f"Requested by {shown.asked_by}, confirmed by {shown.decided_by}.",
        f"Reason: {erasure.reason.label}.",
    )
    return Document(
        title="Certificate of erasure",
        subtitle="Everything that this service stored of one case was erased.",
        marking="This certificate holds no information about the person.",
        made_on=local.date(),
        sections=(
            Section("The erasure", points=facts),
            Section("What was erased", table=table),
            Section("What stays", points=STAYS),
            Section("Copies", points=COPIES, sheet="definitions"),
        ),
        origin=Origin(session.get_one(Organisation, by.organisation_id).name),
        kind="certificate-of-erasure",
        about=erasure.id.hex[-8:],
    )
