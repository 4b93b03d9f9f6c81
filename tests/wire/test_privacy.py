import json
from collections.abc import Sequence

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from driftvakt_wire import encode
from driftvakt_wire.names import FAMILIES
from driftvakt_wire.personal import find, unescape
from driftvakt_wire.privacy import MAX_CHARACTERS, MAX_TEXTS, Key, Mask, offence

KNOWN = Mask(["anna", "bo.ek", "Åsa Öberg", "eva-lena", "idle", "admin"])
PLAIN = Mask()

# --- what is masked, and what is not ---


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("/home/kim/Documents", "/home/*"),
        ("/home/kim bo/x", "/home/*"),
        ("//home//./kim", "//home/*"),
        ("/HOME/Kim", "/HOME/*"),
        ("/var/home/kim", "/var/home/*"),
        ("/export/home/kim", "/export/home/*"),
        ("/nethome/kim", "/nethome/*"),
        ("home/kim", "home/*"),
        ("rpool/USERDATA/kim_a1b2", "rpool/USERDATA/*"),
        ("/Users/kim/Library", "/Users/*"),
        ("C:\\Users\\Kim Ek\\x", "C:\\Users\\*"),
        ("C:\\\\Users\\\\Kim", "C:\\\\Users\\*"),
        ("C:/Documents and Settings/kim", "C:/Documents and Settings/*"),
        ("\\\\srv\\home$\\kim", "\\\\srv\\home$\\*"),
        ("/mnt/c/Users/kim", "/mnt/c/Users/*"),
        ("file:///home/kim", "file:///home/*"),
        ("\\/home\\/kim", "\\/home\\*"),
        ("\\u002fhome\\u002fkim", "/home/*"),
        ("\\x2fhome\\x2fkim", "/home/*"),
        ("\\057home\\057kim", "/home/*"),
        ("%2Fhome%2fkim", "/home/*"),
        ("%252fhome%252fkim", "/home/*"),
        ("/%68ome/kim", "/home/*"),
        ("／home∕kim", "/home/*"),
        ("/run/user/1000/gvfs", "/run/user/*"),
        ("/run/media/kim/STICK", "/run/media/*"),
        ("/media/kim/STICK", "/media/*"),
        ("/var/mail/kim", "/var/mail/*"),
        ("/var/spool/cron/crontabs/kim", "/var/spool/cron/crontabs/*"),
        ("home-kim.mount", "home-*"),
        ("home-kim-dir", "home-*"),
        ("var-home-kim\\x2dbo.mount", "var-home-*"),
        ("media-kim-STICK.mount", "media-*"),
        ("run-user-1000.mount", "run-user-*"),
        ("user@1000.service", "user@*"),
        ("syncthing@kim.service", "syncthing@*"),
        ("user-1000.slice", "user-*"),
        ("session-c3.scope", "session-*"),
        ("kim@files:/data", "*"),
        ("mail from kim.ek@skola.se failed", "mail from *"),
        ("see ~kim/x", "see ~*"),
        ("opened for user kim(uid=1000)", "opened for user *"),
        ("user=kim", "user=*"),
        ("%25252525252fhome", "*"),
    ],
)  # fmt: skip
def test_what_tells_of_a_person_is_cut_off(text: str, left: str) -> None:
    assert PLAIN.text(text) == left


@pytest.mark.parametrize(
    "text",
    [
        "", "/", "/home", "/home/", "/home/*", "/home/../etc", "/Users", "C:\\", "C:\\Windows", "/root/x",
        "/media/backup", "/run/user", "user", "users/sessions", "ssh.service", "user.slice", "home.mount", "user@*",
        "media-backup.mount", "#1 SMP PREEMPT_DYNAMIC @0", "CPU @ 2.40GHz", "1.0~deb12u1", "5.15.0~20.04",
        "Debian GNU/Linux 12", "/dev/mapper/vg-home",
        "a = b", "user= ", "99%", "by\\x2duuid", "~5 minutes", "PARTUUID=5f0c", "/srv/gemensam",
    ],
)  # fmt: skip
def test_what_tells_of_nobody_stays(text: str) -> None:
    assert PLAIN.text(text) == text
    assert offence(encode.event(1, "agent.start", text), "event") == ""


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("/dev/mapper/anna", "/dev/mapper/*"),
        ("vg_anna--data", "vg_*--data"),
        ("ANNA's disk", "*'s disk"),
        ("bo.ek-backup.service", "*-backup.service"),
        ("tun-eva-lena", "tun-*"),
        ("of åsa öberg", "of *"),
        ("\\u0061nna", "*"),
        ("annas", "annas"),
        ("bo", "bo"),
        ("admin", "admin"),
    ],
)
def test_the_names_that_the_machine_knows(text: str, left: str) -> None:
    assert KNOWN.text(text) == left


