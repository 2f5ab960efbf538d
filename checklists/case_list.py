"""A case list: the cases of a council on one day, under pseudonyms, with bands only."""

from dataclasses import dataclass
from datetime import date


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
