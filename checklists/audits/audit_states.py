"""The states of an audit and the transitions between them: the only table of them."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class AuditState(StrEnum):
    DRAFT = "draft"
    RETURNED = "returned"
    SUBMITTED = "submitted"
    IN_MODERATION = "in-moderation"
    AGREED = "agreed"
    SIGNED_OFF = "signed-off"
    WITHDRAWN = "withdrawn"

    @property
    def label(self) -> str:
        return self.value.replace("-", " ").capitalize()


# Submitted: the answers can no longer be changed by the auditor, and are counted.
SUBMITTED_STATES: Final = frozenset(
    {AuditState.SUBMITTED, AuditState.IN_MODERATION, AuditState.AGREED, AuditState.SIGNED_OFF}
)
# With its auditor, who may still change every answer.
EDITABLE_STATES: Final = frozenset({AuditState.DRAFT, AuditState.RETURNED})
AGREED_STATES: Final = frozenset({AuditState.AGREED, AuditState.SIGNED_OFF})


class Turn(StrEnum):
    """Who has to act next."""

    AUDITOR = "auditor"
    MODERATOR = "moderator"
    SIGNER = "signer"
    NOBODY = "nobody"


WHOSE_TURN: Final = {
    AuditState.DRAFT: Turn.AUDITOR,
    AuditState.RETURNED: Turn.AUDITOR,
    AuditState.SUBMITTED: Turn.MODERATOR,
    AuditState.IN_MODERATION: Turn.MODERATOR,
    AuditState.AGREED: Turn.SIGNER,
    AuditState.SIGNED_OFF: Turn.NOBODY,
    AuditState.WITHDRAWN: Turn.NOBODY,
}


class Step(StrEnum):
    """An action that moves an audit from one state to another."""

    SUBMIT = "submit"
    TAKE_INTO_MODERATION = "take-into-moderation"
    RETURN = "return"
    AGREE = "agree"
    # Agreed without change, where no rule of the round selected it for moderation.
    ACCEPT = "accept"
    # The two readers of a case, or a moderator for them, agree on one set of answers.
    SETTLE = "settle"
    SIGN_OFF = "sign-off"
    # By two people, neither of whom is its auditor.
    REOPEN = "reopen"
    WITHDRAW = "withdraw"


@dataclass(frozen=True, slots=True)
class Transition:
    """An allowed transition from some states to another."""

    step: Step
    origins: frozenset[AuditState]
    target: AuditState


_S = AuditState
TRANSITIONS: Final = {
    each.step: each
    for each in (
        Transition(Step.SUBMIT, EDITABLE_STATES, _S.SUBMITTED),
        Transition(Step.TAKE_INTO_MODERATION, frozenset({_S.SUBMITTED}), _S.IN_MODERATION),
        Transition(Step.RETURN, frozenset({_S.SUBMITTED, _S.IN_MODERATION}), _S.RETURNED),
        Transition(Step.AGREE, frozenset({_S.IN_MODERATION}), _S.AGREED),
        Transition(Step.ACCEPT, frozenset({_S.SUBMITTED}), _S.AGREED),
        Transition(Step.SETTLE, frozenset({_S.SUBMITTED, _S.IN_MODERATION}), _S.AGREED),
        Transition(Step.SIGN_OFF, frozenset({_S.AGREED}), _S.SIGNED_OFF),
        Transition(Step.REOPEN, frozenset({_S.AGREED, _S.SIGNED_OFF}), _S.IN_MODERATION),
        Transition(Step.WITHDRAW, frozenset({_S.DRAFT, _S.RETURNED, _S.SUBMITTED, _S.IN_MODERATION}), _S.WITHDRAWN),
    )
}


class NotFromHereError(Exception):
    """An audit in this state does not allow this step."""


def state_after(state: AuditState, step: Step) -> AuditState:
    """The state after the step. NotFromHereError when the step is not allowed in this state."""
    transition = TRANSITIONS[step]
    if state not in transition.origins:
        raise NotFromHereError(f"{state.label} audits do not {step.value.replace('-', ' ')}.")
    return transition.target
