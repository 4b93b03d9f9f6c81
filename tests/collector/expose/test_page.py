"""The page of host series: legal for every parser, whatever hosts call their things."""

import asyncio
import json
import subprocess
from array import array
from collections.abc import Sequence
from pathlib import Path
from shutil import which

import pytest
from collecting import ROOT, host_row, series_body
from prometheus_client import Metric
from prometheus_client.openmetrics.parser import text_string_to_metric_families as openmetrics_families
from prometheus_client.parser import text_string_to_metric_families as text_families

from driftvakt_collector.expose.page import RenderCache, page
from driftvakt_collector.fleet.series import HOST_LABELS, OURS, SeriesSet, SetError, host_labels, render
from driftvakt_collector.fleet.state import Fleet
from driftvakt_collector.journal.line import Report
from driftvakt_wire.encode import series_set
from driftvakt_wire.envelope import digest
from driftvakt_wire.names import FAMILIES

NOW = 1000.0
BLNS = ROOT.parent / "shared" / "corpora" / "text" / "blns.json"
ODD = [
    "", "\0", "\x01", "\x7f", "\r", "a\rb", "a\r\nb", "a\nb", "\\", '"', "\\n", "%", "%%", "%s", "%r", "%(x)s", "{}",
    "}", " nan\n", "a nan\r", "\u2028", "\u2029", "\x85", "\x0b\x0c\x1c", "\u202eRTL", "\ufeff",
    "\U0001f9d1\u200d\U0001f680", "e\u0301", "å" * 1024, "# HELP x y", "1 2 3", " ", "\t", "\ud800", "x\udfffy",
    "<script>alert(1)</script>", "NaN",
]  # fmt: skip


def naughty() -> list[str]:
    if not BLNS.exists():
        pytest.skip(f"no {BLNS}: the list of naughty strings is not part of the source")
    found: list[str] = json.loads(BLNS.read_text("utf-8"))
    assert len(found) > 500
    return found


def expose(fleet: Fleet, *, openmetrics: bool = False, limit: int = 1 << 30) -> str:
    hosts = fleet.hosts.values()
    return asyncio.run(page(fleet, hosts, RenderCache(limit), NOW, openmetrics=openmetrics)).decode()


def live(fleet: Fleet, place: int, body: bytes, values: Sequence[float | None], info: bytes = b"") -> None:
    """Have a host report these values of that set."""
    host = list(fleet.hosts.values())[place]
    numbers = array("d", [float("nan") if one is None else one for one in values])
    fleet.report(host, Report(NOW, 1.0, digest(body), numbers), NOW, NOW)  # type: ignore[arg-type]
    fleet.bind(host, digest(body), body, NOW)
    if info:
        fleet.section(host, "info", digest(info), info)


def check(fleet: Fleet) -> list[Metric]:
    """Give the page to every parser there is; return what prometheus_client reads of the text format."""
    text = expose(fleet)
    families = list(text_families(text))
    again = list(openmetrics_families(expose(fleet, openmetrics=True)))  # type: ignore[no-untyped-call]
    assert sum(len(one.samples) for one in families) == sum(len(one.samples) for one in again)
    assert expose(fleet, limit=0) == text, "the same without a cache"
    assert_legal(text)
    promtool(text)
    return families


def assert_legal(text: str) -> None:
    """Each family once, its HELP and TYPE first, all its samples together."""
    seen: set[str] = set()
    current = ""
    for line in text.split("\n")[:-1]:
        if line.startswith("# HELP "):
            current = line.split(" ")[2]
            assert current not in seen, f"{current} comes twice"
            seen.add(current)
        elif line.startswith("# TYPE "):
            assert line.split(" ")[2] == current
        else:
            assert line.startswith((f"{current}{{", f"{current} ")), line


