from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.case_lists.pseudonyms.list_file import (
    COLUMNS,
    LARGEST_BYTES,
    MOST_FAULTS,
    ListFault,
    ListFileError,
    read_case_list,
    write_case_list,
)
from checklists.case_counts import CaseCount, counts_line
from checklists.case_list import CaseList, ListedCase
from checklists.cases import AgeBand, CaseStatus, Category
from checklists.privacy.references import reference_from

ON = date(2026, 11, 1)
COUNTS = tuple(count.label.lower() for count in CaseCount)
SECRET_WORDS = ("Marigold", "Quillfeather")

months = st.dates(date(1990, 1, 1), date(2026, 11, 1)).map(lambda day: day.replace(day=1)) | st.none()
team_names = st.sampled_from(["North, East", 'The "Hub"', "Tîm Plant", "Children with Disabilities", "R&A", "Team 7"])


@st.composite
def case_lists(draw: st.DrawFn) -> CaseList:
    bytes_of = draw(st.sets(st.binary(min_size=8, max_size=8), min_size=2, max_size=20))
    references = [reference_from(each) for each in sorted(bytes_of)]
    half = len(references) // 2
    cases = [
        ListedCase(
            reference=reference,
            team=draw(team_names),
            status=draw(st.sampled_from(CaseStatus)),
            age_band=draw(st.sampled_from(AgeBand)),
            category=draw(st.sampled_from(Category) | st.none()),
            worker=draw(
                st.just("") | st.binary(min_size=8, max_size=8).map(lambda it: reference_from(it, prefix="WK"))
            ),
            started=draw(months),
            closed=draw(months),
            formerly=draw(st.sampled_from(["", former])),
            re_referral=draw(st.sampled_from([True, False, None])),
            counts=counts_line(draw(st.dictionaries(st.sampled_from(CaseCount), st.integers(0, 10)))),
            characteristics=draw(st.sampled_from(["", "sex=girl", "disabled=no sex=boy"])),
        )
        for reference, former in zip(references[:half], references[half:], strict=False)
    ]
    return CaseList(ON, "1d4ea06a", "annex-a", tuple(cases))


@given(case_lists())
def test_a_list_is_read_as_it_was_written(case_list: CaseList) -> None:
    assert read_case_list(write_case_list(case_list)) == case_list


def line(**changes: str) -> dict[str, str]:
    usual = {
        "reference": "CF-B1HS-D6RW-Y1VM-Q6WT",
        "team": "North",
        "status": "child-in-need",
        "age band": "1-to-4",
        "category": "neglect",
        "worker": "WK-K5DZ-M4BC-Y5NH-Z5VC",
        "started": "2025-12",
        "closed": "",
        "re-referral": "",
        **dict.fromkeys(COUNTS, ""),
        "characteristics": "",
        "formerly": "",
        "list date": "2026-11-01",
        "key": "1d4ea06a",
        "source": "annex-a",
    }
    return usual | {name.replace("_", " "): value for name, value in changes.items()}


def file_of(*lines: dict[str, str], columns: tuple[str, ...] = COLUMNS) -> bytes:
    rows = [columns, *(tuple(each[name] for name in columns) for each in lines)]
    return "".join(",".join(row) + "\r\n" for row in rows).encode("utf-8-sig")


def faults_of(content: bytes) -> tuple[ListFault, ...]:
    with pytest.raises(ListFileError) as refused:
        read_case_list(content)
    assert not any(word in str(it) for it in refused.value.faults for word in SECRET_WORDS)
    assert not any(word in str(refused.value) for word in SECRET_WORDS)
    return refused.value.faults


def test_a_file_of_an_earlier_version_without_re_referrals_and_counts_is_read() -> None:
    before = tuple(name for name in COLUMNS if name not in {"re-referral", "characteristics", *COUNTS})
    assert read_case_list(file_of(line(), columns=before)) == read_case_list(file_of(line()))
    (fault,) = faults_of(file_of({**line(), "re-referral": "Y"}))
    assert (fault.column, fault.words) == ("re-referral", "The value must be yes or no, or empty when it is not known.")


@pytest.mark.parametrize("number", ["11", "-1", "some", "2.0", "١", "02"])
def test_a_count_is_a_whole_number_up_to_ten(number: str) -> None:
    (case,) = read_case_list(file_of({**line(), COUNTS[0]: "10", COUNTS[3]: "0"})).cases
    assert case.counts == "referrals:10 times-missing:0"
    (fault,) = faults_of(file_of({**line(), COUNTS[2]: number}))
    assert (fault.column, fault.words) == (COUNTS[2], "Enter a whole number from 0 to 10. For more than 10, enter 10.")


def test_columns_may_stand_in_any_order() -> None:
    turned = tuple(reversed(COLUMNS))
    assert read_case_list(file_of(line(), columns=turned)) == read_case_list(file_of(line()))


