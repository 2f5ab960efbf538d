"""Follow-ups for tests, made by the actions that people use."""

import uuid

from api.audits import actions as audits
from api.follow_ups import actions
from api.follow_ups.actions import FoundTheme
from api.follow_ups.rule import actions as rules
from api.follow_ups.rule.actions import RuleChange
from api.moderation import actions as moderation
from api.moderation.actions import AnswerReview, OverallReview
from checklists.templates.scale import NOT_ASKED
from models import FollowUp, FollowUpOutcome
from tests.desk import Desk
from tests.factories import MadePerson, an_actor

POST, NOW = "Head of Service", "The child is seen alone every month."
NOT_ON_FILE = "Nothing about it is on file."


def follow(desk: Desk, *, version: int = 0, **changes: object) -> None:
    """Set the rule of the desk's round: by default about the voice of the child, and a post is notified."""
    wanted: dict[str, object] = {"themes": ("voice",), "contact_post": POST} | changes
    if wanted.get("contact_id"):
        wanted["contact_post"] = ""
    with desk.database.writing() as session:
        rules.set_rule(
            session,
            round_id=desk.round_id,
            change=RuleChange(**wanted),  # type: ignore[arg-type]
            version=version,
            by=an_actor(desk.cast.lena),
        )


def at_lowest(desk: Desk, *themes: str, by: MadePerson | None = None, audit_id: uuid.UUID | None = None) -> uuid.UUID:
    """A submitted audit in which these themes, by default the voice of the child, are at the lowest rating."""
    below = themes or ("voice",)
    audit_id = audit_id or desk.an_audit(by)
    desk.answer(audit_id, "good", *(theme for theme in desk.template.theme_keys if theme not in below), by=by)
    desk.answer(audit_id, "inadequate", *below, rationale=NOT_ON_FILE, by=by)
    desk.submit(audit_id, by=by)
    return audit_id


def moderated(desk: Desk, audit_id: uuid.UUID, by: MadePerson | None = None, **changed: str) -> None:
    """Moderate a submitted audit and agree it, with these answers changed."""
    actor = an_actor(by or desk.cast.mo)
    with desk.database.writing() as session:
        found = audits.find_audit(session, audit_id=audit_id, by=actor)
        answers = {theme: answer for theme, answer in found.answers.items() if answer != NOT_ASKED}
        version = moderation.start_moderation(session, audit_id=audit_id, version=found.audit.version, by=actor).version
        said = [
            AnswerReview(theme, changed.get(theme, answer), "The file says otherwise." if theme in changed else "")
            for theme, answer in answers.items()
        ]
        version = moderation.review_answers(
            session, audit_id=audit_id, judgements=said, version=version, by=actor
        ).version
        after = {**answers, **changed}
        overall = "inadequate" if "inadequate" in after.values() else "good"
        judged = OverallReview(overall, "The file shows it.")
        version = moderation.review_overall(
            session, audit_id=audit_id, review=judged, version=version, by=actor
        ).version
        moderation.agree_answers(session, audit_id=audit_id, version=version, by=actor)


def stored(desk: Desk, audit_id: uuid.UUID) -> FollowUp | None:
    """The follow-up of an audit as the database has it."""
    with desk.database.reading() as session:
        return session.get(FollowUp, (desk.cast.organisation.id, audit_id))


def the_follow_up(desk: Desk, audit_id: uuid.UUID) -> FollowUp:
    found = stored(desk, audit_id)
    assert found is not None
    return found


def allocated(desk: Desk, audit_id: uuid.UUID, reader: MadePerson | None = None) -> None:
    """Give a follow-up to a reader, by default Ben."""
    with desk.database.writing() as session:
        actions.allocate(
            session,
            audit_id=audit_id,
            reader_id=(reader or desk.cast.ben).id,
            version=the_follow_up(desk, audit_id).version,
            by=an_actor(desk.cast.lena),
        )


def recorded(desk: Desk, audit_id: uuid.UUID, reader: MadePerson | None = None, **outcomes: FollowUpOutcome) -> None:
    """Record what a follow-up has found; without outcomes, that the voice of the child was corrected."""
    found = outcomes or {"voice": FollowUpOutcome.CORRECTED}
    with desk.database.writing() as session:
        actions.record(
            session,
            audit_id=audit_id,
            themes=[FoundTheme(theme.replace("_", "-"), outcome, NOW) for theme, outcome in found.items()],
            version=the_follow_up(desk, audit_id).version,
            by=an_actor(reader or desk.cast.ben),
        )
