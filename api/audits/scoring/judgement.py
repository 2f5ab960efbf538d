"""An auditor's own judgement of the whole: what is wrong with it, alone and beside the answers."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

from api.foundation.problems import Fault
from api.foundation.text.free_text import KeepReason, NameCheck
from checklists.audits.scoring import (
    best_with_reason,
    caps_reached,
    exceeds_every_reason,
    overall_choices,
    reached_cap_in_words,
    reasons_wanted,
)
from checklists.templates.template import Template as TemplateContent
from models import Audit


@dataclass(frozen=True, slots=True)
class OwnJudgement:
    """An auditor's own overall judgement, "" for none; why; and why it is better than a cap allows without a reason."""

    overall: str = ""
    reason: str = ""
    cap_reason: str = ""
    keep_names: KeepReason | None = None

    @classmethod
    def of(cls, audit: Audit) -> Self:
        """The one that is stored with an audit."""
        return cls(audit.overall_override, audit.override_reason, audit.cap_reason)


def faults_of_override(
    template: TemplateContent, own: OwnJudgement, names: NameCheck, *, was: OwnJudgement | None = None
) -> list[Fault]:
    """What is wrong with an auditor's own overall judgement, and with the reason that it needs."""
    before = was or OwnJudgement()
    faults = names.check("/override_reason", own.reason, keep=own.keep_names, was=before.reason)
    faults += names.check("/cap_reason", own.cap_reason, keep=own.keep_names, was=before.cap_reason)
    if own.overall and own.overall not in overall_choices(template):
        faults.append(Fault("/overall_override", "Select one of the template's overall judgements, or leave it empty"))
    if own.overall and not own.reason:
        chooses = template.overall_rule.auditor_chooses
        why = (
            "for your overall judgement" if chooses else "your overall judgement differs from the calculated judgement"
        )
        faults.append(Fault("/override_reason", f"Enter a reason {why}"))
    for pointer, reason in (("/overall_override", own.reason), ("/overall_override", own.cap_reason)):
        if reason and not own.overall:
            return [*faults, Fault(pointer, "Select the overall judgement that this reason supports")]
    return faults


def faults_of_judgement(template: TemplateContent, answers: Mapping[str, str], own: OwnJudgement) -> list[Fault]:
    """What keeps the auditor's overall judgement of these complete answers from being submitted."""
    if not own.overall:
        if not template.overall_rule.auditor_chooses:
            return []
        return [Fault("/overall_override", "Select an overall judgement and enter a reason for it")]
    if own.overall not in overall_choices(template):
        return [Fault("/overall_override", "Select one of the template's overall judgements")]
    if exceeds_every_reason(template, answers, own.overall):
        best = best_with_reason(template, answers)
        caps = [cap for cap in caps_reached(template, answers) if cap.at_best == best and not cap.unless]
        why = reached_cap_in_words(template, caps[0], answers)
        return [Fault("/overall_override", f"Select another overall judgement. {why}")]
    wanted = reasons_wanted(template, answers, own.overall)
    return [Fault("/cap_reason", " ".join(wanted))] if wanted and not own.cap_reason.strip() else []
