import random
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import replace
from fractions import Fraction
from hashlib import sha256

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import maximum_flow
from scipy.stats import f as f_distribution

from checklists.samples.sampling import (
    METHOD,
    Draw,
    DrawPlan,
    FrameCase,
    Shortage,
    Shortfall,
    ShortfallError,
    SizeRule,
    chances,
    draw,
    frame_hash,
    next_reserve,
    sizes,
)
from tests.checklists.samples.frames import DESIGNS, Design, a_frame, by_cell
from tests.checklists.samples.redrawing import redrawn
from tests.thorough import many

ONE_IN_A_THOUSAND = 0.001
QUICK = [name for name in DESIGNS if name not in {"every worker at the cap", "some cases without a chance"}]
RecordProperty = Callable[[str, object], None]

plans = st.builds(
    DrawPlan,
    seed=st.text(max_size=3),
    size=st.integers(1, 30),
    rule=st.sampled_from(SizeRule),
    minimum=st.integers(0, 3),
    cap_per_worker=st.none() | st.integers(1, 4),
)
frames = st.builds(
    a_frame, st.integers(0, 10**6), strata=st.integers(1, 5), workers=st.integers(1, 9), cases=st.integers(1, 60)
)


def workers_of(sample: Draw) -> Counter[str]:
    return Counter(case.worker for case in sample.selected if case.worker)


def can_be_kept(plan: DrawPlan, wanted: Mapping[str, int], cells: Mapping[str, Mapping[str, int]]) -> bool:
    """Whether a network in which strata send cases to workers, and workers to the sample, carries all of it."""
    if plan.cap_per_worker is None:
        return True
    workers = sorted({worker for row in cells.values() for worker in row})
    strata = sorted(cells)
    end = len(strata) + len(workers) + 1
    arcs = np.zeros((end + 1, end + 1), dtype=np.int32)
    for place, stratum in enumerate(strata, start=1):
        arcs[0, place] = wanted[stratum]
        for worker, count in cells[stratum].items():
            arcs[place, len(strata) + 1 + workers.index(worker)] = count
    for place, worker in enumerate(workers, start=len(strata) + 1):
        arcs[place, end] = plan.cap_per_worker if worker else 10**6
    return bool(maximum_flow(csr_matrix(arcs), 0, end).flow_value == plan.size)


def p_value(design: Design, seeds: range, drawing: Callable[[list[FrameCase], DrawPlan], Draw] = draw) -> float:
    """How often chance alone would take inclusion frequencies further from the stated probabilities than these are.

    Draws with different seeds are independent, so the mean of the inclusions is nearly normal around its expectation,
    whatever a design does to cases within one draw; Hotelling's T² measures the distance by their own covariance. What
    a design holds fixed (sizes, certain cases) has no variance and must be met exactly.
    """
    frame = design.frame
    stated = chances(frame, design.plan(""))
    places = {reference: place for place, reference in enumerate(stated)}
    drawn = np.zeros((len(seeds), len(places)))
    for row, seed in enumerate(seeds):
        for case in drawing(frame, design.plan(f"seed {seed}")).selected:
            drawn[row, places[case.reference]] = 1
    off = drawn.mean(axis=0) - np.array([float(chance) for chance in stated.values()])
    values, vectors = np.linalg.eigh(np.cov(drawn, rowvar=False))
    along = vectors.T @ off
    free = values > 1e-9
    assert np.abs(along[~free]).max(initial=0) < 1e-9
    times, rank = len(seeds), int(free.sum())
    hotelling = times * float((along[free] ** 2 / values[free]).sum())
    return float(f_distribution.sf(hotelling * (times - rank) / (rank * (times - 1)), rank, times - rank))


@pytest.mark.parametrize("name", QUICK)
def test_cases_are_drawn_as_often_as_their_probability_says(name: str) -> None:
    assert p_value(DESIGNS[name], range(many(600, thorough=1_500))) > ONE_IN_A_THOUSAND


@pytest.mark.trial
@pytest.mark.parametrize("name", DESIGNS)
def test_over_ten_thousand_seeds_cases_are_drawn_as_often_as_stated(name: str, record_property: RecordProperty) -> None:
    found = p_value(DESIGNS[name], range(10_000))
    record_property("figure", f"Inclusion over 10,000 seeds, {name}: p = {found:.3f}")
    assert found > ONE_IN_A_THOUSAND


