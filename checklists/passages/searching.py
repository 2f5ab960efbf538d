"""Finding passages by words: those with all words of a search, and those most like another one.

Likeness is the cosine of the words' weights, each word weighed by how often the passage has it and how few passages
have it (G. Salton and C. Buckley 1988, Term-weighting approaches in automatic text retrieval, Information Processing &
Management 24, 513-523). No model, no language but words; the same input always gives the same order.
"""

import re
from collections import Counter
from collections.abc import Hashable, Mapping
from functools import lru_cache
from math import log, sqrt
from typing import Final, TypeVar

Key = TypeVar("Key", bound=Hashable)

_WORD: Final = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")
# "planning" is of "plan" as "planned" is.
_DOUBLED: Final = frozenset("bdgmnprt")
_ENDINGS: Final = ("'s", "ings", "ing", "ies", "ied", "es", "ed", "s")
# Shorter words say nothing of what a text is about.
_SHORTEST: Final = 4


def words_of(text: str) -> list[str]:
    """The words of a text in lower case, each without an ending that only says how many or when."""
    return [_stem(word) for word in _WORD.findall(text.casefold().replace("’", "'"))]


def with_all_words(texts: Mapping[Key, str], wanted: str) -> list[Key]:
    """The texts that have every word of a search, each as the beginning of a word, in their order; all for no word."""
    words = words_of(wanted)
    if not words:
        return list(texts)
    found = []
    for key, text in texts.items():
        # A stem is the beginning of its word, so most texts need not be split into words.
        if not all(word in text.casefold().replace("’", "'") for word in words):
            continue
        own = set(words_of(text))
        if all(word in own or any(each.startswith(word) for each in own) for word in words):
            found.append(key)
    return found


def most_alike(texts: Mapping[Key, str], key: Key, *, limit: int) -> list[Key]:
    """At most `limit` other texts that share words with this one, most alike first. KeyError for an unknown key."""
    counted = {each: Counter(word for word in words_of(text) if len(word) >= _SHORTEST) for each, text in texts.items()}
    own = counted[key]
    have = Counter(word for words in counted.values() for word in words)
    weight = {word: log(len(texts) / number) for word, number in have.items()}
    scored = []
    for place, (each, words) in enumerate(counted.items()):
        shared = own.keys() & words.keys()
        if each == key or not shared:
            continue
        product = sum(own[word] * words[word] * weight[word] ** 2 for word in sorted(shared))
        if product > 0:
            scored.append((-product / (_length(own, weight) * _length(words, weight)), place, each))
    return [each for _, _, each in sorted(scored, key=lambda it: it[:2])[:limit]]


def _length(words: Mapping[str, int], weight: Mapping[str, float]) -> float:
    return sqrt(sum((times * weight[word]) ** 2 for word, times in words.items()))


@lru_cache(maxsize=20_000)
def _stem(word: str) -> str:
    for ending in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= _SHORTEST:
            stem = word.removesuffix(ending)
            is_doubled = ending in {"ing", "ings", "ed"} and stem[-1] == stem[-2] and stem[-1] in _DOUBLED
            return stem[:-1] if is_doubled else stem
    return word
