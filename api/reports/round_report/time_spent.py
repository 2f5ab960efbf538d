"""How long the counted audits of a round took. For the working report only: nothing of it is released."""

from api.documents.document import NOTHING, Column, Section, Table, count, text
from api.reports.counting import MINUTES
from api.reports.round_counts import RoundCounts
from checklists.reports.time_spent import FEWEST, TimeSpent, time_spent
from checklists.statistics.rounding import rounded
from checklists.templates.template import Template as TemplateContent


def time_of_round(counts: RoundCounts, template: TemplateContent) -> TimeSpent | None:
    """How long the counted audits took; None where the template does not ask."""
    if not template.further.minutes:
        return None
    return time_spent([int(minutes) for minutes, number in counts.beside(MINUTES).items() for _ in range(number)])


def time_section(found: TimeSpent | None, template: TemplateContent, version: int) -> Section | None:
    """The median and the range; None where the template does not ask or no audit says."""
    if found is None or not found.audits:
        return None
    row = (
        text(f"{template.title}, version {version}"),
        count(found.audits),
        *(
            NOTHING if number is None else count(int(rounded(number)))
            for number in (found.middle, found.shortest, found.longest)
        ),
    )
    few = f" Fewer than {FEWEST} audits record this, so no other figures are shown." if found.middle is None else ""
    columns = ("Template", "Audits that record this", "Median", "Shortest", "Longest")
    return Section(
        "Time spent",
        paragraphs=(f"The number of minutes that auditors say they spent on an audit.{few}",),
        table=Table(
            "time-spent",
            "Minutes spent on an audit",
            (Column(columns[0]), *(Column(name, numeric=True) for name in columns[1:])),
            (row,),
        ),
        sheet="audits",
    )
