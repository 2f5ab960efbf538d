from dataclasses import replace
from fractions import Fraction
from typing import Any

import pytest

from checklists.reports.change import Change, ThemeChange, theme_changes
from checklists.reports.comparability import (
    Comparability,
    HowAudited,
    Verdict,
    comparability,
    judged,
    judged_by_how,
    overall_is_comparable,
    why_not_comparable,
)
from checklists.reports.gaps import Gap, theme_gaps
from checklists.templates.template_file import check_template
from tests.checklists.small_template import a_template, plain_template

TEMPLATE = a_template()
USUAL = HowAudited(
    planned=40,
    counted=40,
    modes={"Records only": 40},
    kinds={"status": {"Child in need": 25, "Child protection": 15}, "age band": {"1 to 4": 20, "5 to 9": 20}},
    drawn="statuses: all",
    strata="team",
    moderated=20,
    reviewed=300,
    lowered=30,
    raised=0,
    auditors={"a": 20, "b": 20},
)


def gaps(meeting: int, below: int) -> tuple[Gap, ...]:
    tallies = {("voice", "good"): meeting, ("voice", "inadequate"): below}
    return theme_gaps(TEMPLATE, tallies, audits=40, target=Fraction(9, 10), minimum=5)


def voice(now: tuple[int, int], before: tuple[int, int]) -> ThemeChange:
    return theme_changes(gaps(*now), gaps(*before), minimum=5)[0]


RISE, FALL, SMALL = voice((34, 6), (20, 20)), voice((20, 20), (34, 6)), voice((22, 18), (20, 20))


def verdict_of(found: Comparability, label: str) -> Verdict:
    return next(check.verdict for check in found.checks if check.label == label)


def change_with(now: HowAudited, before: HowAudited = USUAL, *, change: ThemeChange = RISE) -> ThemeChange:
    return judged(change, comparability(now, before), TEMPLATE, TEMPLATE)


def test_rounds_that_were_audited_alike_are_compared() -> None:
    found = comparability(USUAL, USUAL)
    assert {check.verdict for check in found.checks} == {Verdict.ALIKE}
    assert change_with(USUAL).change is Change.IMPROVED
    assert change_with(USUAL, change=FALL).change is Change.WORSE
    assert change_with(USUAL, change=SMALL).change is Change.NO_CLEAR_CHANGE


@pytest.mark.parametrize(
    ("label", "now"),
    [
        ("Audits finished", replace(USUAL, counted=24)),
        ("Choice of cases", replace(USUAL, drawn="")),
        ("Choice of cases", replace(USUAL, drawn="statuses: child-in-need")),
        ("Cases by status", replace(USUAL, kinds={"status": {"Child in need": 5, "Child protection": 35}})),
        ("Audit method", replace(USUAL, modes={"Records only": 5, "With practitioner": 35})),
        ("Auditors", replace(USUAL, auditors={"c": 30, "a": 10}, moderated=2)),
    ],
)
def test_a_difference_between_rounds_keeps_a_rise_from_being_called_an_improvement(label: str, now: HowAudited) -> None:
    assert verdict_of(comparability(now, USUAL), label) is Verdict.PREVENTS
    found = change_with(now)
    assert found.change is Change.NOT_COMPARABLE
    assert found.why
    assert change_with(USUAL, now, change=RISE).change is Change.NOT_COMPARABLE or label == "Auditors"
    assert change_with(now, change=FALL).change is Change.NOT_COMPARABLE


def test_few_answers_are_too_few_whatever_else_differs() -> None:
    few = voice((3, 1), (20, 20))
    assert change_with(replace(USUAL, counted=10), change=few).change is Change.TOO_FEW