@pytest.mark.parametrize("name", ["one stratum", "cases without a worker"])
def test_a_draw_that_favours_one_case_would_be_seen(name: str) -> None:
    def favouring(frame: list[FrameCase], plan: DrawPlan) -> Draw:
        sample = draw(frame, plan)
        if frame[0].reference in {case.reference for case in sample.selected}:
            return sample
        return draw(frame, replace(plan, seed=f"{plan.seed} again"))

    assert p_value(DESIGNS[name], range(600), favouring) < ONE_IN_A_THOUSAND


def drawn(frame: list[FrameCase], plan: DrawPlan) -> Draw | tuple[Shortfall, ...]:
    try:
        return draw(frame, plan)
    except ShortfallError as refusal:
        return refusal.shortfalls


@given(frames, plans)
def test_quotas_are_met_or_the_shortfall_is_named(frame: list[FrameCase], plan: DrawPlan) -> None:
    cells = by_cell(frame)
    counts = {stratum: sum(row.values()) for stratum, row in cells.items()}
    sample = drawn(frame, plan)
    if not isinstance(sample, Draw):
        assert sample
        for short in sample:
            assert 0 <= short.available < short.wanted
            assert short.stratum in cells
            assert f"“{short.stratum}”" in short.words
        assert sample[0].shortage is not Shortage.CAP or not can_be_kept(plan, sizes(plan, counts), cells)
        return
    assert can_be_kept(plan, sample.sizes, cells)
    assert sample.sizes == sizes(plan, counts)
    assert sum(sample.sizes.values()) == plan.size
    assert Counter(case.stratum for case in sample.selected) == +Counter(sample.sizes)
    assert all(size >= plan.minimum for size in sample.sizes.values())
    assert plan.cap_per_worker is None or max(workers_of(sample).values(), default=0) <= plan.cap_per_worker


@given(frames, plans)
def test_selected_and_reserves_are_the_whole_frame_in_places_from_one(frame: list[FrameCase], plan: DrawPlan) -> None:
    sample = drawn(frame, plan)
    if not isinstance(sample, Draw):
        return
    everybody = (*sample.selected, *sample.reserves)
    assert sorted(case.reference for case in everybody) == sorted(case.reference for case in frame)
    for stratum, count in Counter(case.stratum for case in frame).items():
        assert [case.place for case in everybody if case.stratum == stratum] == list(range(1, count + 1))


@given(frames, plans)
def test_chances_add_up_to_the_sizes_and_to_no_more_than_the_cap(frame: list[FrameCase], plan: DrawPlan) -> None:
    sample = drawn(frame, plan)
    if not isinstance(sample, Draw):
        return
    stated = chances(frame, plan)
    of_stratum = {stratum: Fraction(0) for stratum in sample.sizes}
    of_worker = {case.worker: Fraction(0) for case in frame}
    for case in frame:
        of_stratum[case.stratum] += stated[case.reference]
        of_worker[case.worker] += stated[case.reference]
    assert of_stratum == sample.sizes
    cap = plan.cap_per_worker
    assert cap is None or all(total <= cap for worker, total in of_worker.items() if worker)
    for each in (*sample.selected, *sample.reserves):
        assert 0 <= each.probability <= 1
        assert each.probability == float(stated[each.reference])
    assert all(each.weight >= 1 for each in sample.selected)


@given(frames, plans, st.randoms(use_true_random=False))
def test_the_order_of_the_frame_changes_nothing(frame: list[FrameCase], plan: DrawPlan, chance: random.Random) -> None:
    mixed = chance.sample(frame, len(frame))
    assert frame_hash(mixed) == frame_hash(frame)
    assert drawn(mixed, plan) == drawn(frame, plan)


@given(frames, plans)
def test_whoever_follows_the_written_recipe_draws_the_same_cases(frame: list[FrameCase], plan: DrawPlan) -> None:
    sample = drawn(frame, plan)
    if not isinstance(sample, Draw):
        return
    rows = [(case.reference, case.stratum, case.worker) for case in frame]
    selected = {case.reference: case.probability for case in sample.selected}
    assert redrawn(rows, plan.seed, sample.sizes, plan.cap_per_worker) == selected