@pytest.mark.parametrize(
    ("key", "left"),
    [
        (("node_load1", ()), ("node_load1", ())),
        (("node_cpu_seconds_total", (("mode", "idle"),)), ("node_cpu_seconds_total", (("mode", "idle"),))),
        (("node_filesystem_free_bytes", (("device", "tmpfs"), ("mountpoint", "/run/user/7"))), None),
        (("node_network_up", (("device", "wg-anna"),)), None),
        (
            ("node_filesystem_free_bytes", (("device", "//srv/kim$"), ("mountpoint", "/mnt"))),
            ("node_filesystem_free_bytes", (("device", "*"), ("mountpoint", "/mnt"))),
        ),
        (("node_network_up", (("device", "eth0:1"),)), ("node_network_up", (("device", "eth0:1"),))),
        (("node_network_info", (("ifalias", "Kims dator"),)), ("node_network_info", (("ifalias", ""),))),
        (("node_uname_info", (("nodename", "annas-laptop"),)), ("node_uname_info", (("nodename", "*"),))),
        (("node_uname_info", (("nodename", "Kims-MacBook-Air"),)), ("node_uname_info", (("nodename", "*"),))),
        (("node_uname_info", (("nodename", "sal3-pc07"),)), ("node_uname_info", (("nodename", "sal3-pc07"),))),
        (
            ("node_power_supply_info", (("model_name", "Kims mus"), ("scope", "Device"))),
            ("node_power_supply_info", (("model_name", ""), ("scope", "Device"))),
        ),
        (("node_systemd_unit_state", (("name", "x@kim.timer"),)), ("node_systemd_unit_state", (("name", "x@*"),))),
        (("sessions", (("User", "kim"),)), None),
    ],
)
def test_series(key: Key, left: Key | None) -> None:
    assert KNOWN.key(*key) == left


def test_no_series_of_ours_has_a_label_of_persons() -> None:
    for family in FAMILIES.values():
        labels = tuple((label, "x") for label in family.labels)
        left = PLAIN.key(family.name, labels)

        without_alias = tuple((label, "" if label == "ifalias" else "x") for label in family.labels)
        assert left == (family.name, without_alias)
        assert offence(encode.series("b2:", encode.series_set([left], {})), "series") == ""


# --- properties ---

PIECES = st.sampled_from(
    ["/", "\\", "//", "\\/", "%2f", "\\u002f", "\\x2f", "\\057", "%5c", "home", "Home", "users", "Users", "run",
     "documents and settings", "user", "media", "var", "mail", "-", "@", "~", ".", "..", "*", " ", "\n", "kim",
     "anna", "ek", "1000", "c3", "session", ".mount", ".service", "user=", "for user ", "uid=", "İ", "Å", "∕", "%25",
     "x2d", "0", "=", "$", "bo.ek", "\ud800", "ſ"]
)  # fmt: skip
TEXTS = st.one_of(st.lists(PIECES, max_size=14).map("".join), st.text(max_size=40))


@settings(max_examples=2000)
@given(TEXTS)
@example("/home/\nkim")
@example("İ/home/kim")
def test_masking_twice_is_masking_once_and_what_is_masked_passes(text: str) -> None:
    for mask in (PLAIN, KNOWN):
        masked = mask.text(text)

        assert mask.text(masked) == masked
        assert offence(encode.event(1, "check.changed", masked), "event") == ""


@settings(max_examples=1000)
@given(TEXTS)
def test_what_masking_takes_out_is_an_offence_before(text: str) -> None:
    sent = encode.event(1, "check.changed", text)
    # UTF-8 has no surrogates: what is sent is another text.
    arrived = json.loads(sent)["text"]

    assert (offence(sent, "event") != "") == (PLAIN.text(arrived) != arrived)


SEPARATORS = ["/", "\\", "\\/", "//", "/./", "%2f", "%5C", "\\u002f", "\\x2F", "\\057", "%252f", "∕", "\\\\u002f"]


@given(
    st.sampled_from(["home", "Home", "HOME", "users", "Users", "nethome", "home2"]),
    st.tuples(*[st.sampled_from(SEPARATORS)] * 3),
    st.text("abcxyzåäö -'", min_size=1, max_size=8).map(lambda name: f"q{name}q"),
    st.text(max_size=5),
)
def test_no_home_survives_in_any_spelling(folder: str, by: tuple[str, str, str], name: str, before: str) -> None:
    text = f"{before}{by[0]}{folder}{by[1]}{name}{by[2]}rest"

    assert name not in PLAIN.text(text)
    assert offence(encode.event(1, "x.y", text), "event")


@given(TEXTS)
def test_what_a_rule_says_stays_is_without_a_person(text: str) -> None:
    plain = unescape(text)
    if plain is not None and (keep := find(plain)[0]) >= 0:
        assert find(plain[:keep] + "*") == (-1, "")


# --- what may not pass ---


def series(*rows: Sequence[object], **families: list[str]) -> bytes:
    return json.dumps({"kind": "series", "digest": "b2:", "set": {"series": rows, "families": families}}).encode()


