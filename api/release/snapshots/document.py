"""A snapshot as a document: released cells only, for people who may not read the audits behind them."""

from collections.abc import Mapping, Sequence
from datetime import date

from api.documents.document import Column, Document, Origin, Section, Table, count, percent, text
from api.foundation.local_time import local_date
from api.release.snapshots import beside
from api.release.snapshots.columns import (
    BETWEEN,
    CONCEALED,
    DOMAIN_COLUMNS,
    STATES,
    THEME_COLUMNS,
    between,
    for_chart,
    released_table,
    shown_count,
)
from api.release.snapshots.queries import ReleasedReport
from api.release.snapshots.sentences import certain_strengths, released_headline
from api.release.snapshots.splits import ReleasedSplit
from api.reports.gaps.columns import TONES, interval
from api.reports.gaps.sections import (
    GAP_DEFINITION,
    INTERVAL_DEFINITION,
    counted_section,
    heat_map,
    share_chart,
    standard_definition,
    themes_section,
)
from api.reports.overall import HEADING, KEY, LABEL, meets_in_words
from api.reports.sentences import in_percent, lowered
from checklists.release.certain import Theme, by_released_gap, certain_gaps
from checklists.release.disclosure import HIDDEN, Filters, ReleasedGroup, ReleaseRule
from checklists.reports.gaps import GapState
from models import Snapshot

# Must not tell whether few answers were applicable, few below the standard, or few not below it.
UNSAID = "cannot be shown: the numbers are small"
OF_CHARACTERISTICS = (
    "The groups are those on the case files when the snapshot was created. A case with no known group is in none of "
    "them. The snapshot does not test whether groups differ by more than chance, so do not report a difference between "
    "2 shares as a finding."
)


def released_document(
    report: ReleasedReport, *, title: str, made_on: date, filters: Mapping[str, Sequence[str]] | None = None
) -> Document:
    """The snapshot in all and by each breakdown, or only the cell that `filters` name. Raises Invalid."""
    wanted, group = report.group(filters or {})
    sections = [_summary(report, group), *_overall(report, group), _themes(report, group)]
    if not wanted:
        sections += [_strengths(report, group), _domains(report), *beside.children(report)]
        sections += [*beside.questions(report), *beside.recorded(report)]
        sections += [_heat_map(report, split) for split in report.splits]
        sections += [_counted(report, group)]
    return Document(
        title=title,
        subtitle=f"Filtered: only {in_words(report, wanted)}." if wanted else "",
        marking=marking(report),
        made_on=made_on,
        sections=(*sections, _definitions(report)),
        origin=released_origin(report, group),
        kind="snapshot-part" if wanted else "snapshot",
    )


def released_origin(report: ReleasedReport, group: ReleasedGroup) -> Origin:
    """Where a released document comes from: released counts, and the role of its author instead of a name."""
    rule = report.rule
    if isinstance(rule, ReleaseRule):
        counted = f"{how_many_counted(report, group)}."
    elif group.audits is None:
        counted = f"Fewer than {rule.smallest} audits."
    else:
        counted = f"About {group.audits:,} audits, rounded to the nearest {rule.rounding}."
    return Origin(
        organisation=report.organisation,
        rounds=(report.round_title,),
        period=(report.period_from, report.period_to),
        made_by="A quality lead",
        counted=counted,
    )


def document_of(
    snapshot: Snapshot, report: ReleasedReport, filters: Mapping[str, Sequence[str]] | None = None
) -> Document:
    """What a snapshot shows, under its title and the day it was made. Raises Invalid for filters that ask for more."""
    return released_document(report, title=snapshot.title, made_on=local_date(snapshot.made_at), filters=filters)


def marking(report: ReleasedReport) -> str:
    """The marking on every page of a snapshot."""
    rule = report.rule
    if isinstance(rule, ReleaseRule):
        return (
            f"Released under disclosure control: every number of answers may be up to {rule.within} more or fewer "
            f"than the true number, and themes with fewer than {rule.smallest} answers are hidden ({HIDDEN})."
        )
    return (
        f"Released under disclosure control: numbers under {rule.smallest} are hidden ({HIDDEN}), others rounded to "
        f"the nearest {rule.rounding}."
    )


