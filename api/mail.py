"""Sending an e-mail through the mail server that the settings name. Without one, nothing is ever sent."""

import smtplib
import ssl
from email.message import EmailMessage
from typing import Final

from api.settings import Settings

SECONDS_TO_ANSWER: Final = 20


class MailNotSentError(Exception):
    """The mail server could not be reached, or did not take the message."""


def send(settings: Settings, *, to: str, subject: str, body: str) -> None:
    """Send one plain message. Raises MailNotSentError; its words name nobody."""
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = settings.mail_from, to, subject
    # Says to other programs that no person wrote it, so that none answers (RFC 3834).
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(body)
    try:
        with _connected(settings) as server:
            if settings.smtp_user:
                server.login(settings.smtp_user, settings.smtp_password.get_secret_value())
            server.send_message(message)
    except (OSError, smtplib.SMTPException) as error:
        raise MailNotSentError(type(error).__name__) from None


def _connected(settings: Settings) -> smtplib.SMTP:
    host, port = settings.smtp_host, settings.smtp_port
    if settings.smtp_security == "tls":
        return smtplib.SMTP_SSL(host, port, timeout=SECONDS_TO_ANSWER, context=ssl.create_default_context())
    server = smtplib.SMTP(host, port, timeout=SECONDS_TO_ANSWER)
    if settings.smtp_security == "starttls":
        try:
            server.starttls(context=ssl.create_default_context())
        except (OSError, smtplib.SMTPException):
            server.close()
            raise
    return server