@pytest.mark.parametrize("name", [name for name, design in DESIGNS.items() if design.cap])
def test_the_recipe_draws_every_design(name: str) -> None:
    design = DESIGNS[name]
    rows = [(case.reference, case.stratum, case.worker) for case in design.frame]
    for seed in range(10):
        sample = draw(design.frame, design.plan(str(seed)))
        selected = {case.reference: case.probability for case in sample.selected}
        assert redrawn(rows, str(seed), sample.sizes, design.cap) == selected


def test_the_recipe_draws_where_raking_takes_too_long_and_is_cut_short() -> None:
    frame = a_frame(13, strata=5, workers=12, cases=200)
    sample = draw(frame, DrawPlan("s", 20, SizeRule.PROPORTIONAL, cap_per_worker=2))
    rows = [(case.reference, case.stratum, case.worker) for case in frame]
    selected = {case.reference: case.probability for case in sample.selected}
    assert redrawn(rows, "s", sample.sizes, 2) == selected


def test_the_method_never_changes_silently() -> None:
    frame = a_frame(7, strata=3, workers=5, cases=30)
    sample = draw(frame, DrawPlan("frozen", 6, SizeRule.PROPORTIONAL, minimum=1, cap_per_worker=2))
    assert METHOD == "1"
    assert frame_hash(frame) == "7b91b2bffa233c0fde39c6bb882fb238a5937be571617c4f18beed66eb3e4b21"
    assert {case.reference[-2:]: round(case.probability, 12) for case in sample.selected} == {
        "18": 0.194946242085,
        "13": 0.204422321786,
        "17": 0.204421997661,
        "14": 0.154396684842,
        "10": 0.147239793585,
        "27": 0.511863488178,
    }
    assert [case.reference[-2:] for case in sample.reserves[:5]] == ["06", "03", "23", "16", "29"]


def test_the_hash_of_a_frame_is_that_of_its_texts_with_their_lengths() -> None:
    frame = [FrameCase("b", "älter", "w"), FrameCase("a", "")]
    assert frame_hash(frame) == sha256("1:a0:0:1:b6:älter1:w".encode()).hexdigest()


@pytest.mark.parametrize("change", [{"reference": "other"}, {"stratum": "other"}, {"worker": "other"}])
def test_another_frame_has_another_hash(change: dict[str, str]) -> None:
    frame = a_frame(7, strata=3, workers=5, cases=30)
    changed = replace(frame[4], reference=change.get("reference", frame[4].reference))
    changed = replace(changed, stratum=change.get("stratum", changed.stratum), worker=change.get("worker", "w0"))
    assert frame_hash([*frame[:4], changed, *frame[5:]]) != frame_hash(frame)


def test_another_seed_draws_other_cases() -> None:
    frame = DESIGNS["one stratum"].frame
    plan = DESIGNS["one stratum"].plan
    assert len({frozenset(case.reference for case in draw(frame, plan(str(seed))).selected) for seed in range(20)}) > 15


def test_without_a_cap_a_larger_sample_holds_the_smaller_one() -> None:
    frame = DESIGNS["one stratum"].frame
    small, large = (draw(frame, DrawPlan("s", size, SizeRule.EQUAL)) for size in (5, 9))
    assert large.selected[:5] == tuple(replace(case, probability=9 / 23) for case in small.selected)


def test_where_no_cap_binds_every_case_of_a_stratum_has_the_same_chance() -> None:
    frame = a_frame(3, strata=4, workers=30, cases=400)
    plan = DrawPlan("s", 20, SizeRule.PROPORTIONAL)
    for case, chance in chances(frame, replace(plan, cap_per_worker=20)).items():
        assert chance == pytest.approx(chances(frame, plan)[case], abs=1e-9)


