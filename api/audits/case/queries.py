"""What an audit says of its case, and what the case list fills in until the audit is submitted."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from sqlmodel import Session

from api.audits.stored import facts_of_each
from api.foundation.local_time import local_date
from checklists.audits.audit_states import EDITABLE_STATES
from checklists.audits.facts import facts_in_force, filled_facts, missing_facts
from checklists.case_counts import counts_of
from checklists.reports.beside import decode_beside
from checklists.templates.asks import CaseFact
from checklists.templates.template import Template as TemplateContent
from models import Audit, AuditCase, CaseFile, Round


@dataclass(frozen=True, slots=True)
class DescribedCase:
    """The case of an audit: its facts in force, in template order, and its synopsis.

    `filled`: what the case list says of the facts; the auditor's own choice (`chosen`) comes before it.
    """

    template: TemplateContent
    synopsis: str = ""
    version: int = 0
    chosen: Mapping[str, str] = field(default_factory=dict)
    filled: Mapping[str, str] = field(default_factory=dict)

    @property
    def facts(self) -> dict[str, str]:
        return facts_in_force(self.template, chosen=self.chosen, filled=self.filled)

    @property
    def missing(self) -> tuple[CaseFact, ...]:
        """The facts that are not known yet."""
        return missing_facts(self.template, self.facts)

    @property
    def is_asked(self) -> bool:
        """Whether the template asks anything about the case."""
        return asks_about_case(self.template)

    def is_filled(self, fact: str) -> bool:
        """Whether the fact in force comes from the case list."""
        return fact in self.filled and fact not in self.chosen


def asks_about_case(template: TemplateContent) -> bool:
    """Whether a template asks for facts about the case, or for a synopsis."""
    return bool(template.case_facts) or template.further.synopsis


def described_case(
    session: Session, audit: Audit, *, template: TemplateContent, case_file: CaseFile, audit_round: Round
) -> DescribedCase:
    """What the audit says of its case. Until it is submitted, the case list fills in facts that nobody chose."""
    if not asks_about_case(template):
        return DescribedCase(template)
    key = (audit.organisation_id, audit.id)
    stored = session.get(AuditCase, key, populate_existing=True)
    return DescribedCase(
        template,
        synopsis="" if stored is None else stored.synopsis,
        version=0 if stored is None else stored.version,
        chosen=facts_of_each(session, [audit]).get(audit.id, {}),
        filled=filled_by_case_list(audit, template=template, case_file=case_file, audit_round=audit_round),
    )


def facts_when_submitted(template: TemplateContent, audit: Audit) -> dict[str, str]:
    """The facts of a submitted audit, from its own row; empty where the template asks for none."""
    return decode_beside([fact.key for fact in template.case_facts], audit.case_facts)


def filled_by_case_list(
    audit: Audit, *, template: TemplateContent, case_file: CaseFile, audit_round: Round
) -> dict[str, str]:
    """The facts that the case list fills in; none once the audit is submitted, when all of them are stored."""
    if audit.state not in EDITABLE_STATES:
        return {}
    # How long it had been open when it was read, or at the end of the period, or when it was closed.
    ends = [audit_round.period_to, local_date(audit.created_at), *filter(None, [case_file.closed_in])]
    return filled_facts(
        template,
        category=case_file.category,
        started=case_file.started_in,
        until=min(ends),
        re_referral=case_file.re_referral,
        counts=counts_of(case_file.counts),
    )
