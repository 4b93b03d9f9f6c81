"""Printers, as a real CUPS tells of them, and answers that are none."""

import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from probing import machine

from driftvakt_agent.host import Host
from driftvakt_agent.inventory import printers
from driftvakt_agent.sample import NoData, ProbeError

PRINTERS = """\
<Printer plan3_kök>
DeviceURI socket://192.0.2.10:9100
State Idle
Accepting Yes
Shared Yes
</Printer>
<Printer usb1>
DeviceURI usb://HP/LaserJet%20M402dn?serial=PHB1TEST
State Idle
Accepting Yes
Shared No
</Printer>
<Printer folder>
DeviceURI smb://anna:secret@print.example/queue
State Idle
Accepting Yes
</Printer>
<Class all>
State Idle
Accepting Yes
Printer usb1
</Class>
"""


@pytest.fixture
def cups() -> Iterator[Host]:
    """A machine on which a CUPS runs that has these printers."""
    daemon = shutil.which("cupsd", path="/usr/sbin:/usr/bin:/sbin:/bin")
    if daemon is None:
        pytest.skip("there is no cupsd here: apt-get install cups-daemon")
    # Not below pytest's folder: the path of a socket has 107 characters at most.
    with tempfile.TemporaryDirectory(prefix="driftvakt-cups-") as place:
        root = Path(place)
        for name in ("conf", "state", "cache", "spool", "tmp", "log", "run/cups"):
            (root / name).mkdir(parents=True)
        devices, _, classes = PRINTERS.partition("<Class")
        (root / "conf/printers.conf").write_text(devices, "utf-8")
        (root / "conf/classes.conf").write_text(f"<Class{classes}", "utf-8")
        (root / "conf/cupsd.conf").write_text(
            f"Listen {root}/run/cups/cups.sock\nWebInterface No\nBrowsing Off\n<Location />\nOrder allow,deny\n"
            "</Location>\n", "utf-8",
        )  # fmt: skip
        (root / "conf/cups-files.conf").write_text(
            f"ServerRoot {root}/conf\nStateDir {root}/state\nCacheDir {root}/cache\nRequestRoot {root}/spool\n"
            f"TempDir {root}/tmp\nAccessLog {root}/log/access\nErrorLog {root}/log/error\nPageLog {root}/log/page\n",
            "utf-8",
        )
        command = [daemon, "-f", "-c", f"{root}/conf/cupsd.conf", "-s", f"{root}/conf/cups-files.conf"]
        with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
            try:
                end = time.monotonic() + 20
                while not (root / "run/cups/cups.sock").exists() and process.poll() is None and time.monotonic() < end:
                    time.sleep(0.05)
                yield Host(root=str(root))
            finally:
                process.terminate()


@pytest.mark.real
def test_what_a_real_cups_has_set_up(cups: Host) -> None:
    rows = {str(row["name"]): row for row in printers.take(cups)["printers"]}

    assert set(rows) == {"plan3_kök", "usb1", "folder", "all"}
    assert (rows["plan3_kök"]["port"], rows["plan3_kök"]["network"]) == ("socket://192.0.2.10:9100", True)
    assert (rows["usb1"]["serial"], rows["usb1"]["network"], rows["usb1"]["shared"]) == ("PHB1TEST", False, False)
    assert rows["all"]["port"] == "class"
    assert "secret" not in str(rows)


def test_passwords_in_an_address_stay_here() -> None:
    row = printers.row({"printer-name": "x", "device-uri": "smb://anna:secret@print.example/queue?password=secret"})

    assert row["port"] == "smb://print.example/queue"


@pytest.mark.parametrize("uri", ["", "ipp://[::1", "\0", "file:" + "x" * 10_000])
def test_an_address_that_is_none(uri: str) -> None:
    assert printers.row({"printer-name": "x", "device-uri": uri})["serial"] == ""


@pytest.mark.parametrize("answer", [b"", b"\2\0\0", b"\2\0\5\0\0\0\0\1\3"])
def test_an_answer_that_is_none_or_a_refusal_is_said(answer: bytes) -> None:
    with pytest.raises(ProbeError, match="CUPS"):
        printers.parse(answer)


def test_an_answer_that_is_cut_off_is_read_as_far_as_it_goes() -> None:
    whole = b"\2\0\0\0\0\0\0\1\4" + b"\x42\0\x0cprinter-name\0\4plan" + b"\x22\0\x11printer-is-shared\0\1\1" + b"\3"

    assert printers.parse(whole) == [{"printer-name": "plan", "printer-is-shared": True}]
    for length in range(8, len(whole)):
        assert len(printers.parse(whole[:length])) <= 1
    assert printers.parse(b"\2\0\4\6\0\0\0\1\3") == []


def test_a_machine_without_cups(tmp_path: Path) -> None:
    with pytest.raises(NoData):
        printers.take(machine(tmp_path))
