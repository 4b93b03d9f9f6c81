"""What a package belongs to and who publishes that, on every system."""

import json
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from driftvakt_collector.naming.product import _TABLE, Product, product, upstream
from driftvakt_collector.naming.publisher import publisher

BLNS = Path(__file__).parents[4] / "shared" / "corpora" / "text" / "blns.json"


@pytest.mark.parametrize(("source", "name", "told", "expected"), [
    ("registry", "Mozilla Firefox 57.0.2 (fr)", "Mozilla", ("Mozilla Firefox", "Mozilla")),
    ("registry", "Mozilla Firefox (x64 sv-SE)", "Mozilla", ("Mozilla Firefox", "Mozilla")),
    ("registry", "Mozilla Firefox ESR (x86 en-US)", "", ("Mozilla Firefox", "Mozilla")),
    ("dpkg", "firefox-esr", "Maintainers of Mozilla-related packages <x@y>", ("Mozilla Firefox", "Mozilla")),
    ("dpkg", "firefox-esr-l10n-sv-se", "", ("Mozilla Firefox", "Mozilla")),
    ("rpm", "firefox", "Fedora Project", ("Mozilla Firefox", "Mozilla")),
    ("snap", "firefox", "mozilla✓", ("Mozilla Firefox", "Mozilla")),
    ("flatpak", "org.mozilla.firefox", "flathub", ("Mozilla Firefox", "Mozilla")),
    ("registry", "Microsoft Visual C++ 2015 Redistributable (x64) - 14.0.24215", "Microsoft Corporation",
     ("Microsoft Visual C++ Redistributable", "Microsoft")),
    ("registry", "Microsoft SQL Server 2005 Standard Edition", "Microsoft", ("Microsoft SQL Server", "Microsoft")),
    ("registry", "Microsoft Office Professional Plus 2016 - sv-se", "", ("Microsoft Office", "Microsoft")),
    ("registry", "Google Chrome", "Google LLC", ("Google Chrome", "Google")),
    ("registry", "Java 8 Update 351 (64-bit)", "Oracle Corporation", ("Java", "Oracle")),
    ("registry", "7-Zip 19.00 (x64)", "Igor Pavlov", ("7-Zip", "Igor Pavlov")),
    ("registry", "Git version 2.12.2.2", "The Git Development Community", ("Git", "Git")),
    ("registry", "Strawberry Perl (64-bit)", "strawberryperl.com project", ("Strawberry Perl", "Strawberry Perl")),
    ("registry", "Проводник", "Корпорация Майкрософт", ("Проводник", "Microsoft")),
    ("registry", "КриптоПро CSP", "Компания КриптоПро", ("КриптоПро CSP", "Компания КриптоПро")),
    ("registry", "Acme Ärende v1.2.3-beta4 (build 77)", "Acme AB", ("Acme Ärende", "Acme")),
    ("registry", "Norton 360", "NortonLifeLock Inc", ("Norton 360", "NortonLifeLock")),
    ("registry", "Intel Wi-Fi", "Intel Corporation", ("Intel Wi-Fi", "Intel")),
    ("registry", "57.0.2", "", ("57.0.2", "")),
    ("dpkg", "libssl3", "Debian OpenSSL Team", ("OpenSSL", "OpenSSL")),
    ("dpkg", "python3.11-minimal", "Matthias Klose", ("Python", "Python Software Foundation")),
    ("dpkg", "python3-requests", "Debian Python Team", ("python3-requests", "")),
    ("dpkg", "linux-image-6.1.0-18-amd64", "", ("Linux kernel", "Linux")),
    ("dpkg", "postgresql-15", "", ("PostgreSQL", "PostgreSQL")),
    ("dpkg", "own-thing-doc", "Somebody", ("own-thing", "")),
    ("snap", "core18", "canonical*", ("core18", "Canonical")),
    ("flatpak", "org.gnome.Platform", "flathub", ("GNOME Platform", "GNOME")),
    ("registry", "", "", ("", "")),
])  # fmt: skip
def test_a_package_belongs_to_a_product(source: str, name: str, told: str, expected: tuple[str, str]) -> None:
    assert product(source, name, told) == expected


def test_each_rule_knows_its_own_name() -> None:
    assert {one for _, one in _TABLE if product("registry", one.name) != one} == set()
    assert {one.publisher for _, one in _TABLE if publisher(one.publisher) != one.publisher} == set()


@pytest.mark.parametrize(("raw", "expected"), [
    ("Google LLC", "Google"), ("Google Inc.", "Google"), ("Google, Inc.", "Google"), ("Google", "Google"),
    ("Adobe Systems Incorporated", "Adobe"), ("Oracle and/or its affiliates", "Oracle"), ("Unit4 AB", "Unit4"),
    ("Microsoft Corporation", "Microsoft"), ("Майкрософт", "Microsoft"), ("Debian Team <a@b>", "Debian Team"),
    ("canonical✓", "Canonical"), ("", ""),
])  # fmt: skip
def test_a_publisher_has_one_name(raw: str, expected: str) -> None:
    assert publisher(raw) == expected


@pytest.mark.parametrize(("version", "expected"), [
    ("1:57.0.2-1ubuntu1", "57.0.2"), ("115.6.0esr-1~deb12u1", "115.6.0esr"), ("v1.10", "1.10"),
    ("1.2.3+dfsg-4", "1.2.3"), ("3.0.11-1~deb12u2", "3.0.11"), ("7.4.7.2", "7.4.7.2"), ("", ""),
])  # fmt: skip
def test_a_version_as_its_publisher_writes_it(version: str, expected: str) -> None:
    assert upstream(version) == expected


@given(st.text(max_size=200), st.sampled_from(["dpkg", "snap", "flatpak", "registry", "x"]))
def test_any_text_is_a_product_once_and_for_ever(text: str, source: str) -> None:
    found = product(source, text, text)

    assert isinstance(found, Product)
    assert publisher(found.publisher) == found.publisher
    again = product("registry", product("registry", text).name)
    assert again.name == product("registry", text).name
    upstream(text)


@pytest.mark.parametrize("text", [
    "1.1" * 60 + "!", "a 1." + "1a" * 90 + "!", "(x64 " * 40, "mysql" + "-server" * 27 + "!",
    "mariadb" + "-server" * 26,
    "microsoft office" + " professional" * 14 + "!", "microsoft visual c++ " + "redistributabl" * 13, ", " * 100,
    "a" + " -" * 90, "a" + " ,-" * 60, "x (" + "en, " * 45,
    "openssh" + "-server" * 27 + "!", "perl" + "-modules" * 24 + "\n",
])  # fmt: skip
def test_a_name_made_to_be_slow_is_not(text: str) -> None:
    began = time.process_time()
    for source in ("dpkg", "registry"):
        product(source, text, text)

    assert time.process_time() - began < 0.5


@pytest.mark.skipif(not BLNS.exists(), reason=f"{BLNS} is not here")
def test_naughty_texts() -> None:
    for text in json.loads(BLNS.read_text("utf-8")):
        found = product("registry", text, text)
        assert "\0" not in found.name + found.publisher
