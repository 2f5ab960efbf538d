import json
import os
import stat
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path

import pytest

from api.case_lists.pseudonyms import key_file
from api.case_lists.pseudonyms.key_file import KeyFileError
from api.foundation.systems.locks import locked

FIRST, LATER = date(2026, 4, 1), date(2026, 11, 1)


def test_a_new_key_file_is_for_its_owner_only(tmp_path: Path) -> None:
    path = tmp_path / "key.json"
    made = key_file.create_key_file(path, on=FIRST)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert key_file.load_keys(path) == (key_file.DatedKey(made, FIRST),)
    assert [each.name for each in tmp_path.iterdir()] == ["key.json"]


def test_every_key_is_another(tmp_path: Path) -> None:
    assert len({key_file.create_key_file(tmp_path / str(number), on=FIRST).id for number in range(20)}) == 20


def test_a_key_file_is_never_written_over(tmp_path: Path) -> None:
    path = tmp_path / "key.json"
    key_file.create_key_file(path, on=FIRST)
    before = path.read_bytes()
    with pytest.raises(KeyFileError, match="already exists"):
        key_file.create_key_file(path, on=LATER)
    assert path.read_bytes() == before


def test_of_many_who_make_one_file_at_once_one_succeeds(tmp_path: Path) -> None:
    path = tmp_path / "key.json"

    def make(_: int) -> str | None:
        try:
            return key_file.create_key_file(path, on=FIRST).id
        except KeyFileError:
            return None

    with ThreadPoolExecutor(8) as pool:
        made = [each for each in pool.map(make, range(40)) if each]
    assert [it.key.id for it in key_file.load_keys(path)] == made


def test_rotation_puts_a_new_key_first_and_keeps_the_others(tmp_path: Path) -> None:
    path = tmp_path / "key.json"
    first = key_file.create_key_file(path, on=FIRST)
    second = key_file.rotate_key(path, on=LATER)
    third = key_file.rotate_key(path, on=LATER)
    assert [(it.key, it.made_on) for it in key_file.load_keys(path)] == [
        (third, LATER),
        (second, LATER),
        (first, FIRST),
    ]
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [each.name for each in tmp_path.iterdir()] == ["key.json"]


def test_a_rotation_that_was_cut_short_leaves_the_file_whole_and_the_next_one_goes_on(tmp_path: Path) -> None:
    path = tmp_path / "key.json"
    first = key_file.create_key_file(path, on=FIRST)
    left = tmp_path / ".key.json.new"
    left.write_bytes(b"half")
    with locked(left, waits=False), pytest.raises(KeyFileError, match="is being written"):
        key_file.rotate_key(path, on=LATER)
    assert [it.key for it in key_file.load_keys(path)] == [first]
    second = key_file.rotate_key(path, on=LATER)
    assert [it.key for it in key_file.load_keys(path)] == [second, first]
    assert not left.exists()


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o666, 0o644])
def test_a_key_that_others_may_read_is_refused_with_the_command_that_mends_it(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "key.json"
    key_file.create_key_file(path, on=FIRST)
    path.chmod(mode)
    for use in (key_file.load_keys, lambda it: key_file.rotate_key(it, on=LATER)):
        with pytest.raises(KeyFileError, match=f"chmod 600 {path}"):
            use(path)


def broken_files(path: Path) -> list[bytes]:
    whole = json.loads(path.read_text())
    secret = whole["keys"][0]["secret"]
    other = f"{'0' if secret[0] != '0' else '1'}{secret[1:]}"
    changed = {**whole["keys"][0], "secret": other}
    twice = {**whole, "keys": whole["keys"] * 2}
    variants = [{**whole, "keys": [changed]}, {**whole, "keys": []}, {**whole, "format": "x/1"}, twice, [], {}, 7]
    return [b"", b"{", b"\xff\xfe", b"[" * 90_000, b" " * 200_000, *(json.dumps(it).encode() for it in variants)]


def test_a_key_file_that_is_not_whole_is_refused_without_repeating_any_of_it(tmp_path: Path) -> None:
    path = tmp_path / "key.json"
    secret = key_file.create_key_file(path, on=FIRST).secret.hex()
    for content in broken_files(path):
        path.write_bytes(content)
        with pytest.raises(KeyFileError, match="not a complete key file") as refused:
            key_file.load_keys(path)
        assert secret[1:9] not in str(refused.value)


def test_what_is_no_file_is_refused_in_words(tmp_path: Path) -> None:
    for path in (tmp_path / "none.json", tmp_path):
        with pytest.raises(KeyFileError):
            key_file.load_keys(path)
    os.mkfifo(tmp_path / "pipe", 0o600)
    writer = os.open(tmp_path / "pipe", os.O_RDWR)
    with pytest.raises(KeyFileError, match="is not a file"):
        key_file.load_keys(tmp_path / "pipe")
    os.close(writer)
    with pytest.raises(KeyFileError, match="cannot be used"):
        key_file.create_key_file(tmp_path / "no folder" / "key.json", on=FIRST)