def promtool(text: str) -> None:
    """Have promtool check it. It may only say that names which are not ours to choose could be better."""
    if which("promtool") is None:
        return
    done = subprocess.run(["promtool", "check", "metrics"], input=text.encode(), capture_output=True, check=False)
    said = [line for line in (done.stdout + done.stderr).decode().splitlines() if line.strip()]
    assert done.returncode in (0, 3), said
    assert [line for line in said if line.split(" ")[0] in FAMILIES and line.startswith("driftvakt_")] == []
    assert not [line for line in said if "error" in line.lower()], said


# --- naughty texts ---


def test_naughty_texts_as_names_labels_and_helps() -> None:
    texts = [*naughty(), *ODD]
    rows = [host_row(place, name=text, site=f"{place}{text}", administration=text) for place, text in enumerate(texts)]
    fleet = Fleet(rows, 0.0)
    for place, text in enumerate(texts):
        clean = text.encode("utf-8", "replace").decode()[:1024]
        keys = [("node_load1", ()), ("custom_thing", (("odd", clean), ("instance", clean))), ("other_thing", ())]
        body = series_set(keys, {"custom_thing": ("gauge", clean), "other_thing": ("counter", clean)})
        info = series_set([("node_os_info", (("id", clean),))], {})
        live(fleet, place, body, (float(place), -0.5, None), info)

    families = {one.name: one for one in check(fleet)}

    assert [one.value for one in families["driftvakt_host_up"].samples] == [1.0] * len(texts)
    assert [one.value for one in families["node_load1"].samples] == [float(place) for place in range(len(texts))]
    for place, text in enumerate(texts):
        shown = text.replace("\0", "\ufffd").replace("\x01", "\ufffd").encode("utf-8", "replace").decode()
        labels = families["custom_thing"].samples[place].labels
        assert (labels["odd"], labels["exported_instance"]) == (shown[:1024], shown[:1024])
        assert families["node_load1"].samples[place].labels["instance"] == shown


@pytest.mark.parametrize("text", ODD)
def test_an_odd_text_beside_a_value_that_is_missing_leaves_the_others(text: str) -> None:
    clean = text.encode("utf-8", "replace").decode()[:1000]
    keys = [("node_x", (("odd", clean),)), ("node_x", (("odd", clean + "2"),)), ("node_y", (("odd", clean),))]
    bound = SeriesSet("", series_set(keys, {}))

    pieces = render(bound, host_labels(instance=text), [float("nan"), 1.0, float("nan")])

    assert [piece.count(b"\n") for piece in pieces] == [1, 0]
    assert pieces[0].endswith(b" 1.0\n")


# --- labels and names ---


def test_labels_that_the_collector_sets_are_kept_under_another_name() -> None:
    fleet = Fleet([host_row(0)], 0.0)
    taken = [(name, f"own {name}") for name in sorted(HOST_LABELS)]
    _, body = series_body(("node_load1", [*taken, ("exported_instance", "first"), ("exported_job", "")]))
    live(fleet, 0, body, [1.0])

    (family,) = (one for one in check(fleet) if one.name == "node_load1")

    labels = family.samples[0].labels
    assert (labels["instance"], labels["job"], labels["class"]) == ("host-0", "node", "server")
    assert (labels["exported_instance"], labels["exported_exported_instance"]) == ("first", "own instance")
    assert labels["exported_class"] == "own class"


@pytest.mark.parametrize(
    "keys",
    [
        pytest.param([("x", ()), ("x", ())], id="a series twice"),
        pytest.param([("x", (("a", "1"), ("b", "2"))), ("x", (("b", "2"), ("a", "1")))], id="in another order"),
        pytest.param([("x", (("a", "1"), ("a", "2")))], id="a label twice"),
        pytest.param([("x", (("job", "1"),)), ("x", (("exported_job", "1"),))], id="once under the new name"),
        pytest.param([("", ())], id="no name"),
        pytest.param([("0x", ())], id="a name with a digit first"),
        pytest.param([("x y", ())], id="a name with a space"),
        pytest.param([("å", ())], id="a name with å"),
        pytest.param([("x\n", ())], id="a name with a newline"),
        pytest.param([("x", (("__name__", "y"),))], id="a label that is Prometheus' own"),
        pytest.param([("x", (("a-b", "y"),))], id="a label with a hyphen"),
        pytest.param([("x", (("", "y"),))], id="a label without a name"),
        pytest.param([("x", (("a", "y" * 1025),))], id="a text of 1025 characters"),
        pytest.param([("x", (("n", str(n)),)) for n in range(100_000)], id="a hundred thousand series"),
        *(pytest.param([(name, ())], id=name) for name in OURS),
    ],
)
def test_a_set_that_would_spoil_the_page_is_refused(keys: list[tuple[str, tuple[tuple[str, str], ...]]]) -> None:
    with pytest.raises(SetError, match=r"^series set: "):
        SeriesSet("", series_set(keys, {}))


