"""Where an answer comes from, and answers that are good only by what somebody said: recording gaps."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from enum import StrEnum
from typing import Final

from checklists.templates.scale import NOT_APPLICABLE, NOT_ASKED, NOT_EVIDENCED
from checklists.templates.template import Template

_BETWEEN: Final = "|"


class AnswerSource(StrEnum):
    """Where an answer to a theme comes from."""

    ON_RECORD = "on-record"
    WORKER = "worker"
    FAMILY = "family"
    SEEN = "seen"
    ANOTHER_AGENCY = "another-agency"

    @property
    def label(self) -> str:
        return {
            "on-record": "On the record",
            "worker": "Told by the practitioner",
            "family": "Told by the family",
            "seen": "Observed",
            "another-agency": "From another agency",
        }[self.value]


_TOLD: Final = frozenset({AnswerSource.WORKER, AnswerSource.FAMILY})


def sources_line(sources: Iterable[str]) -> str:
    """The sources of an answer in the form in which they are stored: in the order of AnswerSource, with a space between
    two.

    ValueError for anything else.
    """
    named = {AnswerSource(source) for source in sources}
    if not named:
        return ""
    return " ".join(source for source in AnswerSource if source in named)


def sources_in_words(line: str) -> str:
    """Stored sources as people read them, such as "On the record; Seen"; empty for none."""
    return "; ".join(AnswerSource(source).label for source in line.split() if source in set(AnswerSource))


def is_recording_gap(template: Template, answer: str, sources: Collection[str]) -> bool:
    """Whether an answer meets the standard only by what the worker or the family said.

    An answer without sources is no recording gap, because nobody said where it comes from; nor is any answer without
    ratings. KeyError if the answer is not the template's.
    """
    if not template.graded or answer in {NOT_EVIDENCED, NOT_APPLICABLE, NOT_ASKED}:
        return False
    if not template.scale.meets_standard(answer):
        return False
    return comes_only_from_words(sources)


def comes_only_from_words(sources: Collection[str]) -> bool:
    """Whether the only sources of an answer are what the worker or the family said; False without sources."""
    return bool(sources) and _TOLD.issuperset(sources)


def encode_sources(template: Template, sources: Mapping[str, str]) -> str:
    """The sources of an audit's answers as one line, in the order of the themes; "" where none of them has any.

    `sources`: as stored, by theme.
    """
    line = _BETWEEN.join(sources.get(theme, "") for theme in template.theme_keys)
    return line if names_a_source(line) else ""


def names_a_source(line: str) -> bool:
    """Whether an audit says of any answer where it comes from. A line without a source may be stored."""
    return bool(line.strip(_BETWEEN))


def decode_sources(template: Template, line: str) -> dict[str, tuple[str, ...]]:
    """The sources by theme of a line: the input of `encode_sources`. Empty for an empty line.

    ValueError for a line of another template.
    """
    if not line:
        return {}
    parts = zip(template.theme_keys, line.split(_BETWEEN), strict=True)
    return {theme: tuple(sources.split()) for theme, sources in parts}


def count_recording_gaps(
    template: Template, audits: Sequence[tuple[Mapping[str, str], Mapping[str, Collection[str]]]]
) -> dict[str, int]:
    """How many of the audits have a recording gap in each theme, in template order, without themes that have none.

    `audits`: the answers in force of each, and their sources, by theme.
    """
    counts = {
        theme: sum(
            theme in answers and is_recording_gap(template, answers[theme], sources.get(theme, ()))
            for answers, sources in audits
        )
        for theme in template.theme_keys
    }
    return {theme: number for theme, number in counts.items() if number}


def count_answers_with_a_source(
    template: Template, audits: Sequence[tuple[Mapping[str, str], Mapping[str, Collection[str]]]]
) -> dict[str, int]:
    """How many answers to each theme meet the standard and say where they come from, and so can be recording gaps.

    `audits` as in `count_recording_gaps`.
    """
    return {
        theme: sum(
            bool(sources.get(theme)) and template.scale.meets_standard(answers.get(theme, NOT_ASKED))
            for answers, sources in audits
        )
        for theme in template.theme_keys
    }
