"""What the audit programme adds to the page of a round: the line that it is from, and its proposed allocation."""

from typing import Final

from api.allocation.queries import count_unallocated
from api.audits import actions as audits
from api.foundation.pages.menu import Fragment
from api.programme.queries import line_of_round, samples_in_words
from api.rounds.hooks import ShownRound
from models import AuditMode, LineKind, RoundState

_MODES: Final = {LineKind.OBSERVATION: AuditMode.OBSERVATION, LineKind.MULTI_AGENCY: AuditMode.MULTI_AGENCY}
_SEED_DIGITS: Final = 16


def of_the_programme(seen: ShownRound) -> Fragment | None:
    """The line from which a round was planned, with a button that proposes who audits what."""
    found = line_of_round(seen.session, seen.round)
    if found is None:
        return None
    line, row = found
    active = {str(person) for person in audits.active_auditors(seen.session, seen.actor)}
    named = [person for person in line.auditors.split() if person in active]
    waiting = seen.round.state is not RoundState.CLOSED and count_unallocated(seen.session, seen.round)
    return Fragment(
        "programme/_of_round.html",
        {
            "line": line,
            "round_id": seen.round.id,
            "sample": samples_in_words(seen.session, line.organisation_id, [row]).get(row.starts_on, ""),
            "auditors": named or sorted(active),
            "offers_allocation": bool(waiting) and bool(active),
            "mode": _MODES.get(line.kind, AuditMode.RECORDS_ONLY).value,
            # The same each time, so that the page proposes the same again.
            "seed": seen.round.id.hex[-_SEED_DIGITS:],
        },
    )
