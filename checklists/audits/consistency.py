"""Possible inconsistencies in an audit: answers without a basis, repeated texts, contradictory answers.

No finding blocks an audit: each says what may be wrong and how to correct it, and a person decides.
"""

import re
import unicodedata
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import combinations
from typing import Final

from checklists.audits.scoring import (
    lacks_rationale,
    meets_overall,
    overall_choices,
    overall_judgement,
    overall_label,
)
from checklists.audits.sources import is_recording_gap
from checklists.plurals import plural
from checklists.templates.scale import NOT_APPLICABLE, NOT_EVIDENCED
from checklists.templates.template import Template

# Shorter texts are the same by coincidence, or because there is only one way to say it.
FEWEST_WORDS: Final = 8
# The share of three-word runs that two texts must have in common to count as the same. Two different sentences of one
# auditor share a few; a text copied and edited shares nearly all.
ALIKE: Final = 0.7
MOST_WORDS_COMPARED: Final = 200


class FindingKind(StrEnum):
    NO_EVIDENCE = "no-evidence"
    RECORDING_GAP = "recording-gap"
    NO_RATIONALE = "no-rationale"
    NO_IMPACT = "no-impact"
    SAME_WORDS = "same-words"
    CONTRADICTION = "contradiction"
    OVERALL = "overall"
    EVIDENCE_OF_NOT_EVIDENCED = "evidence-of-not-evidenced"
    EVIDENCE_OF_NOT_APPLICABLE = "evidence-of-not-applicable"
    QUESTIONS = "questions"
    INVOLVED_NOT_APPLICABLE = "involved-not-applicable"

    @property
    def label(self) -> str:
        return _LABELS[self]

    @property
    def blocks(self) -> bool:
        """Whether submission refuses it, so that it is reported there."""
        return self is FindingKind.NO_RATIONALE

    @property
    def contradicts(self) -> bool:
        """Whether two things that the auditor said do not go together; otherwise something was left out."""
        return self not in _LEFT_OUT


_LEFT_OUT: Final = frozenset(
    {FindingKind.NO_EVIDENCE, FindingKind.RECORDING_GAP, FindingKind.NO_RATIONALE, FindingKind.NO_IMPACT}
)
_LABELS: Final[Mapping[FindingKind, str]] = {
    FindingKind.NO_EVIDENCE: "Meets the standard, but no evidence is given",
    FindingKind.RECORDING_GAP: "Recording gap: meets the standard only on information that is not on the record",
    FindingKind.NO_RATIONALE: "Below the standard or not applicable, without a rationale",
    FindingKind.NO_IMPACT: "Rated, but no impact on the child is given",
    FindingKind.SAME_WORDS: "Same text in several themes",
    FindingKind.CONTRADICTION: "Contradictory answers",
    FindingKind.OVERALL: "Overall judgement differs from most answers",
    FindingKind.EVIDENCE_OF_NOT_EVIDENCED: "Not evidenced, but evidence is given",
    FindingKind.EVIDENCE_OF_NOT_APPLICABLE: "Not applicable, but evidence is given",
    FindingKind.QUESTIONS: "Rating differs from most answers to its questions",
    FindingKind.INVOLVED_NOT_APPLICABLE: "Not applicable, but relevant to the case’s forms of harm",
}


@dataclass(frozen=True, slots=True)
class GivenScore:
    """An answer with its texts."""

    answer: str
    rationale: str = ""
    impact: str = ""
    evidence: str = ""
    sources: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Finding:
    """A possible inconsistency, its themes, and how to correct it. `fields`: for each theme, the field to correct
    first.

    An overall judgement has no theme.
    """

    kind: FindingKind
    themes: tuple[str, ...]
    fields: tuple[str, ...]
    sentence: str


def findings(
    template: Template,
    scores: Mapping[str, GivenScore],
    *,
    overall_override: str = "",
    questions: Mapping[str, str] | None = None,
    involves: Collection[str] = (),
) -> list[Finding]:
    """All possible inconsistencies, by kind and then in the order of the template.

    `questions`: the answers to questions that are asked; `involves`: the tags of the case. Themes and answers that are
    not in the template are ignored. Questions are only held against the grade, and never change it.
    """
    given = {
        key: scores[key] for key in template.theme_keys if key in scores and template.is_answer(scores[key].answer)
    }
    found = [
        *_of_each_theme(template, given),
        *_same_words(template, given),
        *_contradictions(template, given),
        *(_overall(template, given, overall_override) if template.graded else ()),
        *(_questions(template, given, questions or {}) if template.graded else ()),
        *_involved(template, given, involves),
    ]
    return sorted(found, key=lambda each: list(FindingKind).index(each.kind))


