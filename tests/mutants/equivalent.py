"""Generated mutants that no test can kill, because they do the same, each with the reason."""

from collections.abc import Mapping

# By file, the function it is in, and the change as the run prints it.
EQUIVALENT: Mapping[tuple[str, str, str], str] = {
    (
        "checklists/audits/moderation.py",
        "is_drawn",
        "drawn * 100 < share_percent * 2 ** 64 -> drawn * 100 <= share_percent * 2 ** 64",
    ): "They differ for one hash of 2⁶⁴, which nobody can find an audit for.",
}
