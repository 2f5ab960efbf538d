"""The report by characteristics of cases as a document: unrounded counts, for people who may read every audit."""

from collections.abc import Iterator
from datetime import date
from fractions import Fraction
from typing import Final

from sqlmodel import Session

from api.documents.document import Cell, Column, Document, Origin, Section, Table, Tone, count, points, share_of, text
from api.foundation.permissions import Actor
from api.reports.characteristics.queries import ByCharacteristic, CharacteristicsReport, GroupOfCases
from api.reports.gaps.sections import MARKING
from api.reports.origins import counted_audits, working_origin
from api.reports.round_report.comparison import interval_in_points
from api.reports.sentences import lowered
from checklists.plurals import plural
from checklists.reports.gaps import Gap
from checklists.reports.groups_compared import CHANCE_OF_ERROR, Difference, GroupsCompared
from checklists.statistics.rounding import rounded

TITLE: Final = "Who practice is worse for"
KIND: Final = "by-characteristic"
_TONES: Final = {
    Difference.CLEAR: Tone.BAD,
    Difference.POSSIBLE: Tone.UNSURE,
    Difference.NONE: Tone.NONE,
    Difference.TOO_FEW: Tone.FEW,
}


def origin_of(session: Session, report: CharacteristicsReport, *, by: Actor) -> Origin:
    """The origin of the report that `by` makes."""
    return working_origin(session, [report.round], counted=counted_audits(report.counted, report.left_out), by=by)


def characteristics_document(report: CharacteristicsReport, *, made_on: date, origin: Origin) -> Document:
    """Two groups side by side, every group, and how that was worked out."""
    sections = [Section("Summary", paragraphs=tuple(_summary(report)))]
    if report.comparisons:
        sections.append(Section("Before you read this", paragraphs=tuple(_warning(report))))
    if report.pair is not None:
        sections.append(_side_by_side(report, *report.pair))
    if report.chosen is not None and report.chosen.groups:
        sections.append(_every_group(report, report.chosen))
    if report.every:
        sections.append(_known(report))
    return Document(
        title=f"{TITLE}: {report.round.title}",
        subtitle="" if report.chosen is None else f"By {lowered(report.chosen.characteristic.title)}.",
        marking=MARKING,
        made_on=made_on,
        sections=(*sections, Section("Method and definitions", points=tuple(_method(report)), sheet="definitions")),
        origin=origin,
        kind=KIND,
        about=report.round.title,
    )


def _summary(report: CharacteristicsReport) -> Iterator[str]:
    if report.chosen is None:
        yield "Your organisation uses no characteristics of cases, so there is nothing to compare."
        return
    title = lowered(report.chosen.characteristic.title)
    if report.pair is None:
        yield f"Fewer than 2 groups of “{title}” have audits in this round, so there is nothing to compare."
        return
    one, other = report.pair
    names = f"“{one.label}” ({_audits(one)}) and “{other.label}” ({_audits(other)})"
    said = {kind: [each for each in report.compared if each.says is kind] for kind in Difference}
    judged = len(report.compared) - len(said[Difference.TOO_FEW])
    if not judged:
        yield f"There are too few answers to compare {names} in any theme."
        return
    if not said[Difference.CLEAR] and not said[Difference.POSSIBLE]:
        yield f"No clear difference between {names} was found in any of {plural(judged, 'theme')} with enough answers."
        yield "That does not show that there is none: with few cases, only a large difference can be seen."
    else:
        yield f"{names[0].upper()}{names[1:]} were compared in {plural(judged, 'theme')} with enough answers."
    for kind, verb in ((Difference.CLEAR, "is clearly"), (Difference.POSSIBLE, "may be")):
        for each in said[kind]:
            yield _said(each, one, other, verb)
    if (said[Difference.CLEAR] or said[Difference.POSSIBLE]) and (none := len(said[Difference.NONE])):
        yield f"There is no clear difference in {plural(none, 'theme')}."
    if few := len(said[Difference.TOO_FEW]):
        yield f"{plural(few, 'theme').capitalize()} had too few answers to compare."


def _said(each: GroupsCompared, one: GroupOfCases, other: GroupOfCases, verb: str) -> str:
    difference = each.difference or Fraction(0)
    worse, worse_gap, better_gap = (other, each.other, each.one) if difference > 0 else (one, each.one, each.other)
    return (
        f"“{each.label}” {verb} worse for “{worse.label}”: {_share(worse_gap)} met the standard, against "
        f"{_share(better_gap)}, a difference of {points(abs(difference)).text} percentage points."
    )


