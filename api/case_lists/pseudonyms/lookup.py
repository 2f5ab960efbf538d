"""Looking up whom references stand for, computed again from the council's own export with the council's key."""

from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from api.case_lists.readers.result import ExportContent, Place
from api.documents.reading.archive import Archive
from api.documents.reading.workbook import Workbook
from api.documents.reading.workbook_check import check_workbook
from checklists.privacy.pseudonyms import WORKER_PREFIX, Key, child_reference, worker_pseudonym
from checklists.privacy.references import references_in


@dataclass(frozen=True, slots=True, repr=False)
class FoundInExport:
    """Who it is, and where in the export the case is. Without a `repr`, so that identifiers are never logged."""

    identifier: str
    place: Place


def identify(
    references: Iterable[str], reading: ExportContent, keys: Sequence[Key]
) -> Mapping[str, Sequence[FoundInExport]]:
    """For each reference, the child that it stands for under any of the keys, or the worker with their first case."""
    wanted = {reference.strip().upper(): reference for reference in references}
    found: dict[str, dict[str, Place]] = {reference: {} for reference in wanted}
    of_worker = {reference.startswith(f"{WORKER_PREFIX}-") for reference in wanted}
    for is_worker in of_worker:
        for identifier, place in _first_places(reading, of_workers=is_worker).items():
            for pseudonym in _pseudonyms(identifier, keys, of_worker=is_worker) & found.keys():
                found[pseudonym][identifier] = place
    return {wanted[each]: [FoundInExport(*one) for one in places.items()] for each, places in found.items()}


def _first_places(reading: ExportContent, *, of_workers: bool) -> Mapping[str, Place]:
    """The children or workers of an export, each with the place of their first case."""
    places: dict[str, Place] = {}
    for case in reading.cases:
        identifier = case.worker if of_workers else case.child
        if identifier:
            places.setdefault(identifier, case.place)
    return places


def _pseudonyms(identifier: str, keys: Sequence[Key], *, of_worker: bool) -> AbstractSet[str]:
    pseudonym = worker_pseudonym if of_worker else child_reference
    try:
        return {pseudonym(key, identifier) for key in keys}
    except ValueError:
        return frozenset()


def references_of_file(content: bytes) -> list[str]:
    """The references in a list or a downloaded sample, each once, in order; none in a file that has none.

    Raises UnreadableError for a workbook that cannot be read.
    """
    if content.startswith(b"PK\x03\x04"):
        archive = Archive(content)
        check_workbook(archive)
        rows = (cells for sheet in Workbook(archive).sheets() for _, cells in sheet.rows())
        text = "\n".join(str(cell) for cells in rows for cell in cells)
    else:
        encoding = "utf-16" if content.startswith((b"\xff\xfe", b"\xfe\xff")) else "utf-8"
        text = content.decode(encoding, "replace")
    return references_in(text)
