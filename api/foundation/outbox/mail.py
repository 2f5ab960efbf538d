"""Sending an e-mail through the mail server that the settings name. Without one, nothing is ever sent."""

import smtplib
import socket
import ssl
import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from email.message import EmailMessage
from typing import Final

from api.foundation.addresses import POLICY, is_address
from api.foundation.settings import Settings

SECONDS_TO_ANSWER: Final = 15
# For a whole message: a server that sends a byte now and then always answers in time.
SECONDS_FOR_A_MESSAGE: Final = 45


class MailNotSentError(Exception):
    """A message was not sent. The words of these errors name nobody."""


class ServerAwayError(MailNotSentError):
    """The mail server cannot be reached, or takes nothing from this service: no message would go."""


class NotTakenNowError(MailNotSentError):
    """The mail server did not take this message; it may, later."""


class RefusedError(MailNotSentError):
    """The mail server will never take this message for this recipient."""


class UnusableAddressError(RefusedError):
    """The address is none that a message can be sent to."""


def send(settings: Settings, *, to: str, subject: str, body: str, message_id: uuid.UUID) -> None:
    """Send one plain message to exactly this address.

    Raises ServerAwayError, NotTakenNowError, RefusedError or UnusableAddressError. A message that is sent again under
    the same identifier is known by it to mail programs.
    """
    if not is_address(to):
        raise UnusableAddressError("address")
    message = _message(settings, to, subject, body, message_id)
    with _connected(settings) as server:
        try:
            server.send_message(message, from_addr=settings.mail_from, to_addrs=[to])
        except smtplib.SMTPSenderRefused as error:
            raise (ServerAwayError if error.smtp_code >= 500 else NotTakenNowError)(_code(error.smtp_code)) from None
        except smtplib.SMTPRecipientsRefused as error:
            code = error.recipients[to][0]
            raise (RefusedError if code >= 500 else NotTakenNowError)(_code(code)) from None
        except smtplib.SMTPResponseException as error:
            raise (RefusedError if error.smtp_code >= 500 else NotTakenNowError)(_code(error.smtp_code)) from None
        except (OSError, smtplib.SMTPException) as error:
            raise NotTakenNowError(type(error).__name__) from None


def _message(settings: Settings, to: str, subject: str, body: str, message_id: uuid.UUID) -> EmailMessage:
    message = EmailMessage(POLICY)
    message["From"], message["To"], message["Subject"] = settings.mail_from, to, subject
    message["Message-ID"] = f"<{message_id}@{settings.mail_from.partition('@')[2]}>"
    # Says to other programs that no person wrote it, so that none answers (RFC 3834).
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(body)
    return message


def _code(code: int) -> str:
    return f"answer {code}"


@contextmanager
def _connected(settings: Settings) -> Iterator[smtplib.SMTP]:
    """The mail server, ready to take a message, for as long as one may take. Raises ServerAwayError."""
    server = _client(settings)
    limit = threading.Timer(SECONDS_FOR_A_MESSAGE, _cut_off, [server])
    limit.daemon = True
    limit.start()
    try:
        try:
            _open(server, settings)
        except (OSError, smtplib.SMTPException) as error:
            raise ServerAwayError(type(error).__name__) from None
        yield server
        # What it took it has: whatever comes of taking leave is no failure.
        with suppress(OSError, smtplib.SMTPException):
            server.quit()
    finally:
        limit.cancel()
        server.close()


def _client(settings: Settings) -> smtplib.SMTP:
    server = (
        smtplib.SMTP_SSL(timeout=SECONDS_TO_ANSWER, context=ssl.create_default_context())
        if settings.smtp_security == "tls"
        else smtplib.SMTP(timeout=SECONDS_TO_ANSWER)
    )
    # The name that TLS asks a certificate for. Only a constructor that also connects sets it, and whoever cuts off what
    # takes too long needs the client before that.
    server._host = settings.smtp_host  # type: ignore[attr-defined]  # noqa: SLF001
    return server


def _open(server: smtplib.SMTP, settings: Settings) -> None:
    code, words = server.connect(settings.smtp_host, settings.smtp_port)
    if code != 220:
        raise smtplib.SMTPConnectError(code, words)
    if settings.smtp_security == "starttls":
        server.starttls(context=ssl.create_default_context())
    if settings.smtp_user:
        server.login(settings.smtp_user, settings.smtp_password.get_secret_value())
    server.ehlo_or_helo_if_needed()


def _cut_off(server: smtplib.SMTP) -> None:
    if server.sock is not None:
        with suppress(OSError):
            server.sock.shutdown(socket.SHUT_RDWR)
