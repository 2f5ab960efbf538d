"""Nothing about few children follows from what is shown: an attacker who can compute tries to prove otherwise."""

import random
from collections.abc import Callable, Iterable, Mapping, Sequence

import pytest

from checklists.release.deduction import deduce, tighten_rule
from checklists.release.disclosure import STRICTER, Record, ReleaseRule, may_follow_snapshot, release_table
from checklists.release.layers import Deduced
from checklists.release.shown import ShownCounts
from tests.checklists.release.attacker import (
    APPLICABLE,
    Attack,
    Findings,
    Number,
    Part,
    Scheme,
    Shape,
    by_rule,
    hiding_1_to_5,
)
from tests.checklists.release.organisations import DIMENSIONS, ONE_THEME, TWO_THEMES, an_organisation

pytestmark = pytest.mark.long

RecordProperty = Callable[[str, object], None]

SIZES = (40, 120, 400)
MILDEST, STRICT = ReleaseRule(), STRICTER[1]
NEWLY = 10
# Seeds of organisations where the rule alone, and the rule on a first and a second snapshot, tell something about few.
TOLD_BY_THE_RULE_ALONE = (40, 75)
TOLD_BY_THE_SECOND = ((40, 11), pytest.param(400, 4, marks=pytest.mark.trial))


def unrounded() -> Scheme:
    """All of the rule but its rounding: no rule of the product can be made so."""
    rule = ReleaseRule()
    object.__setattr__(rule, "rounding", 1)
    return by_rule(rule)


def shown_under(rule: ReleaseRule, records: Sequence[Record], shape: Shape) -> ShownCounts:
    """A snapshot of these records, the first of their organisation's."""
    return ShownCounts(release_table(shape.template, records, DIMENSIONS, rule), rule, frozenset(range(len(records))))


def rule_taken(records: Sequence[Record], shape: Shape, *earlier: ShownCounts) -> ReleaseRule | None:
    """The thresholds that a snapshot takes when the mildest are asked for; None when it is refused."""
    safe = tighten_rule(
        MILDEST,
        lambda rule: release_table(shape.template, records, DIMENSIONS, rule),
        frozenset(range(len(records))),
        earlier=earlier,
        several={shape.several},
    )
    return None if safe is None else safe[1]


def attack(records: Sequence[Record], scheme: Scheme, shape: Shape = TWO_THEMES) -> Findings:
    return Attack(shape, {"all": Part(records)}, {("all",): scheme}).run(("all",))


def attack_as_released(size: int, seed: int) -> Findings:
    records = an_organisation(size, seed)
    rule = rule_taken(records, TWO_THEMES)
    return Findings() if rule is None else attack(records, by_rule(rule))


def attack_in_a_row(
    parts: Mapping[str, Part], shown: Mapping[tuple[str, ...], ReleaseRule], shape: Shape = ONE_THEME
) -> Findings:
    """What several snapshots tell together: of each part of the audits, and of those that each snapshot counts."""
    attacker = Attack(shape, parts, {names: by_rule(rule) for names, rule in shown.items()})
    return together(attacker.run(names) for names in dict.fromkeys([*((name,) for name in parts), *shown]))


def together(each: Iterable[Findings]) -> Findings:
    found = Findings()
    for findings in each:
        found.add(findings)
    return found


def assert_nothing_is_told(findings: Findings) -> None:
    assert findings.attacked > 0
    assert findings.pinned == []
    assert findings.undecided == []


@pytest.mark.parametrize("size", SIZES)
def test_a_snapshot_pins_nothing_about_few_children(size: int, record_property: RecordProperty) -> None:
    findings = together(attack_as_released(size, seed) for seed in range(3))
    record_property("figure", f"Attacker on snapshots of 3 organisations of {size}: {findings}")
    assert_nothing_is_told(findings)


def test_without_rounding_the_same_attacker_pins_numbers(record_property: RecordProperty) -> None:
    findings = together(attack(an_organisation(40, seed), unrounded()) for seed in range(3))
    record_property("figure", f"Attacker with rounding switched off, 3 organisations of 40: {findings}")
    assert findings.pinned


def test_where_only_1_to_5_are_hidden_the_same_attacker_pins_many_of_every_kind(
    record_property: RecordProperty,
) -> None:
    findings = together(attack(an_organisation(40, seed, ONE_THEME), hiding_1_to_5(), ONE_THEME) for seed in range(3))
    record_property("figure", f"Attacker where only 1 to 5 are hidden, 3 organisations of 40: {findings}")
    assert findings.pinned_of("size") >= 20
    assert findings.pinned_of("gap count") >= 20
    assert findings.pinned_of("all have the gap") >= 5


def test_what_the_rule_alone_would_tell_is_worked_out_first_and_stricter_thresholds_taken() -> None:
    records = an_organisation(*TOLD_BY_THE_RULE_ALONE)
    pinned = attack(records, by_rule(MILDEST)).pinned
    assert pinned, "the attacker must find in this organisation what rounding alone does not hide"
    told = deduce([shown_under(MILDEST, records, TWO_THEMES)], several={"harm"})
    assert {Deduced(each.number.filters, each.number.theme) for each in pinned} <= told
    assert rule_taken(records, TWO_THEMES) not in {None, MILDEST}
    assert_nothing_is_told(attack_as_released(*TOLD_BY_THE_RULE_ALONE))


