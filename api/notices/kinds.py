"""The kinds of notices: what each is about, its text, its link, and what an email calls it."""

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import Final

from checklists.plurals import plural
from models import NoticeKind


class Subject(Enum):
    """What the subject of a notice is."""

    ROUND = "round"
    AUDIT = "audit"
    CONCERN = "concern"
    ACTION = "action"
    FEEDBACK = "feedback"
    FOLLOW_UP = "follow-up"
    PLANNED_ROUND = "round of the audit programme"
    PROGRAMME_LINE = "line of an audit programme"
    PLANNED_JOINT_ROUND = "joint audit of the audit programme"
    JOINT_ROUND = "joint audit"
    JOINT_PART = "part of a joint audit"
    JOINT_CASE = "case of a joint audit"
    PERSON = "person"


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of notice.

    `text` makes the sentence from the number and the name of the subject: the title of a round, the reference of a case
    file. `mail` says the kind in an email, and names nothing. `is_counted`: the numbers of unread ones are added up.
    `asks`: the person has something to do, which is over when the round is closed.
    """

    subject: Subject
    text: Callable[[int, str], str]
    path: str
    mail: str
    is_counted: bool = False
    asks: bool = False

    def path_of(self, subject_id: uuid.UUID) -> str:
        """The page on which the person sees what the notice is about."""
        return self.path.format(id=subject_id)


def _audits(number: int) -> str:
    return f"{number:,} audit" if number == 1 else f"{number:,} audits"


def _cases(number: int) -> str:
    return f"{plural(number, 'case')} of a joint audit"


def _are(number: int) -> str:
    return "is" if number == 1 else "are"


def _agreed(number: int, name: str) -> str:
    if not number:
        return f"Your audit of {name} was agreed unchanged."
    return f"Your audit of {name} was agreed with {plural(number, 'answer')} changed."


def _to_settle(number: int, name: str) -> str:
    if not number:
        return f"Both readings of {name} are submitted and identical. Record them as agreed."
    return f"Both readings of {name} are submitted and differ on {plural(number, 'theme')}. Agree the final answers."


_MODERATION: Final = "/audits/{id}/moderation"
_PAIR: Final = "/audits/{id}/pair"
_OF_AUDIT, _OF_ROUND = Subject.AUDIT, Subject.ROUND

KINDS: Final = {
    NoticeKind.ALLOCATED: Kind(
        _OF_ROUND,
        lambda number, name: f"{_audits(number)} allocated to you in {name}.",
        "/audits",
        "Audits were allocated to you",
        is_counted=True,
        asks=True,
    ),
    NoticeKind.TAKEN_AWAY: Kind(
        _OF_ROUND,
        lambda number, name: f"{_audits(number)} withdrawn from you in {name}.",
        "/audits",
        "Audits were withdrawn from you",
        is_counted=True,
    ),
    NoticeKind.RETURNED: Kind(
        _OF_AUDIT,
        lambda _, name: f"Your audit of {name} was returned to you. Make the changes needed, then submit it again.",
        "/audits/{id}",
        "An audit was returned to you",
        asks=True,
    ),
    NoticeKind.AGREED: Kind(_OF_AUDIT, _agreed, _MODERATION, "Your audit was agreed"),
    NoticeKind.SIGNED_OFF: Kind(
        _OF_AUDIT,
        lambda _, name: f"Your audit of {name} was signed off.",
        _MODERATION,
        "Your audit was signed off",
    ),
    NoticeKind.REOPENING_ASKED: Kind(
        _OF_AUDIT,
        lambda _, name: f"A request to reopen the audit of {name} is waiting for a second person to decide.",
        _MODERATION,
        "A request to reopen an audit is waiting for a decision",
        asks=True,
    ),
    NoticeKind.REOPENING_REFUSED: Kind(
        _OF_AUDIT,
        lambda _, name: f"Your request to reopen the audit of {name} was refused.",
        _MODERATION,
        "Your request to reopen an audit was refused",
    ),
    NoticeKind.REOPENED: Kind(
        _OF_AUDIT,
        lambda _, name: f"The audit of {name} was reopened and is back in moderation.",
        _MODERATION,
        "An audit was reopened",
    ),
    NoticeKind.COMMENTED: Kind(
        _OF_AUDIT,
        lambda number, name: f"{number} new {'comment' if number == 1 else 'comments'} on the audit of {name}.",
        f"{_MODERATION}#comments",
        "There are new comments on an audit",
        is_counted=True,
    ),
    NoticeKind.REPRESENTATION_MADE: Kind(
        _OF_AUDIT,
        lambda _, name: f"The team disagrees with the audit of {name}. Answer the representation.",
        "/representations",
        "A representation is waiting for an answer",
    ),
    NoticeKind.TO_SETTLE: Kind(
        _OF_AUDIT, _to_settle, _PAIR, "Both readings of a case are submitted and need an agreed answer", asks=True
    ),
    NoticeKind.PROPOSED: Kind(
        _OF_AUDIT,
        lambda number, name: f"The other reader of {name} proposed answers for {plural(number, 'theme')}.",
        _PAIR,
        "The other reader of a case proposed answers",
        is_counted=True,
        asks=True,
    ),
    NoticeKind.SETTLED: Kind(
        _OF_AUDIT, lambda _, name: f"The readers of {name} have agreed their answers.", _PAIR, "2 readings were agreed"
    ),
    NoticeKind.TO_SIGN_OFF: Kind(
        _OF_AUDIT,
        lambda _, name: f"The readers of {name} have agreed their answers. The audit is ready to be signed off.",
        _MODERATION,
        "2 readings are agreed and ready to be signed off",
        asks=True,
    ),
    NoticeKind.CONCERN: Kind(
        Subject.CONCERN,
        lambda *_: "You have been notified of an urgent concern.",
        "/concerns/{id}",
        "You have been notified of an urgent concern",
    ),
    NoticeKind.ACTION_GIVEN: Kind(
        Subject.ACTION, lambda *_: "You own a new action.", "/actions/{id}", "You own a new action"
    ),
    NoticeKind.ACTION_DUE_SOON: Kind(
        Subject.ACTION, lambda *_: "An action that you own is due soon.", "/actions/{id}", "An action is due soon"
    ),
    NoticeKind.ACTION_OVERDUE: Kind(
        Subject.ACTION, lambda *_: "An action that you own is overdue.", "/actions/{id}", "An action is overdue"
    ),
    NoticeKind.ACTION_ESCALATED: Kind(
        Subject.ACTION,
        lambda *_: "An action is overdue, and its owner has been reminded.",
        "/actions/{id}",
        "An action of somebody else is overdue",
    ),
    NoticeKind.REPRESENTATION_ANSWERED: Kind(
        Subject.FEEDBACK,
        lambda *_: "Your representation was answered.",
        "/team-feedback/{id}",
        "Your representation was answered",
    ),
    NoticeKind.LOWEST_FOUND: Kind(
        Subject.FOLLOW_UP,
        lambda _, name: f"The audit of {name} is at the lowest rating. Read what fell short.",
        "/audits/{id}/follow-up",
        "An audit needs your attention",
    ),
    NoticeKind.LOWEST_TO_NOTIFY: Kind(
        Subject.FOLLOW_UP,
        lambda _, name: f"Tell a person who has no account about the audit of {name}.",
        "/audits/{id}/follow-up",
        "Somebody must be notified of an audit",
    ),
    NoticeKind.FOLLOW_UP_GIVEN: Kind(
        Subject.FOLLOW_UP,
        lambda _, name: f"The follow-up of {name} was allocated to you.",
        "/audits/{id}/follow-up",
        "A follow-up was allocated to you",
    ),
    NoticeKind.FOLLOW_UP_DUE: Kind(
        Subject.FOLLOW_UP,
        lambda _, name: f"The follow-up of {name} is due and has no reader.",
        "/audits/{id}/follow-up",
        "A follow-up is due and has no reader",
    ),
    NoticeKind.ROUND_PLANNED: Kind(
        Subject.PLANNED_ROUND,
        lambda _, name: f"{name} was planned by the audit programme. Check its sample, then allocate it.",
        "/rounds/{id}",
        "A round of the audit programme was planned",
    ),
    NoticeKind.ROUND_NOT_PLANNED: Kind(
        Subject.PROGRAMME_LINE,
        lambda *_: "A round of the audit programme is due and could not be planned.",
        "/programme-lines/{id}",
        "A round of the audit programme could not be planned",
    ),
    NoticeKind.EXEMPTION_WAITS: Kind(
        Subject.PROGRAMME_LINE,
        lambda *_: "An exemption from the audit programme is waiting for a second person to decide.",
        "/programme-lines/{id}",
        "An exemption from the audit programme is waiting for a decision",
    ),
    NoticeKind.JOINT_PLANNED: Kind(
        Subject.PLANNED_JOINT_ROUND,
        lambda *_: "A joint audit was planned by the audit programme. Check its cases, then open it.",
        "/joint-rounds/{id}",
        "A joint audit of the audit programme was planned",
    ),
    NoticeKind.JOINT_ALLOCATED: Kind(
        Subject.JOINT_ROUND,
        lambda number, _: f"{_cases(number)} allocated to you. Answer for your agency.",
        "/joint-parts",
        "Cases of a joint audit were allocated to you",
        is_counted=True,
    ),
    NoticeKind.JOINT_DUE_SOON: Kind(
        Subject.JOINT_ROUND,
        lambda number, _: f"{_cases(number)} {_are(number)} due soon. Return your agency’s answers.",
        "/joint-parts",
        "Cases of a joint audit are due soon",
    ),
    NoticeKind.JOINT_OVERDUE: Kind(
        Subject.JOINT_ROUND,
        lambda number, _: f"{_cases(number)} {_are(number)} overdue. Return your agency’s answers.",
        "/joint-parts",
        "Cases of a joint audit are overdue",
    ),
    NoticeKind.JOINT_GIVEN_BACK: Kind(
        Subject.JOINT_PART,
        lambda *_: "Your agency’s answers for a case were given back to you. Change them, then return them again.",
        "/joint-parts/{id}",
        "Your agency’s answers for a case were given back to you",
    ),
    NoticeKind.JOINT_RETURNED: Kind(
        Subject.JOINT_CASE,
        lambda *_: "Every agency has returned its answers for a case of a joint audit. You can open its panel.",
        "/joint-cases/{id}",
        "Every agency has returned its answers for a case of a joint audit",
    ),
    NoticeKind.JOINT_PANEL_OPEN: Kind(
        Subject.JOINT_CASE,
        lambda *_: "The panel of a case that you answered for is open. You can read what every agency found.",
        "/joint-cases/{id}",
        "The panel of a case that you answered for is open",
    ),
    NoticeKind.ACCESS_WAITS: Kind(
        Subject.PERSON,
        lambda *_: "Access to audits is waiting for you or another person to confirm it.",
        "/access",
        "Access to audits is waiting to be confirmed",
    ),
    NoticeKind.ACCESS_MADE: Kind(
        Subject.PERSON,
        lambda *_: "A sign-in link was created for a person who can read audits, without a second person.",
        "/people",
        "A sign-in link was created for a person who can read audits",
    ),
    NoticeKind.ACCESS_ASKED: Kind(
        Subject.PERSON,
        lambda *_: (
            "A new sign-in link or new roles were requested for you. If you did not ask for this, notify your"
            " quality lead immediately."
        ),
        "/account",
        "A new sign-in link or new roles were requested for you",
    ),
}


def kinds_of(subject: Subject) -> list[NoticeKind]:
    """The kinds of notices about such a subject."""
    return [kind for kind, about in KINDS.items() if about.subject is subject]
