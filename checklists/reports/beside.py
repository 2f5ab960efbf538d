"""What an audit asks beside its themes, encoded as a line for each audit, and counted over many lines."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Final

from checklists.templates.scale import NOT_ASKED

# No key, number or month has either.
BETWEEN: Final = "|"
_NO_ANSWER: Final = ""


def encode_beside(keys: Sequence[str], answers: Mapping[str, str]) -> str:
    """The answers to these questions or facts, in their order; "" for none. NOT_ASKED stands for what was not asked.

    KeyError when one has no answer.
    """
    return BETWEEN.join(answers[key] for key in keys)


def decode_beside(keys: Sequence[str], line: str) -> dict[str, str]:
    """The answer by key of a line: the input of `encode_beside`. Empty for an empty line, which holds no answers.

    ValueError for a line of another template.
    """
    if line == _NO_ANSWER:
        return {}
    return dict(zip(keys, line.split(BETWEEN), strict=True))


def tally_beside(keys: Sequence[str], lines: Sequence[str]) -> dict[tuple[str, str], int]:
    """How many of the lines give each key each answer; empty lines count nowhere.

    ValueError for a line of another template.
    """
    rows = [line.split(BETWEEN) for line in lines if line != _NO_ANSWER]
    if any(len(row) != len(keys) for row in rows):
        raise ValueError("a line has another number of answers than the template asks for")
    columns = zip(*rows, strict=True) if rows else ()
    return {
        (key, answer): number
        for key, column in zip(keys, columns, strict=False)
        for answer, number in Counter(column).items()
    }


def asked_only(answers: Mapping[str, str]) -> dict[str, str]:
    """The answers without what was not asked."""
    return {key: answer for key, answer in answers.items() if answer != NOT_ASKED}