@pytest.mark.parametrize(("size", "seed"), TOLD_BY_THE_SECOND)
def test_a_second_snapshot_of_ten_more_audits_pins_nothing_though_the_mildest_rule_would_let_it(
    size: int, seed: int, record_property: RecordProperty
) -> None:
    records = an_organisation(size + NEWLY, seed, ONE_THEME)
    old, everybody = frozenset(range(size)), frozenset(range(size + NEWLY))
    assert may_follow_snapshot(everybody, old)
    parts = {"old": Part(records[:size]), "new": Part(records[size:], fewest=NEWLY, most=NEWLY)}
    first, both = ("old",), ("old", "new")
    unchecked = attack_in_a_row(parts, {first: MILDEST, both: MILDEST})
    assert unchecked.pinned, "the attacker must find what follows from the two snapshots"
    rule = rule_taken(records, ONE_THEME, shown_under(MILDEST, records[:size], ONE_THEME))
    assert rule not in {None, MILDEST}
    assert rule is not None
    findings = attack_in_a_row(parts, {first: MILDEST, both: rule})
    record_property(
        "figure",
        f"Attacker on two snapshots of {size} and {size + NEWLY} audits: {findings}; unchecked: {unchecked}",
    )
    assert_nothing_is_told(findings)


@pytest.mark.trial
@pytest.mark.parametrize("size", SIZES)
def test_many_snapshots_pin_nothing_about_few_children(size: int, record_property: RecordProperty) -> None:
    findings = together(attack_as_released(size, seed) for seed in range(100, 130))
    record_property("figure", f"Attacker on snapshots of 30 organisations of {size}: {findings}")
    assert_nothing_is_told(findings)


@pytest.mark.trial
@pytest.mark.parametrize("size", SIZES)
def test_three_snapshots_in_a_row_with_one_audit_withdrawn_pin_nothing(
    size: int, record_property: RecordProperty
) -> None:
    found, refused = Findings(), 0
    for seed in range(10):
        records = an_organisation(size + 2 * NEWLY, seed, ONE_THEME)
        parts = {
            "withdrawn": Part(records[:1], fewest=1, most=1),
            "old": Part(records[1:size]),
            "new": Part(records[size : size + NEWLY], fewest=NEWLY, most=NEWLY),
            "newest": Part(records[size + NEWLY :], fewest=NEWLY, most=NEWLY),
        }
        numbers = {name: {id(record) for record in part.truth} for name, part in parts.items()}
        shown: list[ShownCounts] = []
        rules: dict[tuple[str, ...], ReleaseRule] = {}
        for names in (("withdrawn", "old"), ("old", "new"), ("old", "new", "newest")):
            audits = frozenset[object]().union(*(numbers[name] for name in names))
            assert all(may_follow_snapshot(audits, earlier.audits) for earlier in shown)
            counted = [record for name in names for record in parts[name].truth]
            safe = tighten_rule(
                MILDEST,
                lambda rule, counted=counted: release_table(ONE_THEME.template, counted, DIMENSIONS, rule),  # type: ignore[misc]
                audits,
                earlier=shown,
                several={"harm"},
            )
            if safe is None:
                refused += 1
            else:
                rules[names] = safe[1]
                shown.append(ShownCounts(*safe, audits))
        found.add(attack_in_a_row(parts, rules))
    record_property(
        "figure", f"Attacker on up to three snapshots in a row, 10 organisations of {size}: {found}; {refused} refused"
    )
    assert found.pinned == []


@pytest.mark.trial
@pytest.mark.parametrize("rule", [MILDEST, STRICT], ids=["mildest", "strict"])
def test_who_knows_ten_of_the_cases_learns_of_no_two_others_together(
    rule: ReleaseRule, record_property: RecordProperty
) -> None:
    """Of the last unknown child of a cell something can be told under the mildest rule, less than once in a thousand:
    where few are hidden a threshold stands, and whoever knows all but one of a cell is one number from it."""
    found, of_the_last = Findings(), 0
    for size in SIZES:
        for seed in range(200, 230):
            records = an_organisation(size, seed)
            chosen = frozenset(random.Random(seed).sample(range(size), 10))
            parts = {
                "known": Part([records[place] for place in sorted(chosen)], known=True),
                "others": Part([record for place, record in enumerate(records) if place not in chosen]),
            }
            if deduce([shown_under(rule, records, TWO_THEMES)], several={"harm"}):
                continue  # no such snapshot is made
            attacker = Attack(TWO_THEMES, parts, {("known", "others"): by_rule(rule)})
            findings = attacker.run(("others",))
            found.add(findings)
            for target in findings.pinned:
                cell = Number(("others",), target.number.filters, target.number.theme, APPLICABLE)
                of_the_last += attacker.true(cell) == 1
    record_property(
        "figure",
        f"Attacker who knows 10 cases, hiding under {rule.smallest}: {found}; {of_the_last} of them of a last child",
    )
    assert len(found.pinned) == of_the_last
    assert of_the_last <= (found.attacked // 1000 if rule == MILDEST else 0)
    assert found.undecided == []