@pytest.mark.parametrize(
    "families",
    [{"a b": ("gauge", "")}, {"x": ("histogram", "")}, {"x": ("gauge", "y" * 1025)}],
    ids=["a name with a space", "another type", "a help of 1025 characters"],
)
def test_a_family_that_would_spoil_the_page_is_refused(families: dict[str, tuple[str, str]]) -> None:
    with pytest.raises(SetError, match=r"^series set: "):
        SeriesSet("", series_set([], families))


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"{}", b'{"series":[[]]}', b'{"series":[["x","a"]]}', b'{"series":[["x",1]]}', b'{"series":7}']
)
def test_what_is_no_set_is_refused(body: bytes) -> None:
    with pytest.raises(SetError):
        SeriesSet("", body)


@pytest.mark.parametrize("count", [0, 1, 2])
def test_sets_of_few_series(count: int) -> None:
    fleet = Fleet([host_row(0), host_row(1)], 0.0)
    names = ["node_load1", "node_load5"][:count]
    for place in range(2):
        live(fleet, place, series_set([(name, ()) for name in names], {}), [0.5] * count)

    families = {one.name: len(one.samples) for one in check(fleet)}

    assert families == {**dict.fromkeys(OURS, 2), OURS[3]: 0, OURS[4]: 0, **dict.fromkeys(names, 2)}


def test_what_a_rule_takes_for_usual_has_the_labels_of_its_series() -> None:
    fleet = Fleet([host_row(0)], 0.0)
    live(fleet, 0, series_set([("node_load1", ())], {}), [0.5])
    cache = RenderCache(1 << 20, usual=lambda _host: [("LoadUnusual", (("class", 'a"b'), ("disk", "sda")), 2.5)])

    (line,) = cache.ours(fleet.hosts["a-0000"], is_up=True)[4].decode().splitlines()

    assert line.startswith('driftvakt_rule_baseline{instance="host-0"')
    assert line.endswith(',exported_class="a\\"b",disk="sda",rule="LoadUnusual"} 2.5')
    assert cache.ours(fleet.hosts["a-0000"], is_up=False)[4] == b""


def test_hosts_of_many_kinds_share_a_page_in_legal_order() -> None:
    fleet = Fleet([host_row(place) for place in range(40)], 0.0)
    names = ["node_load1", "custom_b", "node_cpu_seconds_total", "custom_a_total", "node_boot_time_seconds"]
    for place in range(40):
        chosen = [name for bit, name in enumerate(names) if place >> bit & 1]
        info = series_set([("node_os_info", ()), ("custom_info", ())], {}) if place % 3 else b""
        live(fleet, place, series_set([(name, (("n", "1"),)) for name in chosen], {}), [1.0] * len(chosen), info)

    families = {one.name: len(one.samples) for one in check(fleet)}

    assert families["custom_b"] == sum(place >> 1 & 1 for place in range(40))
    assert families["custom_info"] == sum(place % 3 > 0 for place in range(40))


def test_two_hosts_that_call_different_things_the_same() -> None:
    fleet = Fleet([host_row(place) for place in range(3)], 0.0)
    for place, told in enumerate([("gauge", "One."), ("counter", "Another."), ("gauge", "A third.")]):
        live(fleet, place, series_set([("custom_thing", ())], {"custom_thing": told}), [1.0])

    text = expose(fleet)

    assert "# TYPE custom_thing untyped\n" in text
    assert {one.type for one in check(fleet) if one.name == "custom_thing"} == {"unknown"}
    assert text == expose(fleet)


