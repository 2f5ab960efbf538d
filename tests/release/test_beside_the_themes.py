"""A snapshot shows the children, the questions and whose views there are: within the stated number of a plain count."""

import io
import json
import random
import zipfile
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from fractions import Fraction
from typing import Any

import pytest
from rich.console import Console
from sqlmodel import select

from api.documents.document import Document
from api.documents.files import FileKind
from api.documents.terminal import print_document
from api.release.snapshots import actions as snapshots
from api.release.snapshots.actions import NewSnapshot
from api.release.snapshots.columns import CANNOT_BE_TOLD
from api.release.snapshots.document import document_of
from api.release.snapshots.queries import read_released
from checklists.audits.sources import encode_sources
from checklists.release import beside as rule_beside
from checklists.release.beside import (
    BesideColumn,
    BesideKind,
    ReleasedBeside,
    columns_beside,
    columns_of_work,
    release_beside,
)
from checklists.release.disclosure import ReleaseRule, Span
from checklists.reports.beside import encode_beside
from checklists.statistics.intervals import wilson
from checklists.templates.template_file import check_template
from models import Audit, Conversation, FamilyView, Snapshot, SnapshotAudit
from tests.checklists.full_template import a_full_template, full_template
from tests.client import Client
from tests.desk import Desk, a_desk
from tests.factories import an_actor
from tests.guards_aside import guards_aside
from tests.page_forms import SeenPage
from tests.reports.asked_audits import Said, record_asked

WITHIN = 2


@pytest.fixture
def desk(database_url: str) -> Iterator[Desk]:
    with a_desk(database_url, template=a_full_template()) as made:
        yield made


def make(desk: Desk) -> Snapshot:
    with desk.database.writing() as session:
        new = NewSnapshot("For the board")
        return snapshots.make_snapshot(session, round_id=desk.round_id, snapshot=new, by=an_actor(desk.cast.lena))


def give_views(desk: Desk, said: Sequence[Said], every: int) -> int:
    """Somebody of the family gave their views in one of so many audits; in the others nobody replied."""
    with desk.database.writing() as session:
        for at, each in enumerate(said):
            key: dict[str, Any] = {"organisation_id": desk.cast.organisation.id, "audit_id": each.audit_id}
            how: dict[str, Any] = {"how": "visit"} if at % every == 0 else {"no_view": "no-reply"}
            session.add(FamilyView(**key, who="child", version=1, **how))
    return len(range(0, len(said), every))


def talk(desk: Desk, said: Sequence[Said]) -> dict[str, Counter[str]]:
    """Conversations in one of two audits, a barrier in one of three, an answer that rests on words in one of four."""
    true = {key: Counter[str]() for key in ("held", "told-only", "caseload", "changes")}
    with desk.database.writing() as session, guards_aside(session.connection()):
        for at, each in enumerate(said):
            is_so = {"held": at % 2 == 0, "caseload": at % 3 == 0, "told-only": at % 4 == 0, "changes": False}
            for key, so in is_so.items():
                true[key]["yes" if so else "no"] += 1
            own: dict[str, Any] = {"organisation_id": desk.cast.organisation.id, "audit_id": each.audit_id}
            held: dict[str, Any] = {"held_on": date(2026, 3, 1), "took_part": "worker"} if is_so["held"] else {}
            session.add(Conversation(**own, obstacles="caseload" if is_so["caseload"] else "", version=1, **held))
            sources = {"voice": "worker family" if is_so["told-only"] else "on-record worker", "plan": "seen"}
            audit = session.get_one(Audit, (desk.cast.organisation.id, each.audit_id))
            audit.answer_sources = encode_sources(desk.template, sources)
        session.flush()
    return true


def of(desk: Desk, snapshot: Snapshot) -> dict[str, ReleasedBeside]:
    with desk.database.reading() as session:
        stored = session.get_one(Snapshot, (snapshot.organisation_id, snapshot.id))
        return {each.column.key: each for each in read_released(session, stored).beside}


def check_near_the_truth(
    found: Mapping[str, ReleasedBeside],
    said: Sequence[Said],
    with_views: int,
    within: int,
    work: Mapping[str, Counter[str]] | None = None,
) -> None:
    """`work`: what is true of conversations, sources and barriers; without it none of the audits has any."""
    none = {key: Counter({"no": len(said)}) for key in ("held", "told-only", "caseload", "changes")}
    true = {
        "seen-alone": Counter("meets" if each.answers["seen-alone"] == "yes" else "below" for each in said),
        "visits": Counter(
            "meets" if each.answers["visits"] in {str(day) for day in range(2, 11)} else "below" for each in said
        ),
        "open-for": Counter(each.facts["open-for"] for each in said),
        "category": Counter(each.facts["category"] for each in said),
        "views": Counter({"with-view": with_views, "without-view": len(said) - with_views}),
        **(work or none),
    }
    assert found.keys() == true.keys()
    for key, counts in true.items():
        shown = found[key].counts
        assert shown is not None
        assert sum(shown.values()) == len(said)
        assert all(abs(shown[name] - counts[name]) <= within for name in shown)


