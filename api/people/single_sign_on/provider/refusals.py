"""Why somebody was not signed in with the provider, and what the page says."""

from enum import StrEnum
from typing import Final


class Reason(StrEnum):
    """Why; also in the event, and in the address of the page that says it."""

    AWAY = "provider-away"
    CANCELLED = "cancelled"
    REFUSED = "provider-refused"
    SETTINGS = "wrong-settings"
    LATE = "too-late"
    TOO_MANY = "too-many-attempts"
    UNTRUSTED = "not-trusted"
    CLOCK = "clocks-differ"
    UNVERIFIED = "address-not-verified"
    NOT_INVITED = "not-invited"
    DEACTIVATED = "deactivated"
    OTHER_ACCOUNT = "other-account"
    NOT_ALLOWED = "not-allowed"
    GROUPS = "groups-unknown"
    NOT_FRESH = "not-signed-in-again"
    OTHER_PERSON = "other-person"

    def words(self, name: str) -> str:
        """What the page says to the person. `name`: of the provider."""
        return _WORDS[self].replace("{name}", name)


class ProviderRefusal(Exception):
    """Somebody was not signed in."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason.value)
        self.reason = reason


_TELL: Final = "Tell the people who run this service."
_WORDS: Final = {
    Reason.AWAY: "{name} cannot be reached. Try again in a few minutes. If you have a password here, sign in with it.",
    Reason.CANCELLED: "You did not finish signing in with {name}. Try again.",
    Reason.REFUSED: f"{{name}} did not sign you in. Try again. If it happens again, {_TELL[0].lower()}{_TELL[1:]}",
    Reason.SETTINGS: f"This service and {{name}} are not set up to work together. {_TELL}",
    Reason.LATE: "That took too long, or you started to sign in again in another tab. Sign in again.",
    Reason.TOO_MANY: "There were too many attempts to sign in from your network. Wait 2 minutes and try again.",
    Reason.UNTRUSTED: f"What {{name}} sent cannot be trusted, so you were not signed in. Try again. {_TELL}",
    Reason.CLOCK: f"The clocks of {{name}} and of this service differ by more than 2 minutes. {_TELL}",
    Reason.UNVERIFIED: "{name} does not say that your email address was verified. Ask your IT team to verify it.",
    Reason.NOT_INVITED: (
        "You have not been invited to this service. Ask an administrator in your organisation to invite you, with the "
        "email address that you have with {name}."
    ),
    Reason.DEACTIVATED: "Your account here was deactivated. Ask an administrator in your organisation.",
    Reason.OTHER_ACCOUNT: (
        "Your account here belongs to another account with {name}. Ask an administrator in your organisation to remove "
        "the link, then sign in again."
    ),
    Reason.NOT_ALLOWED: "Your organisation has not turned on signing in with {name}. Sign in with your password.",
    Reason.GROUPS: f"{{name}} did not say which groups you are in, so your roles are not known. {_TELL}",
    Reason.NOT_FRESH: f"{{name}} did not ask you to sign in again. {_TELL}",
    Reason.OTHER_PERSON: "You signed in with {name} as somebody else. Sign in as yourself.",
}
