"""Sending an email through the configured mail server. Without one, nothing is sent."""

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
# For a whole message: a server that sends a byte now and then never reaches the socket's own timeout.
SECONDS_FOR_A_MESSAGE: Final = 45


class MailNotSentError(Exception):
    """A message was not sent. The messages of these errors name nobody."""


class ServerAwayError(MailNotSentError):
    """The mail server cannot be reached, or refuses this service: no message can be sent."""


class NotTakenNowError(MailNotSentError):
    """The mail server refused this message for now; it may accept it later."""


class RefusedError(MailNotSentError):
    """The mail server will never accept this message for this recipient."""


class UnusableAddressError(RefusedError):
    """A message cannot be sent to this address."""


def send(settings: Settings, *, to: str, subject: str, body: str, message_id: uuid.UUID) -> None:
    """Send one plain message to exactly this address.

    Raises ServerAwayError, NotTakenNowError, RefusedError or UnusableAddressError. Mail programs recognise a message
    that is sent again by its identifier.
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


def check_server(settings: Settings) -> None:
    """Connect to the mail server as for a message, and send none. Raises ServerAwayError."""
    with _connected(settings):
        pass


def _message(settings: Settings, to: str, subject: str, body: str, message_id: uuid.UUID) -> EmailMessage:
    message = EmailMessage(POLICY)
    message["From"], message["To"], message["Subject"] = settings.mail_from, to, subject
    message["Message-ID"] = f"<{message_id}@{settings.mail_from.partition('@')[2]}>"
    # Marks the message as automatic, so that no program replies to it (RFC 3834).
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(body)
    return message


def _code(code: int) -> str:
    return f"answer {code}"


@contextmanager
def _connected(settings: Settings) -> Iterator[smtplib.SMTP]:
    """A connection to the mail server, ready for a message, for as long as one may take. Raises ServerAwayError."""
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
        # The message has been accepted: an error while disconnecting is not a failure.
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
    # The name that TLS checks the certificate for. Only a constructor that also connects sets it, and the timeout needs
    # the client object before that.
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