@pytest.mark.both_databases
def test_what_is_released_beside_the_themes_is_within_the_stated_number_of_a_plain_count(desk: Desk) -> None:
    said = record_asked(desk, audits=60)
    with_views, work = give_views(desk, said, 3), talk(desk, said)
    first = make(desk)
    check_near_the_truth(of(desk, first), said, with_views, 2, work)
    more = record_asked(desk, audits=15, seed=2)
    both = {key: work[key] + counts for key, counts in talk(desk, more).items()}
    check_near_the_truth(of(desk, make(desk)), said + more, with_views, 3, both)
    check_near_the_truth(of(desk, first), said, with_views, 2, work)


def test_after_a_snapshot_that_was_made_without_them_a_new_one_has_them(desk: Desk) -> None:
    said = record_asked(desk, audits=40)
    earlier = make(desk)
    own = len(desk.template.theme_keys) + 1
    with desk.database.writing() as session, guards_aside(session.connection()):
        stored = session.get_one(Snapshot, (earlier.organisation_id, earlier.id))
        content = json.loads(stored.content)
        del content["beside"]
        stored.content = json.dumps(content)
        for row in session.exec(select(SnapshotAudit)).all():
            row.answers, row.copied = (row.answers or "")[:own], (row.copied or "")[:own]
        session.flush()
    said += record_asked(desk, audits=12, seed=2)
    check_near_the_truth(of(desk, make(desk)), said, 0, 3)
    assert of(desk, earlier) == {}
    with desk.database.reading() as session:
        stored = session.get_one(Snapshot, (earlier.organisation_id, earlier.id))
        keys = {table.key for table in document_of(stored, read_released(session, stored)).tables}
    assert "themes" in keys
    assert not {key for key in keys if key.startswith(("children", "questions", "family"))}


def test_after_a_snapshot_without_conversations_and_sources_a_new_one_has_them(desk: Desk) -> None:
    said = record_asked(desk, audits=40)
    work = talk(desk, said)
    earlier = make(desk)
    of_work = len(columns_of_work(desk.template))
    before = of(desk, earlier)
    with desk.database.writing() as session, guards_aside(session.connection()):
        stored = session.get_one(Snapshot, (earlier.organisation_id, earlier.id))
        content = json.loads(stored.content)
        content["beside"] = content["beside"][:-of_work]
        stored.content = json.dumps(content)
        for row in session.exec(select(SnapshotAudit)).all():
            row.answers, row.copied = (row.answers or "")[:-of_work], (row.copied or "")[:-of_work]
        session.flush()
    more = record_asked(desk, audits=12, seed=2)
    both = {key: work[key] + counts for key, counts in talk(desk, more).items()}
    check_near_the_truth(of(desk, make(desk)), said + more, 0, 3, both)
    after = of(desk, earlier)
    assert after.keys() == before.keys() - both.keys()
    with desk.database.reading() as session:
        stored = session.get_one(Snapshot, (earlier.organisation_id, earlier.id))
        keys = {table.key for table in document_of(stored, read_released(session, stored)).tables}
    assert "family-views" in keys
    assert "barriers" not in keys


def test_answers_that_are_not_known_of_every_audit_are_not_released(desk: Desk) -> None:
    said = record_asked(desk, audits=20)
    with desk.database.writing() as session, guards_aside(session.connection()):
        session.connection().exec_driver_sql("UPDATE audit SET case_facts = '' WHERE version = 2")
    assert said
    assert of(desk, make(desk)) == {}


