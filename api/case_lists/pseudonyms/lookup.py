"""Looking up whom a reference stands for, computed again from the council's own export with the council's key."""

from collections.abc import Sequence
from dataclasses import dataclass

from api.case_lists.readers.result import ExportContent, Place
from checklists.privacy.pseudonyms import WORKER_PREFIX, Key, child_reference, worker_pseudonym


@dataclass(frozen=True, slots=True, repr=False)
class FoundInExport:
    """Who it is, and where in the export the case is. Without a `repr`, so that identifiers are never logged."""

    identifier: str
    place: Place


def identify(reference: str, reading: ExportContent, keys: Sequence[Key]) -> list[FoundInExport]:
    """The child of a reference under any of the keys, or the worker of a pseudonym with the first of their cases."""
    wanted = reference.strip().upper()
    of_worker = wanted.startswith(f"{WORKER_PREFIX}-")
    found: dict[str, Place] = {}
    for case in reading.cases:
        identifier = case.worker if of_worker else case.child
        if identifier and identifier not in found and _is(identifier, wanted, keys, of_worker=of_worker):
            found[identifier] = case.place
    return [FoundInExport(identifier, place) for identifier, place in found.items()]


def _is(identifier: str, wanted: str, keys: Sequence[Key], *, of_worker: bool) -> bool:
    pseudonym = worker_pseudonym if of_worker else child_reference
    try:
        return any(pseudonym(key, identifier) == wanted for key in keys)
    except ValueError:
        return False
