"""What a snapshot is split by: every breakdown of reports, and the characteristics of cases that were chosen for it."""

import json
import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product
from typing import Final

from sqlalchemy import select
from sqlmodel import Session, col

from api.case_files.characteristics.queries import characteristics_in_use, characteristics_with_keys
from api.foundation.problems import Invalid
from api.reports.breakdowns import SPLITS
from api.reports.tallies import is_counted
from checklists.characteristics import CaseGroup, Characteristic, decode_groups
from checklists.release.counting import digest_of
from checklists.templates.template import Template as TemplateContent
from models import Audit, CaseFile, Round, Snapshot
from models.storage.joins import linked

# With more, the cells are so small that nearly all of them are hidden.
MOST_CHARACTERISTICS: Final = 2
_PREFIX: Final = "characteristic:"


@dataclass(frozen=True, slots=True)
class ReleasedSplit:
    """A breakdown of a snapshot, by its name in the stored content."""

    value: str
    label: str
    is_characteristic: bool = False

    def label_in(self, _: TemplateContent) -> str:
        """The label, which is the same for every template."""
        return self.label


def split_name(characteristic: Characteristic) -> str:
    """The name of the split by a characteristic: no breakdown has the same."""
    return f"{_PREFIX}{characteristic.key}"


def splits_named(names: Mapping[str, object], characteristics: Mapping[str, str]) -> Iterator[ReleasedSplit]:
    """The splits with these names, the characteristics last: of these, the title by the name of the split."""
    yield from (ReleasedSplit(each.value, each.label) for each in SPLITS if each.value in names)
    yield from (ReleasedSplit(name, title, is_characteristic=True) for name, title in characteristics.items())


def characteristics_to_split_by(
    session: Session, organisation_id: int, *, chosen: Sequence[str] | None, earlier: Snapshot | None
) -> tuple[Characteristic, ...]:
    """The characteristics that a snapshot is split by, of their keys `chosen`; None means as `earlier`.

    `earlier`: the newest snapshot of the same round. All snapshots of a round are split alike: the altered letters of
    an earlier copy are within the stated number of the truth in its own cells only. Raises Invalid.
    """
    if earlier is not None:
        return _as_in(session, earlier, chosen)
    in_use = {each.key: each for each in characteristics_in_use(session, organisation_id)} if chosen else {}
    wanted = tuple(dict.fromkeys(chosen or ()))
    if any(key not in in_use for key in wanted):
        raise Invalid.at("/characteristics", "Select only characteristics that are in use.")
    if len(wanted) > MOST_CHARACTERISTICS:
        raise Invalid.at("/characteristics", f"Select no more than {MOST_CHARACTERISTICS} characteristics.")
    return tuple(in_use[key] for key in wanted)


def _as_in(session: Session, earlier: Snapshot, chosen: Sequence[str] | None) -> tuple[Characteristic, ...]:
    """The characteristics of an earlier snapshot, each with its groups of then and now."""
    content = json.loads(earlier.content)
    keys = [name.removeprefix(_PREFIX) for name in content.get("characteristics", {})]
    if chosen is not None and set(chosen) != set(keys):
        raise Invalid.at(
            "/characteristics",
            "Select the same characteristics as in the earlier snapshot of this round, or leave them out of the "
            "request. The difference between 2 snapshots that are split differently could reveal information about "
            "individual people.",
        )
    found = characteristics_with_keys(session, earlier.organisation_id, keys)
    return tuple(_with_groups(each, content["labels"][split_name(each)]) for each in found)


def _with_groups(characteristic: Characteristic, labels: Mapping[str, str]) -> Characteristic:
    now = characteristic.labels
    gone = (CaseGroup(key, label) for key, label in labels.items() if key not in now)
    return replace(characteristic, groups=(*characteristic.groups, *gone))


def groups_of_cases(
    session: Session, audit_round: Round, characteristics: Sequence[Characteristic]
) -> Iterator[tuple[uuid.UUID, dict[str, tuple[str, ...]]]]:
    """Each counted audit of a round with the group of its case now, by split: none where it is not known."""
    query = (
        select(col(Audit.id), col(CaseFile.characteristics))
        .join(CaseFile, linked(CaseFile.id, Audit.case_file_id))
        .where(
            col(Audit.organisation_id) == audit_round.organisation_id,
            col(Audit.round_id) == audit_round.id,
            is_counted(Audit),
        )
    )
    known: dict[str, dict[str, tuple[str, ...]]] = {}
    for audit_id, said in session.execute(query):
        if said not in known:
            groups = decode_groups(said)
            known[said] = {
                split_name(each): (groups[each.key],) if groups.get(each.key) in each.labels else ()
                for each in characteristics
            }
        yield audit_id, known[said]


def as_before(
    bands: Mapping[str, tuple[str, ...]], digest: str, characteristics: Sequence[Characteristic]
) -> Mapping[str, tuple[str, ...]]:
    """The bands of an audit with the groups with which an earlier snapshot counted it, by the digest of its bands then.

    A case list can change the group of a case while its audit stays as it is. Somebody who knew that would have two
    altered answers for one true answer, and the two copies would not fit one truth. Where the audit's own bands have
    changed as well, they are returned as they are.
    """
    if digest_of(bands) == digest:
        return bands
    names = [split_name(each) for each in characteristics]
    for groups in product(*([(), *((key,) for key in each.labels)] for each in characteristics)):
        tried = {**bands, **dict(zip(names, groups, strict=True))}
        if digest_of(tried) == digest:
            return tried
    return bands
