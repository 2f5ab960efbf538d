"""Drafts: what an auditor has typed for a theme and not saved yet, kept for them until they save or discard it."""

import json
import uuid
from collections.abc import Collection, Mapping, Sequence
from datetime import timedelta
from typing import Any, Final

from sqlalchemy import bindparam
from sqlmodel import Session, col, delete, or_, select

from api.audits.actions import lock_to_score, open_round_of, scores_of, template_of
from api.audits.scoring.questions import asked_to_score
from api.foundation.permissions import Actor
from api.foundation.problems import Conflict, Stale
from api.foundation.text.free_text import NameCheck, raise_if_any
from checklists.audits.audit_states import EDITABLE_STATES
from models import Audit, ScoreDraft, now
from models.clock import earliest
from models.storage.bulk import table_of
from models.storage.database import Database
from models.storage.dialects import is_among

KEPT: Final = timedelta(days=30)
MOST_CHARACTERS: Final = 60_000
TEXTS: Final = ("rationale", "impact", "evidence")


def save_draft(
    session: Session, *, audit_id: uuid.UUID, theme: str, seen: str, fields: Mapping[str, Sequence[str]], by: Actor
) -> ScoreDraft:
    """Keep what the auditor has typed for a theme of their own audit.

    Its texts pass the identifier guard as saved ones do: Invalid. `seen` begins with the version that the page showed:
    Stale when the theme has changed since.
    """
    audit = lock_to_score(session, audit_id, by)
    template = template_of(session, open_round_of(session, audit))
    existing, names = scores_of(session, audit).get(theme), NameCheck.of(session, by)
    raise_if_any(
        [
            fault
            for name in TEXTS
            for fault in names.check(
                f"/{name}",
                "\n".join(fields.get(name, ())),
                keep=None,
                was=getattr(existing, name) if existing is not None else "",
            )
        ]
    )
    written = json.dumps(fields, ensure_ascii=False)
    if len(written) > MOST_CHARACTERS:
        raise Conflict("The text is too long to be kept as a draft.")
    version = asked_to_score(session, audit, template).version_of(theme, existing.version if existing else 0)
    if seen.partition(".")[0] != str(version):
        raise Stale
    draft = session.get(ScoreDraft, (audit.organisation_id, audit_id, theme)) or ScoreDraft(
        organisation_id=audit.organisation_id,
        audit_id=audit_id,
        theme=theme,
        person_id=by.id,
        seen=seen,
        fields=written,
    )
    draft.person_id, draft.seen, draft.fields, draft.saved_at = by.id, seen, written, now()
    session.add(draft)
    session.flush()
    return draft


def drafts_of(session: Session, audit: Audit, *, by: Actor) -> dict[str, ScoreDraft]:
    """The actor's own drafts in this audit, by theme."""
    named = {"own": by.organisation_id, "audit": audit.id, "person": by.person_id}
    return {draft.theme: draft for draft in session.scalars(_OWN_DRAFTS, named)}


# Made once: every page on which a theme is scored asks it, and building it takes longer.
_OWN_DRAFTS: Final = select(ScoreDraft).where(
    col(ScoreDraft.organisation_id) == bindparam("own"),
    col(ScoreDraft.audit_id) == bindparam("audit"),
    col(ScoreDraft.person_id) == bindparam("person"),
)


def fields_of(draft: ScoreDraft) -> dict[str, list[str]]:
    """The fields of the form that a draft keeps, by name."""
    found: dict[str, list[str]] = json.loads(draft.fields)
    return found


# Made once: every save runs the second, which takes longer to build than to run.
_DRAFTS: Final = table_of(ScoreDraft)
_DISCARD: Final = delete(_DRAFTS).where(
    _DRAFTS.c.organisation_id == bindparam("own"), _DRAFTS.c.audit_id == bindparam("audit")
)
_DISCARD_SOME: Final = _DISCARD.where(is_among(_DRAFTS.c.theme, "themes"))


def discard_drafts(session: Session, audit: Audit, themes: Collection[str] | None = None) -> None:
    """Delete the drafts of these themes of an audit, or of all of them."""
    named: dict[str, Any] = {"own": audit.organisation_id, "audit": audit.id}
    session.flush()
    if themes is None:
        session.connection().execute(_DISCARD, named)
    else:
        session.connection().execute(_DISCARD_SOME, {**named, "themes": themes})


def discard_draft(session: Session, *, audit_id: uuid.UUID, theme: str, by: Actor) -> None:
    """Discard the actor's draft of a theme of their own audit."""
    audit = lock_to_score(session, audit_id, by)
    open_round_of(session, audit)
    discard_drafts(session, audit, {theme})


def delete_old_drafts(database: Database) -> None:
    """Delete drafts that nobody has changed for KEPT, and those of audits that can no longer be scored."""
    done = select(Audit.id).where(
        col(Audit.organisation_id) == col(ScoreDraft.organisation_id),
        col(Audit.id) == col(ScoreDraft.audit_id),
        or_(col(Audit.state).not_in(EDITABLE_STATES), col(Audit.auditor_id) != col(ScoreDraft.person_id)),
    )
    with database.writing() as session:
        session.execute(delete(ScoreDraft).where(or_(col(ScoreDraft.saved_at) < earliest() - KEPT, done.exists())))