def _warning(report: CharacteristicsReport) -> Iterator[str]:
    number = report.comparisons
    by_chance = int(rounded(number * CHANCE_OF_ERROR))
    several = "comparison" if number == 1 else "comparisons"
    yield (
        f"In this round {number:,} {several} of two groups can be made: every theme, for each pair of groups of each "
        f"characteristic. Even if practice is the same for everyone, about {by_chance:,} of them would look different "
        "at 95% confidence. Do not look through many splits and report the one that stands out."
    )
    yield (
        "So a difference is called clear only if it is larger than chance explains in that many comparisons. A "
        "possible difference is a reason to read cases, or to look again in the next round. It is no finding."
    )


def _side_by_side(report: CharacteristicsReport, one: GroupOfCases, other: GroupOfCases) -> Section:
    rows = tuple(
        (
            text(each.label),
            share_of(each.one.meeting, each.one.applicable),
            count(each.one.applicable),
            share_of(each.other.meeting, each.other.applicable),
            count(each.other.applicable),
            points(each.difference, signed=True),
            text(interval_in_points(each.interval)),
            text(each.says.label, tone=_TONES[each.says]),
        )
        for each in report.compared
    )
    columns = (
        Column("Theme"),
        Column(one.label, numeric=True),
        Column(f"Answers: {one.label}", numeric=True),
        Column(other.label, numeric=True),
        Column(f"Answers: {other.label}", numeric=True),
        Column("Difference (points)", numeric=True),
        Column("95% interval", numeric=True),
        Column("What it says"),
    )
    caption = f"Share meeting the standard: {one.label} and {other.label}"
    return Section("Side by side", table=Table("side-by-side", caption, columns, rows), sheet="themes")


def _every_group(report: CharacteristicsReport, by: ByCharacteristic) -> Section:
    columns = (Column("Theme"), *(Column(f"{each.label} ({each.audits:,})", numeric=True) for each in by.groups))
    rows = tuple(
        (
            text(theme.label),
            *(_few_or_share(group.themes[place], report.round.minimum_applicable) for group in by.groups),
        )
        for place, theme in enumerate(report.template.themes)
    )
    title = lowered(by.characteristic.title)
    words = (
        "Share meeting the standard, with the number of audits next to each heading. Numbers in brackets are of fewer "
        f"than {report.round.minimum_applicable} applicable answers: too few to say."
    )
    return Section(
        f"Every group of {title}",
        paragraphs=(words,),
        table=Table("groups", f"Themes by {title}", columns, rows),
        sheet="breakdowns",
    )


def _known(report: CharacteristicsReport) -> Section:
    rows = tuple(
        (
            text(each.characteristic.title),
            text("; ".join(f"{group.label}: {group.audits:,}" for group in each.groups)),
            count(each.not_known),
        )
        for each in report.every
    )
    columns = (Column("Characteristic"), Column("Counted audits in each group"), Column("Not known", numeric=True))
    table = Table("known", "How many counted audits are in each group", columns, rows) if rows else None
    words = "Cases of which a characteristic is not known are in no group. They may differ from the others."
    return Section("What is known", paragraphs=(words,), table=table, sheet="breakdowns")


def _method(report: CharacteristicsReport) -> Iterator[str]:
    minimum = report.round.minimum_applicable
    yield (
        "Share: applicable answers that meet the standard. Every counted audit counts as one, also where a sample has "
        "weights."
    )
    yield "Difference: the share of the first group less the share of the second, in percentage points."
    yield (
        "95% interval: Newcombe's interval for the difference between two independent shares (R. G. Newcombe, 1998, "
        "method 10)."
    )
    yield f"Too few to say: fewer than {minimum} applicable answers in either group."
    yield "Possible difference: the 95% interval is above or below 0, as 1 in 20 would be by chance."
    if report.comparisons:
        yield (
            "Clear difference: a possible difference, and Fisher's exact test (R. A. Fisher, 1934) has a p-value of at "
            f"most 0.05 divided by {report.comparisons:,}, the number of comparisons (Bonferroni's inequality; O. J. "
            "Dunn, 1961). By chance, at least one difference is called clear in no more than 5 of 100 such rounds."
        )
    yield "Groups: those recorded on the case file today, also in a round that is closed."
    yield "Not shared: no snapshot, briefing, export or feed has characteristics of cases."


def _few_or_share(gap: Gap, minimum: int) -> Cell:
    if gap.applicable and gap.applicable < minimum:
        return text(f"({gap.meeting:,} of {gap.applicable:,})", tone=Tone.FEW)
    return share_of(gap.meeting, gap.applicable)


def _share(gap: Gap) -> str:
    return share_of(gap.meeting, gap.applicable).text


def _audits(group: GroupOfCases) -> str:
    return plural(group.audits, "audit")
