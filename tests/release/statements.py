"""Random tables, what is released of them, and every statement of a released document held against the true table."""

import random
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from functools import cache

from api.documents.document import Document, Section, Table, Tone
from api.release.briefings.document import briefing_document
from api.release.snapshots.columns import STATES
from api.release.snapshots.document import released_document
from api.release.snapshots.queries import ReleasedReport
from api.reports.gaps.columns import TONES
from checklists.release.disclosure import Released, ReleasedGroup, ReleaseRule, ReleaseTable
from checklists.reports.gaps import Gap, GapState, Numbers, theme_gaps
from checklists.templates.library import load_library_template
from checklists.templates.template import Template

TEAMS = ("north", "south")
STATE_OF = {label: state for state, label in STATES.items() if state is not GapState.TOO_FEW}
MARKS: dict[Tone, GapState] = {
    tone: state for state, tone in TONES.items() if tone is not Tone.NONE and state is not GapState.TOO_FEW
}
Cell = tuple[tuple[str, str], ...]


@cache
def the_template() -> Template:
    return load_library_template("scr-themes", 2)


@dataclass(frozen=True)
class MadeRelease:
    """The true numbers of each cell and theme, and the report that is released of them."""

    true: Mapping[Cell, Mapping[str, Numbers]]
    report: ReleasedReport

    def gaps(self, cell: Cell) -> dict[str, Gap]:
        report, template = self.report, self.report.template
        applicable = [answer for answer in template.counted_answers if template.is_applicable(answer)]
        is_below = next(answer for answer in applicable if template.counts_below(answer))
        meets = next(answer for answer in applicable if not template.counts_below(answer))
        tallies = {}
        for theme, numbers in self.true[cell].items():
            tallies[theme, is_below] = numbers.below
            tallies[theme, meets] = numbers.applicable - numbers.below
        found = theme_gaps(template, tallies, audits=0, target=report.target, minimum=report.minimum)
        return {gap.label: gap for gap in found}


def a_release(seed: int) -> MadeRelease:
    """Some tables of 15 themes with shares near the target and far from it, and numbers within the rule of them."""
    chance, template = random.Random(f"tables {seed}"), the_template()
    rule = ReleaseRule(within=chance.choice((2, 3)))
    audits = chance.choice((12, 25, 40, 60, 100, 150, 400))
    target = Fraction(chance.choice((60, 75, 80, 90, 95, 100)), 100)
    true: dict[Cell, dict[str, Numbers]] = {}
    shown: dict[Cell, ReleasedGroup] = {}
    pooled: dict[str, Released] = {}
    for cell in ((), *((("team", team),) for team in TEAMS)):
        size = audits if not cell else audits // 2
        cells: dict[str, Released] = {}
        true[cell] = {}
        for domain in template.learning_domains:
            numbers = [_numbers(chance, size, target) for _ in domain.themes]
            copies = _copies(chance, numbers, rule.within, size)
            true[cell] |= {theme.key: Numbers(m + b, b) for theme, (m, b) in zip(domain.themes, numbers, strict=True)}
            cells |= {theme.key: rule.release(m + b, b) for theme, (m, b) in zip(domain.themes, copies, strict=True)}
            if not cell:
                below = sum(b for _, b in copies)
                pooled[domain.key] = rule.release(sum(m for m, _ in copies) + below, below)
        themes = [cells[key] for key in template.theme_keys]
        shown[cell] = ReleasedGroup(None if cell else audits, (*themes, themes[0]))
    report = ReleasedReport(
        organisation="Ours",
        round_title="Spring round",
        period_from=date(2026, 1, 1),
        period_to=date(2026, 3, 31),
        target=target,
        minimum=chance.choice((1, 5, 5, 5, 12, 30)),
        rule=rule,
        template=template,
        lattice=ReleaseTable({"team": TEAMS}, shown),
        pooled=pooled,
        labels={"team": {team: team.capitalize() for team in TEAMS}},
        left_out={},
    )
    return MadeRelease(true, report)


