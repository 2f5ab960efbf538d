"""Counting answers: the answers of one audit encoded as a line of letters, and how often each occurs in many lines."""

from collections.abc import Collection, Mapping, Sequence
from string import ascii_lowercase
from typing import Final

from checklists.templates.scale import NOT_ASKED
from checklists.templates.template import Template

# A theme that the template does not ask of the case. No letter, so that lines of older templates mean what they did.
NOT_ASKED_CODE: Final = "-"


def _codes(template: Template) -> dict[str, str]:
    """The letter of each answer in a line: the first of the alphabet for the first of `RatingScale.answers`."""
    codes = dict(zip(template.scale.answers, ascii_lowercase, strict=False))
    return codes | {NOT_ASKED: NOT_ASKED_CODE} if template.has_conditions else codes


def encode_answers(template: Template, answers: Mapping[str, str]) -> str:
    """The answers of a complete audit, a letter for each theme in template order.

    The first letter of the alphabet is the first of `RatingScale.answers`, and so on; a theme that is not asked of the
    case has a hyphen, in templates with conditions. KeyError when a theme has no answer or another one.
    """
    letter_of = _codes(template)
    return "".join([letter_of[answers[key]] for key in template.theme_keys])


def decode_answers(template: Template, line: str) -> dict[str, str]:
    """The answer of every theme in a line: the input of `encode_answers`.

    ValueError for a line of another template.
    """
    answer_of = {code: answer for answer, code in _codes(template).items()}
    try:
        return {theme: answer_of[letter] for theme, letter in zip(template.theme_keys, line, strict=True)}
    except KeyError:
        raise ValueError("a line has a letter that stands for no answer of the scale") from None


def answer_codes(template: Template, answers: Collection[str]) -> set[str]:
    """The letters of these answers in a line."""
    return {code for answer, code in _codes(template).items() if answer in answers}


def tally(template: Template, lines: Sequence[str]) -> dict[tuple[str, str], int]:
    """How many of the lines give each theme each answer; pairs that do not occur are left out.

    ValueError for a line that is not of this template.
    """
    themes, codes = template.theme_keys, _codes(template)
    if any(len(line) != len(themes) for line in lines):
        raise ValueError("a line has another number of answers than the template has themes")
    # One text for all, and a stride through it for each theme: 20,000 audits of 15 themes are counted in milliseconds.
    together = "".join(lines)
    columns = {theme: together[place :: len(themes)] for place, theme in enumerate(themes)}
    counts = {
        (theme, answer): column.count(code) for theme, column in columns.items() for answer, code in codes.items()
    }
    if sum(counts.values()) != len(together):
        raise ValueError("a line has a letter that stands for no answer of the scale")
    return {pair: number for pair, number in counts.items() if number}
