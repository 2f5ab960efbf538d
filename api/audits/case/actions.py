"""Describing the case of one's own audit: its facts, and a synopsis."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field

from sqlmodel import Session, col, select

from api.access.audits import check_can_read_audit
from api.audits.actions import get_audit, lock_to_score, open_round_of, read_audit, template_of
from api.audits.case.queries import DescribedCase, described_case
from api.foundation import access_log, events
from api.foundation.permissions import Actor
from api.foundation.problems import Fault, check_version
from api.foundation.text.free_text import KeepReason, NameCheck, raise_if_any
from checklists.audits.facts import MOST_WORDS_OF_A_SYNOPSIS, missing_facts, number_of_words
from checklists.reports.beside import encode_beside
from checklists.templates.template import Template as TemplateContent
from models import Audit, AuditCase, AuditFact, CaseFile


@dataclass(frozen=True, slots=True)
class NewCase:
    """The case as it is to be: the choice by the key of each fact that is known, and the synopsis.

    `keep_names` says why names in the synopsis are allowed.
    """

    facts: Mapping[str, str] = field(default_factory=dict)
    synopsis: str = ""
    keep_names: KeepReason | None = None


def find_case(session: Session, *, audit_id: uuid.UUID, by: Actor) -> DescribedCase:
    """What an audit that the actor may read says of its case. Raises NotFound."""
    audit = check_can_read_audit(by, get_audit(session, audit_id, by))
    access_log.record_view(session, "audit.read", audit.id, by=by)
    return read_audit(session, audit).case


def describe_case(session: Session, *, audit_id: uuid.UUID, new: NewCase, version: int, by: Actor) -> DescribedCase:
    """Write the facts and the synopsis of the actor's own audit, all of them, while the audit can be scored.

    They are replaced only when their version is still `version`, 0 when there were none; else Stale. A fact that is
    left out is no longer chosen. Without a change nothing is written. Raises NotFound, NotAllowed, Conflict, Invalid.
    """
    audit = lock_to_score(session, audit_id, by)
    audit_round = open_round_of(session, audit)
    case_file = session.get_one(CaseFile, (audit.organisation_id, audit.case_file_id))
    template, names = template_of(session, audit_round), NameCheck.of(session, by)
    stored = described_case(session, audit, template=template, case_file=case_file, audit_round=audit_round)
    raise_if_any(faults_of_case(stored.template, new, names, was=stored.synopsis))
    changed = sorted(fact for fact in {*stored.chosen, *new.facts} if stored.chosen.get(fact) != new.facts.get(fact))
    if not changed and new.synopsis == stored.synopsis:
        return stored
    check_version(stored.version, version)
    audit.version += 1
    own = (audit.organisation_id, audit.id)
    row = session.get(AuditCase, own) or AuditCase(organisation_id=own[0], audit_id=own[1])
    row.synopsis, row.version = new.synopsis, audit.version
    session.add_all([audit, row])
    _choose(session, audit, {fact: new.facts.get(fact) for fact in changed})
    session.flush()
    parts = [*changed, *(["synopsis"] if new.synopsis != stored.synopsis else [])]
    events.record(session, "audit.case-described", audit.id, by=by, details={"parts": " ".join(parts)})
    names.record(session, audit.id, by=by)
    return described_case(session, audit, template=template, case_file=case_file, audit_round=audit_round)


def keep_facts(session: Session, audit: Audit, case: DescribedCase) -> None:
    """Store with an audit that is submitted every fact about its case as it is now, those of the case list included."""
    _choose(session, audit, {fact: choice for fact, choice in case.filled.items() if fact not in case.chosen})
    audit.case_facts = line_of_facts(case.template, case.facts)


def line_of_facts(template: TemplateContent, facts: Mapping[str, str]) -> str:
    """Every fact about the case as a line of a submitted audit. KeyError when one is missing."""
    return encode_beside([fact.key for fact in template.case_facts], facts)


def faults_of_case(template: TemplateContent, new: NewCase, names: NameCheck, *, was: str = "") -> list[Fault]:
    """What is wrong with facts and synopsis, each fault with its place. `was` is the synopsis that is replaced."""
    faults = []
    for key, choice in new.facts.items():
        if not template.has_fact(key):
            faults.append(Fault(f"/facts/{key}", "The audit's template does not include this case fact."))
        elif not template.fact(key).is_answer(choice):
            faults.append(Fault(f"/facts/{key}", f"{template.fact(key).title}: select one of the options listed"))
    if new.synopsis and not template.further.synopsis:
        faults.append(Fault("/synopsis", "The audit's template does not ask for a synopsis. Remove the synopsis."))
    elif new.synopsis:
        faults += names.check("/synopsis", new.synopsis, keep=new.keep_names, was=was)
        if (words := number_of_words(new.synopsis)) > MOST_WORDS_OF_A_SYNOPSIS:
            told = f"Synopsis must be {MOST_WORDS_OF_A_SYNOPSIS} words or fewer. It has {words:,}."
            faults.append(Fault("/synopsis", told))
    return faults


def faults_of_missing_facts(template: TemplateContent, facts: Mapping[str, str]) -> list[Fault]:
    """What an audit lacks of its case before it can be submitted, fact by fact."""
    return [Fault(f"/facts/{fact.key}", f"{fact.title}: select an option") for fact in missing_facts(template, facts)]


def _choose(session: Session, audit: Audit, choices: Mapping[str, str | None]) -> None:
    """Store the choice of each of these facts; None removes it."""
    if not choices:
        return
    own = (col(AuditFact.organisation_id) == audit.organisation_id, col(AuditFact.audit_id) == audit.id)
    rows = {row.fact: row for row in session.exec(select(AuditFact).where(*own))}
    for fact, choice in choices.items():
        row = rows.get(fact)
        if choice is None:
            if row is not None:
                session.delete(row)
            continue
        row = row or AuditFact(organisation_id=audit.organisation_id, audit_id=audit.id, fact=fact, choice=choice)
        row.choice = choice
        session.add(row)
