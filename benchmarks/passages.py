"""Pages on which people code what auditors of a round wrote: 2,000 passages of one theme."""

import random
from statistics import median
from typing import Final

from api.coding.codes.actions import add_code
from api.coding.passages.actions import Coding, finish_theme, give_codes
from api.coding.passages.reading import digest_of, read_passages
from api.coding.rules import coded_round
from benchmarks import store
from benchmarks.load import page_request, run
from benchmarks.table import Figures
from models.storage.database import Database
from tests.live import THEMES, Ground, Server

# Each audit has a rationale and an impact.
AUDITS: Final = 1_000
AT_ONCE: Final = 400
REPEATS: Final = 9
CODES: Final = ("No chronology", "Late visit", "Good practice", "Not seen alone", "Recording")
PAGES: Final = {
    "page to code, 2,000 passages": "",
    "passages with words, 2,000 passages": "?words=plan",
    "counts of codes, 2,000 passages": "/counts",
}


def measure(figures: Figures, server: Server, database: Database, ground: Ground, lead: str) -> None:
    """Each page over HTTP. `lead`: the cookie of the quality lead, who has coded the theme and finished it."""
    (round_id,) = store.fill_closed_rounds(database, ground, rounds=1, audits_each=AUDITS)
    theme, chance = THEMES[0], random.Random(20)
    with database.reading() as session:
        audits = read_passages(session, coded_round(session, round_id, by=ground.lead), theme, by=ground.lead)
    with database.writing() as session:
        codes = [add_code(session, round_id=round_id, name=name, by=ground.lead).id for name in CODES]
    codings = [
        Coding(audit.audit_id, each.place.part, digest_of(each.text), frozenset(chance.sample(codes, 2)))
        for audit in audits
        for each in audit.passages
    ]
    for start in range(0, len(codings), AT_ONCE):
        with database.writing() as session:
            some = codings[start : start + AT_ONCE]
            give_codes(session, round_id=round_id, theme=theme, codings=some, by=ground.lead)
    with database.writing() as session:
        finish_theme(session, round_id=round_id, theme=theme, by=ground.lead)
    for row, query in PAGES.items():
        asked = page_request(f"/rounds/{round_id}/findings/{theme}{query}", lead)
        taken = median(run(server.port, 1, [asked], status=200).median_ms for _ in range(REPEATS))
        figures.judge(row, taken)