@pytest.mark.parametrize(
    ("record", "kind"),
    [
        pytest.param(series(["a", "mountpoint", "/home/kim"]), "series", id="a path"),
        pytest.param(series(["a", "user", "kim"]), "series", id="a label"),
        pytest.param(series(["a", "x", "user", "UserName", "kim"]), "series", id="a label in another case"),
        pytest.param(series(["a", "cmdline", "kim.sh"]), "series", id="a command"),
        pytest.param(series(["a", "x", ["user", "kim"]], ["b", "user", "kim"]), "series", id="rows that are none"),
        pytest.param(series(["a", "x", {"user": "kim"}]), "series", id="an object in a row"),
        pytest.param(series(["a"], a=["gauge", "of /home/kim"]), "series", id="a help"),
        pytest.param(b'{"kind":"series","set":{"series":"\\u002fhome\\u002fkim"}}', "series", id="a set that is none"),
        pytest.param(b'{"kind":"event","text":"\\/home\\/kim"}', "event", id="escaped slashes"),
        pytest.param(b'{"kind":"event","text":"\\u002f\\u0068ome\\u002fkim"}', "event", id="escaped letters"),
        pytest.param(b'{"kind":"event","text":"/home/kim","text":""}', "event", id="said twice"),
        pytest.param(b'{"kind":"event","name":"session.opened"}', "event", id="an event of sessions"),
        pytest.param(b'{"kind":"section","name":"processes","body":{}}', "section", id="a section of processes"),
        pytest.param(b'{"kind":"section","name":"hardware","body":{"user":"kim"}}', "section", id="a member"),
        pytest.param(b'{"kind":"gap","reason":"full: /home/kim/spool"}', "gap", id="a gap"),
        pytest.param(b'{"kind":"goodbye","reason":"C:\\\\Users\\\\kim"}', "goodbye", id="a goodbye"),
        pytest.param(b'{"kind":"report","values":[1],"x":"/home/kim"}', "report", id="a report with more than numbers"),
        pytest.param(b'{"kind":"later","all":[{"deep":["~kim"]}]}', "later", id="a kind of a later release"),
        pytest.param(b'{"kind":"event",', "event", id="no JSON"),
        pytest.param(b'{"kind":"event","text":"\xff"}', "event", id="no UTF-8"),
        pytest.param(b"[" * 100_000, "event", id="too deep"),
        pytest.param(encode.event(1, "x.y", "").replace(b'""', b'"%s"' % (b"x" * MAX_CHARACTERS)), "event", id="long"),
        pytest.param(series(*[[f"a{n}"] for n in range(MAX_TEXTS + 1)]), "series", id="too many texts"),
        pytest.param(b'{"kind":"event","text":"%s"}' % (b"@" * 900_000), "event", id="too many marks"),
    ],
)
def test_an_offence_is_named_and_never_quoted(record: bytes, kind: str) -> None:
    why = offence(record, kind)

    assert why.startswith("privacy profile edu: ")
    assert "kim" not in why


@pytest.mark.parametrize(
    ("record", "kind"),
    [
        (encode.report(1, 2, 60, "b2:0", [1, None, 2.5], {"info": "b2:1"}), "report"),
        (encode.report(1, 2, 60, "b2:0", [1], {}, "printer/3"), "report"),
        (series(["a", "mountpoint", "/home"], ["b", "mountpoint", "/home/*"], ["c", "mode", "user"]), "series"),
        (series(["a", "user", ""], ["a", "user", "*"], ["a", "mode", "user", "state", "process"]), "series"),
        (encode.section("info", "b2:", encode.series_set([("node_os_info", (("id", "debian"),))], {})), "section"),
        (encode.event(1, "agent.start", "driftvakt-agent 0.1.0"), "event"),
        (encode.gap(1, "9b1e", 1, 5, 5, "full: 64 MiB"), "gap"),
        (encode.goodbye(1, "stopped"), "goodbye"),
    ],
)
def test_what_is_of_nobody_passes(record: bytes, kind: str) -> None:
    assert offence(record, kind) == ""


@given(st.binary(max_size=200), st.sampled_from(["series", "section", "event", "gap", "report", "?"]))
def test_no_bytes_break_the_check(record: bytes, kind: str) -> None:
    assert isinstance(offence(record, kind), str)


LEAVES = st.none() | st.booleans() | st.floats(allow_nan=False) | TEXTS
MEMBERS = st.sampled_from(["series", "name", "user", "set", "x"])
JSON = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(MEMBERS, inner, max_size=3), max_leaves=20
)


@given(JSON, st.sampled_from(["series", "section", "event"]))
def test_no_shape_breaks_the_check_or_hides_a_home(inner: object, kind: str) -> None:
    hidden = {"kind": kind, "set": {"series": [["a", "x", inner], inner]}, "more": [inner, {"x": ["/home/kim"]}]}

    assert offence(json.dumps(hidden).encode("utf-8", "replace"), kind)