@pytest.mark.parametrize("moderated", [0, 4])
def test_a_rise_that_milder_auditing_could_explain_is_no_improvement(moderated: int) -> None:
    """Where reviews lowered 3 in 10 answers of a round that was checked whole, and hardly anybody checked the next."""
    strict = replace(USUAL, moderated=40, reviewed=600, lowered=180)
    lenient = replace(USUAL, moderated=moderated, reviewed=15 * moderated, lowered=0)
    found = comparability(lenient, strict)
    if not moderated:
        assert found.milder == Fraction(3, 10)
        assert change_with(lenient, strict).change is Change.NOT_COMPARABLE
        said = next(check.words for check in found.checks if check.label == "Moderation")
        assert "more so in this round: a rise of up to 30.0 percentage points" in said
        assert "Milder auditing" in change_with(lenient, strict).why
    else:
        # Some of its own reviews say that these auditors are not milder.
        assert found.milder == 0
        assert change_with(lenient, strict).change is Change.IMPROVED


def test_a_rise_beyond_what_milder_auditing_could_explain_is_an_improvement() -> None:
    half = replace(USUAL, moderated=40, reviewed=600, lowered=12)
    found = comparability(replace(USUAL, moderated=0, reviewed=0, lowered=0), half)
    assert found.milder == Fraction(2, 100)
    assert judged(RISE, found, TEMPLATE, TEMPLATE).change is Change.IMPROVED


def test_a_fall_that_stricter_auditing_could_explain_is_not_called_worse() -> None:
    strict = replace(USUAL, moderated=40, reviewed=600, lowered=180)
    lenient = replace(USUAL, moderated=0, reviewed=0, lowered=0)
    found = change_with(strict, lenient, change=FALL)
    assert found.change is Change.NOT_COMPARABLE
    assert "Stricter auditing" in found.why


def test_new_auditors_are_no_obstacle_where_enough_of_their_audits_were_moderated() -> None:
    now = replace(USUAL, auditors={"c": 20, "d": 20})
    assert verdict_of(comparability(now, USUAL), "Auditors") is Verdict.NOTE
    assert change_with(now).change is Change.IMPROVED


def test_rounds_without_moderation_are_compared_and_that_is_said_where_the_auditors_are_the_same() -> None:
    plain = replace(USUAL, moderated=0, reviewed=0, lowered=0)
    found = comparability(plain, plain)
    assert verdict_of(found, "Moderation") is Verdict.NOTE
    assert judged(RISE, found, TEMPLATE, TEMPLATE).change is Change.IMPROVED


def test_a_small_difference_in_kind_is_left_to_the_reader() -> None:
    now = replace(USUAL, kinds={"status": {"Child in need": 19, "Child protection": 21}})
    assert verdict_of(comparability(now, USUAL), "Cases by status") is Verdict.NOTE


@pytest.mark.parametrize(("finished", "verdict"), [(900, Verdict.ALIKE), (899, Verdict.PREVENTS)])
def test_a_round_may_finish_up_to_a_tenth_less_of_its_audits_than_the_other(finished: int, verdict: Verdict) -> None:
    whole, less = (replace(USUAL, planned=1000, counted=number) for number in (1000, finished))
    assert verdict_of(comparability(less, whole), "Audits finished") is verdict
    assert verdict_of(comparability(whole, less), "Audits finished") is verdict


def test_the_round_that_finished_less_of_its_audits_is_named() -> None:
    whole, less = (replace(USUAL, planned=1000, counted=number) for number in (1000, 500))
    for now, before, named in ((less, whole, "This round"), (whole, less, "The earlier round")):
        (check,) = [each for each in comparability(now, before).checks if each.label == "Audits finished"]
        assert check.words.startswith(f"{named} finished a smaller share of its audits.")
        shares = {1000: "1,000 of 1,000 audits (100%)", 500: "500 of 1,000 audits (50%)"}
        assert check.sides == (shares[before.counted], shares[now.counted])


def test_rounds_without_audits_are_compared_without_an_error() -> None:
    found = comparability(HowAudited(), HowAudited())
    assert verdict_of(found, "Audit method") is Verdict.NOTE
    finished = next(check for check in found.checks if check.label == "Audits finished")
    assert finished.sides == ("0 of 0 audits (0%)", "0 of 0 audits (0%)")


def changed(change: Any) -> Any:
    content = plain_template()
    change(content)
    return check_template(content)


