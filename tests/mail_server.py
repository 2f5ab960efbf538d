"""A mail server of the tests' own: enough of SMTP for one message at a time, and everything that a real one may do."""

import re
import socketserver
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

from api.foundation.settings import Settings


@dataclass
class MailServer:
    """What a mail server was told, and how it is to answer: for everybody, or for some recipients."""

    port: int = 0
    messages: list[str] = field(default_factory=list)
    senders: list[str] = field(default_factory=list)
    recipients: list[str] = field(default_factory=list)
    tried: Counter[str] = field(default_factory=Counter)
    refuses: bool = False
    refused: set[str] = field(default_factory=set)
    # How often each is answered "not now" before it is taken.
    greylisted: dict[str, int] = field(default_factory=dict)
    # The connection ends in the middle of the message, or after its end without an answer.
    dies_at: set[str] = field(default_factory=set)
    # Answers other than the usual, by the first word of what they answer.
    answers: dict[str, str] = field(default_factory=dict)
    seconds: float = 0
    drips: bool = False
    before_taking: Callable[[str], None] = lambda _: None

    @property
    def settings(self) -> Settings:
        return Settings(
            smtp_host="127.0.0.1",
            smtp_port=self.port,
            smtp_security="none",
            mail_from="audit@example.org",
            public_address="https://audit.example.org",
        )


class _Conversation(socketserver.StreamRequestHandler):
    mail: MailServer

    def handle(self) -> None:
        with suppress(OSError):  # whoever spoke has gone
            self._converse()

    def _converse(self) -> None:
        self._say(self.mail.answers.get("GREETING", "220 ready"))
        sender = recipient = ""
        while line := self.rfile.readline().decode().strip():
            word = line.split(":")[0].split()[0].upper()
            if word == "MAIL":
                sender = _address_in(line)
            if word == "RCPT":
                recipient = _address_in(line)
                self.mail.tried[recipient] += 1
            if word == "DATA" and word not in self.mail.answers:
                self._say("354 go on")
                if recipient in self.mail.dies_at:
                    self.rfile.readline()
                    return
                lines = []
                while (part := self.rfile.readline().decode()) not in {".\r\n", ""}:
                    lines.append(part)
                self.mail.before_taking(recipient)
                self.mail.messages.append("".join(lines))
                self.mail.senders.append(sender)
                self.mail.recipients.append(recipient)
                self._say("250 taken")
                continue
            self._say(self._answer(word, recipient))
            if word == "QUIT":
                return

    def _answer(self, word: str, recipient: str) -> str:
        if word in self.mail.answers:
            return self.mail.answers[word]
        if word == "MAIL" and self.mail.refuses:
            return "451 not now"
        if word == "RCPT" and recipient in self.mail.refused:
            return "550 no such mailbox"
        if word == "RCPT" and self.mail.tried[recipient] <= self.mail.greylisted.get(recipient, 0):
            return "451 not now"
        return "221 bye" if word == "QUIT" else "250 ok"

    def _say(self, words: str) -> None:
        time.sleep(self.mail.seconds)
        # A line that is written in two parts would wait 40 ms for the client to acknowledge the first.
        line = f"{words}\r\n"
        for part in line if self.mail.drips else [line]:
            self.wfile.write(part.encode())
            time.sleep(0.05 if self.mail.drips else 0)


def _address_in(line: str) -> str:
    found = re.search("<(.*)>", line)
    assert found is not None
    return found[1]


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    block_on_close = False


@contextmanager
def a_mail_server() -> Iterator[MailServer]:
    """A mail server on this machine that takes everything; it is away when the block ends."""
    mail = MailServer()
    with _Server(("127.0.0.1", 0), type("Conversation", (_Conversation,), {"mail": mail})) as server:
        mail.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()
        yield mail
        server.shutdown()
        thread.join()
