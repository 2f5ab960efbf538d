"""Writing down family views, in one's own audit."""

import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from sqlmodel import Session

from api.access.audits import check_can_read_audit
from api.audits.actions import ReadAudit, get_audit, lock_to_score, open_round_of, read_audit
from api.audits.stored import is_changed
from api.foundation import access_log, events
from api.foundation.permissions import Actor
from api.foundation.problems import Fault, check_version
from api.foundation.text.free_text import KeepReason, NameCheck, raise_if_any
from checklists.audits.family_views import (
    FamilyMember,
    HowAsked,
    WhyNoView,
    encode_family_answers,
    faults_of_answers,
)
from checklists.templates.template import Template as TemplateContent
from models import FamilyView


@dataclass(frozen=True, slots=True)
class NewView:
    """What is said of one of the family: how they gave their views, or why not; their answers, and the views in
    paraphrase.

    `keep_names` says why names in the words are allowed.
    """

    how: str = ""
    no_view: str = ""
    answers: Mapping[str, str] = field(default_factory=dict)
    words: str = ""
    keep_names: KeepReason | None = None


def version_of_views(views: Mapping[str, FamilyView]) -> int:
    """The version of all views together; 0 while there are none."""
    return max((view.version for view in views.values()), default=0)


def find_family_views(session: Session, *, audit_id: uuid.UUID, by: Actor) -> ReadAudit:
    """An audit that the actor may read, with family views. Raises NotFound."""
    audit = check_can_read_audit(by, get_audit(session, audit_id, by))
    access_log.record_view(session, "audit.read", audit.id, by=by)
    return read_audit(session, audit)


def write_family_views(
    session: Session, *, audit_id: uuid.UUID, new: Mapping[str, NewView], version: int, by: Actor
) -> ReadAudit:
    """Write family views in the actor's own audit, all of them, while the audit can be scored.

    `new`: by who it is; of those who are left out nothing is said. They are replaced only when their version is still
    `version`, 0 when there were none; else Stale. Without a change nothing is written. Raises NotFound, NotAllowed,
    Conflict, Invalid.
    """
    audit = lock_to_score(session, audit_id, by)
    open_round_of(session, audit)
    found, names = read_audit(session, audit), NameCheck.of(session, by)
    stored = found.family_views
    raise_if_any(faults_of_family_views(found.template, new, names, was=stored))
    rows = {who: row_of_view(found.template, view) for who, view in new.items()}
    changed = [who.value for who in FamilyMember if is_changed(stored.get(who), rows.get(who))]
    if not changed:
        return found
    check_version(version_of_views(stored), version)
    audit.version += 1
    for who in changed:
        if who not in rows:
            session.delete(stored[who])
            continue
        row = stored.get(who) or FamilyView(
            organisation_id=audit.organisation_id, audit_id=audit.id, who=who, version=0
        )
        for name, value in {**rows[who], "version": audit.version}.items():
            setattr(row, name, value)
        session.add(row)
    for who, row in stored.items():
        # All views have the version of the newest change, also when that change removed a view.
        if who not in changed:
            row.version = audit.version
            session.add(row)
    session.add(audit)
    session.flush()
    events.record(session, "audit.family-views-written", audit.id, by=by, details={"who": " ".join(changed)})
    names.record(session, audit.id, by=by)
    return found.read_again()


def row_of_view(template: TemplateContent, view: NewView) -> dict[str, str]:
    """The columns of a checked view, without its audit, the member of the family and the version."""
    return {
        "how": view.how,
        "no_view": view.no_view,
        "answers": encode_family_answers(template, view.answers),
        "words": view.words,
    }


def faults_of_family_views(
    template: TemplateContent,
    new: Mapping[str, NewView],
    names: NameCheck,
    *,
    prefix: str = "",
    was: Mapping[str, FamilyView] | None = None,
) -> list[Fault]:
    """What is wrong with family views, each fault with its place. `was`: the views that are replaced."""
    if new and not template.further.family_views:
        return [Fault(prefix, "The audit's template does not ask for family views. Remove the family views.")]
    faults: list[Fault] = []
    for who, view in new.items():
        place = f"{prefix}/{who}"
        if who not in set(FamilyMember):
            faults.append(Fault(place, "Select whose views these are: child, parent, carer or other"))
            continue
        faults += _faults_of_choices(template, view, place, FamilyMember(who).label_for(template.own_words.subject))
        if view.words:
            stored = was[who].words if was is not None and who in was else ""
            faults += names.check(f"{place}/words", view.words, keep=view.keep_names, was=stored)
    return faults


def _faults_of_choices(template: TemplateContent, view: NewView, place: str, called: str) -> Iterator[Fault]:
    if (view.how and view.how not in set(HowAsked)) or (view.no_view and view.no_view not in set(WhyNoView)):
        yield Fault(f"{place}/how", f"{called}: select how their views were sought, or why they were not sought")
    elif bool(view.how) == bool(view.no_view):
        yield Fault(f"{place}/how", f"{called}: select how their views were sought or why they were not, not both")
    elif view.no_view and (view.words or view.answers):
        yield Fault(f"{place}/how", f"{called}: select how their views were sought, or remove their answers and views")
    for key in faults_of_answers(template.family_questions, view.answers):
        yield Fault(f"{place}/answers/{key}", f"{called}: select one of the answers listed for this question")
