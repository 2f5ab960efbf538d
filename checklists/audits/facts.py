"""The facts about the case of an audit: filled in from the case list, chosen by the auditor, and still missing."""

from collections.abc import Mapping
from datetime import date
from types import MappingProxyType
from typing import Final

from checklists.case_counts import CaseCount
from checklists.templates.asks import CaseFact, FilledFrom
from checklists.templates.template import Template

MOST_WORDS_OF_A_SYNOPSIS: Final = 150


def months_open(started: date, until: date) -> int | None:
    """How many whole months a case has been open that started in this month; None when it starts only afterwards.

    Only the month of its start is known: a case that started in the month of `until` has been open for 0.
    """
    months = (until.year - started.year) * 12 + until.month - started.month
    return months if months >= 0 else None


def filled_facts(
    template: Template,
    *,
    category: str | None,
    started: date | None,
    until: date,
    re_referral: bool | None = None,
    counts: Mapping[CaseCount, int] = MappingProxyType({}),
) -> dict[str, str]:
    """The facts that a case list fills in: the choice by the key of the fact. `until`: the last day that counts."""
    months = None if started is None else months_open(started, until)
    filled = {}
    for fact in template.case_facts:
        choice = ""
        if fact.filled_from is FilledFrom.MONTHS_OPEN and months is not None:
            choice = fact.choice_of_number(months)
        elif fact.filled_from is FilledFrom.CATEGORY and category is not None:
            choice = fact.choice_of_word(category)
        elif fact.filled_from is FilledFrom.RE_REFERRAL and re_referral is not None:
            choice = fact.choice_of_word("yes" if re_referral else "no")
        elif fact.filled_from is not None and (count := fact.filled_from.counted) is not None and count in counts:
            choice = fact.choice_of_count(counts[count])
        if choice:
            filled[fact.key] = choice
    return filled


def facts_in_force(template: Template, *, chosen: Mapping[str, str], filled: Mapping[str, str]) -> dict[str, str]:
    """Each fact that is known, in template order: as the auditor chose it, or else as the case list fills it in."""
    known = {**filled, **chosen}
    return {fact.key: known[fact.key] for fact in template.case_facts if fact.key in known}


def missing_facts(template: Template, facts: Mapping[str, str]) -> tuple[CaseFact, ...]:
    """The facts that are not known yet, in template order."""
    return tuple(fact for fact in template.case_facts if fact.key not in facts)


def number_of_words(text: str) -> int:
    """How many words a text has, with white space between two."""
    return len(text.split())
