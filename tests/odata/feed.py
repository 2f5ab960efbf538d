"""A program that reads the data feed with the token of a person, as Excel does: the token is the password."""

import base64
from collections.abc import Collection, Iterator
from typing import Any
from urllib.parse import urlencode

from api.foundation.permissions import Permission
from tests.client import Client
from tests.desk import Desk
from tests.factories import MadePerson, a_token_for

RECORDS = (Permission.READ_FEED, Permission.READ_FEED_RECORDS)
RELEASED = (Permission.READ_FEED,)


def basic(secret: str, name: str = "feed") -> dict[str, str]:
    """The header with which a program signs in."""
    return {"Authorization": f"Basic {base64.b64encode(f'{name}:{secret}'.encode()).decode()}"}


def a_feed(desk: Desk, person: MadePerson | None = None, scopes: Collection[Permission] = RECORDS) -> Client:
    """A program with a token of this person, by default of the quality lead."""
    token = a_token_for(desk.database, person or desk.cast.lena, scopes=scopes)
    return Client(desk.app, headers=basic(token.secret))


def ask(feed: Client, table: str, page: int | None = None, **options: str) -> Any:
    """The answer about a table; `filter="…"` is $filter. `page`: how many rows of a page are preferred."""
    query = urlencode({f"${name}": value for name, value in options.items()})
    headers = {} if page is None else {"Prefer": f"odata.maxpagesize={page}"}
    return feed.get(f"/odata/{table}{'?' if query else ''}{query}", headers=headers)


def pages(feed: Client, table: str, page: int | None = None, **options: str) -> Iterator[list[dict[str, Any]]]:
    """The rows of each page, from the first to the last."""
    answer = ask(feed, table, page, **options)
    while True:
        assert answer.status_code == 200, answer.text
        yield answer.json()["value"]
        following = answer.json().get("@odata.nextLink")
        if following is None:
            return
        headers = {} if page is None else {"Prefer": f"odata.maxpagesize={page}"}
        answer = feed.get(following.removeprefix("http://testserver"), headers=headers)


def rows(feed: Client, table: str, page: int | None = None, **options: str) -> list[dict[str, Any]]:
    """The rows of all pages."""
    return [row for some in pages(feed, table, page, **options) for row in some]
