"""What an audit asks beside its themes, encoded as a line for each audit."""

from collections.abc import Mapping, Sequence
from typing import Final

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
