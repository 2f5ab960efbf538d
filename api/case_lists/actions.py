"""Case lists: what a list may contain, what importing it would do, and the imported lists.

`api.case_lists.importing` imports them.
"""

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

from sqlalchemy import Row
from sqlalchemy import select as select_columns
from sqlmodel import Session, col, select

from api.case_files.settling import LISTED_FIELDS
from api.case_files.tags import KnownTags, known_tags
from api.case_files.words import not_a_word
from api.case_lists.teams import FAULTS_SHOWN, TeamOfList, teams_of
from api.foundation.local_time import local_date
from api.foundation.permissions import Actor, Permission, check_may
from api.foundation.problems import Fault, Invalid, NotFound
from api.foundation.text.names import tidy
from checklists.case_list import CaseList as CaseListContent
from checklists.case_list import ListedCase, digest_of
from checklists.cases import CHILDRENS_WORDS, CLOSED, CaseWords
from checklists.characteristics import Characteristic, unknown_groups, with_groups
from checklists.privacy.references import check_reference, team_name_fault
from models import CaseFile, CaseList, CaseListEntry
from models.clock import latest
from models.storage.bulk import table_of

MOST_CASES: Final = 100_000

_FILES = table_of(CaseFile)


@dataclass(frozen=True, slots=True)
class ImportEffect:
    """The effect of importing a list."""

    teams: tuple[TeamOfList, ...]
    new: int
    changed: int
    same: int
    # Cases that get a tag from their category.
    tagged: int
    # Open case files from other lists that this list lacks; they stay as they are.
    absent: int


@dataclass(frozen=True, slots=True)
class CheckedList:
    """A list that can be imported, and its digest."""

    content: CaseListContent
    digest: str


def check_list(
    content: CaseListContent,
    *,
    words: CaseWords = CHILDRENS_WORDS,
    characteristics: Sequence[Characteristic] = (),
    by: Actor,
) -> CheckedList:
    """Check a list, without the writer. `words` and `characteristics`: what a case may have.

    Raises Invalid with each fault.
    """
    check_may(by, Permission.WRITE_CASE_FILES)
    _check(content, words, characteristics)
    return CheckedList(content, digest_of(content))


def effect_of(session: Session, *, checked: CheckedList, by: Actor) -> ImportEffect:
    """What importing this list would do."""
    check_may(by, Permission.WRITE_CASE_FILES)
    content = checked.content
    teams = teams_of(session, content, by)
    chosen = {team.name: team.team_id or uuid.UUID(int=0) for team in teams}
    known = known_case_files(session, by)
    tags = known_tags(session, by.organisation_id)
    sorted_out = sort_cases(known, content, chosen, tags)
    listed = {case.reference for case in content.cases} | {case.formerly for case in content.cases}
    absent = sum(1 for file in known if file.key_id and file.reference not in listed and file.status != CLOSED)
    new, changed = len(sorted_out.new), len(sorted_out.changed)
    tagged = sum((case.category or "") in tags.by_category for case in content.cases)
    return ImportEffect(teams, new, changed, len(content.cases) - new - changed, tagged, absent)


def find_case_list(session: Session, *, case_list_id: uuid.UUID, by: Actor) -> CaseList:
    """The list. Raises NotFound."""
    check_may(by, Permission.WRITE_CASE_FILES)
    found = session.get(CaseList, (by.organisation_id, case_list_id))
    if found is None:
        raise NotFound("case list")
    return found


def list_case_lists(
    session: Session, *, by: Actor, limit: int, after: uuid.UUID | None = None, digest: str | None = None
) -> Sequence[CaseList]:
    """The imported lists, the newest first; with a `digest` of `digest_of` only that list."""
    check_may(by, Permission.WRITE_CASE_FILES)
    query = select(CaseList).where(col(CaseList.organisation_id) == by.organisation_id)
    if after is not None:
        query = query.where(col(CaseList.id) < after)
    if digest is not None:
        query = query.where(col(CaseList.digest) == digest)
    return session.exec(query.order_by(col(CaseList.id).desc()).limit(limit)).all()


def references_on(session: Session, case_list: CaseList, references: Iterable[str]) -> frozenset[str]:
    """Those of the references that are on a list."""
    return frozenset(
        session.exec(
            select(CaseListEntry.reference).where(
                col(CaseListEntry.organisation_id) == case_list.organisation_id,
                col(CaseListEntry.case_list_id) == case_list.id,
                col(CaseListEntry.reference).in_(list(references)),
            )
        )
    )