def test_a_theme_is_not_comparable_when_what_is_asked_has_changed() -> None:
    def guidance(content: dict[str, Any]) -> None:
        content["learning_domains"][0]["themes"][0]["prompts"] = ["Is it another question?"]

    def standard(content: dict[str, Any]) -> None:
        content["scale"]["standard"] = "requires-improvement"

    first = TEMPLATE.theme_keys[0]
    assert why_not_comparable(first, TEMPLATE, TEMPLATE) == ""
    assert "guidance" in why_not_comparable(first, changed(guidance), TEMPLATE)
    assert why_not_comparable(TEMPLATE.theme_keys[1], changed(guidance), TEMPLATE) == ""
    assert "standard" in why_not_comparable(first, changed(standard), TEMPLATE)
    found = judged(replace(RISE, key=first), comparability(USUAL, USUAL), changed(guidance), TEMPLATE)
    assert (found.change, found.why) == (Change.NOT_COMPARABLE, "The guidance for auditors has changed.")
    assert "did not ask" in why_not_comparable("unknown", TEMPLATE, TEMPLATE)
    assert not overall_is_comparable(changed(standard), TEMPLATE)
    assert overall_is_comparable(TEMPLATE, TEMPLATE)


THOUSAND = replace(USUAL, planned=1000, counted=1000, moderated=1000, reviewed=20_000, lowered=0)


def in_two(first: int) -> dict[str, int]:
    return {"Records only": first, "With practitioner": 1000 - first}


@pytest.mark.parametrize(
    ("label", "now", "before", "verdict"),
    [
        # Both finished less than nine tenths, and equally little.
        ("Audits finished", {"counted": 900}, {"counted": 900}, Verdict.ALIKE),
        ("Audits finished", {"counted": 899}, {"counted": 899}, Verdict.NOTE),
        # A share that differs by a tenth, and by a fifth.
        ("Audit method", {"modes": in_two(600)}, {"modes": in_two(500)}, Verdict.ALIKE),
        ("Audit method", {"modes": in_two(601)}, {"modes": in_two(500)}, Verdict.NOTE),
        ("Audit method", {"modes": in_two(700)}, {"modes": in_two(500)}, Verdict.NOTE),
        ("Audit method", {"modes": in_two(701)}, {"modes": in_two(500)}, Verdict.PREVENTS),
        ("Audit method", {"modes": in_two(499)}, {"modes": in_two(700)}, Verdict.PREVENTS),
        # The same differences in so few audits that they may be chance.
        ("Audit method", {"modes": {"a": 7, "b": 3}}, {"modes": {"a": 4, "b": 6}}, Verdict.NOTE),
        ("Audit method", {"modes": {"a": 1}}, {"modes": {}}, Verdict.NOTE),
        ("Audit method", {"modes": {}}, {"modes": {"a": 1}}, Verdict.NOTE),
        # Half of the audits by the auditors of the round before; of others, a fifth moderated.
        ("Auditors", {"auditors": {"a": 500, "c": 500}, "moderated": 0}, {}, Verdict.ALIKE),
        ("Auditors", {"auditors": {"a": 499, "c": 501}}, {}, Verdict.NOTE),
        ("Auditors", {"auditors": {"c": 1000}, "moderated": 200}, {}, Verdict.NOTE),
        ("Auditors", {"auditors": {"c": 1000}, "moderated": 199}, {}, Verdict.PREVENTS),
        ("Auditors", {"auditors": {}, "moderated": 0}, {}, Verdict.PREVENTS),
        # Milder by a point, where twenty reviewed answers say how mild; the share of the round without any is taken.
        ("Moderation", {"moderated": 0, "reviewed": 0}, {"lowered": 200}, Verdict.NOTE),
        ("Moderation", {"moderated": 0, "reviewed": 0}, {"lowered": 199}, Verdict.ALIKE),
        ("Moderation", {"moderated": 0, "reviewed": 20, "lowered": 1}, {"lowered": 0}, Verdict.NOTE),
        ("Moderation", {"moderated": 0, "reviewed": 19, "lowered": 1}, {"lowered": 0}, Verdict.ALIKE),
        ("Moderation", {"moderated": 0, "reviewed": 0}, {"moderated": 1}, Verdict.ALIKE),
    ],
)
def test_each_limit_is_where_it_is_said_to_be(
    label: str, now: dict[str, Any], before: dict[str, Any], verdict: Verdict
) -> None:
    found = comparability(replace(THOUSAND, **now), replace(THOUSAND, **before))
    assert verdict_of(found, label) is verdict