def how_many_counted(report: ReleasedReport, group: ReleasedGroup) -> str:
    """How much a cell counts, as "58 audits" or, of a part, "Up to 23 applicable answers of a theme"."""
    if group.audits is not None:
        return f"{group.audits:,} audits" if isinstance(report.rule, ReleaseRule) else f"About {group.audits:,} audits"
    most = group.most_applicable
    return "Too few to show" if most is None else f"Up to about {most:,} applicable answers of a theme"


def in_words(report: ReleasedReport, filters: Filters) -> str:
    """Filters in words: "team North locality and status Child in need"."""
    labels = {split.value: lowered(split.label) for split in report.splits}
    return " and ".join(f"{labels[name]} {report.labels[name][value]}" for name, value in filters)


def _summary(report: ReleasedReport, group: ReleasedGroup) -> Section:
    if group.audits is None and group.most_applicable is None:
        return Section("Summary", paragraphs=("The numbers are too small to show any results.",))
    return Section("Summary", paragraphs=(summary(report, group, f"{how_many_counted(report, group)} counted"),))


def summary(report: ReleasedReport, group: ReleasedGroup, opening: str) -> str:
    """What is certain of a cell in a few sentences, after these words."""
    gaps = report.gaps(group)
    words = released_headline(gaps, opening=opening, target=report.target, minimum=report.minimum)
    hidden = sum(gap.share_meeting is None for gap in gaps if gap.key not in report.never_released)
    return f"{words} {'1 theme' if hidden == 1 else f'{hidden} themes'} {UNSAID}." if hidden else words


def _overall(report: ReleasedReport, group: ReleasedGroup) -> list[Section]:
    """The share of audits judged to meet the standard overall, from released numbers; none in an older snapshot."""
    shown = report.overall(group)
    if shown is None:
        return []
    meets = meets_in_words(report.template.scale)
    (gap,) = certain_gaps(
        [Theme(KEY, LABEL, shown, report.possible(group, shown))], target=report.target, minimum=report.minimum
    )
    if shown.applicable is None or shown.below is None:
        words, cells = f"The share judged {meets} overall {UNSAID}.", (CONCEALED, CONCEALED, CONCEALED, CONCEALED)
    else:
        meeting, ends = shown.applicable - shown.below, interval(gap.interval)
        words = (
            f"About {meeting:,} of {shown.applicable:,} audits ({in_percent(gap.share_meeting)}, true share "
            f"{between(gap)}; 95% interval {ends}) were judged {meets} overall."
        )
        cells = (count(meeting), percent(gap.share_meeting), text(between(gap)), text(ends))
    columns = (
        Column("Overall judgement"),
        Column("Audits judged", numeric=True),
        Column("Audits", numeric=True),
        Column("Share of audits judged", numeric=True),
        Column(BETWEEN, numeric=True),
        Column("95% interval", numeric=True),
    )
    row = (text(meets), shown_count(shown.applicable), *cells)
    return [
        Section(
            HEADING,
            paragraphs=(words,),
            table=Table("overall", "Audits that meet the standard overall", columns, (row,)),
            sheet="themes",
        )
    ]


def _themes(report: ReleasedReport, group: ReleasedGroup) -> Section:
    gaps = by_released_gap(report.gaps(group))
    drawn = for_chart(gaps)
    title = "Every theme" if report.target is None else "Every theme against the target"
    table = released_table("themes", title, gaps, THEME_COLUMNS)
    chart = share_chart(drawn, report.target, states=STATES) if drawn else None
    order = "lowest released share" if report.target is None else "largest released gap"
    return themes_section(table, chart, heading=f"Themes, {order} first")


def _strengths(report: ReleasedReport, group: ReleasedGroup) -> Section:
    found = certain_strengths(report.gaps(group))
    if report.target is None:
        return Section("Strengths", paragraphs=("There is no target yet.",))
    if not found:
        return Section("Strengths", paragraphs=("No theme is certain to be on target.",))
    return Section(
        "Strengths",
        paragraphs=("Themes that are certain to be on target.",),
        points=tuple(f"{gap.label}: between {between(gap).replace(' to ', ' and ')}" for gap in found),
    )


def _domains(report: ReleasedReport) -> Section:
    return Section(
        "Learning domains",
        table=released_table(
            "domains", "Answers of all themes in each learning domain", report.domains(), DOMAIN_COLUMNS
        ),
        sheet="themes",
    )


