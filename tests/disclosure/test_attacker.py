"""Nothing is certain of any answer, whatever somebody knows of the cases: an attacker with integer programming tries.

The attacker shares no code with the release. It reads what a snapshot stores, from which every exit is written, and
knows the bands of every audit, which audits each snapshot counts, and which of them changed in between.
"""

import json
import random
import uuid
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from functools import cache
from typing import Any

import pytest

from api.release.snapshots.collecting import SnapshotData
from checklists.release.altered_copy import EarlierCopy, InCopy, NoCopyError
from checklists.release.counting import as_counted
from checklists.release.disclosure import Record
from checklists.reports.tallies import encode_answers
from checklists.templates.scale import NOT_APPLICABLE, NOT_ASKED
from checklists.templates.template import Template
from models import Round
from tests.checklists.small_template import a_template, theme
from tests.disclosure.attack_rules import Told, attack_themes
from tests.disclosure.rounds import (
    AGES,
    BELOW,
    HARMS,
    LEFT_OUT,
    MEETS,
    SEXES,
    STATUSES,
    TEAMS,
    Audited,
    Organisation,
    Snapshot,
    is_asked,
)
from tests.disclosure.rules import Release, Row, Shown, each_cell, former

RecordProperty = Callable[[str, object], None]
THEMES = 2
SNAPSHOTS = (1, 2, 1, 3, 1, 2, 1, 4, 1, 2, 1, 3, 1, 2, 1, 5, 1, 2, 1, 3)
# The sex, which a lead may choose: where it is not chosen, no audit has it.
DIMENSIONS = {"team": TEAMS, "status": STATUSES, "age": AGES, "harm": HARMS, "sex": SEXES}


# Where a theme is asked of some cases only, it is the second.
OF_SOME = 1


@cache
def the_template(asked_of_some: tuple[int, ...] = ()) -> Template:
    themes = [theme("plan"), theme("review")]
    for place in asked_of_some:
        # Which ages these are, the rounds decide.
        themes[place]["applies_when"] = {"age_bands": ["under-1"]}
    return a_template(
        format="caseaudit-template/2",
        learning_domains=[{"key": "practice", "title": "Practice", "themes": themes}],
        forms_of_harm=[{"key": f"h{at}", "label": f"H{at}"} for at in range(HARMS)],
    )


def a_record(audit: Audited, asked_of_some: tuple[int, ...]) -> Record:
    template = the_template(asked_of_some)
    answers = {LEFT_OUT: NOT_APPLICABLE, MEETS: template.scale.standard, BELOW: template.scale.worst}
    given = [answers[its] for its in audit.letters]
    for place in asked_of_some:
        given[place] = given[place] if is_asked(audit.bands) else NOT_ASKED
    bands = {name: tuple(str(value) for key, value in audit.bands if key == name) for name in DIMENSIONS}
    return Record(encode_answers(template, dict(zip(template.theme_keys, given, strict=True))), bands)


def stored(
    snapshots: Sequence[Snapshot], seed: int, asked_of_some: tuple[int, ...] = ()
) -> list[tuple[str, int]] | None:
    """What each snapshot stores, and how far its numbers may be off; None when one is refused."""
    earlier, found = list[EarlierCopy](), list[tuple[str, int]]()
    for each in snapshots:
        records = {uuid.UUID(int=audit.number): a_record(audit, asked_of_some) for audit in each.audits}
        template = the_template(asked_of_some)
        counted = as_counted(template, records, with_overall=True)
        audit_round = Round(
            organisation_id=1,
            due_on=date(2026, 4, 1),
            title="Spring", period_from=date(2026, 1, 1), period_to=date(2026, 3, 1), target_percent=90,
            template_id=uuid.UUID(int=0), template_version=1, minimum_applicable=5,
        )  # fmt: skip
        labels = {name: {str(at): str(at) for at in range(count)} for name, count in DIMENSIONS.items()}
        data = SnapshotData(audit_round, template, records, counted, labels, {}, "")
        try:
            released = data.release(key=b"%d" % seed, smallest=10, earlier=earlier)
        except NoCopyError:
            return None
        earlier.append(
            EarlierCopy(
                released.rule.within,
                {audit: InCopy(how.bands, how.answers, released.copied[audit]) for audit, how in counted.items()},
            )
        )
        found.append((data.content(released), released.rule.within))
    return found


