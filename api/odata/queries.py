"""What a token reads from the feed, and what of it is recorded."""

from dataclasses import dataclass

from sqlmodel import Session, col, select

from api.foundation import access_log, events
from api.foundation.permissions import Actor
from api.foundation.problems import BadRequest
from api.odata.asking import Asked, asked_of, page_size
from api.odata.catalogue import check_has_token, find_table
from api.odata.reading import ROWS_OF_A_PAGE, Page, count_rows, read_page
from api.odata.shapes import Table
from models import Round, RoundState


@dataclass(frozen=True, slots=True)
class Pulled:
    """A page of a table that was asked for."""

    table: Table
    asked: Asked
    page: Page


def pull_page(session: Session, *, table: str, options: dict[str, str], prefer: str | None = None, by: Actor) -> Pulled:
    """Read a page of a table, of the size that the client prefers (`page_size`). Whose answers it shows is noted, and
    recorded before the page is sent.

    Raises NotAllowed, NotFound, BadRequest and NotSupported.
    """
    found, asked = _asked(table, options, by)
    page = read_page(session, found, asked, by.without_scopes, most=page_size(prefer, most=ROWS_OF_A_PAGE))
    _note_rounds(session, found, asked, page, by)
    if asked.start is not None:
        # The pull was recorded with its first page; so is one that begins later.
        access_log.record_view(session, "feed.pulled", by.id, by=by)
    return Pulled(found, asked, page)


def pull_number(session: Session, *, table: str, options: dict[str, str], by: Actor) -> int:
    """How many rows of a table match a $filter. Raises as `pull_page` does."""
    found, asked = _asked(table, options, by)
    if asked != Asked(filter=asked.filter):
        raise BadRequest("A number of rows takes $filter only.")
    _note_rounds(session, found, asked, None, by)
    return count_rows(session, found, asked, by.without_scopes)


def record_pull(session: Session, *, table: str, by: Actor) -> None:
    """Record that a token reads a table from its beginning, or counts its rows. The caller has checked that it may."""
    events.record(session, "feed.pulled", by.id, by=by, details={"table": table})


def _asked(table: str, options: dict[str, str], by: Actor) -> tuple[Table, Asked]:
    check_has_token(by)
    found = find_table(table, by)
    return found, asked_of(found, options)


def _note_rounds(session: Session, table: Table, asked: Asked, page: Page | None, by: Actor) -> None:
    """Note the rounds whose audits the person sees something of: those of the rows; and where rows are chosen or
    counted, which tells of all audits, every open round.
    """
    if not table.round_column:
        return
    seen = set() if page is None else set(page.rounds)
    if page is None or asked.filter or asked.counts:
        own = (col(Round.organisation_id) == by.organisation_id, col(Round.state) == RoundState.OPEN)
        seen |= set(session.exec(select(Round.id).where(*own)))
    for round_id in sorted(seen):
        access_log.record_view(session, "round.feed-read", round_id, by=by)
