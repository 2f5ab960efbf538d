"""A template with its own statuses, age bands and categories: its cases are entered, listed, imported, drawn, audited
and reported in its words, and no page of theirs speaks of children.
"""

import random
import uuid
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from sqlmodel import col, select
from typer.testing import CliRunner

from api.allocation.actions import Allocation, allocate
from api.audits.case.actions import NewCase, describe_case
from api.case_files import actions as case_files
from api.case_files.actions import NewCaseFile
from api.case_files.words import words_in_use
from api.case_lists import actions as case_lists
from api.case_lists.pseudonyms import key_file
from api.case_lists.pseudonyms.list_file import read_case_list
from api.case_lists.pseudonyms.pseudonymising import pseudonymise
from api.case_lists.readers.reader import read
from api.cli import cli
from api.foundation.problems import Invalid
from api.reports.breakdowns import Breakdown
from api.sampling import actions as samples
from api.sampling.frames import FrameRules, SamplePlan
from checklists.case_list import CaseList as CaseListContent
from checklists.case_list import ListedCase
from checklists.privacy.pseudonyms import Key
from checklists.privacy.references import reference_from
from checklists.templates.library import load_library_template
from checklists.templates.template import Template
from checklists.templates.template_file import write_template
from models import CaseFile
from tests.audits.beside_template import a_beside_template
from tests.client import Client
from tests.desk import Desk, a_desk
from tests.factories import a_token_for, an_actor, program_for
from tests.importing import import_list
from tests.page_forms import SeenPage

ADULTS = load_library_template("adult-safeguarding", 2)
OWN = {
    "statuses": [{"key": "concern", "label": "Concern"}, {"key": "enquiry", "label": "Enquiry"}],
    "age_bands": [
        {"key": "18-to-64", "label": "18 to 64", "at_least": 18, "below": 65},
        {"key": "65-and-over", "label": "65 and over", "at_least": 65},
    ],
    "categories": [{"key": "self-neglect", "label": "Self-neglect"}],
    "words": {"subject": "adult", "subjects": "adults", "impact": "Impact on the adult"},
}


def a_template() -> Template:
    return a_beside_template(**OWN, asks={})


@pytest.fixture
def desk(database_url: str) -> Iterator[Desk]:
    with a_desk(database_url, template=a_template()) as made:
        yield made


def an_adult(desk: Desk, status: str = "enquiry", age_band: str = "65-and-over") -> uuid.UUID:
    new = NewCaseFile(desk.team_id, status, age_band)
    with desk.database.writing() as session:
        return case_files.create_case_file(session, case_file=new, by=an_actor(desk.cast.lena)).case_file.id


def allocated(desk: Desk, case_file: uuid.UUID) -> uuid.UUID:
    with desk.database.writing() as session:
        new = Allocation(case_file, desk.cast.asha.id)
        return allocate(session, round_id=desk.round_id, allocation=new, by=an_actor(desk.cast.lena)).id


def complete(desk: Desk, audit_id: uuid.UUID) -> None:
    """Give an audit all that its template needs."""
    desk.answer(audit_id, rationale="Seen at home.")
    facts = {fact.key: fact.choices[0].key for fact in desk.template.case_facts}
    with desk.database.writing() as session:
        describe_case(session, audit_id=audit_id, new=NewCase(facts), version=0, by=an_actor(desk.cast.asha))


@pytest.mark.both_in_trials
def test_an_adult_s_case_is_entered_listed_and_changed_in_the_template_s_words(desk: Desk, lena: Client) -> None:
    form = SeenPage(lena.get("/case-files/new"))
    assert "Enquiry" in form.words
    assert "18 to 64" in form.words
    case_file = an_adult(desk)
    seen = SeenPage(lena.get("/case-files", params={"status": "enquiry"}))
    assert "Enquiry 65 and over" in seen.words
    shown = SeenPage(lena.get(f"/case-files/{case_file}/edit"))
    assert shown.forms[-1].fields["status"] == "enquiry"


def test_a_word_of_no_list_is_refused_with_those_there_are(desk: Desk) -> None:
    with pytest.raises(Invalid) as refused:
        an_adult(desk, status="made-up", age_band="7")
    assert [fault.pointer for fault in refused.value.faults] == ["/status", "/age_band"]
    assert "concern, enquiry" in refused.value.faults[0].detail
    assert "made-up" not in str(refused.value.faults)


def test_programs_read_which_words_there_are(desk: Desk) -> None:
    program = program_for(desk.app, a_token_for(desk.database, desk.cast.lena))
    lists = program.get("/api/v1/case-files/words").json()["items"]
    assert [each["template"] for each in lists] == ["", "beside"]
    assert {"key": "enquiry", "label": "Enquiry"} in lists[1]["statuses"]
    assert "early-help" in {each["key"] for each in lists[0]["statuses"]}
    assert lists[1]["categories"] == [{"key": "self-neglect", "label": "Self-neglect"}]


