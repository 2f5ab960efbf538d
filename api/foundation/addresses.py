"""Which texts are email addresses, so that a message goes to exactly the address that was typed."""

import re
from email import message_from_bytes
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from typing import Any, Final

LONGEST: Final = 254
# Headers are never folded, so an address must fit on one line; a folded address may be parsed as another one.
POLICY: Final = SMTP.clone(max_line_length=998)

_ATOM: Final = r"[a-z0-9!#$%&'*+/=?^_`{|}~-]+"
_LABEL: Final = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_ADDRESS: Final = re.compile(rf"(?=[^@]{{1,64}}@){_ATOM}(?:\.{_ATOM})*@{_LABEL}(?:\.{_LABEL})+", re.ASCII)


def is_address(text: str) -> bool:
    """Whether the text is one email address, in lower case, that every mail program parses the same way.

    Requires a dot in the domain, as browsers do; makes no network request. "=?", which begins an encoded word, is
    refused: a program that decodes it would send the message to another address.
    """
    if len(text) > LONGEST or "=?" in text or not _ADDRESS.fullmatch(text):
        return False
    try:
        return Address(addr_spec=text).addr_spec == text and _read_back(text) == [text]
    except (ValueError, IndexError):  # raised by email.headerregistry for text that it cannot parse
        return False


def _read_back(text: str) -> list[str]:
    """The addresses that a mail program finds in a header with this text."""
    message = EmailMessage(POLICY)
    message["To"] = text
    header: Any = message_from_bytes(bytes(message), policy=POLICY)["To"]
    return [] if header.defects else [address.addr_spec for address in header.addresses]
