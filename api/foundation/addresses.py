"""E-mail addresses: which texts are one, so that a message goes to exactly what was typed and to nobody else."""

import re
from email import message_from_bytes
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from typing import Any, Final

LONGEST: Final = 254
# Headers are never folded: an address is no longer than a line may be, and a folded one may be read as another.
POLICY: Final = SMTP.clone(max_line_length=998)

_ATOM: Final = r"[a-z0-9!#$%&'*+/=?^_`{|}~-]+"
_LABEL: Final = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_ADDRESS: Final = re.compile(rf"(?=[^@]{{1,64}}@){_ATOM}(?:\.{_ATOM})*@{_LABEL}(?:\.{_LABEL})+", re.ASCII)


def is_address(text: str) -> bool:
    """Whether the text is one e-mail address, in small letters, that every mail program reads as just this one.

    With a dot in its domain, as browsers ask for; asks the network nothing. "=?", which begins an encoded word, is
    refused: what decodes it would send the message to somebody else.
    """
    if len(text) > LONGEST or "=?" in text or not _ADDRESS.fullmatch(text):
        return False
    try:
        return Address(addr_spec=text).addr_spec == text and _read_back(text) == [text]
    except (ValueError, IndexError):  # of email.headerregistry, for what it cannot read
        return False


def _read_back(text: str) -> list[str]:
    """The addresses that a mail program finds in a header with this text."""
    message = EmailMessage(POLICY)
    message["To"] = text
    header: Any = message_from_bytes(bytes(message), policy=POLICY)["To"]
    return [] if header.defects else [address.addr_spec for address in header.addresses]
