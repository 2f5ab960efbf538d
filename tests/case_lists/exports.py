"""Exports as case systems write them, of made-up children whose place in the work is known."""

import csv
import io
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from random import Random
from xml.sax.saxutils import escape

import xlsxwriter

from checklists.cases import CaseStatus, Category
from tests.case_lists.readers.annex_a_headings import HEADINGS

ON = date(2026, 11, 1)
STATUSES = tuple(CaseStatus)
Cell = str | int | float | date | None
Row = Sequence[Cell]

_TEAMS = ("North Assessment", "South Assessment", "Court Team", "Through Care", "Children with Disabilities")
_ABUSE = {
    Category.NEGLECT: ("a) Neglect", "NEG"),
    Category.PHYSICAL_ABUSE: ("b) Physical", "PHY"),
    Category.SEXUAL_ABUSE: ("c) Sexual Abuse", "SAB"),
    Category.EMOTIONAL_ABUSE: ("d) Emotional", "EMO"),
    Category.MULTIPLE: ("e) Multiple", "MUL"),
}
_NEED = {
    Category.ABUSE_OR_NEGLECT: "N1",
    Category.CHILDS_DISABILITY: "N2",
    Category.PARENTAL_ILLNESS_OR_DISABILITY: "N3",
    Category.FAMILY_IN_ACUTE_STRESS: "N4",
    Category.FAMILY_DYSFUNCTION: "N5",
}
_ON_A_PLAN = CaseStatus.CHILD_PROTECTION_PLAN
_WITH_A_NEED = (CaseStatus.CHILD_IN_NEED, CaseStatus.CHILD_LOOKED_AFTER, CaseStatus.CLOSED)
_CASE_STATUS = {
    CaseStatus.CHILD_LOOKED_AFTER: "a) Looked after child",
    CaseStatus.CHILD_PROTECTION_PLAN: "b) Child Protection plan",
    CaseStatus.CHILD_IN_NEED: "c) Child in need plan",
    CaseStatus.CLOSED: "e) Closed episode",
}


@dataclass(frozen=True, slots=True)
class MadeChild:
    """A made-up child, and what every export of it should be read as."""

    identifier: str
    born: date
    status: CaseStatus
    category: Category | None
    team: str
    worker: str
    started: date
    closed: date | None


def made_children(number: int, *, statuses: Sequence[CaseStatus] = STATUSES, seed: int = 1) -> list[MadeChild]:
    """As many children, each status in turn; the same ones for the same seed."""
    random = Random(seed)
    made = []
    for index in range(number):
        status = statuses[index % len(statuses)]
        age = random.randrange(6600, 7600) if status is CaseStatus.CARE_LEAVER else random.randrange(400, 5800)
        started = ON - timedelta(days=random.randrange(20, 390))
        made.append(
            MadeChild(
                identifier=str(7_000_000 + 37 * index + seed),
                born=ON - timedelta(days=age),
                status=status,
                category=_category(status, random),
                team=random.choice(_TEAMS),
                worker=f"Wren Okafor-Lindqvist {random.randrange(40)}",
                started=started,
                closed=started + timedelta(days=15) if status is CaseStatus.CLOSED else None,
            )
        )
    return made


def _category(status: CaseStatus, random: Random) -> Category | None:
    if status is _ON_A_PLAN:
        return random.choice(list(_ABUSE))
    return random.choice(list(_NEED)) if status in _WITH_A_NEED else None


def workbook(sheets: Mapping[str, Iterable[Row]], *, dates_1904: bool = False) -> bytes:
    """A workbook with these sheets of rows; dates are dates, and whole numbers are numbers."""
    buffer = io.BytesIO()
    book = xlsxwriter.Workbook(
        buffer, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "date_1904": dates_1904}
    )
    day = book.add_format({"num_format": "dd/mm/yyyy"})
    for name, rows in sheets.items():
        sheet = book.add_worksheet(name)
        for number, row in enumerate(rows):
            for column, cell in enumerate(row):
                if isinstance(cell, date):
                    sheet.write_datetime(number, column, cell, day)
                elif isinstance(cell, str):
                    sheet.write_string(number, column, cell)
                elif cell is not None:
                    sheet.write_number(number, column, cell)
    book.close()
    return buffer.getvalue()