def test_a_worker_over_the_cap_is_held_at_it_and_the_others_of_the_stratum_share_the_rest_evenly() -> None:
    frame = Design({("a", "u"): 40, ("a", "v"): 30, ("a", "w"): 2, ("a", "x"): 8}, 8, cap=3).frame
    stated = {
        case.worker: chances(frame, DrawPlan("s", 8, SizeRule.EQUAL, cap_per_worker=3))[case.reference]
        for case in frame
    }
    assert stated["u"] * 40 == pytest.approx(3, abs=1e-5)
    assert stated["v"] * 30 == pytest.approx(3, abs=1e-5)
    assert stated["w"] == pytest.approx(Fraction(1, 5), abs=1e-5)
    assert stated["x"] == pytest.approx(Fraction(1, 5), abs=1e-5)


def test_cases_without_a_worker_are_under_no_cap() -> None:
    frame = Design({("a", ""): 30, ("a", "u"): 5, ("a", "v"): 5}, 8, cap=3).frame
    assert set(chances(frame, DrawPlan("s", 8, SizeRule.EQUAL, cap_per_worker=3)).values()) == {Fraction(1, 5)}


@pytest.mark.parametrize(
    ("rule", "minimum", "expected"),
    [
        (SizeRule.PROPORTIONAL, 0, {"a": 6, "b": 3, "c": 1}),
        (SizeRule.PROPORTIONAL, 1, {"a": 6, "b": 3, "c": 1}),
        (SizeRule.PROPORTIONAL, 2, {"a": 5, "b": 3, "c": 2}),
        (SizeRule.EQUAL, 0, {"a": 4, "b": 3, "c": 3}),
    ],
)
def test_a_size_is_shared_out_by_largest_remainder_or_evenly(
    rule: SizeRule, minimum: int, expected: dict[str, int]
) -> None:
    assert sizes(DrawPlan("s", 10, rule, minimum), {"c": 6, "a": 60, "b": 34}) == expected


def test_equal_remainders_go_to_the_larger_stratum_and_then_by_name() -> None:
    assert sizes(DrawPlan("s", 10, SizeRule.PROPORTIONAL), {"a": 15, "b": 35, "c": 50}) == {"a": 1, "b": 4, "c": 5}
    assert sizes(DrawPlan("s", 4, SizeRule.EQUAL), {"c": 9, "b": 9, "a": 9}) == {"a": 2, "b": 1, "c": 1}


@given(st.dictionaries(st.text(max_size=2), st.integers(1, 40), min_size=1, max_size=8), st.integers(1, 60))
def test_proportional_sizes_are_within_one_of_their_share(strata: dict[str, int], size: int) -> None:
    whole = sum(strata.values())
    if size > whole:
        with pytest.raises(ShortfallError):
            sizes(DrawPlan("s", size, SizeRule.PROPORTIONAL), strata)
        return
    found = sizes(DrawPlan("s", size, SizeRule.PROPORTIONAL), strata)
    assert sum(found.values()) == size
    for stratum, cases in strata.items():
        assert abs(found[stratum] - Fraction(size * cases, whole)) < 1
        assert found[stratum] <= cases


@pytest.mark.parametrize(
    ("plan", "frame", "shortfalls", "words"),
    [
        (
            DrawPlan("s", 6, SizeRule.EQUAL),
            Design({("north", ""): 9, ("south", ""): 2}, 6).frame,
            (Shortfall("south", 3, 2),),
            "“south” needs 3 cases, but only 2 available.",
        ),
        (
            DrawPlan("s", 6, SizeRule.PROPORTIONAL),
            Design({("", ""): 5}, 6).frame,
            (Shortfall("", 6, 5),),
            "The list needs 6 cases, but only 5 available.",
        ),
        (
            DrawPlan("s", 1, SizeRule.EQUAL),
            [],
            (Shortfall("", 1, 0),),
            "The list needs 1 case, but only 0 available.",
        ),
        (
            DrawPlan("s", 5, SizeRule.EQUAL, cap_per_worker=1),
            Design({("north", "u"): 9, ("north", "v"): 9, ("south", ""): 3}, 5).frame,
            (Shortfall("north", 3, 2, Shortage.CAP),),
            "“north” needs 3 cases, but only 2 available within the limit for each practitioner.",
        ),
        (
            DrawPlan("s", 4, SizeRule.EQUAL, cap_per_worker=2),
            Design({("north", "u"): 9, ("south", "u"): 9}, 5).frame,
            (Shortfall("south", 2, 0, Shortage.CAP),),
            "“south” needs 2 cases, but only 0 available within the limit for each practitioner.",
        ),
        (
            DrawPlan("s", 5, SizeRule.PROPORTIONAL, minimum=3),
            Design({("north", ""): 8, ("south", ""): 9}, 5).frame,
            (Shortfall("north", 3, 2, Shortage.SIZE),),
            "“north” needs 3 cases, but the sample has room for only 2 of them.",
        ),
    ],
)
def test_a_plan_that_cannot_be_kept_is_refused_in_one_sentence_a_stratum(
    plan: DrawPlan, frame: list[FrameCase], shortfalls: tuple[Shortfall, ...], words: str
) -> None:
    with pytest.raises(ShortfallError) as refusal:
        draw(frame, plan)
    assert refusal.value.shortfalls == shortfalls
    assert str(refusal.value) == words


