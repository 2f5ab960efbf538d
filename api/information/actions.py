"""Writing the text of an information page, and finding the text that holds."""

from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session, col, func, select

from api.foundation import events
from api.foundation.permissions import Actor, Permission, check_may
from api.foundation.problems import Fault, Invalid, NotFound, check_version
from api.information import markup
from api.information.built_in import TEXTS, Page
from models import InformationPage, Organisation


@dataclass(frozen=True, slots=True)
class ShownPage:
    """The text of a page. Number 0 is the service's own text."""

    page: Page
    number: int
    text: str
    written_at: datetime | None = None


def current_page(session: Session, *, page: Page, organisation_id: int | None) -> ShownPage:
    """The text that readers of this organisation see; for strangers, of the only organisation or the service's own."""
    organisation_id = organisation_id or _only_organisation(session)
    stored = _newest(session, page, organisation_id)
    if stored is None:
        return ShownPage(page, 0, TEXTS[page])
    return ShownPage(page, stored.number, stored.text, stored.written_at)


def organisation_name(session: Session, *, organisation_id: int | None) -> str:
    """The name of this organisation; for strangers, of the only one, or ""."""
    found = session.get(Organisation, organisation_id or _only_organisation(session) or 0)
    return "" if found is None else found.name


def list_pages(session: Session, *, by: Actor) -> list[ShownPage]:
    """Every page as readers see it now."""
    check_may(by, Permission.WRITE_INFORMATION)
    return [current_page(session, page=page, organisation_id=by.organisation_id) for page in Page]


def find_version(session: Session, *, page: Page, number: int, by: Actor) -> ShownPage:
    """One version of a page; 0 is the service's own text. Raises NotFound."""
    check_may(by, Permission.WRITE_INFORMATION)
    if number == 0:
        return ShownPage(page, 0, TEXTS[page])
    stored = session.get(InformationPage, (by.organisation_id, page.value, number))
    if stored is None:
        raise NotFound("version")
    return ShownPage(page, stored.number, stored.text, stored.written_at)


def write_page(session: Session, *, page: Page, text: str, version: int, by: Actor) -> ShownPage:
    """Replace the text of a page; earlier versions are kept. Raises Invalid, Stale."""
    check_may(by, Permission.WRITE_INFORMATION)
    # Two who write at once: the second waits, and then sees the first.
    session.exec(select(Organisation.id).where(col(Organisation.id) == by.organisation_id).with_for_update()).one()
    stored = _newest(session, page, by.organisation_id)
    check_version(stored.number if stored is not None else 0, version)
    faults = tuple(Fault("/text", words) for words in markup.faults_of(text))
    if faults:
        raise Invalid(faults[0].detail, faults=faults)
    if by.person_id is None:
        raise Invalid("Only a person can write the text of a page.")
    written = InformationPage(
        organisation_id=by.organisation_id,
        page=page.value,
        number=version + 1,
        text=text.replace("\r\n", "\n").strip(),
        written_by_id=by.person_id,
    )
    session.add(written)
    session.flush()
    details = {"page": page.value, "number": written.number}
    events.record(session, "information.changed", events.THE_ORGANISATION, by=by, details=details)
    return ShownPage(page, written.number, written.text, written.written_at)


def _newest(session: Session, page: Page, organisation_id: int | None) -> InformationPage | None:
    own = (col(InformationPage.organisation_id) == organisation_id, col(InformationPage.page) == page.value)
    query = select(InformationPage).where(*own).order_by(col(InformationPage.number).desc()).limit(1)
    return session.exec(query).first()


def _only_organisation(session: Session) -> int | None:
    first, number = session.exec(select(func.min(Organisation.id), func.count()).select_from(Organisation)).one()
    return first if number == 1 else None
