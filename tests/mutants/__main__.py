"""Mutation testing of the rules: `make mutants`, or with options `.venv/bin/python -m tests.mutants --help`."""

import argparse
import signal
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence

from tests.mutants.equivalent import EQUIVALENT
from tests.mutants.generate import generate_mutants
from tests.mutants.guards import GUARDS
from tests.mutants.mutant import Fate, Mutant, Outcome
from tests.mutants.running import run_mutants

Outcomes = dict[Mutant, Outcome]


def main() -> int:
    options = _options()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # so that what was started and made is taken away
    guards = [guard.mutant() for guard in GUARDS if options.only in f"{guard.file} {guard.promise}"]
    generated = [mutant for mutant in generate_mutants() if options.only in f"{mutant.file} {mutant.where}"]
    known = [mutant for mutant in generated if mutant.key in EQUIVALENT]
    generated = [mutant for mutant in generated if mutant.key not in EQUIVALENT]
    generated.sort(key=lambda mutant: mutant.rank(options.seed))
    # Guards are run whatever time they take; what is left of the time goes to a sample of the others.
    until = None if options.all else time.monotonic() + 60 * options.minutes
    found: Outcomes = {}

    def heard(mutant: Mutant, outcome: Outcome) -> None:
        found[mutant] = outcome
        if outcome.fate is not Fate.KILLED or options.verbose:
            print(f"{_named(mutant)}: {outcome.fate} in {outcome.seconds:.1f} s ({outcome.detail})", flush=True)

    if options.which != "generated":
        run_mutants(_by_tests(guards), workers=options.workers, until=None, heard=heard)
    if options.which != "guards":
        run_mutants(
            _by_tests(generated) if options.all else [[each] for each in generated],
            workers=options.workers,
            until=until,
            heard=heard,
        )
    lived = _report("Guards", guards, found) if options.which != "generated" else 0
    if options.which != "guards":
        _report(f"Generated, seed {options.seed}", generated, found)
        print(f"{len(known)} more are equivalent (tests/mutants/equivalent.py).")
    return 1 if lived else 0


def _by_tests(mutants: Sequence[Mutant]) -> list[list[Mutant]]:
    """Those that are run with the same tests together, so that a copy is made ready for them once."""
    groups: dict[tuple[object, ...], list[Mutant]] = defaultdict(list)
    for mutant in mutants:
        groups[mutant.tests, mutant.database].append(mutant)
    return list(groups.values())


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.mutants", description=__doc__)
    parser.add_argument("--all", action="store_true", help="run every generated mutant, whatever time that takes")
    parser.add_argument("--minutes", type=float, default=10, help="when to begin no more generated mutants")
    parser.add_argument("--seed", type=int, default=1, help="which sample of generated mutants to run")
    parser.add_argument("--only", default="", help="run only mutants whose file, function or promise holds this text")
    parser.add_argument("--which", choices=("guards", "generated", "both"), default="both")
    parser.add_argument("--workers", type=int, default=2, help="how many copies of the tree to run tests in")
    parser.add_argument("--verbose", action="store_true", help="say of every mutant what became of it")
    return parser.parse_args()


def _named(mutant: Mutant) -> str:
    return f"{mutant.file}:{mutant.line} {mutant.where} {mutant.change}".replace("  ", " ")


def _report(title: str, mutants: Sequence[Mutant], found: Mapping[Mutant, Outcome]) -> int:
    """Print the counts of each file and whatever was not killed; how many were not, or were not run."""
    run = [mutant for mutant in mutants if mutant in found]
    counts: dict[str, Counter[Fate]] = defaultdict(Counter)
    for mutant in run:
        counts[mutant.file][found[mutant].fate] += 1
    print(f"\n{title}: {len(run):,} of {len(mutants):,} run")
    for file, of_file in sorted([*counts.items(), ("in all", sum(counts.values(), Counter()))], key=_all_last):
        print(f"  {_share(of_file)}  {', '.join(f'{of_file[fate]} {fate}' for fate in Fate if of_file[fate])}  {file}")
    left = [mutant for mutant in run if not _is_killed(mutant, found[mutant])]
    for mutant in sorted(left, key=lambda each: (each.file, each.line)):
        print(f"  {found[mutant].fate}: {_named(mutant)} ({found[mutant].detail})")
    return len(left) + len(mutants) - len(run)


def _is_killed(mutant: Mutant, outcome: Outcome) -> bool:
    """A generated mutant that runs for ever is noticed; of a guard a test has to say what is wrong."""
    return outcome.fate is Fate.KILLED or (outcome.fate is Fate.TIMED_OUT and not mutant.is_guard)


def _all_last(item: tuple[str, Counter[Fate]]) -> tuple[bool, str]:
    return item[0] == "in all", item[0]


def _share(counts: Counter[Fate]) -> str:
    """Killed among those that the tests said something of."""
    said = counts.total() - counts[Fate.ERROR]
    return f"{(counts[Fate.KILLED] + counts[Fate.TIMED_OUT]) / said:4.0%}" if said else "   -"


if __name__ == "__main__":
    sys.exit(main())
