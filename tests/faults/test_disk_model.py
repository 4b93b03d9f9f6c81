"""The model of a disk leaves what POSIX promises, and the reader of recordings reads them."""

from pathlib import Path
from random import Random

import pytest
from disk import PAGE, Disk, Left
from syscalls import TraceError, parse

HERE = "/d"
"""Stands for the test's folder in a recording."""


def after(folder: Path, text: str) -> Disk:
    """Return the disk after the calls of a recording, in which `/d` is the folder."""
    disk = Disk(folder)
    for call in parse(text.replace(HERE, str(folder)).encode().splitlines(keepends=True)):
        disk.apply(call)
    return disk


CREATE = '9 openat(AT_FDCWD</>, "/d/a", O_RDWR|O_CREAT|O_CLOEXEC, 0644) = 3</d/a>\n'
WRITE = '9 write(3</d/a>, "one\\0\\n", 5) = 5\n9 pwrite64(3</d/a>, "\\377two", 4, 1) = 4\n'
SYNC = "9 fdatasync(3</d/a>) = 0\n"
SYNC_FOLDER = "9 fsync(4</d>) = 0\n"
PART = '9 openat(AT_FDCWD</>, "/d/b", O_WRONLY|O_CREAT|O_TRUNC, 0644) = 5</d/b>\n9 write(5</d/b>, "new", 3) = 3\n'
RENAME = '9 renameat(AT_FDCWD</d>, "b", AT_FDCWD</d>, "a") = 0\n'


@pytest.mark.parametrize(
    ("text", "safe"),
    [
        pytest.param(CREATE + WRITE, {}, id="nothing was synced"),
        pytest.param(CREATE + WRITE + SYNC, {}, id="the name was not"),
        pytest.param(CREATE + WRITE + SYNC_FOLDER, {"a": b""}, id="the bytes were not"),
        pytest.param(CREATE + WRITE + SYNC + SYNC_FOLDER, {"a": b"o\xfftwo"}, id="both were"),
        pytest.param(CREATE + SYNC + SYNC_FOLDER + WRITE, {"a": b""}, id="synced too early"),
        pytest.param(
            CREATE + "9 write(3</d/a>, <unfinished ...>\n8 fdatasync(3</d/a> <unfinished ...>\n"
            '9 <... write resumed>"one", 3) = 3\n8 <... fdatasync resumed>) = 0\n' + SYNC_FOLDER,
            {"a": b""},
            id="written while a sync was under way",
        ),
        pytest.param(
            CREATE + WRITE + "9 fdatasync(3</d/a>) = 0 (INJECTED)\n" + SYNC_FOLDER, {"a": b""}, id="a sync that lies"
        ),
        pytest.param(CREATE + WRITE + SYNC + SYNC_FOLDER + PART + RENAME, {"a": b"o\xfftwo"}, id="renamed, not synced"),
        pytest.param(
            CREATE + WRITE + SYNC + SYNC_FOLDER + PART + RENAME + SYNC_FOLDER,
            {"a": b""},
            id="a rename without its bytes",
        ),
        pytest.param(
            CREATE + WRITE + SYNC + SYNC_FOLDER + PART + "9 fsync(5</d/b>) = 0\n" + RENAME + SYNC_FOLDER,
            {"a": b"new"},
            id="a rename as it should be",
        ),
        pytest.param(CREATE + SYNC + SYNC_FOLDER + '9 unlink("/d/a") = 0\n', {"a": b""}, id="removed, not synced"),
        pytest.param(CREATE + SYNC_FOLDER + '9 unlink("/d/a") = 0\n' + SYNC_FOLDER, {}, id="removed"),
        pytest.param(
            CREATE + WRITE + "9 ftruncate(3</d/a>, 2) = 0\n" + SYNC + SYNC_FOLDER, {"a": b"o\xff"}, id="made shorter"
        ),
        pytest.param(
            CREATE + "9 ftruncate(3</d/a>, 6) = -1 EIO (Input/output error)\n" + SYNC + SYNC_FOLDER,
            {"a": b""},
            id="a call that failed",
        ),
        pytest.param(
            '9 openat(AT_FDCWD</>, "/d/a", O_WRONLY|O_CREAT|O_APPEND, 0644) = 3</d/a>\n' + WRITE.split("9 pw")[0]
            + '9 openat(AT_FDCWD</>, "/d/a", O_WRONLY|O_APPEND) = 3</d/a>\n9 write(3</d/a>, "two", 2) = 2\n'
            + SYNC + SYNC_FOLDER,
            {"a": b"one\0\ntw"},
            id="appended, the last write short",
        ),
    ],
)  # fmt: skip
def test_what_is_safe(tmp_path: Path, text: str, safe: dict[str, bytes]) -> None:
    assert after(tmp_path, text).image(Left.NOTHING, Random(1)) == safe


def test_what_was_there_before_is_safe(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"old")

    disk = after(tmp_path, CREATE + WRITE)

    assert disk.image(Left.NOTHING, Random(1)) == {"a": b"old"}
    assert disk.image(Left.ALL, Random(1)) == {"a": b"o\xfftwo"}


def test_some_pages_survive_and_the_last_write_is_torn(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"o" * 4 * PAGE)
    new = "n" * 4 * PAGE
    disk = after(tmp_path, CREATE + f'9 pwrite64(3</d/a>, "{new}", {len(new)}, 0) = {len(new)}\n')

    images = {disk.image(Left.SOME, Random(seed))["a"] for seed in range(200)}

    assert b"o" * 4 * PAGE in images
    assert any(0 < image.count(b"n") < 4 * PAGE and image.count(b"n") % PAGE == 0 for image in images)
    assert any(image.count(b"n") % PAGE for image in images)
    assert disk.image(Left.SOME, Random(5)) == disk.image(Left.SOME, Random(5))


def test_what_the_model_does_not_know_is_said(tmp_path: Path) -> None:
    with pytest.raises(TraceError, match=r"does not know fallocate on .*teach it"):
        after(tmp_path, CREATE + "9 fallocate(3</d/a>, 0, 0, 4096) = 0\n")
