"""A case list: the cases of a council on one day, under pseudonyms, with bands only."""

import hashlib
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from checklists.cases import AgeBand, CaseStatus, Category


@dataclass(frozen=True, slots=True)
class ListedCase:
    """One case of a case list.

    `started` and `closed` are the first day of the month in which it happened: a whole date could identify a child.
    `worker` is a pseudonym too. `formerly` is the reference under the previous key, after a rotation.
    `re_referral`: whether the latest referral came within twelve months of the one before; None when the case system's
    export does not show it. `counts`: a line of `case_counts`, empty when the export counts nothing.
    `characteristics`: groups that the case is in, see `checklists.characteristics`.
    """

    reference: str
    team: str
    status: str
    age_band: str
    category: str | None = None
    worker: str = ""
    started: date | None = None
    closed: date | None = None
    formerly: str = ""
    re_referral: bool | None = None
    counts: str = ""
    characteristics: str = ""


@dataclass(frozen=True, slots=True)
class CaseList:
    """The cases of one day. `key_id` names the key of the pseudonyms, and reveals nothing of it."""

    on: date
    key_id: str
    source: str
    cases: tuple[ListedCase, ...]


def digest_of(content: CaseList) -> str:
    """SHA-256 of a list, whatever the order of its lines."""
    digest = hashlib.sha256(f"{content.on}\n{content.key_id}\n".encode())
    for case in sorted(content.cases, key=lambda each: each.reference):
        words = (_as_ever(CaseStatus, case.status), _as_ever(AgeBand, case.age_band), _as_ever(Category, case.category))
        said = (case.reference, case.formerly, case.team, *words, case.worker)
        # Left out when it is not known, so that lists imported before this was read keep their digests.
        referred = "" if case.re_referral is None else f" {case.re_referral}"
        counted = case.counts and f" {case.counts}"
        grouped = f" {case.characteristics}" if case.characteristics else ""
        digest.update(f"{said!r} {case.started} {case.closed}{referred}{counted}{grouped}\n".encode())
    return digest.hexdigest()


def _as_ever(words: type[StrEnum], key: str | None) -> str | None:
    """A key in the form in which digests have always had it: those of built-in lists as their values."""
    return words(key) if key in set(words) else key
