"""Characteristics of cases: their groups, what a case list says of them, and how they are stored."""

import pytest

from checklists.characteristics import (
    MOST_CHARACTERISTICS,
    CaseGroup,
    Characteristic,
    CharacteristicsFileError,
    decode_groups,
    encode_groups,
    faults_of,
    from_plain,
    groups_from_json,
    groups_from_lines,
    groups_to_json,
    key_from,
    lines_of,
    read_file,
    to_plain,
    unknown_groups,
    with_groups,
    write_file,
)

SEX = Characteristic(
    "sex", "Sex", (CaseGroup("girl", "Girl", ("F", "Female")), CaseGroup("boy", "Boy", ("M",))), ("Gender",)
)
DISABLED = Characteristic("disabled", "Disabled", (CaseGroup("yes", "Yes", ("Y",)), CaseGroup("no", "No")))
MANY = tuple(CaseGroup(f"g{number}", f"Group {number}") for number in range(21))


@pytest.mark.parametrize(
    ("text", "group"),
    [
        ("Girl", "girl"),
        (" f ", "girl"),
        ("FEMALE", "girl"),
        ("m", "boy"),
        ("x", None),
        ("", None),
        ("female child", None),
    ],
)
def test_a_cell_names_a_group_by_its_label_or_its_words(text: str, group: str | None) -> None:
    assert SEX.group_said(text) == group


def test_the_groups_of_a_case_are_one_text_and_read_back_whatever_their_order() -> None:
    groups = {"sex": "girl", "disabled": "no"}
    assert encode_groups(groups) == "disabled=no sex=girl" == encode_groups(dict(reversed(groups.items())))
    assert decode_groups(encode_groups(groups)) == groups
    assert encode_groups({"sex": ""}) == ""
    assert decode_groups("") == {}


@pytest.mark.parametrize("text", ["sex", "sex=", "=girl", "sex=girl  no=x", " sex=girl", "Sex=girl", "a=b;c=d"])
def test_any_other_text_is_not_the_groups_of_a_case(text: str) -> None:
    with pytest.raises(ValueError, match="not the groups"):
        decode_groups(text)


def test_a_list_changes_only_the_characteristics_that_it_says_something_of() -> None:
    assert with_groups("disabled=no sex=girl", "sex=boy") == "disabled=no sex=boy"
    assert with_groups("disabled=no", "") == "disabled=no"
    assert with_groups("", "sex=boy") == "sex=boy"


def test_groups_and_characteristics_that_the_organisation_lacks_are_unknown() -> None:
    assert not unknown_groups("sex=girl", [SEX])
    assert not unknown_groups("", [])
    assert unknown_groups("sex=other", [SEX])
    assert unknown_groups("disabled=no", [SEX])


def test_groups_are_typed_one_a_line_and_a_group_keeps_its_key() -> None:
    typed = groups_from_lines(["Girl: F, Female", "", "Boy: M"])
    assert typed == SEX.groups
    assert lines_of(typed) == "Girl: F, Female\nBoy: M"
    renamed = groups_from_lines(["girl: F", "Other"], before=SEX.groups)
    assert renamed == (CaseGroup("girl", "girl", ("F",)), CaseGroup("other", "Other"))
    assert [group.key for group in groups_from_lines(["A b", "A-b", "!"])] == ["a-b", "a-b-2", ""]


@pytest.mark.parametrize(
    ("characteristic", "places"),
    [
        (SEX, []),
        (Characteristic("", "", SEX.groups), ["title"]),
        (Characteristic("sex", "x" * 61, SEX.groups), ["title"]),
        (Characteristic("sex", "x" * 60, SEX.groups), []),
        (Characteristic("sex", "Sex", SEX.groups[:1]), ["groups"]),
        (Characteristic("sex", "Sex", MANY[:20]), []),
        (Characteristic("sex", "Sex", MANY), ["groups"]),
        (Characteristic("sex", "Sex", (CaseGroup("a", "x" * 60, ("y" * 60,)), CaseGroup("b", "B"))), []),
        (Characteristic("sex", "Sex", (CaseGroup("a", "x" * 61), CaseGroup("b", "B"))), ["groups"]),
        (Characteristic("sex", "Sex", (CaseGroup("a", "A", ("y" * 61,)), CaseGroup("b", "B"))), ["groups"]),
        (Characteristic("sex", "Sex", (CaseGroup("a", "A", ("A",)), CaseGroup("b", "B"))), []),
        (Characteristic("sex", "Sex", SEX.groups, ("x" * 60,)), []),
        (Characteristic("sex", "Sex", SEX.groups, (" ",)), ["headings"]),
        (Characteristic("sex", "Sex", (*SEX.groups, CaseGroup("", "!"))), ["groups"]),
        (Characteristic("sex", "Sex", (CaseGroup("a", "Girl"), CaseGroup("b", "girl"))), ["groups"]),
        (Characteristic("sex", "Sex", (CaseGroup("a", "Girl", ("F",)), CaseGroup("b", "Boy", ("f",)))), ["groups"]),
        (Characteristic("sex", "Sex", SEX.groups, ("x" * 61,)), ["headings"]),
    ],
)
def test_what_is_wrong_with_a_characteristic_is_said_at_its_place(
    characteristic: Characteristic, places: list[str]
) -> None:
    assert [place for place, _ in faults_of(characteristic)] == places


def test_what_is_stored_and_what_the_councils_command_reads_give_the_same_back() -> None:
    assert groups_from_json(groups_to_json(SEX.groups)) == SEX.groups
    assert from_plain(to_plain([SEX, DISABLED])) == (SEX, DISABLED)
    assert read_file(write_file([SEX, DISABLED])) == (SEX, DISABLED)
    assert read_file(write_file([])) == ()
    assert SEX.labels == {"girl": "Girl", "boy": "Boy"}


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"[]",
        b'{"format": "other/1", "characteristics": []}',
        b'{"format": "caseaudit-characteristics/1"}',
        write_file([Characteristic("a=b", "A", SEX.groups)]),
        write_file([Characteristic("a", "A", ())]),
    ],
)
def test_a_file_that_is_something_else_is_refused(content: bytes) -> None:
    with pytest.raises(CharacteristicsFileError, match="Download it again"):
        read_file(content)


def test_a_key_is_made_of_letters_and_digits_and_is_free() -> None:
    assert key_from("Ethnic group!") == "ethnic-group"
    assert key_from("Sex", ["sex", "sex-2"]) == "sex-3"
    assert key_from("…") == ""
    assert len(key_from("x" * 80)) == 36
    taken = ["sex", *(f"sex-{number}" for number in range(2, 99))]
    assert key_from("Sex", taken) == "sex-99"
    assert key_from("Sex", [*taken, "sex-99"]) == ""


def test_an_organisation_has_up_to_ten_characteristics_and_a_file_of_them_is_easy_to_read() -> None:
    assert MOST_CHARACTERISTICS == 10
    assert write_file([SEX]).startswith(b'{\n  "format": "caseaudit-characteristics/1",\n  "characteristics": [\n    {')
    assert decode_groups("sex=girl") == {"sex": "girl"}
    assert [unknown_groups(text, [SEX]) for text in ("sex=girl", "sex=other")] == [False, True]