def _numbers(chance: random.Random, size: int, target: Fraction) -> tuple[int, int]:
    applicable = size - int(chance.random() ** 3 * size)
    share = min(1.0, max(0.0, chance.choice((float(target), chance.random())) + chance.gauss(0, 0.06)))
    meeting = round(applicable * share)
    return meeting, applicable - meeting


def _copies(chance: random.Random, numbers: Sequence[tuple[int, int]], within: int, size: int) -> list[tuple[int, int]]:
    """Numbers that are each within the rule of the true ones, and so are their sums."""
    noise = range(-within, within + 1)
    while True:
        found = []
        for meeting, below in numbers:
            while True:
                m, b = meeting + chance.choice(noise), below + chance.choice(noise)
                if m >= 0 and b >= 0 and m + b <= size and abs(m + b - meeting - below) <= within:
                    break
            found.append((m, b))
        off = [sum(copy[at] - true[at] for copy, true in zip(found, numbers, strict=True)) for at in (0, 1)]
        if all(abs(each) <= within for each in (*off, sum(off))):
            return found


def false_statements(made: MadeRelease) -> tuple[Counter[str], list[str]]:
    """How many statements of each kind the snapshot and the briefing make, and those that are not true."""
    said: Counter[str] = Counter()
    false: list[str] = []
    for kind, words, holds in _statements(made):
        said[kind] += 1
        if not holds:
            false.append(f"{kind}: {words}")
    return said, false


Statement = tuple[str, str, bool]


def _statements(made: MadeRelease) -> Iterator[Statement]:
    for cell in made.true:
        filters = {name: [value] for name, value in cell}
        document = released_document(made.report, title="Ours", made_on=date(2026, 4, 1), filters=filters)
        yield from _of_document(document, made.gaps(cell), made.report)
        if not cell:
            yield from _of_domains(document, made)
            yield from _of_heat_map(document, made)
    briefing = briefing_document(made.report, title="Ours", words={}, made_on=date(2026, 4, 1))
    gaps = made.gaps(())
    for section in briefing.sections:
        for words in section.paragraphs:
            yield from _of_sentences(words, gaps, made.report)
        for words in section.points:
            yield from _of_point(words, gaps)


def _table(document: Document, key: str) -> Table:
    return next(table for table in document.tables if table.key == key)


def _of_document(document: Document, gaps: Mapping[str, Gap], report: ReleasedReport) -> Iterator[Statement]:
    sections = {section.heading: section for section in document.sections}
    for words in sections["Summary"].paragraphs:
        yield from _of_sentences(words, gaps, report)
    yield from _of_strengths(sections.get("Strengths", Section("")), gaps)
    yield from _of_rows(document, gaps)
    chart = next((section.chart for section in document.sections if section.chart), None)
    for sentence in chart.description.split(". ") if chart else ():
        label, _, rest = sentence.partition(": ")
        state = rest.rpartition(", ")[2].rstrip(".").capitalize()
        if state in STATE_OF:
            yield "chart", sentence, gaps[label].state is STATE_OF[state]


def _of_strengths(strengths: Section, gaps: Mapping[str, Gap]) -> Iterator[Statement]:
    if strengths.paragraphs and strengths.paragraphs[0].startswith("Themes"):
        for words in strengths.points:
            label, _, ends = words.partition(": between ")
            gap = gaps[label]
            yield "strength", words, gap.state is GapState.ON_TARGET and _is_between(gap, ends.replace(" and ", " to "))


def _of_rows(document: Document, gaps: Mapping[str, Gap]) -> Iterator[Statement]:
    for row in _table(document, "themes").rows:
        label, state, rank, _, _, between, interval, *_ = (cell.text for cell in row)
        gap = gaps[label]
        if state in STATE_OF:
            yield "state", f"{label} {state}", gap.state is STATE_OF[state]
        if rank:
            first, _, last = rank.partition(" to ")
            kind = "ranks" if last else "rank"
            yield kind, f"{label} {rank}", gap.rank is not None and int(first) <= gap.rank <= int(last or first)
        if between:
            yield "share between", f"{label} {between}", _is_between(gap, between)
        if interval and gap.meeting_interval:
            low, high = _ends(interval)
            holds = low - 0.5 <= 100 * gap.meeting_interval[0] and 100 * gap.meeting_interval[1] <= high + 0.5
            yield "95% interval", f"{label} {interval}", holds