def _check(content: CaseListContent, words: CaseWords, characteristics: Sequence[Characteristic]) -> None:
    if not 1 <= len(content.cases) <= MOST_CASES:
        raise Invalid.at("/cases", f"A case list must have between 1 and {MOST_CASES:,} cases.")
    if content.on > local_date(latest()):
        raise Invalid.at("/listed_on", "The date of the list must be today or in the past.")
    faults = [
        Fault(f"/cases/{place}/{name}", fault)
        for place, case in enumerate(content.cases)
        for name, fault in (*_faults_of(case, words), *_faults_of_groups(case, characteristics))
    ]
    seen: set[str] = set()
    for place, case in enumerate(content.cases):
        for name, reference in (("reference", case.reference), ("formerly", case.formerly)):
            if reference in seen:
                faults.append(
                    Fault(f"/cases/{place}/{name}", "Another line has this reference. Keep 1 line for each case.")
                )
            elif reference:
                seen.add(reference)
    if faults:
        raise Invalid("The case list was not imported.", faults=tuple(faults[:FAULTS_SHOWN]))


def _faults_of(case: ListedCase, words: CaseWords) -> Iterable[tuple[str, str]]:
    for name, reference in (("reference", case.reference), ("formerly", case.formerly), ("worker", case.worker)):
        fault = check_reference(reference) if reference or name == "reference" else None
        if fault is not None:
            yield name, fault
    for name, called, key, labels in (
        ("status", "status", case.status, words.statuses),
        ("age_band", "age band", case.age_band, words.age_bands),
        ("category", "category", case.category, words.categories),
    ):
        if key is not None and key not in labels:
            yield name, not_a_word(called, labels)
    fault = _team_fault(tidy(case.team))
    if fault is not None:
        yield "team", fault
    for name, month in (("started", case.started), ("closed", case.closed)):
        if month is not None and month.day != 1:
            yield name, "Enter the first day of the month: an exact date could identify a child."


def _faults_of_groups(case: ListedCase, known: Sequence[Characteristic]) -> Iterable[tuple[str, str]]:
    try:
        is_fault = case.characteristics != "" and unknown_groups(case.characteristics, known)
    except ValueError:
        is_fault = True
    if is_fault:
        words = (
            "Your organisation does not use this characteristic, or this group of it. Download the file of "
            "characteristics again and make the list with it."
        )
        yield "characteristics", words


@lru_cache(maxsize=4096)
def _team_fault(name: str) -> str | None:
    return team_name_fault(name) if name else "Enter the team that works on the case."


def known_case_files(session: Session, by: Actor) -> Sequence[Row[Any]]:
    """Every case file of the organisation, with the fields that a list may change."""
    columns = (_FILES.c.id, _FILES.c.version, *(_FILES.c[name] for name in LISTED_FIELDS))
    query = select_columns(*columns).where(_FILES.c.organisation_id == by.organisation_id)
    return session.connection().execute(query).all()


@dataclass(frozen=True, slots=True)
class SortedCases:
    """The cases of a list: new ones, and known ones with their case files."""

    new: tuple[ListedCase, ...]
    changed: tuple[tuple[ListedCase, Row[Any]], ...]
    same: tuple[tuple[ListedCase, Row[Any]], ...]


def sort_cases(
    known: Sequence[Row[Any]], content: CaseListContent, teams: Mapping[str, uuid.UUID], tags: KnownTags
) -> SortedCases:
    """Separate new cases from known ones.

    One known under its previous reference is changed: it gets the new one. So is one that gets a tag from its category.
    """
    by_reference = {file.reference: file for file in known}
    new: list[ListedCase] = []
    changed: list[tuple[ListedCase, Row[Any]]] = []
    same: list[tuple[ListedCase, Row[Any]]] = []
    for case in content.cases:
        file = by_reference.get(case.reference) or by_reference.get(case.formerly)
        if file is None:
            new.append(case)
            continue
        said = listed_fields_of(case, content, teams, before=file.characteristics)
        is_same = tuple(file)[2:] == tuple(said.values()) and not tags.are_missing(file.id, case.category)
        (same if is_same else changed).append((case, file))
    return SortedCases(tuple(new), tuple(changed), tuple(same))


def listed_fields_of(
    case: ListedCase, content: CaseListContent, teams: Mapping[str, uuid.UUID], *, before: str = ""
) -> dict[str, Any]:
    """What a list says of a case, by the names and in the order of LISTED_FIELDS.

    `before`: the characteristics of its case file, of which a list may say none or some.
    """
    return {
        "reference": case.reference,
        "team_id": teams[tidy(case.team)],
        "status": str(case.status),
        "age_band": str(case.age_band),
        "category": str(case.category) if case.category else None,
        "worker": case.worker,
        "started_in": case.started,
        "closed_in": case.closed,
        "re_referral": case.re_referral,
        "counts": case.counts,
        "characteristics": with_groups(before, case.characteristics),
        "key_id": content.key_id,
    }
