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

# How often the second of them gives what the first gave.
SAME: Final = 0.8
_CODES: Final = (
    ("Not followed up", "Something was noticed, and the file shows nothing that came of it."),
    ("Good practice", "An example that others could learn from."),
    ("Recording", "About what is on file, not about the work."),
)


def code_passages(database: Database, leads: tuple[Actor, Actor], *, round_id: uuid.UUID, theme: str) -> None:
    """Two people code the passages of a theme, mostly alike, and finish it; the first writes a finding."""
    chance = random.Random(f"coding {theme}")  # noqa: S311 - a demonstration
    lead, _ = leads
    with database.reading() as session:
        audits = read_passages(session, coded_round(session, round_id, by=lead), theme, by=lead)
    read = [(audit.audit_id, each.place.part, digest_of(each.text)) for audit in audits for each in audit.passages]
    with database.writing() as session:
        made = [
            codes.add_code(session, round_id=round_id, name=name, meaning=meaning, by=lead).id
            for name, meaning in _CODES
        ]
        chosen = [_some(chance, made) for _ in read]
        for by in leads:
            own = [each if by is lead or chance.random() < SAME else _some(chance, made) for each in chosen]
            given = [Coding(*passage, gets) for passage, gets in zip(read, own, strict=True)]
            passages.give_codes(session, round_id=round_id, theme=theme, codings=given, by=by)
            passages.finish_theme(session, round_id=round_id, theme=theme, by=by)
        new = NewFinding(
            "What was noticed is not always followed up.",
            made[0],
            "A worker noted that a child was tired at school, and nobody asked why at the next visit.",
        )
        findings.write_finding(session, round_id=round_id, theme=theme, new=new, by=lead)


def _some(chance: random.Random, codes_of_round: list[uuid.UUID]) -> frozenset[uuid.UUID]:
    """One code, or none of the round's."""
    return frozenset(chance.sample(codes_of_round, chance.choice((0, 1, 1, 1))))