def _of_each_theme(template: Template, given: Mapping[str, GivenScore]) -> Iterator[Finding]:
    for key, score in given.items():
        label, answer = template.theme(key).label, template.scale.label(score.answer)
        rated = template.graded and _is_rated(score.answer)
        has_evidence = bool(score.evidence.strip())
        meets = rated and template.scale.meets_standard(score.answer)
        if meets and template.asks_text("evidence", score.answer) and not has_evidence:
            yield Finding(
                FindingKind.NO_EVIDENCE,
                (key,),
                ("evidence",),
                f"{label} is {answer} without evidence. Give the place in the case file, or check the answer.",
            )
        if is_recording_gap(template, score.answer, score.sources):
            yield Finding(
                FindingKind.RECORDING_GAP,
                (key,),
                ("sources",),
                f"{label} is {answer}, based only on information you were told. Check whether the record shows it too.",
            )
        if lacks_rationale(template, score.answer, score.rationale):
            yield Finding(
                FindingKind.NO_RATIONALE,
                (key,),
                ("rationale",),
                f"{label} is {answer} without a rationale. Enter a rationale.",
            )
        if rated and template.asks_text("impact", score.answer) and not score.impact.strip():
            yield Finding(
                FindingKind.NO_IMPACT,
                (key,),
                ("impact",),
                f"{label} does not describe the impact on the {template.own_words.subject}. Enter "
                "what changed or did not change for them.",
            )
        if score.answer == NOT_EVIDENCED and has_evidence:
            yield Finding(
                FindingKind.EVIDENCE_OF_NOT_EVIDENCED,
                (key,),
                ("answer",),
                f"{label} is Not evidenced, but evidence is given. Select a rating, or delete the evidence.",
            )
        if score.answer == NOT_APPLICABLE and has_evidence:
            yield Finding(
                FindingKind.EVIDENCE_OF_NOT_APPLICABLE,
                (key,),
                ("answer",),
                f"{label} is Not applicable, but evidence is given. Select another answer, or delete the evidence.",
            )


def _same_words(template: Template, given: Mapping[str, GivenScore]) -> Iterator[Finding]:
    """Rationales and impacts of ratings that are the same, or nearly.

    Evidence may be in one place for several themes, and one reason may explain why several are not applicable.
    """
    texts = [
        (key, field, words)
        for key, score in given.items()
        if _is_rated(score.answer)
        for field in ("rationale", "impact")
        if len(words := _words_of(getattr(score, field))) >= FEWEST_WORDS
    ]
    runs = [_runs(words) for _, _, words in texts]
    groups = list(range(len(texts)))
    for one, other in combinations(range(len(texts)), 2):
        if groups[one] != groups[other] and _are_alike(runs[one], runs[other]):
            joined, gone = sorted((groups[one], groups[other]))
            groups = [joined if group == gone else group for group in groups]
    for group in dict.fromkeys(groups):
        fields: dict[str, str] = {}
        for (key, field, _), own in zip(texts, groups, strict=True):
            if own == group:
                fields.setdefault(key, field)
        if len(fields) > 1:
            labels = [template.theme(key).label for key in fields]
            yield Finding(
                FindingKind.SAME_WORDS,
                tuple(fields),
                tuple(fields.values()),
                f"{_and(labels)} contain the same or almost the same text. Write text specific to each theme.",
            )


def _is_rated(answer: str) -> bool:
    return answer not in {NOT_EVIDENCED, NOT_APPLICABLE}


def _words_of(text: str) -> list[str]:
    """The words of a text without case, typographic variants and punctuation."""
    return re.findall(r"\w+", unicodedata.normalize("NFKC", text).casefold().replace("’", "'"))


def _runs(words: Sequence[str]) -> frozenset[tuple[str, ...]]:
    kept = words[:MOST_WORDS_COMPARED]
    return frozenset(zip(kept, kept[1:], kept[2:], strict=False))


