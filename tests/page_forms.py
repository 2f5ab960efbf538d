"""Reading a page as a browser does: its forms with what they would send, its headings, its links and its words."""

from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Protocol


class Answer(Protocol):
    @property
    def text(self) -> str: ...


class AnswerWithStatus(Answer, Protocol):
    @property
    def status_code(self) -> int: ...


class Reader(Protocol):
    def get(self, url: str) -> AnswerWithStatus: ...


@dataclass
class SeenForm:
    action: str
    fields: dict[str, str] = field(default_factory=dict)
    # The names of the fields that a person types words into.
    typed: list[str] = field(default_factory=list)
    is_sent: bool = False


class SeenPage(HTMLParser):
    """A page as far as tests look at it. Of several fields of one name the last counts, as for chosen radios."""

    def __init__(self, answer: Answer) -> None:
        super().__init__()
        self.forms: list[SeenForm] = []
        self.links: list[str] = []
        self.words = ""
        self._textarea: str | None = None
        self.feed(answer.text)
        self.words = " ".join(self.words.split())

    def form(self, action: str) -> dict[str, str]:
        """What the form that is sent to this path would send."""
        return dict(next(form.fields for form in self.forms if form.action.endswith(action)))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        name = given.get("name", "")
        if tag == "form":
            self.forms.append(SeenForm(given.get("action", ""), is_sent=given.get("method", "").lower() == "post"))
        elif tag == "a" and "href" in given:
            self.links.append(given["href"])
        elif tag == "input" and self.forms and name:
            if given.get("type") not in {"radio", "checkbox"} or "checked" in given:
                self.forms[-1].fields[name] = given.get("value", "")
            if given.get("type", "text") == "text" and not given.get("inputmode"):
                self.forms[-1].typed.append(name)
        elif tag == "textarea" and self.forms:
            self._textarea = name
            self.forms[-1].fields[name] = ""
            self.forms[-1].typed.append(name)

    def handle_data(self, data: str) -> None:
        self.words += data + " "
        if self._textarea is not None:
            self.forms[-1].fields[self._textarea] += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "textarea" and self._textarea is not None:
            fields = self.forms[-1].fields
            fields[self._textarea] = fields[self._textarea].removeprefix("\n")
            self._textarea = None


def page(client: Reader, path: str) -> SeenPage:
    """The page at this path, which is there for this person."""
    answer = client.get(path)
    assert answer.status_code == 200, answer.text
    return SeenPage(answer)
