"""Passkeys (WebAuthn, level 2): what a browser is asked, and whether its answer is right. Stores nothing."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Any, Final
from urllib.parse import urlsplit

from api.foundation.problems import Invalid
from api.people.second_factor.sealing import Owner, Ticket, as_bytes, as_text
from models import Passkey

LONGEST_ANSWER: Final = 100_000
FIELD: Final = "credential"
REFUSED: Final = "The passkey was not accepted. Try again, or use a code."


@dataclass(frozen=True, slots=True)
class Site:
    """Where a passkey is for: the address of the service as the browser knows it (scheme, name, port)."""

    origin: str

    @property
    def name(self) -> str:
        """The host name, which the passkey belongs to for good."""
        return urlsplit(self.origin).hostname or ""

    @property
    def allows_passkeys(self) -> bool:
        """Whether browsers make passkeys for it: for a host name, over HTTPS or on this machine, and never for a bare
        network address."""
        parts = urlsplit(self.origin)
        try:
            ip_address(self.name)
        except ValueError:
            return bool(self.name) and (parts.scheme == "https" or self.name == "localhost")
        return False


NOWHERE: Final = Site("")


@dataclass(frozen=True, slots=True)
class Registered:
    """What is stored of a new passkey."""

    credential_id: str
    public_key: str
    sign_count: int


@dataclass(frozen=True, slots=True)
class PasskeyProof:
    """Which passkey answered a challenge, when that was made, and how often the passkey has signed."""

    passkey: Passkey
    challenge: Ticket
    sign_count: int


def ask_for_new(key: bytes, owner: Owner, site: Site, *, email: str, name: str, has: Sequence[Passkey]) -> str:
    """What a browser needs to make a passkey, as JSON; "" where it cannot. Not on a device that has one of these."""
    import webauthn
    from webauthn.helpers import structs

    if not site.allows_passkeys:
        return ""
    options = webauthn.generate_registration_options(
        rp_id=site.name,
        rp_name="Case Audit",
        user_id=owner.person_id.bytes,
        user_name=email,
        user_display_name=name,
        challenge=Ticket.new(owner).write(key, "new passkey"),
        authenticator_selection=structs.AuthenticatorSelectionCriteria(
            resident_key=structs.ResidentKeyRequirement.PREFERRED,
            # The PIN or finger makes a passkey two factors by itself.
            user_verification=structs.UserVerificationRequirement.REQUIRED,
        ),
        exclude_credentials=_descriptors(has),
    )
    return webauthn.options_to_json(options)


def read_new(key: bytes, owner: Owner, site: Site, answer: str) -> Registered:
    """The new passkey in a browser's answer to `ask_for_new`. Raises Invalid."""
    import webauthn
    from webauthn.helpers.exceptions import WebAuthnException

    challenge = _challenge_of(key, "new passkey", owner, answer)
    try:
        found = webauthn.verify_registration_response(
            credential=answer,
            expected_challenge=challenge.write(key, "new passkey"),
            expected_rp_id=site.name,
            expected_origin=site.origin,
            require_user_verification=True,
        )
    except (WebAuthnException, ValueError, KeyError, TypeError):
        raise Invalid.at(FIELD, REFUSED) from None
    return Registered(as_text(found.credential_id), as_text(found.credential_public_key), found.sign_count)


def ask_for_proof(key: bytes, owner: Owner, site: Site, has: Sequence[Passkey]) -> str:
    """What a browser needs to prove with one of these passkeys who is there, as JSON; "" where it cannot."""
    import webauthn
    from webauthn.helpers import structs

    if not has or not site.allows_passkeys:
        return ""
    options = webauthn.generate_authentication_options(
        rp_id=site.name,
        challenge=Ticket.new(owner).write(key, "passkey"),
        allow_credentials=_descriptors(has),
        user_verification=structs.UserVerificationRequirement.REQUIRED,
    )
    return webauthn.options_to_json(options)


def read_proof(key: bytes, owner: Owner, site: Site, answer: str, has: Sequence[Passkey]) -> PasskeyProof:
    """Which of these passkeys signed a challenge of ours. Raises Invalid."""
    import webauthn
    from webauthn.helpers.exceptions import WebAuthnException

    challenge = _challenge_of(key, "passkey", owner, answer)
    credential_id = as_text(as_bytes(str(_parsed(answer).get("id", ""))))
    passkey = next((each for each in has if each.credential_id == credential_id), None)
    if passkey is None:
        raise Invalid.at(FIELD, REFUSED)
    try:
        found = webauthn.verify_authentication_response(
            credential=answer,
            expected_challenge=challenge.write(key, "passkey"),
            expected_rp_id=site.name,
            expected_origin=site.origin,
            credential_public_key=as_bytes(passkey.public_key),
            credential_current_sign_count=passkey.sign_count,
            require_user_verification=True,
        )
    except (WebAuthnException, ValueError, KeyError, TypeError):
        raise Invalid.at(FIELD, REFUSED) from None
    return PasskeyProof(passkey, challenge, found.new_sign_count)


def _descriptors(has: Sequence[Passkey]) -> Any:
    from webauthn.helpers import structs

    return [structs.PublicKeyCredentialDescriptor(id=as_bytes(each.credential_id)) for each in has]


def _challenge_of(key: bytes, purpose: str, owner: Owner, answer: str) -> Ticket:
    """The challenge of ours that an answer says it signed. Raises Invalid."""
    try:
        said = json.loads(as_bytes(str(_parsed(answer)["response"]["clientDataJSON"])))
        challenge = Ticket.read(key, purpose, owner, as_bytes(str(said["challenge"])))
    except (ValueError, KeyError, TypeError, RecursionError):
        challenge = None
    if challenge is None:
        raise Invalid.at(FIELD, "The passkey took too long. Try again.")
    return challenge


def _parsed(answer: str) -> dict[str, Any]:
    try:
        found = json.loads(answer) if len(answer) <= LONGEST_ANSWER else None
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise Invalid.at(FIELD, REFUSED)
    return found
