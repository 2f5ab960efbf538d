"""Compare organisations: their published snapshots added up theme by theme, for people who run several."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from fractions import Fraction

from sqlmodel import Session, col, select

from api.documents.document import NOTHING, Column, Document, Origin, Section, Table, percent, text
from api.foundation.problems import NotFound
from api.release.snapshots.columns import BETWEEN, CONCEALED, between, shown_count
from api.release.snapshots.queries import ReleasedReport, read_released
from api.reports.gaps.columns import APPLICABLE, BELOW, MEETS
from api.reports.overall import KEY, LABEL
from checklists.release.certain import CertainGap, Theme, certain_gaps
from checklists.release.disclosure import (
    HIDDEN,
    LEAST_ORGANISATIONS,
    Possible,
    Released,
    sum_over_organisations,
)
from models import Snapshot


@dataclass(frozen=True, slots=True)
class AcrossReport:
    """Each theme over the organisations, and how many of them have published a snapshot of this template."""

    template_key: str
    organisations: int
    labels: Mapping[str, str]
    themes: Mapping[str, Released]
    possible: Mapping[str, Possible | None]

    def certain(self, key: str) -> CertainGap | None:
        """What is certain about a theme's share; None if it is hidden."""
        possible = self.possible[key]
        if possible is None:
            return None
        theme = Theme(key, self.labels[key], self.themes[key], possible)
        return certain_gaps([theme], target=Fraction(1), minimum=1)[0]


def across_organisations(session: Session, *, template_key: str) -> AcrossReport:
    """The newest published snapshot of each organisation that audits with this template, added up.

    Reads released cells and nothing else. Raises NotFound when nobody has published one.
    """
    newest: dict[int, ReleasedReport] = {}
    query = select(Snapshot).where(col(Snapshot.published_at).is_not(None)).order_by(col(Snapshot.published_at))
    for snapshot in session.exec(query):
        report = read_released(session, snapshot)
        if report.template.key == template_key:
            newest[snapshot.organisation_id] = report
    if not newest:
        raise NotFound("published snapshot")
    labels: dict[str, str] = {}
    cells: dict[str, list[tuple[Released, Possible]]] = defaultdict(list)
    for report in newest.values():
        whole = report.lattice.groups[()]
        for key, cell in report.themes(whole).items():
            labels[key] = report.template.theme(key).label
            cells[key].append((cell, report.possible(whole, cell)))
        overall = report.overall(whole)
        if overall is not None:
            labels[KEY] = LABEL
            cells[KEY].append((overall, report.possible(whole, overall)))
    sums = {key: sum_over_organisations(found) for key, found in cells.items()}
    return AcrossReport(
        template_key,
        len(newest),
        labels,
        {key: shown for key, (shown, _) in sums.items()},
        {key: possible for key, (_, possible) in sums.items()},
    )


def across_document(report: AcrossReport, *, made_on: date) -> Document:
    """The comparison as a document, the lowest released share first."""
    shown = sorted(
        report.themes.items(),
        key=lambda item: (item[1].share_meeting is None, item[1].share_meeting or 0, report.labels[item[0]]),
    )
    rows = tuple(
        (
            text(report.labels[key]),
            CONCEALED if cell.share_meeting is None else percent(cell.share_meeting),
            NOTHING if (gap := report.certain(key)) is None else text(between(gap)),
            shown_count(cell.below),
            shown_count(cell.applicable),
        )
        for key, cell in shown
    )
    columns = (
        Column("Theme"),
        *(Column(heading, numeric=True) for heading in (MEETS, BETWEEN, BELOW, APPLICABLE)),
    )
    organisations = f"{report.organisations} organisations" if report.organisations > 1 else "1 organisation"
    return Document(
        title="Across organisations",
        subtitle=f"{organisations} have published a snapshot with the template {report.template_key}.",
        marking=(
            f"Totals of released numbers. Hidden ({HIDDEN}) for fewer than {LEAST_ORGANISATIONS} organisations, "
            "or if 1 organisation makes up more than half."
        ),
        made_on=made_on,
        sections=(
            Section(
                "Themes, lowest released share first",
                table=Table("across", "All organisations together", columns, rows),
                sheet="themes",
            ),
            Section(
                "Method and definitions",
                points=(
                    f"{MEETS}: the share of applicable answers that meet the standard.",
                    f"{BELOW}: applicable answers that do not meet the standard.",
                    "Every number is the total of the released numbers in the latest published snapshots.",
                    f"{BETWEEN}: the true share is certain to be between these values.",
                    (
                        f"Hidden ({HIDDEN}): fewer than {LEAST_ORGANISATIONS} organisations show the theme, or 1 "
                        "of them makes up more than half of the total."
                    ),
                ),
                sheet="definitions",
            ),
        ),
        origin=Origin(counted=f"The latest published snapshot of {organisations}."),
        kind="across-organisations",
        about=report.template_key,
    )
