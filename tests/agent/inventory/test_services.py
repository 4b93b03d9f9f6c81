"""Services of systemd, on folders as they are."""

from pathlib import Path

from probing import machine

from driftvakt_agent.inventory import services

SSH = """\
# a comment = with a sign
[Unit]
Description=OpenBSD Secure Shell server
[Service]
ExecStartPre=/bin/true
ExecStart=
ExecStart=-/usr/sbin/sshd -D --password=hunter2 \\
  --more
[Install]
WantedBy=multi-user.target
Alias=sshd.service
"""
PLAIN = "[Unit]\nDescription=x\n[Service]\nUser=postgres\nExecStart=/usr/bin/x\n"


def test_how_each_is_started(tmp_path: Path) -> None:
    home = machine(tmp_path, {
        "usr/lib/systemd/system/ssh.service": SSH,
        "usr/lib/systemd/system/off.service": SSH,
        "usr/lib/systemd/system/getty@.service": SSH,
        "usr/lib/systemd/system/static.service": PLAIN,
        "usr/lib/systemd/system/masked.service": SSH,
        "usr/lib/systemd/system/empty.service": "",
        "usr/lib/systemd/system/mine.service": PLAIN,
        "etc/systemd/system/mine.service": PLAIN.replace("/usr/bin/x", "\'/opt/mine/bin/run\' --key abc"),
        "usr/lib/systemd/system/x.timer": "[Timer]\n",
    })  # fmt: skip
    ours = tmp_path / "etc/systemd/system"
    (ours / "multi-user.target.wants").mkdir()
    (ours / "multi-user.target.wants/ssh.service").symlink_to("/usr/lib/systemd/system/ssh.service")
    (ours / "multi-user.target.wants/getty@tty1.service").symlink_to("/usr/lib/systemd/system/getty@.service")
    (ours / "sshd.service").symlink_to("/usr/lib/systemd/system/ssh.service")
    (ours / "masked.service").symlink_to("/dev/null")

    rows = {row["name"]: row for row in services.take(home)["services"]}

    assert {name: row["start"] for name, row in rows.items()} == {
        "ssh": "enabled", "off": "disabled", "getty@": "enabled", "static": "static", "masked": "masked",
        "empty": "masked", "mine": "static",
    }  # fmt: skip
    assert (rows["ssh"]["title"], rows["ssh"]["program"]) == ("OpenBSD Secure Shell server", "/usr/sbin/sshd")
    assert (rows["static"]["run_as"], rows["ssh"]["run_as"]) == ("postgres", "root")
    # What an administrator put in its place, and nothing of what stands behind the program.
    assert rows["mine"]["program"] == "/opt/mine/bin/run"
    assert "hunter2" not in str(rows)
    assert "abc" not in str(rows)
