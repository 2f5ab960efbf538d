"""Generated mutants that no test can kill, because they do the same, each with the reason."""

from collections.abc import Mapping

# By file, the function it is in, and the change as the run prints it.
_KEPT = "How many results are kept changes how long the next take, and nothing else."
EQUIVALENT: Mapping[tuple[str, str, str], str] = {
    (
        "checklists/audits/moderation.py",
        "is_drawn",
        "drawn * 100 < share_percent * 2 ** 64 -> drawn * 100 <= share_percent * 2 ** 64",
    ): "They differ for one hash of 2⁶⁴, which nobody can find an audit for.",
    (
        "api/access/audits.py",
        "readable_audits",
        "return false() -> return None",
    ): "WHERE NULL finds no row, as WHERE false does.",
    (
        "checklists/samples/expected_counts.py",
        "_Filling._trim_columns",
        "total > self.column -> total >= self.column",
    ): "A column that is exactly full is scaled by one.",
    (
        "checklists/privacy/names.py",
        "_places_of_terms",
        "0 -> -1",
    ): "No word has a place before the first.",
    (
        "checklists/privacy/names.py",
        "_titled",
        "0 -> -1",
    ): "No title begins before the text.",
    (
        "checklists/privacy/likely_places.py",
        "",
        "24 -> 25",
    ): "No word before which a date is of an event is nearly so long.",
    (
        "checklists/privacy/likely_places.py",
        "",
        "24 -> 23",
    ): "No word before which a date is of an event is nearly so long.",
    (
        "checklists/reliability/optimism.py",
        "student_score",
        "60 -> 59",
    ): "Halved 55 times, the interval has no number of floating point within.",
    (
        "checklists/reliability/optimism.py",
        "student_score",
        "60 -> 61",
    ): "Halved 55 times, the interval has no number of floating point within.",
    (
        "checklists/passages/searching.py",
        "_stem",
        "20000 -> 19999",
    ): _KEPT,
    (
        "checklists/passages/searching.py",
        "_stem",
        "20000 -> 20001",
    ): _KEPT,
    (
        "checklists/statistics/intervals.py",
        "_standard_score",
        "16 -> 15",
    ): _KEPT,
    (
        "checklists/statistics/intervals.py",
        "_standard_score",
        "16 -> 17",
    ): _KEPT,
    (
        "checklists/statistics/bootstrap.py",
        "_drawn",
        "2 -> 1",
    ): _KEPT,
    (
        "checklists/statistics/bootstrap.py",
        "_drawn",
        "2 -> 3",
    ): _KEPT,
    (
        "api/access/blindness.py",
        "",
        "500 -> 501",
    ): _KEPT,
    (
        "api/access/blindness.py",
        "",
        "500 -> 499",
    ): _KEPT,
    (
        "checklists/samples/sampling.py",
        "_design",
        "0 -> -1",
    ): "Without a cap no case is counted by its worker, so nothing is compared with it.",
    (
        "checklists/samples/sampling.py",
        "_design",
        "0 -> 1",
    ): "Without a cap no case is counted by its worker, so nothing is compared with it.",
    (
        "checklists/outlines/proposing.py",
        "_Section",
        "1 -> 2",
    ): "Any depth below 0 says that no section has begun.",
    (
        "checklists/reports/comparability.py",
        "_checking",
        "milder > 0 -> milder >= 0",
    ): "What is said of milder auditors is a point or more.",
}
