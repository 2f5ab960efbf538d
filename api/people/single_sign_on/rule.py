"""What an organisation decides about single sign-on: by an administrator, or by the operator on the host."""

import uuid
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from sqlalchemy import delete, insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col

from api.foundation import events
from api.foundation.permissions import Actor, Permission, check_in_person, check_may
from api.foundation.problems import Conflict, Fault, Invalid, NotAllowed, NotFound, Stale
from api.foundation.settings import Settings
from api.people.single_sign_on.groups import LONGEST_GROUP
from api.people.single_sign_on.queries import Rule, keepers_of, rule_of
from models import GroupRole, PasswordKeeper, Person, ProviderAccount, Role, RoleGrant, SingleSignOn, WebSession, now
from models.storage.database import rows_changed
from models.storage.joins import linked

MOST_KEEPERS: Final = 50
MOST_GROUPS: Final = 200


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to hold. `keepers`: email addresses of those who keep a password where others may not use one."""

    allowed: bool
    passwords: bool
    keepers: Sequence[str] = ()
    groups: Mapping[str, Collection[Role]] = field(default_factory=dict)


def read_rule(session: Session, *, by: Actor) -> tuple[Rule, list[str]]:
    """What the actor's organisation decided, and who keeps a password."""
    check_may(by, Permission.WRITE_PEOPLE)
    return rule_of(session, by.organisation_id), keepers_of(session, by.organisation_id)


def change_rule(session: Session, *, wanted: Wanted, version: int, settings: Settings, by: Actor) -> Rule:
    """Decide. Sessions of others end that could not begin any more. Raises Invalid and Stale."""
    check_may(by, Permission.WRITE_PEOPLE)
    check_in_person(by)
    keepers = _keepers(session, wanted, by)
    faults = list(_faults(wanted, settings))
    if faults:
        raise Invalid(faults[0].detail, faults=tuple(faults))
    _store(session, wanted, version, by)
    _replace(session, PasswordKeeper, [{"person_id": person_id} for person_id in keepers], by)
    rows = [{"group_name": name, "role": role} for name, roles in wanted.groups.items() for role in set(roles)]
    _replace(session, GroupRole, rows, by)
    _end_sessions(session, wanted, keepers, by)
    rule = rule_of(session, by.organisation_id)
    _record(session, rule, by)
    return rule


def allow_passwords_on_host(session: Session, *, by: Actor) -> None:
    """Let everybody use a password again, by the operator on the host: where the provider is away for long."""
    this = col(SingleSignOn.organisation_id) == by.organisation_id
    changed = rows_changed(
        session, update(SingleSignOn).where(this).values(passwords=True, version=col(SingleSignOn.version) + 1)
    )
    if not changed:
        raise Conflict("Everybody in this organisation may use a password.")
    _record(session, rule_of(session, by.organisation_id), by)


def check_can_unlink(person_id: uuid.UUID, *, by: Actor) -> None:
    """Raise the Problem for which the actor cannot remove the link of this person to their account there."""
    check_may(by, Permission.WRITE_PEOPLE)
    check_in_person(by)
    if person_id == by.person_id:
        raise NotAllowed("Another administrator must remove your own link.")


def unlink(session: Session, *, person_id: uuid.UUID, by: Actor) -> None:
    """Remove the link of a person to their account with the provider, and end the sessions that began with it.

    Their next sign-in there links them again, by the email address. Raises NotFound, NotAllowed for oneself, and
    Conflict for somebody who is not linked.
    """
    check_can_unlink(person_id, by=by)
    if session.get(Person, (by.organisation_id, person_id)) is None:
        raise NotFound("person")
    own = (col(ProviderAccount.organisation_id) == by.organisation_id, col(ProviderAccount.person_id) == person_id)
    if not rows_changed(session, delete(ProviderAccount).where(*own)):
        raise Conflict("This person is not linked to an account with the provider.")
    session.execute(
        update(WebSession)
        .where(
            col(WebSession.organisation_id) == by.organisation_id,
            col(WebSession.person_id) == person_id,
            col(WebSession.by_provider),
            col(WebSession.ended_at).is_(None),
        )
        .values(ended_at=now())
    )
    events.record(session, "person.provider-unlinked", person_id, by=by)