def test_a_reserve_is_the_next_of_its_stratum_that_keeps_the_cap() -> None:
    frame = Design({("a", "u"): 4, ("a", "v"): 4, ("b", "u"): 4, ("b", ""): 9}, 6, cap=2).frame
    sample = draw(frame, DrawPlan("s", 6, SizeRule.EQUAL, cap_per_worker=2))
    in_sample = {case.reference for case in sample.selected}
    gone: set[str] = set()
    for unsuitable in sample.selected:
        in_sample.remove(unsuitable.reference)
        gone.add(unsuitable.reference)
        found = next_reserve(sample, unsuitable.stratum, in_sample=in_sample, gone=gone, cap=2)
        have = Counter(case.worker for case in frame if case.reference in in_sample)
        could = [
            case
            for case in sample.reserves
            if case.stratum == unsuitable.stratum
            and case.reference not in in_sample | gone
            and (not case.worker or have[case.worker] < 2)
        ]
        assert found == (could[0] if could else None)
        in_sample |= {found.reference} if found else set()


def test_a_stratum_without_reserves_has_none_to_give() -> None:
    frame = Design({("", ""): 2}, 1).frame
    sample = draw(frame, DrawPlan("s", 1, SizeRule.EQUAL))
    (selected,), (reserve,) = sample.selected, sample.reserves
    assert next_reserve(sample, "", in_sample=[], gone=[selected.reference]) == reserve
    assert next_reserve(sample, "", in_sample=[reserve.reference], gone=[selected.reference]) is None
    assert next_reserve(sample, "elsewhere", in_sample=[], gone=[]) is None


def test_a_case_that_the_plan_gave_no_chance_never_steps_in() -> None:
    sample = draw(DESIGNS["some cases without a chance"].frame, DESIGNS["some cases without a chance"].plan("s"))
    without = {case.reference for case in sample.reserves if not case.probability}
    assert {reference[:2] for reference in without} == {"au"}
    gone = {case.reference for case in (*sample.selected, *sample.reserves) if case.worker == "v"}
    assert next_reserve(sample, "a", in_sample=[], gone=gone, cap=2) is None


def test_a_reference_that_the_frame_has_twice_is_refused() -> None:
    with pytest.raises(ValueError, match="twice"):
        draw([FrameCase("one", "a"), FrameCase("one", "b")], DrawPlan("s", 1, SizeRule.EQUAL))


@pytest.mark.parametrize("change", [{"size": 0}, {"minimum": -1}, {"cap_per_worker": 0}])
def test_a_plan_of_nonsense_is_refused(change: dict[str, int]) -> None:
    with pytest.raises(ValueError, match=r"sample|minimum|cap"):
        replace(DrawPlan("s", 3, SizeRule.EQUAL), **change)  # type: ignore[arg-type]


def test_twenty_thousand_cases_of_five_hundred_workers_are_drawn() -> None:
    frame = a_frame(3, strata=30, workers=500, cases=20_000)
    plan = DrawPlan("s", 900, SizeRule.PROPORTIONAL, minimum=2, cap_per_worker=3)
    sample = draw(frame, plan)
    assert max(workers_of(sample).values()) == 3