@pytest.mark.both_in_trials
def test_a_list_of_adults_is_imported_and_only_they_are_drawn(desk: Desk) -> None:
    by = an_actor(desk.cast.lena)
    kinds = [("enquiry", "65-and-over", "self-neglect")] * 6 + [("child-in-need", "1-to-4", "neglect")] * 6
    cases = tuple(
        ListedCase(reference_from(random.Random(place).randbytes(10)), "North locality", *kind)
        for place, kind in enumerate(kinds)
    )
    content = CaseListContent(date(2026, 5, 4), "1a2b3c4d", "table", cases)
    with desk.database.writing() as session:
        words = words_in_use(session, by.organisation_id)
        checked = case_lists.check_list(content, words=words, by=by)
        listed = import_list(session, checked=checked, by=by)
        plan = SamplePlan(listed.id, size=6, rules=FrameRules(months_since_audit=0))
        planned = samples.plan_sample(session, round_id=desk.round_id, plan=plan, seed="1", by=by)
        assert len(planned.frame.cases) == 6
        assert planned.plan.rules.only_statuses == ("concern", "enquiry", "closed")
        drawn = set(session.exec(select(CaseFile.status).where(col(CaseFile.id).in_(planned.frame.ids.values()))))
        assert drawn == {"enquiry"}


def test_an_unknown_word_of_a_list_is_refused_at_its_case(desk: Desk) -> None:
    case = ListedCase(reference_from(bytes(10)), "North locality", "enquiry", "65-and-over")
    content = CaseListContent(date(2026, 5, 4), "1a2b3c4d", "table", (case,))
    with pytest.raises(Invalid) as refused:
        case_lists.check_list(content, by=an_actor(desk.cast.lena))
    assert [fault.pointer for fault in refused.value.faults] == ["/cases/0/status", "/cases/0/age_band"]


def test_a_council_s_table_of_adults_is_read_in_the_template_s_words() -> None:
    table = (
        "Person ID,Case status,Date of birth,Category,Team,Worker,Start date,End date\n"
        "A100001,Section 42 enquiry,1950-03-09,Self-neglect,East,,2026-01-05,\n"
        "A100002,Safeguarding concern,1990-03-09,Domestic abuse,East,,2026-01-05,\n"
        "A100002,Safeguarding plan,1990-03-09,Domestic abuse,East,,2026-02-05,\n"
    )
    found = read(
        table.encode(), name="adults.csv", on=date(2026, 5, 4), words=ADULTS.case_words, choices={"column:age": ""}
    )
    assert found.questions == ()
    listed = pseudonymise(found, keys=[Key(bytes(32))], on=date(2026, 5, 4), words=ADULTS.case_words)
    kinds = sorted((case.status, case.age_band, case.category) for case in listed.cases)
    assert kinds == [
        ("protection-plan", "18-to-64", "domestic-abuse"),
        ("section-42-enquiry", "75-to-84", "self-neglect"),
    ]


@pytest.mark.both_databases
def test_a_report_is_split_by_the_template_s_bands(desk: Desk, lena: Client) -> None:
    audit_id = allocated(desk, an_adult(desk))
    complete(desk, audit_id)
    desk.submit(audit_id)
    report = lena.get("/reports/gaps", params={"round": str(desk.round_id), "by": "age-band"})
    assert "65 and over" in SeenPage(report).words
    shown = SeenPage(lena.get(f"/audits/{audit_id}"))
    assert "Enquiry" in shown.words


def test_a_child_s_case_is_not_allocated_in_a_round_about_adults(desk: Desk) -> None:
    child = an_adult(desk, "child-in-need", "1-to-4")
    with pytest.raises(Invalid) as refused:
        allocated(desk, child)
    assert "not among those of the template" in refused.value.faults[0].detail


def test_a_case_that_became_another_s_is_not_submitted(desk: Desk) -> None:
    case_file = an_adult(desk)
    audit_id = allocated(desk, case_file)
    complete(desk, audit_id)
    with desk.database.writing() as session:
        found = case_files.find_case_file(session, case_file_id=case_file, by=an_actor(desk.cast.lena))
        case_files.change_case_file(
            session,
            case_file_id=case_file,
            team_id=desk.team_id,
            status="child-in-need",
            age_band="1-to-4",
            forms_of_harm=(),
            version=found.case_file.version,
            by=an_actor(desk.cast.lena),
        )
    with pytest.raises(Invalid) as refused:
        desk.submit(audit_id)
    assert "not among those of the template" in refused.value.faults[0].detail


TABLE = (
    "Person ID,Case status,Date of birth,Category,Team,Worker,Start date,End date\n"
    "A100001,Enquiry,1950-03-09,Self-neglect,North locality,,2026-01-05,\n"
    "A100002,Concern,1990-03-09,Self-neglect,North locality,,2026-01-05,\n"
)