@pytest.mark.parametrize(("change", "way"), [(Change.IMPROVED, 1), (Change.WORSE, -1)])
def test_a_difference_of_just_what_other_auditing_explains_is_no_change(change: Change, way: int) -> None:
    ends = sorted((way * 0.0625, way * 0.5))
    assert RISE.compared is not None
    found = replace(RISE, change=change, compared=replace(RISE.compared, interval=(ends[0], ends[1])))
    explained = judged_by_how(found, Comparability((), Fraction(way, 16)))
    assert explained.change is Change.NOT_COMPARABLE
    assert judged_by_how(found, Comparability((), Fraction(way, 17))).change is change
    without = replace(found, compared=None)
    assert judged_by_how(without, Comparability((), Fraction(way))) == without


def test_each_side_is_described_in_numbers() -> None:
    alone = replace(USUAL, planned=200, counted=199, auditors={"a": 1}, moderated=1, reviewed=1200, lowered=1, raised=2)
    checks = {check.label: check for check in comparability(alone, USUAL).checks}
    assert {label: check.now for label, check in checks.items()} == {
        "Audits finished": "199 of 200 audits (99.5%)",
        "Choice of cases": "Drawn at random",
        "Cases by age band": "1 to 4: 50%",
        "Cases by status": "Child in need: 63%",
        "Audit method": "Records only: 100%",
        "Auditors": "1 person",
        "Moderation": "1% of audits moderated; 3 of 1,200 answers moved across the standard",
    }
    assert checks["Auditors"].before == "2 people"
    assert checks["Moderation"].before == "50% of audits moderated; 30 of 300 answers moved across the standard"
    nothing = comparability(HowAudited(), HowAudited())
    assert {check.sides for check in nothing.checks if check.label in ("Auditors", "Moderation")} == {
        ("0 people", "0 people"),
        ("None moderated", "None moderated"),
    }


def test_samples_divided_in_other_ways_are_compared_with_a_note() -> None:
    found = comparability(replace(USUAL, strata="age band"), USUAL)
    assert verdict_of(found, "Choice of cases") is Verdict.NOTE
    assert found.prevented_by == ()
    chosen = replace(USUAL, drawn="")
    assert verdict_of(comparability(chosen, chosen), "Choice of cases") is Verdict.NOTE


def test_a_verdict_has_a_label() -> None:
    assert [verdict.label for verdict in Verdict] == ["Comparable", "Check", "Not comparable"]


def test_a_round_of_which_nothing_is_known_has_numbers_of_nought() -> None:
    assert HowAudited() == HowAudited(planned=0, counted=0, moderated=0, reviewed=0, lowered=0, raised=0)
    assert HowAudited().share_moderated == 0


@pytest.mark.parametrize(
    ("now", "before"),
    [
        ({"Old": 4}, {"New": 4, "Old": 36}),
        ({"New": 4}, {"Old": 4}),
        ({"New": 2, "Old": 4, "Other": 4}, {"Old": 5, "Other": 5}),
    ],
)
def test_a_kind_of_which_one_round_has_none_counts_as_none_there(now: dict[str, int], before: dict[str, int]) -> None:
    found = comparability(replace(USUAL, modes=now), replace(USUAL, modes=before))
    (check,) = [each for each in found.checks if each.label == "Audit method"]
    shares = {before.get("New", 0) * 100 // sum(before.values()), now.get("New", 0) * 100 // sum(now.values())}
    assert {int(side.split(": ")[1].removesuffix("%")) for side in check.sides} in (
        {*shares},
        {100 - each for each in shares},
    )
