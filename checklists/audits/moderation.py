"""Which audits a second person moderates: selected by the rule of their round, with the same result every time."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from checklists.audits.scoring import exceeds_rule, overall_judgement
from checklists.templates.template import Template


class Cause(StrEnum):
    """Why an audit is moderated."""

    ALL = "all"
    SHARE = "share"
    LOWEST = "lowest"
    FIRST = "first"
    BY_HAND = "by-hand"
    OVERRIDE = "override"
    ABOVE_RULE = "above-rule"

    @property
    def label(self) -> str:
        return {
            "all": "All audits in the round are moderated",
            "share": "Selected at random",
            "lowest": "An answer has the lowest rating",
            "first": "One of the auditor's first audits",
            "by-hand": "Selected by a quality lead",
            "override": "The auditor’s overall judgement differs from the calculated judgement",
            "above-rule": "The auditor’s overall judgement is above the template’s limit",
        }[self.value]


@dataclass(frozen=True, slots=True)
class Rule:
    """What a round moderates. `share_percent` 100: every audit; `first_audits` 0: no first audits are selected."""

    seed: str
    share_percent: int = 100
    lowest: bool = True
    first_audits: int = 3


def causes(
    rule: Rule,
    template: Template,
    *,
    audit: str,
    answers: Mapping[str, str],
    override: str,
    earlier: int,
    by_hand: bool,
) -> tuple[Cause, ...]:
    """Why this audit is moderated; nothing when no rule selects it.

    `answers`: by theme. `override`: the auditor's own overall judgement, "" for none; one is a reason in every round.
    `earlier`: how many audits its auditor had submitted before, in any round. The random draw uses the seed and the
    audit's identifier, so that anybody who has both can repeat it.
    """
    found = []
    if rule.share_percent >= 100:
        found.append(Cause.ALL)
    elif is_drawn(rule.seed, audit, rule.share_percent):
        found.append(Cause.SHARE)
    if rule.lowest and template.graded and template.scale.worst in answers.values():
        found.append(Cause.LOWEST)
    if earlier < rule.first_audits:
        found.append(Cause.FIRST)
    if by_hand:
        found.append(Cause.BY_HAND)
    if override and override != overall_judgement(template, answers):
        found.append(Cause.ABOVE_RULE if exceeds_rule(template, answers, override) else Cause.OVERRIDE)
    return tuple(found)


def is_drawn(seed: str, audit: str, share_percent: int) -> bool:
    """Whether an audit is in the share, each with the same probability and independently of all others."""
    drawn = int.from_bytes(hashlib.sha256(f"{seed} {audit}".encode()).digest()[:8], "big")
    return drawn * 100 < share_percent * 2**64
