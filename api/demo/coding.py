"""What leads found in what auditors of the demonstration wrote: codes of a theme by two people, and a finding."""

import random
import uuid
from typing import Final

from api.coding.codes import actions as codes
from api.coding.findings import actions as findings
from api.coding.findings.actions import NewFinding
from api.coding.passages import actions as passages
from api.coding.passages.actions import Coding
from api.coding.passages.reading import digest_of, read_passages
from api.coding.rules import coded_round
from api.foundation.permissions import Actor
from models.storage.database import Database

_CODES: Final = (
    ("Not followed up", "Something was noticed, and the file shows nothing that came of it."),
    ("Good practice", "An example that others could learn from."),
    ("Recording", "About what is on file, not about the work."),
)


def code_passages(database: Database, lead: Actor, *, round_id: uuid.UUID, theme: str) -> None:
    """Code most passages of one theme of a round, and write a finding."""
    chance = random.Random(f"coding {theme}")  # noqa: S311 - a demonstration
    with database.reading() as session:
        audits = read_passages(session, coded_round(session, round_id, by=lead), theme, by=lead)
    with database.writing() as session:
        made = [
            codes.add_code(session, round_id=round_id, name=name, meaning=meaning, by=lead).id
            for name, meaning in _CODES
        ]
        given = [
            Coding(audit.audit_id, each.place.part, digest_of(each.text), frozenset(chance.sample(made, number)))
            for audit in audits
            for each in audit.passages
            if (number := chance.choice((0, 1, 1, 1, 2)))
        ]
        passages.give_codes(session, round_id=round_id, theme=theme, codings=given, by=lead)
        new = NewFinding(
            "What was noticed is not always followed up.",
            made[0],
            "A worker noted that a child was tired at school, and nobody asked why at the next visit.",
        )
        findings.write_finding(session, round_id=round_id, theme=theme, new=new, by=lead)
