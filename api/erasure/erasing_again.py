"""Erasing again what a restored backup brought back, by the file of erased cases."""

import logging
from collections.abc import Iterable
from typing import Final

from sqlmodel import col, select

from api.erasure.erased_cases import ErasedCase, lines_in
from api.erasure.erasing import erase, prepare_erasure
from api.foundation import events
from api.foundation.key_files import erasure_key_of, key_at
from api.foundation.permissions import operator_of
from api.foundation.settings import Settings
from models import StoredCaseFile
from models.storage.database import Database
from models.storage.portions import in_portions

LOG: Final = logging.getLogger("caseaudit")


def erase_again(database: Database, settings: Settings) -> int:
    """Erase every case of the file that is stored again, because a backup was restored; how many that were."""
    lines = lines_in(settings.erased_cases_path)
    if not lines:
        return 0
    key = erasure_key_of(key_at(settings.trail_key_path))
    known = [ErasedCase.read(line, key) for line in lines]
    if not all(known):
        LOG.error(
            "%d lines of %s were not written with the trail key of this service, and erase nothing",
            sum(each is None for each in known),
            settings.erased_cases_path,
        )
    number = 0
    for each in _stored_again(database, [found for found in known if found is not None]):
        by = operator_of(each.organisation_id)
        with database.reading_one_moment() as session:
            prepared = prepare_erasure(session, case_file_id=each.case_file_id, by=by)
        with database.writing(each.organisation_id) as session:
            erase(session, prepared, erasure_id=each.erasure_id, by=by)
            said: dict[str, str | int | bool | None] = {"case_file": str(each.case_file_id), "at": each.at}
            events.record(session, "erasure.repeated", each.erasure_id, by=by, details=said)
        number += 1
    if number:
        database.empty_log()
        LOG.warning("%d cases that had been erased were in the database again, and were erased again", number)
    return number


def _stored_again(database: Database, erased: Iterable[ErasedCase]) -> list[ErasedCase]:
    wanted = {(each.organisation_id, each.case_file_id): each for each in erased}
    found = []
    with database.reading() as session:
        for some in in_portions(sorted({case for _, case in wanted})):
            query = select(StoredCaseFile.organisation_id, StoredCaseFile.id).where(col(StoredCaseFile.id).in_(some))
            found += [wanted[own, case] for own, case in session.exec(query) if (own, case) in wanted]
    return found
