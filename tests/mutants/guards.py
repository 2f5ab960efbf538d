"""Guards of the rules, listed by hand: each is taken out in turn, and the tests of its rule must notice."""

from dataclasses import dataclass

from tests.mutants.mutant import ROOT, Mutant, find_tests


@dataclass(frozen=True, slots=True)
class Guard:
    """What the product promises, and how to break it: `text`, which stands once in the file, becomes `instead`."""

    promise: str
    file: str
    text: str
    instead: str
    tests: tuple[str, ...]

    def mutant(self) -> Mutant:
        """Raises LookupError when the text does not stand in the file exactly once."""
        source = (ROOT / self.file).read_text("utf-8")
        if source.count(self.text) != 1:
            raise LookupError(f"{self.file}: {self.text!r} stands in it {source.count(self.text)} times, not once")
        line = source[: source.index(self.text)].count("\n") + 1
        changed = source.replace(self.text, self.instead)
        return Mutant(self.file, line, "", self.promise, lambda: changed, find_tests(self.tests), is_guard=True)


GUARDS: tuple[Guard, ...] = ()