def test_the_page_rest_and_every_file_say_it_of_the_whole_and_of_no_part(desk: Desk, lena: Client) -> None:
    said = record_asked(desk, audits=40)
    give_views(desk, said, 2)
    talk(desk, said)
    made = make(desk)
    path = f"/api/v1/snapshots/{made.id}/report"
    sections = {each["heading"]: each for each in lena.get(path).json()["sections"]}
    tables = {each["table"]["key"]: each["table"] for each in sections.values() if each["table"]}
    assert tables.keys() >= {"children", "questions-voice", "family-views", "barriers"}
    assert list(tables).index("themes") < list(tables).index("children")
    assert [len(tables[key]["rows"]) for key in ("family-views", "barriers")] == [3, 2]
    assert [row[0]["text"] for row in tables["questions-voice"]["rows"]] == [
        "Was the child seen alone?",
        "How many days were there between visits?",
    ]
    assert tables["questions-voice"]["rows"][0][-1]["text"] == "40"
    assert sections["Questions that are not released"]["points"] == [
        "Where was the child seen?",
        "When was the chronology last brought up to date?",
    ]
    seen = SeenPage(lena.get(f"/snapshots/{made.id}")).words
    for words in ("The children", "Questions: ", "Views of at least 1 family member recorded", "Caseload"):
        assert words in seen
    part = lena.get(f"{path}?age-band=10-to-15").json()
    keys = {each["table"]["key"] for each in part["sections"] if each["table"]}
    assert not keys & {"children", "questions-voice", "family-views", "barriers"}
    assert "Was the child seen alone?" in lena.get(f"{path}.csv").text
    for kind, part_of in (("xlsx", "xl/"), ("docx", "word/document.xml")):
        with zipfile.ZipFile(io.BytesIO(lena.get(f"{path}.{kind}").content)) as file:
            inside = b"".join(file.read(name) for name in file.namelist() if name.startswith(part_of))
        assert b"Was the child seen alone?" in inside
    assert FileKind.PDF
    assert lena.get(f"{path}.pdf").content.startswith(b"%PDF")
    with desk.database.reading() as session:
        shown = terminal_words(document_of(made, read_released(session, made)))
    assert "Was the child seen alone?" in shown


def terminal_words(document: Document) -> str:
    out = io.StringIO()
    print_document(document, Console(file=out, width=200))
    return out.getvalue()


def columns() -> list[BesideColumn]:
    named = {each.key: each for each in columns_beside(a_full_template())}
    where = a_full_template().question("where")
    return [
        named["seen-alone"],
        named["open-for"],
        BesideColumn(BesideKind.QUESTION, "plan", ("meets", "below", "left-out"), question=where),
        BesideColumn(BesideKind.QUESTION, "where", ("home", "school", "not-evidenced", "left-out"), question=where),
    ]


def false_shares(seeds: Sequence[int]) -> tuple[int, list[str]]:
    """How many shares are said, and those that are not true of the numbers behind them."""
    said, false = 0, list[str]()
    for seed in seeds:
        chance = random.Random(f"beside {seed}")
        rule = ReleaseRule(within=chance.choice((2, 3)))
        audits = chance.choice((12, 25, 40, 100, 400))
        for column in columns():
            true = Counter(dict(zip(column.names, split(chance, audits, len(column.names)), strict=True)))
            copy = altered(chance, true, column.names, rule.within)
            (found,) = release_beside(rule, [column], [[copy[name] for name in column.names]], audits=audits)
            applicable = sum(true[name] for name in column.counted)
            for name in column.counted if applicable else ():
                share = found.share(name)
                if share is None:
                    continue
                said += 1
                low, high = wilson(true[name], applicable)
                inside = share.interval is None or (
                    share.interval[0] <= low + 1e-9 and high - 1e-9 <= share.interval[1]
                )
                if not (share.between[0] <= Fraction(true[name], applicable) <= share.between[1] and inside):
                    false.append(f"{seed} {column.key} {name}")
    return said, false


def split(chance: random.Random, audits: int, parts: int) -> list[int]:
    cuts = sorted(int(audits * chance.random() ** chance.choice((1, 4))) for _ in range(parts - 1))
    return [high - low for low, high in zip([0, *cuts], [*cuts, audits], strict=True)]


def altered(chance: random.Random, true: Counter[str], names: Sequence[str], within: int) -> Counter[str]:
    """Numbers of as many audits, each within the rule of the true one."""
    copy = Counter(true)
    for _ in range(20):
        fewer, more = chance.sample(names, 2)
        if copy[fewer] > 0 and copy[fewer] - true[fewer] > -within and copy[more] - true[more] < within:
            copy[fewer] -= 1
            copy[more] += 1
    return copy


def test_no_share_beside_the_themes_is_false_of_the_true_numbers() -> None:
    said, false = false_shares(range(400))
    assert said > 2_000
    assert false == []


def test_with_the_released_numbers_taken_for_true_ones_shares_are_found_false(monkeypatch: pytest.MonkeyPatch) -> None:
    def exactly(number: int, within: int, most: int | None = None) -> Span:
        return Span(number, number)

    monkeypatch.setattr(rule_beside, "around", exactly)
    said, false = false_shares(range(100))
    assert len(false) > said / 4