def read(content: str, within: int, snapshot: Snapshot) -> tuple[dict[int, Release], list[Row]]:
    """What the stored text says of each theme in each cell, and of both themes together."""
    said: Mapping[str, Any] = json.loads(content)
    found: dict[int, Release] = {at: {} for at in range(THEMES)}
    for filters, _, themes in said["groups"]:
        cell = tuple((name, int(value)) for name, value in filters)
        if cell in snapshot.members:
            for at in range(THEMES):
                found[at][cell] = Shown(None, rows_of(themes[at], within))
    (both,) = said["domains"].values()
    return found, rows_of(both, within)


def rows_of(numbers: Sequence[int | None], within: int) -> list[Row]:
    applicable, below = numbers
    if applicable is None or below is None:
        return [(1, 1, 0, 9 + within)]
    return [
        (1, 1, applicable - within, applicable + within),
        (0, 1, below - within, below + within),
        (1, 0, applicable - below - within, applicable - below + within),
    ]


def attack_organisation(
    seed: int, count: int, *, jointly: bool = True, by_sex: bool = False, asked_of_some: tuple[int, ...] = ()
) -> Told | None:
    """Attack both themes and their sums, or the last theme alone, which is quicker."""
    size = 25 + 5 * (seed % 26)
    organisation = Organisation(size, seed, themes=THEMES, by_sex=by_sex, asked_of_some=asked_of_some)
    snapshots = organisation.snapshots(count)
    contents = stored(snapshots, seed, asked_of_some)
    if contents is None:
        return None
    released: dict[int, list[Release]] = {at: [] for at in range(THEMES)}
    pooled = []
    for (content, within), snapshot in zip(contents, snapshots, strict=True):
        found, both = read(content, within, snapshot)
        pooled.append(both)
        for at in range(THEMES):
            released[at].append(found[at])
    if jointly:
        return attack_themes(snapshots, released, pooled, asked_of_some=asked_of_some)
    return attack_themes(snapshots, {OF_SOME: released[OF_SOME]}, asked_of_some=asked_of_some)


@pytest.mark.parametrize(
    ("seed", "count", "by_sex"), [(3, 1, False), (13, 1, False), (1, 2, False), (2, 3, False), (5, 3, True)]
)
@pytest.mark.parametrize("asked_of_some", [(), (OF_SOME,)])
def test_the_attacker_is_certain_of_nothing(
    seed: int, count: int, by_sex: bool, asked_of_some: tuple[int, ...]
) -> None:
    told = attack_organisation(seed, count, by_sex=by_sex, asked_of_some=asked_of_some)
    assert told is not None
    assert (told.answers, told.sizes, told.undecided) == (0, 0, 0), told.what


def test_the_same_attacker_is_certain_of_much_under_the_former_rule() -> None:
    snapshots = Organisation(40, 3).snapshots(2)
    release = each_cell(former())(snapshots, 0, random.Random(0))
    assert release is not None
    told = attack_themes(snapshots, {0: release})
    assert told.answers + told.sizes >= 5, told.what


def test_where_the_stated_number_is_too_small_the_attacker_sees_it() -> None:
    snapshots = Organisation(60, 4, themes=THEMES).snapshots(1)
    (content, within), *_ = stored(snapshots, 4) or []
    found, _ = read(content, within - 1, snapshots[0])
    with pytest.raises(ValueError, match="misreads"):
        attack_themes(snapshots, {at: [release] for at, release in found.items()})


@pytest.mark.trial
def test_the_attacker_is_certain_of_nothing_in_200_organisations(record_property: RecordProperty) -> None:
    told, made, refused = Told(), 0, 0
    for seed in range(1_000, 1_210):
        count = SNAPSHOTS[seed % len(SNAPSHOTS)]
        of_some = (OF_SOME,) if seed % 4 < 2 else ()
        found = attack_organisation(seed, count, jointly=seed % 10 == 0, by_sex=seed % 3 == 0, asked_of_some=of_some)
        refused += found is None
        if found is not None:
            made += 1
            told.add(found)
        if seed % 5 == 0:
            print(seed, made, refused, told.answers, told.sizes, told.undecided, flush=True)
    record_property(
        "figure",
        f"Attacker who knows all bands, {made} organisations of 25 to 150 audits, one to five snapshots: "
        f"{told.answers} answers and {told.sizes} sizes certain, {told.undecided} undecided; {refused} refused",
    )
    assert made >= 200
    assert (told.answers, told.sizes, told.undecided) == (0, 0, 0), told.what