def test_a_table_is_taken_in_on_the_page_in_the_words_that_the_lead_chooses(
    desk: Desk, lena: Client, tmp_path: Path
) -> None:
    key_file.create_key_file(tmp_path / "council.key", on=date(2026, 1, 1))
    key = (tmp_path / "council.key").read_bytes()
    assert "Whose cases these are" in SeenPage(lena.get("/case-lists/new")).words

    def look(words: str) -> SeenPage:
        sent = {"on-day": "4", "on-month": "5", "on-year": "2026", "words": words, "choice:column:age": "="}
        files = {"file": ("adults.csv", TABLE.encode()), "key_file": ("key", key)}
        return SeenPage(lena.post("/case-lists/new", data=sent, files=files))

    assert "Select whose cases these are" in look("made-up").words
    seen = look("beside")
    assert "contains 2 cases" in seen.words
    taken = lena.post("/case-lists/new", data=next(form.fields for form in seen.forms if "draft" in form.fields))
    assert taken.status_code == 303
    with desk.database.reading() as session:
        kinds = session.exec(select(CaseFile.status, CaseFile.age_band, CaseFile.category)).all()
    assert sorted(kinds) == [("concern", "18-to-64", "self-neglect"), ("enquiry", "65-and-over", "self-neglect")]


def test_the_command_reads_a_table_in_the_words_of_a_template_s_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    key_file.create_key_file(Path("council.key"), on=date(2026, 1, 1))
    Path("adults.csv").write_text(TABLE, encoding="utf-8")
    Path("adults.json").write_bytes(write_template(a_template()))
    Path("choices.json").write_text(
        '{"format": "caseaudit-choices/1", "choices": {"column:age": ""}}', encoding="utf-8"
    )
    command = ["pseudonymise", "adults.csv", "--key", "council.key", "--on", "2026-05-04", "--choices", "choices.json"]
    done = CliRunner().invoke(cli, [*command, "--template", "adults.json", "--out", "list.csv"])
    assert done.exit_code == 0, done.output
    assert "Enquiry" in done.output
    listed = read_case_list(Path("list.csv").read_bytes(), a_template().case_words)
    assert sorted(case.status for case in listed.cases) == ["concern", "enquiry"]
    refused = CliRunner().invoke(cli, [*command, "--template", "adults.csv", "--out", "other.csv"])
    assert refused.exit_code == 1
    assert not Path("other.csv").exists()


@pytest.mark.parametrize("breakdown", [Breakdown.STATUS, Breakdown.AGE_BAND])
def test_what_is_released_has_the_template_s_groups_and_no_others(desk: Desk, breakdown: Breakdown) -> None:
    with desk.database.reading() as session:
        labels = breakdown.grouping.labels(session, desk.cast.organisation.id, a_template())
    own = a_template().case_words
    assert labels == dict(own.statuses if breakdown is Breakdown.STATUS else own.age_bands)


def test_no_page_of_an_audit_of_an_adult_speaks_of_a_child(database_url: str) -> None:
    with a_desk(database_url, template=ADULTS) as desk:
        known = ADULTS.case_words
        new = NewCaseFile(desk.team_id, next(iter(known.statuses)), next(iter(known.age_bands)))
        with desk.database.writing() as session:
            case_file = case_files.create_case_file(session, case_file=new, by=an_actor(desk.cast.lena)).case_file.id
        audit_id = allocated(desk, case_file)
        asha, mo, lena = (desk.browser(person) for person in (desk.cast.asha, desk.cast.mo, desk.cast.lena))
        own = f"/audits/{audit_id}"
        domain, theme = ADULTS.learning_domains[0].key, ADULTS.theme_keys[0]
        beside = (
            "case",
            "conversation",
            "family-views",
            "theme-notes",
            "conclusion",
            "check",
            "print",
            "print?blank=1",
        )
        paths = [own, f"{own}/themes/{theme}", f"{own}/domains/{domain}", f"{own}/actions/new"]
        paths += [f"{own}/{each}" for each in beside]
        of_lead = [f"/rounds/{desk.round_id}", f"/rounds/{desk.round_id}/report", f"/rounds/{desk.round_id}/voices"]
        for who, path in [*((asha, path) for path in paths), (mo, own), *((lena, path) for path in of_lead)]:
            seen = who.get(path)
            assert seen.status_code in {200, 404}, path
            # A prompt of the template asks about other adults and children at risk.
            words = SeenPage(seen).words.lower().replace("other adults or children", "")
            assert "child" not in words, (path, words[max(0, words.find("child") - 80) : words.find("child") + 40])
        assert "actions for this adult" in SeenPage(asha.get(own)).words.lower()