def test_few_applicable_answers_are_hidden_and_nothing_is_said_of_their_share() -> None:
    (hidden,) = release_beside(ReleaseRule(), columns()[2:3], [[5, 4, 31]], audits=40)
    assert (hidden.counts, hidden.applicable, hidden.share("meets")) == (None, None, None)


def test_a_share_lies_between_those_of_the_tables_that_are_the_stated_number_away() -> None:
    column = BesideColumn(BesideKind.QUESTION, "seen", (rule_beside.MEETS, rule_beside.BELOW, rule_beside.LEFT_OUT))
    counts = {rule_beside.MEETS: 10, rule_beside.BELOW: 10, rule_beside.LEFT_OUT: 5}
    share = ReleasedBeside(column, audits=25, within=2, counts=counts).share(rule_beside.MEETS)
    assert share is not None
    assert (share.number, share.applicable, share.between) == (10, 20, (Fraction(8, 20), Fraction(12, 20)))


WHERE = {
    "key": "where",
    "text": "Where was the child seen?",
    "kind": "choice",
    "choices": [{"key": "home", "label": "At home"}, {"key": "school", "label": "At school"}],
    "not_applicable": True,
}
ALONE = {
    "key": "seen-alone",
    "text": "Was the child seen alone?",
    "kind": "yes-no",
    "meets": ["yes"],
    "not_applicable": True,
}


def test_answers_without_a_standard_are_released_each_and_few_applicable_ones_are_hidden(database_url: str) -> None:
    """By a template that releases all of its questions."""
    content = full_template(case_facts=[], overall={"how": "calculated"})
    for theme in (theme for domain in content["learning_domains"] for theme in domain["themes"]):
        theme["questions"] = [WHERE, ALONE] if theme["key"] == "voice" else []
    with a_desk(database_url, template=check_template(content)) as desk:
        said = record_asked(desk, audits=40)
        true = Counter[str]()
        with desk.database.writing() as session, guards_aside(session.connection()):
            for at, each in enumerate(said):
                # In all but three cases nobody could have seen the child alone.
                where, alone = ("home", "school", "not-applicable")[at % 3], "no" if at < 3 else "not-applicable"
                true[where] += 1
                audit = session.get_one(Audit, (desk.cast.organisation.id, each.audit_id))
                audit.question_answers = encode_beside(["where", "seen-alone"], {"where": where, "seen-alone": alone})
            session.flush()
        made = make(desk)
        report = desk.browser(desk.cast.lena).get(f"/api/v1/snapshots/{made.id}/report").json()
        counts = of(desk, made)["where"].counts
    tables = {each["table"]["key"]: each["table"]["rows"] for each in report["sections"] if each["table"]}
    assert [[cell["text"] for cell in row[:2]] for row in tables["question-answers"]] == [
        ["Where was the child seen?", "At home"],
        ["Where was the child seen?", "At school"],
        ["Where was the child seen?", "Not evidenced"],
    ]
    assert counts is not None
    released = [row[2]["number"] for row in tables["question-answers"]]
    assert released == [counts[name] for name in ("home", "school", "not-evidenced")]
    assert all(
        abs(number - true[name]) <= WITHIN
        for number, name in zip(released, ("home", "school", "not-evidenced"), strict=True)
    )
    (alone_row,) = tables["questions-voice"]
    assert [cell["kind"] for cell in (*alone_row[2:4], alone_row[-1])] == ["hidden"] * 3
    assert alone_row[4]["text"] == CANNOT_BE_TOLD
    assert "Questions that are not released" not in {each["heading"] for each in report["sections"]}


def test_a_theme_asked_because_of_a_fact_is_not_released_and_its_numbers_are_not_called_small(
    database_url: str,
) -> None:
    document = full_template()
    because = {"facts": [{"fact": "category", "answers": ["neglect", "abuse"]}]}
    document["learning_domains"][0]["themes"][1]["applies_when"] = because
    with a_desk(database_url, template=check_template(document)) as desk:
        record_asked(desk, audits=40)
        made = make(desk)
        seen = SeenPage(desk.browser(desk.cast.lena).get(f"/snapshots/{made.id}")).words
        label = desk.template.theme("history").label
        assert f"Not released, and not counted in their learning domain: {label}." in seen
        with desk.database.reading() as session:
            report = read_released(session, session.get_one(Snapshot, (made.organisation_id, made.id)))
        whole = report.lattice.groups[()]
        gaps = {gap.key: gap for gap in report.gaps(whole)}
        assert gaps["history"].share_meeting is None
        assert gaps["history"].possible.applicable == Span(0, 40)
        small = sum(gap.share_meeting is None for gap in gaps.values()) - 1
        assert ("cannot be shown: the numbers are small" in seen) == (small > 0)