@pytest.mark.parametrize(
    ("column", "value", "said"),
    [
        ("reference", "", "between 4 and 32"),
        ("reference", "Marigold Quillfeather", "capital letters"),
        ("reference", "9434765919", "NHS number"),
        ("reference", "7003590", "a number from a case system"),
        ("reference", "WK-K5DZ-M4BC-Y5NH-Z5VC", "not created by"),
        ("formerly", "7003590", "a number from a case system"),
        ("team", "", "the team that works"),
        ("team", "=Marigold()", "formula"),
        ("team", "+Marigold", "formula"),
        ("team", "@Marigold", "formula"),
        ("team", "-Marigold", "formula"),
        ("team", "Marigold 943 476 5919", "number"),
        ("team", "Marigold 03/04/2012", "date"),
        ("team", "Marigold SW1A 1AA", "address"),
        ("team", "Marigold\x1b[2J", "1 line"),
        ("team", "Marigold" * 11, "80 characters"),
        ("status", "Marigold", "early-help, child-in-need"),
        ("age band", "7", "1-to-4"),
        ("age band", "2019-02-03", "1-to-4"),
        ("category", "Marigold", "neglect"),
        ("worker", "Marigold Quillfeather", "pseudonym"),
        ("worker", "MARIGOLD-12", "pseudonym"),
        ("started", "2025-12-24", "year and month only"),
        ("closed", "24/12/2025", "year and month only"),
        ("started", "2025-13", "year and month only"),
        ("formerly", "Marigold", "capital letters"),
        ("list date", "20261101", "2026-11-01"),
        ("list date", "2026-02-30", "2026-11-01"),
        ("key", "Marigold", "8 characters"),
        ("source", "Marigold", "annex-a"),
    ],
)
def test_what_may_not_stand_in_a_cell_is_refused_with_its_place_and_never_repeated(
    column: str, value: str, said: str
) -> None:
    other = line(reference="CF-B4TZ-Z6HT-Q9XW-D8PH")
    bad = line(**{column: value})
    (fault,) = faults_of(file_of(bad) if column in {"list date", "key", "source"} else file_of(other, bad))
    assert fault.column == column
    assert fault.line == (2 if column in {"list date", "key", "source"} else 3)
    assert said in fault.words


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "no column reference"),
        (b"reference\n", "no column team"),
        (file_of(), "There are no cases"),
        (file_of(line(), columns=COLUMNS[1:]), "no column reference"),
        (file_of({**line(), "Quillfeather": "x"}, columns=(*COLUMNS, "Quillfeather")), f"Column {len(COLUMNS) + 1}"),
        (file_of(line(), columns=(*COLUMNS, "team")), "twice"),
        (file_of(line()) + b"CF-B4TZ-Z6HT-Q9XW-D8PH,North\n", f"{len(COLUMNS)} cells"),
        (file_of(line()) + b"a," * len(COLUMNS) + b"Quillfeather\n", f"{len(COLUMNS)} cells"),
        (file_of(line()) + b'"Quillfeather', "CSV"),
        (file_of(line(team='"North"Marigold')), "CSV"),
        (file_of(line(team="x" * 200_000)), "CSV"),
        ("Quillfeather".encode("utf-16"), "UTF-8"),
        (b"\xff\xd8Quillfeather", "UTF-8"),
        (b"PK\x03\x04Quillfeather", "Column 1"),
        (b" " * (LARGEST_BYTES + 1), "32 MB"),
    ],
)
def test_what_is_no_case_list_is_refused_as_a_whole(content: bytes, said: str) -> None:
    (fault,) = faults_of(content)
    assert fault.column == ""
    assert said in fault.words


def test_one_reference_on_two_lines_is_refused_also_where_it_was_the_former_one() -> None:
    assert [(it.line, it.column) for it in faults_of(file_of(line(), line()))] == [(3, "reference")]
    renamed = line(reference="CF-B4TZ-Z6HT-Q9XW-D8PH", formerly=line()["reference"])
    assert [(it.line, it.column) for it in faults_of(file_of(line(), renamed))] == [(3, "formerly")]


@pytest.mark.parametrize(("column", "value"), [("list date", "2026-11-02"), ("key", "00000000"), ("source", "table")])
def test_two_lists_in_one_file_are_refused(column: str, value: str) -> None:
    content = file_of(line(), line(reference="CF-B4TZ-Z6HT-Q9XW-D8PH", **{column: value}))
    assert [(it.line, it.column) for it in faults_of(content)] == [(3, column)]


def test_fifty_faults_are_told_and_how_many_more_there_are() -> None:
    content = file_of(*(line(reference=reference_from(bytes([number] * 8)), status="Marigold") for number in range(80)))
    with pytest.raises(ListFileError) as refused:
        read_case_list(content)
    assert len(refused.value.faults) == MOST_FAULTS
    assert refused.value.more == 30
    assert [it.line for it in refused.value.faults] == list(range(2, 52))