def _heat_map(report: ReleasedReport, split: ReleasedSplit) -> Section:
    """The values and themes that have anything to show; sentences name the others.

    A value without audits is named like a value with few.
    """
    label = lowered(split.label)
    groups, hidden = [], []
    for value, name in report.labels[split.value].items():
        group = report.lattice.groups[((split.value, value),)]
        gaps = report.gaps(group)
        number = group.audits if group.audits is not None else group.most_applicable
        if all(gap.share_meeting is None for gap in gaps):
            hidden.append(name if group.audits is None else f"{name} ({group.audits})")
            continue
        cells = [
            CONCEALED
            if gap.share_meeting is None
            else percent(gap.share_meeting, tone=TONES[gap.state or GapState.TOO_FEW])
            for gap in gaps
        ]
        groups.append((f"{name} ({number})", cells))
    left_out = [OF_CHARACTERISTICS] if split.is_characteristic else []
    left_out += [f"Hidden because the numbers are small or 0: {'; '.join(hidden)}."] if hidden else []
    if not groups:
        return Section(f"By {label}", paragraphs=tuple(left_out), sheet="breakdowns")
    of_themes = zip(report.template.themes, *(cells for _, cells in groups), strict=True)
    unseen = [theme.label for theme, *cells in of_themes if all(cell is CONCEALED for cell in cells)]
    if unseen:
        left_out.append(f"Hidden in every {label}: {'; '.join(unseen)}.")
    beside = (
        "The largest released number of applicable answers of a theme"
        if isinstance(report.rule, ReleaseRule)
        else "The rounded number of audits"
    )
    words = f"Share meeting the standard. {beside} is next to each {label}."
    return heat_map(split, report.template, groups, (words, *left_out), states=STATES, hidden=CONCEALED)


def _counted(report: ReleasedReport, group: ReleasedGroup) -> Section:
    left_out = report.left_out.items()
    return counted_section(
        [
            ("Counted", shown_count(group.audits)),
            *((f"Excluded: {why.label.lower()}", shown_count(number)) for why, number in left_out),
        ]
    )


def _definitions(report: ReleasedReport) -> Section:
    return Section(
        "Method and definitions",
        points=(
            standard_definition(report.template, report.target),
            *_rule_in_words(report),
            *_themes_not_released(report),
            (
                f"{BETWEEN}: the true share is certain to be between these values, whatever the true numbers are. "
                "The 95% interval, which measures chance, is the widest interval that the true numbers could "
                "have."
            ),
            (
                "A state, rank, strength or sentence is shown only if it is correct for all possible true "
                "numbers; otherwise it is not certain. Ranks may be shown as the first and last possible rank."
            ),
            GAP_DEFINITION,
            INTERVAL_DEFINITION,
            *((beside.WHOLE_ONLY,) if report.beside else ()),
            (
                f"A snapshot never changes. You can view the whole snapshot, 1 value of {_one_of(report.splits)}, or 2 "
                "values of different kinds."
            ),
        ),
        sheet="definitions",
    )


def _themes_not_released(report: ReleasedReport) -> tuple[str, ...]:
    labels = [theme.label for theme in report.template.themes if theme.key in report.never_released]
    if not labels:
        return ()
    return (
        (
            f"Not released, and not counted in their learning domain: {'; '.join(labels)}. Whether an audit asks about "
            "these themes depends on a fact that it records or on an earlier answer."
        ),
    )


def _rule_in_words(report: ReleasedReport) -> tuple[str, ...]:
    rule = report.rule
    if isinstance(rule, ReleaseRule):
        return (
            (
                "Numbers of answers are counted from a copy of the audits in which some answers were changed at "
                f"random. In every cell, each number is no more than {rule.within} more or fewer than the true "
                "number. The total number of audits is the true number."
            ),
            f"Hidden ({HIDDEN}): a theme with fewer than {rule.smallest} applicable answers in the copy.",
        )
    return (
        (
            f"Hidden ({HIDDEN}): fewer than {rule.smallest} audits or applicable answers, including 0; "
            f"{rule.small_gap} or fewer answers below the standard; and {rule.small_gap} or fewer answers that "
            f"are not below the standard (“less {HIDDEN}”)."
        ),
        (
            f"Every other number is rounded to the nearest {rule.rounding}, and every share is calculated from "
            "rounded numbers."
        ),
    )


def _one_of(splits: Sequence[ReleasedSplit]) -> str:
    """ "team, status or age band"."""
    *others, last = (lowered(split.label) for split in splits)
    return f"{', '.join(others)} or {last}"