def test_what_driftvakt_declares_itself_no_host_declares_otherwise() -> None:
    fleet = Fleet([host_row(0)], 0.0)
    live(fleet, 0, series_set([("node_load1", ())], {"node_load1": ("counter", "Mine.")}), [1.0])

    text = expose(fleet)

    assert f"# HELP node_load1 {FAMILIES['node_load1'].help}\n# TYPE node_load1 gauge\n" in text


def test_a_name_of_a_host_that_openmetrics_reserves_for_a_counter() -> None:
    fleet = Fleet([host_row(0)], 0.0)
    names = [
        "node_cpu_seconds_total",
        "node_cpu_seconds",
        "node_context_switches_total",
        "node_context_switches_created",
    ]
    live(fleet, 0, series_set([(name, ()) for name in names], {}), [1.0, 2.0, 3.0, 4.0])

    check(fleet)

    assert "# TYPE node_cpu_seconds_total unknown" in expose(fleet, openmetrics=True)


@pytest.mark.parametrize("value", [0.0, -0.0, 1e-320, 1.7e308, 2.0**63, 0.1, 1e22, -1.5])
def test_a_value_is_read_back_as_it_was(value: float) -> None:
    fleet = Fleet([host_row(0)], 0.0)
    live(fleet, 0, series_set([("node_load1", ())], {}), [value])

    (family,) = (one for one in check(fleet) if one.name == "node_load1")

    assert repr(family.samples[0].value) == repr(value)


def test_the_cache_keeps_within_its_limit_and_follows_the_reports() -> None:
    fleet = Fleet([host_row(place) for place in range(10)], 0.0)
    body = series_set([("node_load1", ())], {})
    cache = RenderCache(4000)
    for load in (1.0, 2.0):
        for place in range(10):
            live(fleet, place, body, [load])
        text = asyncio.run(page(fleet, fleet.hosts.values(), cache, NOW, openmetrics=False)).decode()
        assert text.count(f"}} {load}\n") == 10
        assert 0 < cache.used <= 4000
    assert sum(host.pieces is not None for host in fleet.hosts.values()) < 10


def test_what_enrolment_corrects_is_shown_at_once() -> None:
    fleet = Fleet([host_row(0)], 0.0)
    live(fleet, 0, series_set([("node_load1", ())], {}), [1.0], series_set([("node_os_info", ())], {}))
    before = expose(fleet)

    fleet.enrol(host_row(0, name="renamed", site="elsewhere"))

    assert expose(fleet) == before.replace("host-0", "renamed").replace("site-0", "elsewhere")
    assert list(fleet.sites) == [("adm", "site-0"), ("adm", "elsewhere")]


def test_promtool_is_part_of_the_tests() -> None:
    if not Path("/usr/bin/apt-get").exists():
        pytest.skip("promtool comes with Debian's package prometheus")
    assert which("promtool") or which("prometheus") is None


def test_a_page_between_a_report_and_the_names_of_its_numbers_spoils_nothing() -> None:
    fleet = Fleet([host_row(0), host_row(1)], healthy_since=0.0)
    small, large = series_set([("node_load1", ())], {}), series_set([("node_load1", ()), ("node_load5", ())], {})
    live(fleet, 0, small, [1.0])
    cache = RenderCache(1 << 30)
    host = next(iter(fleet.hosts.values()))
    fleet.report(host, Report(NOW, 1.0, digest(large), array("d", [2.0, 3.0])), NOW, NOW)  # type: ignore[arg-type]

    pages = []
    for learnt in (False, True):
        if learnt:
            fleet.bind(host, digest(large), large, NOW)
        pages.append(asyncio.run(page(fleet, fleet.hosts.values(), cache, NOW, openmetrics=False)).decode())

    assert "node_load5" not in pages[0]
    assert "node_load5" in pages[1]
