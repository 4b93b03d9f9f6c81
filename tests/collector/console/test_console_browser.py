"""The console in a real browser, on a real collector, with hosts that report through the front door."""

import http.client
import os
import re
import subprocess
import sys
import time
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from town import INFO, WALL, keys, values

from driftvakt_wire.encode import report, section, series, series_set
from driftvakt_wire.envelope import digest, sign

CHROMIUM = Path("/usr/bin/chromium")
ARGUMENTS = ("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
             "--disable-component-update", "--disable-sync")  # fmt: skip
ROOT = Path(__file__).parents[3]
NAME = "ärende-hv-01 <b>&amp;</b> " + "W" * 120

pytestmark = [pytest.mark.real, pytest.mark.xdist_group("browser")]


@dataclass(frozen=True)
class Collector:
    process: subprocess.Popen[str]
    port: int
    secret: str
    origin: str

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"


def driftvakt(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "driftvakt_collector", *arguments]


def environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": os.pathsep.join((str(ROOT / "agent"), str(ROOT / "collector")))}


@pytest.fixture(scope="module")
def collector(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Collector]:
    folder: Path = tmp_path_factory.mktemp("collector")
    data = folder / "data"
    subprocess.run(driftvakt("init", "--data", str(data)), check=True, env=environment(), capture_output=True)
    subprocess.run(
        driftvakt("add-host", "--data", str(data), "--name", NAME, "--site", "Vällingby centrum", "--administration",
                  "Hässelby-Vällingby stadsdelsförvaltning", "--out", str(folder / "agent")),
        check=True, env=environment(), capture_output=True,
    )  # fmt: skip
    process = subprocess.Popen(
        driftvakt("serve", "--data", str(data), "--port", "0"), env=environment(), stderr=subprocess.PIPE, text=True
    )
    try:
        assert process.stderr is not None
        port = next(
            int(found[1]) for line in process.stderr if (found := re.search(r"serves on http://[^:]+:(\d+)", line))
        )
        told = tomllib.loads((folder / "agent/agent.toml").read_text("utf-8"))
        key = bytes.fromhex((folder / "agent/agent.key").read_text().strip())
        feed(port, told["origin"], key)
        yield Collector(process, port, (data / "first-login").read_text().strip(), told["origin"])
    finally:
        process.terminate()
        process.communicate(timeout=20)


def feed(port: int, origin: str, key: bytes) -> None:
    """Report as an agent does: numbers, then the parts that the collector lacks, and numbers again."""
    described = keys(4, ("/", "/srv/" + "långt/" * 30), troubled=True)
    body, info = series_set(described, {}), series_set(INFO, {})
    numbers = [values(described, int(WALL) + late, 0.6, full=0.97, troubled=True) for late in (0, 60)]
    records = [
        report(time.time() - 1, 400_000.0, 60.0, digest(body), numbers[0], {"info": digest(info)}),
        series(digest(body), body),
        section("info", digest(info), info),
        report(time.time(), 400_060.0, 60.0, digest(body), numbers[1], {"info": digest(info)}),
    ]
    lines = [sign(key, origin, 1, "0e", number, one) for number, one in enumerate(records)]
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    connection.request("POST", "/v1/records", b"\n".join(lines))
    answer = connection.getresponse()
    text = answer.read()
    connection.close()
    assert answer.status == 200, text


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    if not CHROMIUM.exists():
        pytest.skip(f"there is no browser at {CHROMIUM}")
    api = pytest.importorskip("playwright.sync_api", reason="playwright drives the browser")
    with api.sync_playwright() as player:
        browser = player.chromium.launch(executable_path=str(CHROMIUM), args=list(ARGUMENTS))
        yield browser
        browser.close()


@pytest.fixture
def complaints() -> list[str]:
    return []


