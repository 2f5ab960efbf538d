"""Labels of rounds, no two of them alike even where there is little room."""

from collections import Counter
from collections.abc import Sequence

from models import Round

SHORT = 24


def full_labels(rounds: Sequence[Round]) -> list[str]:
    """The title of each round; with its period, and at last its number, where others have the same title."""
    labels = [audit_round.title for audit_round in rounds]
    labels = _with_difference(labels, [f" ({audit_round.period_to:%b %Y})" for audit_round in rounds])
    return _with_difference(labels, [f" ({place})" for place in range(1, len(rounds) + 1)])


def _with_difference(labels: Sequence[str], more: Sequence[str]) -> list[str]:
    several = {label for label, number in Counter(labels).items() if number > 1}
    return [label + extra if label in several else label for label, extra in zip(labels, more, strict=True)]


def short_labels(labels: Sequence[str]) -> list[str]:
    """Each label in at most SHORT characters, no two alike.

    Labels that begin alike lose the words that all of them begin with, so that what differs is left. The labels
    given must differ.
    """
    for candidates in (labels, _without_common_words(labels)):
        cut = [_cut(label, SHORT) for label in candidates]
        if len(set(cut)) == len(cut):
            return cut
    width = SHORT - 1 - len(str(len(labels)))
    return [f"{place} {_cut(label, width)}" for place, label in enumerate(_without_common_words(labels), 1)]


def _without_common_words(labels: Sequence[str]) -> list[str]:
    words = [label.split() for label in labels]
    common = 0
    while len(labels) > 1 and all(len(each) > common + 1 and each[common] == words[0][common] for each in words):
        common += 1
    return [f"…{' '.join(each[common:])}" if common else label for each, label in zip(words, labels, strict=True)]


def _cut(label: str, longest: int) -> str:
    return label if len(label) <= longest else f"{label[: longest - 1].rstrip()}…"