def delimited(rows: Iterable[Row], *, delimiter: str = ",", encoding: str = "utf-8") -> bytes:
    """Rows as a CSV file; dates as dd/mm/yyyy."""
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer, delimiter=delimiter)
    for row in rows:
        writer.writerow([british(cell) if isinstance(cell, date) else cell for cell in row])
    return buffer.getvalue().encode(encoding)


def zipped(files: Mapping[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def british(day: date | None) -> str:
    return day.strftime("%d/%m/%Y") if day else ""


def annex_a_sheets(children: Sequence[MadeChild]) -> dict[str, list[Row]]:
    """The eleven lists of Annex A: each child stands where one of its status stands, and in some lists before that."""
    sheets: dict[str, list[Row]] = {f"List {number}": [headings] for number, headings in HEADINGS.items()}
    for index, child in enumerate(children):
        _add_to_lists(sheets, child, index)
    adopter: dict[str, Cell] = {"Individual adopter identifier": "A-1", "Date enquiry received": date(2026, 1, 5)}
    sheets["List 11"].append([adopter.get(heading) for heading in HEADINGS[11]])
    return sheets


def annex_a_row(number: int, child: MadeChild, values: Mapping[str, Cell]) -> Row:
    """A row of a list about this child, with these values under their headings."""
    given: dict[str, Cell] = {
        "Child Unique ID": child.identifier,
        "Gender": "b) Female",
        "Ethnicity": "a) WBRI",
        "Date of Birth": child.born,
        "Age of Child (Years)": round((ON - child.born).days / 365.25, 3),
        "Does the Child have a Disability": "b) No",
        "Allocated Team": child.team,
        "Allocated Worker": child.worker,
        **values,
    }
    return [given.get(heading) for heading in HEADINGS[number]]


def _add_to_lists(sheets: dict[str, list[Row]], child: MadeChild, index: int) -> None:
    def add(number: int, values: Mapping[str, Cell]) -> None:
        sheets[f"List {number}"].append(annex_a_row(number, child, values))

    status, started = child.status, child.started
    need = _NEED.get(child.category, "N1") if child.category else "N1"
    if index % 2 == 0:
        add(1, {"Date of Contact": started, "Contact Source": "3A"})
    if status is CaseStatus.EARLY_HELP:
        add(2, {"Assessment start date": started})
        return
    if index % 5 == 0:
        add(3, {"Date of referral": started, "Referral NFA?": "b) No"})
        add(4, {"Continuous Assessment Start Date": started})
    if status is CaseStatus.CARE_LEAVER:
        add(9, {"Eligibility Category": "b) Former relevant"})
        return
    audit_round = {"CIN Closure Date": child.closed, "Case Status": _CASE_STATUS[status]}
    add(6, {"CIN Start Date": started, "Primary Need Code": f"a) {need}", **audit_round})
    if status is _ON_A_PLAN and child.category:
        add(5, {"Strategy discussion initiating Section 47 Enquiry Start Date": started})
        abuse = _ABUSE[child.category][0]
        add(7, {"Child Protection Plan Start Date": started, "Latest Category of Abuse": abuse})
    if status is CaseStatus.CHILD_LOOKED_AFTER:
        add(8, {"Date Started to be Looked After": started, "Child's Category of Need": f"a) {need}"})
        if index % 12 == 3:
            add(10, {"Date the Child Entered Care": started})


def annex_a(children: Sequence[MadeChild]) -> bytes:
    """An Annex A workbook, valid in every list."""
    return workbook(annex_a_sheets(children))


def cin_census(children: Sequence[MadeChild]) -> bytes:
    """A children in need census, which knows nothing of early help, of being looked after and of leaving care."""
    told = "".join(_census_child(child) for child in children)
    return (
        '<?xml version="1.0" encoding="utf-8"?>\n<Message><Header><CollectionDetails><Collection>CIN</Collection>'
        "<Year>2026</Year><ReferenceDate>2026-03-31</ReferenceDate></CollectionDetails></Header>"
        f"<Children>{told}</Children></Message>"
    ).encode()


def _census_child(child: MadeChild) -> str:
    closed = f"<CINclosureDate>{child.closed}</CINclosureDate>" if child.closed else ""
    plan = ""
    if child.status is _ON_A_PLAN and child.category:
        plan = (
            f"<ChildProtectionPlans><CPPstartDate>{child.started}</CPPstartDate>"
            f"<LatestCategoryOfAbuse>{_ABUSE[child.category][1]}</LatestCategoryOfAbuse></ChildProtectionPlans>"
        )
    need = _NEED.get(child.category, "N1") if child.category else "N1"
    return (
        f"<Child><ChildIdentifiers><LAchildID>{escape(child.identifier)}</LAchildID>"
        f"<PersonBirthDate>{child.born}</PersonBirthDate><Sex>F</Sex></ChildIdentifiers>"
        "<ChildCharacteristics><Ethnicity>WBRI</Ethnicity></ChildCharacteristics>"
        f"<CINdetails><CINreferralDate>{child.started}</CINreferralDate><PrimaryNeedCode>{need}</PrimaryNeedCode>"
        f"{closed}<ReferralNFA>false</ReferralNFA>{plan}</CINdetails></Child>"
    )


def ssda903(children: Sequence[MadeChild]) -> dict[str, bytes]:
    """The modules of an SSDA903 return as CSV files: `status` decides between looked after, ceased and care leaver."""
    header: list[Row] = [["CHILD", "SEX", "DOB", "ETHNIC", "UPN", "MOTHER", "MC_DOB"]]
    episodes: list[Row] = [
        [
            *("CHILD", "DECOM", "RNE", "LS", "CIN", "PLACE", "PLACE_PROVIDER", "DEC", "REC"),
            *("REASON_PLACE_CHANGE", "HOME_POST", "PL_POST", "URN"),
        ]
    ]
    leavers: list[Row] = [["CHILD", "DOB", "IN_TOUCH", "ACTIV", "ACCOM"]]
    workers: list[Row] = [["CHILD", "DOB", "SW_ID", "SW_DECOM", "SW_DEC", "SW_REASON"]]
    for child in children:
        header.append([child.identifier, "F", child.born, "WBRI", "", 0, None])
        if child.status is CaseStatus.CARE_LEAVER:
            leavers.append([child.identifier, child.born, "YES", "F2", "K"])
            continue
        need = _NEED.get(child.category) if child.category else None
        episode: Row = [child.identifier, child.started, "S", "C2", need, "U1", "PR1", child.closed, ""]
        episodes.append([*episode, "", "AB1 0AA", "AB1 0AA", ""])
        workers.append([child.identifier, child.born, child.worker, child.started, None, "FCONTA"])
    modules = {"header": header, "episodes": episodes, "oc3": leavers, "social_worker": workers}
    return {f"{name}.csv": delimited(rows) for name, rows in modules.items()}


def ssda903_zip(children: Sequence[MadeChild]) -> bytes:
    return zipped(ssda903(children))


def ssda903_xml(children: Sequence[MadeChild]) -> bytes:
    told = []
    for child in children:
        ceased = f"<DEC>{british(child.closed)}</DEC>" if child.closed else ""
        need = f"<CIN>{_NEED[child.category]}</CIN>" if child.category in _NEED and child.category else ""
        told.append(
            f"<CHILD><HEADER><CHILDID>{child.identifier}</CHILDID><SEX>2</SEX><DOB>{british(child.born)}</DOB></HEADER>"
            f"<EPISODE><DECOM>{british(child.started)}</DECOM><RNE>S</RNE>{need}<PL>U1</PL>{ceased}</EPISODE></CHILD>"
        )
    return f'<?xml version="1.0"?>\n<EXPSSDA903>{"".join(told)}</EXPSSDA903>'.encode()


def standard_dataset(children: Sequence[MadeChild]) -> dict[str, bytes]:
    """Tables of the Standard Safeguarding Dataset as CSV files, with dates as a database writes them."""
    tables: dict[str, list[Row]] = {
        "ssd_person": [["pers_person_id", "pers_sex", "pers_dob", "pers_expected_dob"]],
        "ssd_early_help_episodes": [["earl_person_id", "earl_episode_start_date", "earl_episode_end_date"]],
        "ssd_cin_episodes": [
            ["cine_person_id", "cine_referral_date", "cine_cin_primary_need_code", "cine_close_date"],
        ],
        "ssd_cp_plans": [
            ["cppl_person_id", "cppl_cp_plan_start_date", "cppl_cp_plan_end_date", "cppl_cp_plan_latest_category"],
        ],
        "ssd_cla_episodes": [
            [
                "clae_person_id",
                "clae_cla_episode_start_date",
                "clae_cla_episode_ceased",
                "clae_cla_primary_need_code",
            ],
        ],
        "ssd_care_leavers": [["clea_person_id", "clea_care_leaver_eligibility", "clea_care_leaver_worker_id"]],
        "ssd_involvements": [
            [
                "invo_person_id",
                "invo_professional_id",
                "invo_professional_team",
                "invo_involvement_start_date",
                "invo_involvement_end_date",
            ],
        ],
    }
    for child in children:
        _add_to_tables(tables, child)
    return {f"{name}.csv": delimited(rows) for name, rows in tables.items()}


def _add_to_tables(tables: dict[str, list[Row]], child: MadeChild) -> None:
    who, started = child.identifier, f"{child.started} 00:00:00.000"
    need = _NEED.get(child.category, "N1") if child.category else None
    tables["ssd_person"].append([who, "F", f"{child.born} 00:00:00.000", None])
    tables["ssd_involvements"].append([who, child.worker, child.team, started, None])
    if child.status is CaseStatus.EARLY_HELP:
        tables["ssd_early_help_episodes"].append([who, started, None])
    elif child.status is CaseStatus.CARE_LEAVER:
        tables["ssd_care_leavers"].append([who, "Former Relevant", child.worker])
    else:
        closed = f"{child.closed} 00:00:00.000" if child.closed else None
        tables["ssd_cin_episodes"].append([who, started, need, closed])
    if child.status is _ON_A_PLAN and child.category:
        tables["ssd_cp_plans"].append([who, started, None, child.category.label])
    if child.status is CaseStatus.CHILD_LOOKED_AFTER:
        tables["ssd_cla_episodes"].append([who, started, None, need])


def standard_dataset_zip(children: Sequence[MadeChild]) -> bytes:
    return zipped(standard_dataset(children))


TABLE_HEADINGS = ("Person ref", "Where they stand", "Born on", "Why known", "Patch", "Held by", "Opened", "Ended")
# What answers the questions about the headings of this table.
TABLE_CHOICES = {
    "column:child": "Person ref",
    "column:status": "Where they stand",
    "column:born": "Born on",
    "column:age": "",
    "column:category": "Why known",
    "column:team": "Patch",
    "column:worker": "Held by",
    "column:started": "Opened",
    "column:closed": "Ended",
}


def table(children: Sequence[MadeChild]) -> list[Row]:
    """A table of a council's own making, with headings that nobody else uses."""
    rows: list[Row] = [TABLE_HEADINGS]
    for child in children:
        category = child.category.label if child.category else None
        told = (child.identifier, child.status.label, child.born, category, child.team, child.worker)
        rows.append([*told, child.started, child.closed])
    return rows


def table_csv(children: Sequence[MadeChild]) -> bytes:
    return delimited(table(children))


def table_xlsx(children: Sequence[MadeChild]) -> bytes:
    return workbook({"Cases": table(children)})