@pytest.fixture(params=[1280, 360], ids=["a desk", "a phone"])
def page(request: pytest.FixtureRequest, chromium: Any, collector: Collector, complaints: list[str]) -> Iterator[Any]:
    context = chromium.new_context(viewport={"width": request.param, "height": 800})
    opened = context.new_page()
    opened.clock.install()
    opened.on("console", lambda message: complaints.append(message.text))
    opened.on("pageerror", lambda error: complaints.append(str(error)))
    opened.goto(collector.url + "/")
    opened.fill("[name=secret]", collector.secret)
    opened.click("button[type=submit]")
    opened.wait_for_selector("table.hosts")
    opened.wait_for_load_state("load")
    yield opened
    context.close()


def overflow(page: Any) -> int:
    """Return how many pixels the page is wider than the window."""
    return int(page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth"))


def test_from_the_login_to_a_host(page: Any, collector: Collector, complaints: list[str]) -> None:
    assert page.url == collector.url + "/"
    assert overflow(page) == 0

    page.click(f"a[href='/hosts/{collector.origin}']")
    page.wait_for_selector("h1")

    assert page.inner_text("h1") == NAME
    assert "reported" in page.inner_text(".standing")
    assert "is 97\u00a0% full" in page.inner_text(".findings")
    assert "Debian GNU/Linux 12 (bookworm)" in page.inner_text(".facts")
    assert page.locator(".graph").count() == 5
    assert overflow(page) == 0

    page.click("#series > summary")
    page.fill("#series-search", "node_load1")
    assert page.locator("#series-rows tr:visible").count() == 1
    assert overflow(page) == 0
    assert complaints == []


def test_software_is_a_click_away(page: Any, collector: Collector, complaints: list[str]) -> None:
    page.click(".nav a[href='/software']")
    page.wait_for_selector("h1")

    assert page.inner_text("h1") == "Software"
    assert overflow(page) == 0
    assert complaints == []


def test_what_one_is_doing_survives_the_refresh(page: Any, collector: Collector, complaints: list[str]) -> None:
    page.goto(f"{collector.url}/hosts/{collector.origin}")
    page.click("#series > summary")
    page.click("#series-search")
    page.keyboard.type("filesystem_")
    page.evaluate("window.scrollTo(0, 300); document.getElementById('main').dataset.old = 1")

    page.clock.fast_forward(11_000)
    page.wait_for_selector("#main:not([data-old])")

    assert page.evaluate("document.activeElement.id") == "series-search"
    assert page.input_value("#series-search") == "filesystem_"
    assert page.get_attribute("#series", "open") is not None
    assert page.locator("#series-rows tr:visible").count() == 4
    assert page.evaluate("window.scrollY") == 300
    assert complaints == []


def test_it_says_when_the_collector_is_gone(page: Any) -> None:
    page.route("**/*", lambda route: route.abort())

    page.clock.fast_forward(11_000)
    page.wait_for_selector(".live.lost")

    assert "cannot be reached" in page.inner_text("#trouble")
    assert overflow(page) == 0

    page.unroute("**/*")
    page.clock.fast_forward(11_000)
    page.wait_for_selector(".live.on")
    assert page.inner_text("#trouble") == ""


def test_the_keyboard_is_enough(page: Any, complaints: list[str]) -> None:
    # The script runs before the page counts as loaded; a key pressed earlier is nobody's.
    page.wait_for_load_state("load")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"

    page.keyboard.press("Escape")
    page.keyboard.press("/")
    assert page.evaluate("document.activeElement.id") == "q"

    page.keyboard.type("finns inte")
    page.keyboard.press("Enter")
    page.wait_for_selector(".empty")
    assert page.url.endswith("/?q=finns+inte")
    assert complaints == []


def test_it_works_without_scripts(chromium: Any, collector: Collector) -> None:
    context = chromium.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{collector.url}/hosts/{collector.origin}?series=node_load5")
    page.fill("[name=secret]", collector.secret)
    page.click("button[type=submit]")

    assert page.locator("#series-rows tr").count() == 1
    assert page.inner_text("#stamp").startswith("As of")
    page.click("text=Log out")
    assert page.url.endswith("/login")
    context.close()
