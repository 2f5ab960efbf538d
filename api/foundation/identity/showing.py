"""Which kinds of events show an audit, and which show the answers of a whole round: each room lists its own."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Self

from api.foundation.hooks import Hook
from checklists.audits.how_seen import HowSeen

# Kinds of events whose subject is an audit that the person sees, and how they see it.
SHOWS_AUDIT: Final = Hook[Mapping[str, HowSeen]]("events that show an audit")
# Kinds whose subject is a round, an export or a snapshot of it: the person may have seen the answers of every audit.
SHOWS_ROUND: Final = Hook[Mapping[str, HowSeen]]("events that show the answers of a round")


@dataclass(frozen=True, slots=True)
class ShowingKinds:
    """Kinds of events that show their subject, an audit, and kinds that show the answers of a round."""

    audits: frozenset[str]
    rounds: frozenset[str]

    @classmethod
    def registered(cls) -> Self:
        """The kinds that the rooms have registered."""
        return cls(frozenset(kinds_of(SHOWS_AUDIT)), frozenset(kinds_of(SHOWS_ROUND)))


def kinds_of(hook: Hook[Mapping[str, HowSeen]]) -> dict[str, HowSeen]:
    return {kind: how for provider in hook for kind, how in provider.items()}