def _of_domains(document: Document, made: MadeRelease) -> Iterator[Statement]:
    domains = {domain.title: domain for domain in made.report.template.learning_domains}
    for row in _table(document, "domains").rows:
        label, _, between, _ = (cell.text for cell in row)
        numbers = [made.true[()][theme.key] for theme in domains[label].themes]
        applicable = sum(each.applicable for each in numbers)
        if between and applicable:
            share = 1 - Fraction(sum(each.below for each in numbers), applicable)
            low, high = _ends(between)
            yield "learning domain", f"{label} {between}", low <= 100 * share <= high


def _of_heat_map(document: Document, made: MadeRelease) -> Iterator[Statement]:
    table = next((table for table in document.tables if table.key == "by-team"), None)
    if table is None:
        return
    for at, column in enumerate(table.columns[1:], start=1):
        team = column.label.partition(" (")[0].lower()
        gaps = made.gaps((("team", team),))
        for row in table.rows:
            if row[at].tone in MARKS:
                yield "heat map", f"{team} {row[0].text}", gaps[row[0].text].state is MARKS[row[at].tone]


def _of_point(words: str, gaps: Mapping[str, Gap]) -> Iterator[Statement]:
    if words.startswith("A strength: "):
        label = words.removeprefix("A strength: ").rpartition(", about ")[0]
        yield "briefing", words, gaps[label].state is GapState.ON_TARGET
    elif " met the standard" in words:
        label = words.rpartition(": about ")[0]
        wanted = GapState.POSSIBLE_GAP if "(may be due to chance)" in words else GapState.GAP
        yield "briefing", words, gaps[label].state is wanted


def _of_sentences(words: str, gaps: Mapping[str, Gap], report: ReleasedReport) -> Iterator[Statement]:
    known = [gap for gap in gaps.values() if gap.state is not GapState.TOO_FEW]
    states = Counter(gap.state for gap in gaps.values())
    counts = re.search(r"Of (\d+) themes, (at least )?([^;.]*)(?:; for (\d+) it)?", words)
    if counts:
        total, at_least, parts, rest = counts.groups()
        found = {
            GapState.GAP: re.search(r"(\d+) (?:is|are) below", parts),
            GapState.POSSIBLE_GAP: re.search(r"(\d+) may be below", parts),
            GapState.ON_TARGET: re.search(r"(\d+) meets? ", parts),
        }
        numbers = {state: int(match[1]) if match else 0 for state, match in found.items()}
        holds = int(total) == len(gaps) and all(states[state] >= number for state, number in numbers.items())
        if not at_least:
            holds = holds and all(states[state] == number for state, number in numbers.items())
        yield "k of n themes", words, holds and sum(numbers.values()) + int(rest or 0) == len(gaps)
    for kind, pattern in (
        ("widest gap", r"The largest gap is in (.*?)[.:]"),
        ("strongest", r"Practice is strongest in (.*?)(?:, at|[.:])"),
    ):
        match = re.search(pattern, words)
        if match:
            named = re.findall("“([^”]*)”", match[1])
            ordered = [gap.share_meeting or Fraction(0) for gap in known]
            wanted = min(ordered) if kind == "widest gap" else max(ordered)
            holds = any(gaps[label].share_meeting == wanted for label in named)
            if kind == "widest gap":
                holds = holds and wanted < (report.target or Fraction(1))
            yield kind, words, holds
            if len(named) == 1:
                yield f"{kind}, one theme", words, [gap.label for gap in known if gap.share_meeting == wanted] == named


def _ends(words: str) -> tuple[float, float]:
    low, high = re.fullmatch(r"([\d.]+)% to ([\d.]+)%", words).groups()  # type: ignore[union-attr]
    return float(low), float(high)


def _is_between(gap: Gap, words: str) -> bool:
    if gap.share_meeting is None:
        return True
    low, high = _ends(words)
    return low <= 100 * gap.share_meeting <= high