def _are_alike(one: frozenset[tuple[str, ...]], other: frozenset[tuple[str, ...]]) -> bool:
    """Whether the share of common three-word runs is high (the Jaccard index of their shingles)."""
    if min(len(one), len(other)) < ALIKE * max(len(one), len(other)):
        return False
    shared = len(one & other)
    return shared >= ALIKE * (len(one) + len(other) - shared)


def _contradictions(template: Template, given: Mapping[str, GivenScore]) -> Iterator[Finding]:
    for contradiction in template.contradictions:
        sides = (contradiction.one, contradiction.other)
        if all(side.theme in given and given[side.theme].answer in side.answers for side in sides):
            told = [
                f"{template.theme(side.theme).label} is {template.scale.label(given[side.theme].answer)}"
                for side in sides
            ]
            yield Finding(
                FindingKind.CONTRADICTION,
                tuple(side.theme for side in sides),
                ("answer", "answer"),
                f"{_and(told)}. {contradiction.why} Check both answers.",
            )


def _overall(template: Template, given: Mapping[str, GivenScore], override: str) -> Iterator[Finding]:
    """The auditor's own judgement, if it is across the standard from the calculated one and most answers."""
    if override not in overall_choices(template):
        return
    calculated = overall_judgement(template, {key: score.answer for key, score in given.items()})
    meets = meets_overall(template, override)
    if calculated is None or meets_overall(template, calculated) == meets:
        return
    counted = [score.answer for score in given.values() if template.is_applicable(score.answer)]
    against = sum(template.counts_below(answer) == meets for answer in counted)
    if 2 * against > len(counted):
        side = "below the standard" if meets else "at the standard or above it"
        yield Finding(
            FindingKind.OVERALL,
            (),
            ("overall_override",),
            f"The overall judgement is {overall_label(template, override)}, but {against} of "
            f"{len(counted)} applicable answers are {side}. Check the judgement, or explain the "
            "difference in the reason.",
        )


def _questions(template: Template, given: Mapping[str, GivenScore], answers: Mapping[str, str]) -> Iterator[Finding]:
    """Grades across the standard from most answers to the questions under them.

    One question is enough against a grade that meets the standard. A grade below it takes two: what one question asks
    may well be done where the theme is not.
    """
    for key, score in given.items():
        if not _is_rated(score.answer):
            continue
        counted = [
            question
            for question in template.theme(key).questions
            if question.key in answers and question.is_applicable(answers[question.key])
        ]
        meets = template.scale.meets_standard(score.answer)
        against = [each for each in counted if each.meets_standard(answers[each.key]) != meets]
        if 2 * len(against) <= len(counted) or (not meets and len(counted) < 2):
            continue
        said = f"{len(against)} of {plural(len(counted), 'answered question')}"
        one = len(against) == 1
        if meets:
            said += f" {'does' if one else 'do'} not meet {'its' if one else 'their'} standard"
        else:
            said += f" meet{'s its' if one else ' their'} standard"
        yield Finding(
            FindingKind.QUESTIONS,
            (key,),
            ("answer",),
            f"{template.theme(key).label} is {template.scale.label(score.answer)}, but {said}. Check "
            "the rating and the answers, or explain the difference in the rationale.",
        )


def _involved(template: Template, given: Mapping[str, GivenScore], involves: Collection[str]) -> Iterator[Finding]:
    """Themes that are not applicable although the case involves what they are about: the tag that they name first.

    The other tags of a theme only bear on it, and do not contradict "not applicable". Format 1 has no such order.
    """
    if template.is_format_1:
        return
    for key, score in given.items():
        theme = template.theme(key)
        about = "" if theme.bears_on_all else next(iter(theme.forms_of_harm), "")
        if score.answer == NOT_APPLICABLE and about in involves:
            yield Finding(
                FindingKind.INVOLVED_NOT_APPLICABLE,
                (key,),
                ("answer",),
                f"{theme.label} is Not applicable, but the case involves "
                f"{template.harm_label(about)}. Select another answer, or ask for the case file’s "
                "form of harm to be corrected.",
            )


def _and(labels: Sequence[str]) -> str:
    return labels[0] if len(labels) == 1 else f"{', '.join(labels[:-1])} and {labels[-1]}"