def _keepers(session: Session, wanted: Wanted, by: Actor) -> set[uuid.UUID]:
    """Who keeps a password. Raises Invalid for an address that is nobody's, or where no administrator is among them."""
    lines = [email.strip().lower() for email in wanted.keepers]
    emails = {email for email in lines if email}
    if len(emails) > MOST_KEEPERS:
        raise Invalid.at("keepers", f"Name at most {MOST_KEEPERS} people.")
    own = (col(Person.organisation_id) == by.organisation_id, col(Person.email).in_(emails), col(Person.active))
    found = {row.email: row.id for row in session.execute(select(col(Person.email), col(Person.id)).where(*own))}
    if len(found) < len(emails):
        # The line is named by its number as typed, because the refusal does not repeat the email address.
        missing = [number for number, email in enumerate(lines, 1) if email and email not in found]
        raise Invalid.at("keepers", f"Line {missing[0]}: nobody active in your organisation has this email address.")
    if wanted.passwords:
        return set(found.values())
    administrators = (
        select(col(Person.id))
        .join(RoleGrant, linked(RoleGrant.person_id, Person.id))
        .where(*own, col(Person.password_hash).is_not(None), col(RoleGrant.role) == Role.ADMINISTRATOR)
    )
    if session.execute(administrators.limit(1)).first() is None:
        raise Invalid.at(
            "keepers",
            "Name at least 1 administrator who has a password: they can sign in when the provider cannot be reached.",
        )
    return set(found.values())


def _faults(wanted: Wanted, settings: Settings) -> list[Fault]:
    faults = []
    if not wanted.passwords and not settings.oidc_issuer:
        faults.append(
            Fault("passwords", "There is no provider to sign in with. The people who run this service set it up.")
        )
    if not wanted.passwords and not wanted.allowed:
        faults.append(Fault("passwords", "Let people sign in with the provider before you turn passwords off."))
    if len(wanted.groups) > MOST_GROUPS:
        faults.append(Fault("groups", f"Name at most {MOST_GROUPS} groups."))
    if any(not 0 < len(name) <= LONGEST_GROUP or not name.isprintable() for name in wanted.groups):
        faults.append(Fault("groups", f"The name of a group must have 1 to {LONGEST_GROUP} characters."))
    if any(not roles for roles in wanted.groups.values()):
        faults.append(Fault("groups", "Give each group at least 1 role."))
    return faults


def _store(session: Session, wanted: Wanted, version: int, by: Actor) -> None:
    values = {"allowed": wanted.allowed, "passwords": wanted.passwords, "changed_by_id": by.person_id}
    if version == 0:
        try:
            with session.begin_nested():
                session.execute(insert(SingleSignOn), [{"organisation_id": by.organisation_id, **values, "version": 1}])
        except IntegrityError:
            raise Stale from None
    else:
        this = (col(SingleSignOn.organisation_id) == by.organisation_id, col(SingleSignOn.version) == version)
        if not rows_changed(session, update(SingleSignOn).where(*this).values(**values, version=version + 1)):
            raise Stale


def _replace(
    session: Session, table: type[PasswordKeeper | GroupRole], rows: Sequence[Mapping[str, object]], by: Actor
) -> None:
    session.execute(delete(table).where(col(table.organisation_id) == by.organisation_id))
    if rows:
        session.execute(insert(table), [{"organisation_id": by.organisation_id, **row} for row in rows])


def _end_sessions(session: Session, wanted: Wanted, keepers: set[uuid.UUID], by: Actor) -> None:
    """End the sessions of others that began in a way that is not allowed any more."""
    others = [
        col(WebSession.organisation_id) == by.organisation_id,
        col(WebSession.ended_at).is_(None),
        col(WebSession.person_id) != by.person_id,
    ]
    if not wanted.allowed:
        session.execute(update(WebSession).where(*others, col(WebSession.by_provider)).values(ended_at=now()))
    if not wanted.passwords:
        not_kept = (~col(WebSession.by_provider), col(WebSession.person_id).not_in(keepers))
        session.execute(update(WebSession).where(*others, *not_kept).values(ended_at=now()))


def _record(session: Session, rule: Rule, by: Actor) -> None:
    details = {"allowed": rule.allowed, "passwords": rule.passwords, "groups": len(rule.groups)}
    events.record(session, "single-sign-on.changed", events.THE_ORGANISATION, by=by, details=details)
