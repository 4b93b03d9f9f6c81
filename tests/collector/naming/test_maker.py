"""Who made a thing and which model it is, by what real machines write."""

import json
import re
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from driftvakt_agent.inventory import smart
from driftvakt_collector.naming import makers
from driftvakt_collector.naming.disk import disk
from driftvakt_collector.naming.maker import maker
from driftvakt_collector.naming.model import Model, model, system
from driftvakt_collector.naming.part import EXTRA, named
from driftvakt_collector.naming.text import told

CORPORA = Path(__file__).parents[4] / "shared" / "corpora"
SPELLINGS = {
    "3Com": "3Com", "ASUSTeK": "ASUS", "ASUSTeK COMPUTER INC.": "ASUS", "ASUSTeK Computer INC.": "ASUS",
    "AU Optronics": "AU Optronics", "Acer Technologies": "Acer", "Advanced Micro Devices, Inc. [AMD/ATI]": "AMD",
    "Advanced Micro Devices, Inc. [AMD]": "AMD", "AuthenticAMD": "AMD", "American Megatrends Inc.": "AMI",
    "Apple Computer": "Apple", "Apple Computer, Inc.": "Apple", "Apple Inc.": "Apple",
    "American Power Conversion Corp.": "APC", "Aruba Networks": "Aruba", "Award Software International, Inc.": "Award",
    "BenQ Corporation": "BenQ", "Bochs": "Bochs", "Broadcom Corp": "Broadcom", "Broadcom Inc. and subsidiaries":
    "Broadcom", "Brother Industries, Ltd.": "Brother", "Chi Mei Optoelectronics corp.": "Chi Mei",
    "Cisco Systems, Inc.": "Cisco", "Compaq Computer Company": "Compaq", "DELL": "Dell", "Dell": "Dell",
    "Dell Computer Corp": "Dell", "Dell Computer Corporation": "Dell", "Dell Inc.": "Dell", "Dell EMC": "Dell",
    "D-Link Corporation": "D-Link", "Eaton Powerware": "Eaton", "Eizo Nanao Corporation": "Eizo", "Elpida": "Elpida",
    "FUJITSU": "Fujitsu", "FUJITSU // Fujitsu Siemens": "Fujitsu", "FUJITSU SIEMENS": "Fujitsu",
    "Fujitsu Siemens Computers GmbH": "Fujitsu", "GenuineIntel": "Intel", "Gigabyte Technology Co., Ltd.": "Gigabyte",
    "Giga-Byte Technology Co., Ltd.": "Gigabyte", "Goldstar Company Ltd": "LG", "HP": "HP", "hp": "HP",
    "HP Inc.": "HP", "Hewlett Packard": "HP", "Hewlett-Packard": "HP", "Hewlett-Packard Company": "HP", "HPE": "HPE",
    "Hewlett Packard Enterprise": "HPE", "Hynix": "SK hynix", "Hynix Semiconductor": "SK hynix", "IBM": "IBM",
    "Iiyama North America": "Iiyama", "Intel (0x8086)": "Intel", "Intel Corp.": "Intel", "Intel Corporation": "Intel",
    "Intel(R) Client Systems": "Intel", "Intel(R) Corporation": "Intel", "Juniper Networks, Inc.": "Juniper",
    "KYOCERA Document Solutions Inc.": "Kyocera", "KingMax": "Kingmax", "LENOVO": "Lenovo",
    "Lenovo Group Limited": "Lenovo", "LG Philips": "LG Philips", "Logitech, Inc.": "Logitech",
    "Micro-Star International Co., Ltd.": "Micro-Star", "MICRO-STAR INTERNATIONAL CO.,LTD": "Micro-Star",
    "MSI": "Micro-Star", "Microsoft Corporation": "Microsoft", "Майкрософт": "Microsoft", "MikroTik": "MikroTik",
    "Nanya Technology": "Nanya", "nVIDIA (0x10de)": "NVIDIA", "Oracle Corporation": "Oracle", "innotek GmbH": "Oracle",
    "Palo Alto Networks": "Palo Alto Networks", "Panasonic Industry Company": "Panasonic",
    "Philips Consumer Electronics Company": "Philips", "Phoenix Technologies LTD": "Phoenix",
    "Positivo Informática": "Positivo", "QEMU": "QEMU", "Quanta Display Inc.": "Quanta",
    "Realtek Semiconductor Co., Ltd.": "Realtek", "Red Hat": "Red Hat", "Samsung Electric Company": "Samsung",
    "Samsung Electronics Co Ltd": "Samsung", "SAMSUNG ELECTRONICS CO., LTD.": "Samsung", "Seabios": "SeaBIOS",
    "Sharp Corporation": "Sharp", "SUPERMICRO": "Supermicro", "Super Micro Computer, Inc.": "Supermicro",
    "Synology Inc.": "Synology", "TOSHIBA": "Toshiba", "Toshiba Corporation": "Toshiba",
    "Tekram Technology Co., Ltd.": "Tekram", "VIA Labs, Inc.": "VIA", "VIA Technologies, Inc.": "VIA",
    "VMware, Inc.": "VMware", "ViewSonic Corporation": "ViewSonic", "Wistron Corporation": "Wistron",
    # Memory says it with a number (JEDEC JEP106), each firmware in its own way.
    "00AD00B300AD": "SK hynix", "002C0632002C": "Micron", "00CE00B300CE": "Samsung", "0x7F98000000000000": "Kingston",
    "0xCE00000000000000": "Samsung", "7F7FFE0000000000": "Elpida", "80AD000080AD": "SK hynix",
    "832500008325": "Kingmax", "0416": "Positivo",
    # Who is not in the table passes through, without what the company is in law.
    "Åkerströms Elektronik AB": "Åkerströms Elektronik", "Atea Sverige AB (publ)": "Atea Sverige",
    "Компания КриптоПро": "Компания КриптоПро", "Symbol Technologies, Inc, 2002": "Symbol Technologies",
    "Impression Products Incorporated": "Impression Products", "SMP": "SMP", "Limited": "Limited", "AB": "AB",
    "  Blank \t Computers  ": "Blank Computers",
    # And this is nobody.
    "": "", "To Be Filled By O.E.M.": "", "To be filled by O.E.M": "", "System manufacturer": "", "Default string": "",
    "Not Specified": "", "NO DIMM": "", "No Enclosure": "", "Chassis Manufacture": "", "OEM Define 2": "",
    "Manufacturer07": "", "000000000000": "", "Unknown": "", "None": "", "N/A": "", "O.E.M.": "", "\0\0": "",
}  # fmt: skip


@pytest.mark.parametrize(("raw", "expected"), SPELLINGS.items())
def test_a_maker_has_one_name(raw: str, expected: str) -> None:
    assert maker(raw) == expected
    assert maker(expected) == expected


def test_the_table_leads_each_alias_to_its_maker() -> None:
    wrong = {alias: maker(alias) for alias, name in makers.aliases().items() if maker(alias) != name}

    assert wrong == {}


@pytest.mark.parametrize(("manufacturer", "product", "version", "family", "expected"), [
    ("Dell Inc.", "PowerEdge R620", "Not Specified", "", Model("Dell", "PowerEdge R620")),
    ("HP", "HP EliteBook 840 G5", "", "103C_5336AN", Model("HP", "EliteBook 840 G5")),
    ("Hewlett-Packard", "HP Compaq 8200 Elite", "", "", Model("HP", "Compaq 8200 Elite")),
    ("HP", "ProLiant DL360 G7", "Not Specified", "ProLiant", Model("HP", "ProLiant DL360 G7")),
    ("LENOVO", "20L7001PMX", "ThinkPad T480s", "ThinkPad T480s", Model("Lenovo", "ThinkPad T480s")),
    ("LENOVO", "20AWS0X800", "Lenovo", "ThinkPad T440p", Model("Lenovo", "ThinkPad T440p")),
    ("LENOVO", "10A9004TFR", "ThinkCentre M83", "To be filled", Model("Lenovo", "ThinkCentre M83")),
    ("LENOVO", "10A9004TFR", "Not Specified", "", Model("Lenovo", "10A9004TFR")),
    ("LENOVO", "ThinkSystem SR650 -[7X06CTO1WW]-", "04", "", Model("Lenovo", "ThinkSystem SR650")),
    ("IBM", "2373G1G", "ThinkPad T42", "", Model("IBM", "ThinkPad T42")),
    ("IBM", "IBM eServer x226-[8488PCR]-", "Not Applicable", "", Model("IBM", "eServer x226")),
    ("IBM", "-[86494jg]-", "2.0", "", Model("IBM", "86494jg")),
    ("innotek GmbH", "VirtualBox", "1.2", "Virtual Machine", Model("Oracle", "VirtualBox")),
    ("VMware, Inc.", "VMware Virtual Platform", "None", "", Model("VMware", "VMware Virtual Platform")),
    ("QEMU", "Standard PC (i440FX + PIIX, 1996)", "pc-i440fx-7.2", "",
     Model("QEMU", "Standard PC (i440FX + PIIX, 1996)")),
    ("Apple Inc.", "MacBookPro14,1", "1.0", "MacBook Pro", Model("Apple", "MacBookPro14,1")),
    ("TOSHIBA", "Satellite 2410", "PS241E-5J851-FR", "", Model("Toshiba", "Satellite 2410")),
    ("System manufacturer", "System Product Name", "System Version", "To Be Filled By O.E.M.", Model("", "")),
])  # fmt: skip
def test_a_model_has_one_name(manufacturer: str, product: str, version: str, family: str, expected: Model) -> None:
    row = {"manufacturer": manufacturer, "product": product, "version": version, "family": family}

    assert system(row) == expected
    assert system({"manufacturer": expected.vendor, "product": expected.model}) == expected


@pytest.mark.parametrize(("row", "board", "expected"), [
    pytest.param({"manufacturer": "System manufacturer", "product": "System Product Name"},
                 {"manufacturer": "ASUSTeK Computer INC.", "product": "P5Q"}, Model("ASUS", "P5Q"), id="of parts"),
    pytest.param({"manufacturer": "Supermicro", "product": "Super Server"},
                 {"manufacturer": "Supermicro", "product": "X11DPU"}, Model("Supermicro", "X11DPU"), id="any server"),
    pytest.param({"manufacturer": "HP", "product": "ProLiant DL120 G6"},
                 {"manufacturer": "Wistron Corporation", "product": "Board"}, Model("HP", "ProLiant DL120 G6"),
                 id="who made the board did not make the machine"),
    pytest.param({"manufacturer": "TOSHIBA", "product": "Portable PC"},
                 {"manufacturer": "Quanta", "product": "EAA-89"}, Model("Toshiba", "Portable PC"),
                 id="another's board does not name a machine"),
    pytest.param({}, {}, Model("", ""), id="nothing"),
    pytest.param({"manufacturer": 7, "product": None}, {"product": True}, Model("", ""), id="no text"),
])  # fmt: skip
def test_the_board_speaks_for_a_machine_without_a_name(
    row: dict[str, object], board: dict[str, object], expected: Model
) -> None:
    assert system(row, board) == expected


@pytest.mark.skipif(not (CORPORA / "inventory/smartctl").is_dir(), reason="the recordings of real machines are absent")
def test_makers_of_the_disks_in_recordings_of_smartctl() -> None:
    expected = json.loads((CORPORA / "inventory/expected.json").read_text("utf-8"))["smartctl"]
    wanted = {name: one["disk"] for name, one in expected.items() if one["disk"].get("MANUFACTURER")}
    misses = []
    for name, facts in wanted.items():
        row = smart.parse_lines((CORPORA / "inventory/smartctl" / name).read_text("utf-8"))
        # Hitachi's disks are HGST's by now, whoever says so; so both are taken through the names.
        told_there = disk({"vendor": facts["MANUFACTURER"], "model": facts["MODEL"]}).vendor
        if disk(row).vendor != told_there:
            misses.append(f"{name}: {disk(row).vendor!r}, expected {told_there!r}")
    print(f"\nsmartctl, makers: {len(wanted) - len(misses)} of {len(wanted)}; misses: {misses}")
    assert wanted
    assert not misses


@pytest.mark.parametrize(("vendor", "text", "expected"), [
    ("", "WDC WD20EZRX-00D", Model("Western Digital", "WD20EZRX")),
    ("ATA", "WDC WD10EZEX-08WN4A0", Model("Western Digital", "WD10EZEX")),
    ("", "ST2000DM006-2DM1", Model("Seagate", "ST2000DM006")),
    ("SEAGATE", "ST9500620NS", Model("Seagate", "ST9500620NS")),
    ("", "MTFDDAK480TDC", Model("Micron", "MTFDDAK480TDC")),
    ("", "Micron_5300_MTFDDAK960TDS", Model("Micron", "5300 MTFDDAK960TDS")),
    ("", "HITACHI HUA7210SASUN1.0T 0812G2959E", Model("HGST", "HUA7210SASUN1.0T")),
    ("", "Hitachi HUA72302", Model("HGST", "HUA72302")),
    ("HGST", "HUH721212AL5200", Model("HGST", "HUH721212AL5200")),
    ("HP", "EG0600FBDSR", Model("HP", "EG0600FBDSR")),
    ("", "MM0500GBKAK", Model("HP", "MM0500GBKAK")),
    ("", "PM951 NVMe SAMSUNG 256GB", Model("Samsung", "PM951 NVMe SAMSUNG 256GB")),
    ("", "Samsung SSD 840", Model("Samsung", "SSD 840")),
    ("DELL", "MZ7LH480HBHQ0D3", Model("Samsung", "MZ7LH480HBHQ0D3")),
    ("", "TOSHIBA DT01ACA2", Model("Toshiba", "DT01ACA2")),
    ("", "INTEL SSDSC2BB480G4", Model("Intel", "SSDSC2BB480G4")),
    ("", "KINGSTON SA400S37240G", Model("Kingston", "SA400S37240G")),
    ("", "Maxtor 6B250S0", Model("Maxtor", "6B250S0")),
    ("", "FUJITSU MHW2080BHPL", Model("Fujitsu", "MHW2080BHPL")),
    ("hp", "DVD A  DS8A5LH", Model("HP", "DVD A DS8A5LH")),
    ("", "HL-DT-ST DVD-RW GWA-4165B", Model("HL Data Storage", "DVD-RW GWA-4165B")),
    ("QEMU", "QEMU HARDDISK", Model("QEMU", "QEMU HARDDISK")),
    ("0x144d", "Multi-Card", Model("", "Multi-Card")),
    ("", "", Model("", "")),
])  # fmt: skip
def test_a_disk_is_known_by_how_its_model_begins(vendor: str, text: str, expected: Model) -> None:
    assert disk({"vendor": vendor, "model": text}) == expected
    assert disk({"vendor": expected.vendor, "model": expected.model}) == expected


def test_a_row_is_added_to_and_stays_as_it_came() -> None:
    row = {"manufacturer": "GenuineIntel", "model": "Xeon"}

    assert named("processors", row) == {"maker": "Intel"}
    assert row == {"manufacturer": "GenuineIntel", "model": "Xeon"}
    assert named("storage", {"model": "WDC WD10EZEX"}) == {"maker": "Western Digital", "model_name": "WD10EZEX"}
    package = {"source": "dpkg", "name": "libssl3", "publisher": "Debian OpenSSL Team", "version": 3}
    assert named("packages", package) == {"product": "OpenSSL", "product_publisher": "OpenSSL"}
    assert named("packages", {"name": None}) == {}
    assert named("addresses", {"manufacturer": "HP"}) == {}


@given(st.text(max_size=300))
def test_what_was_named_once_keeps_its_name(text: str) -> None:
    once = maker(text)
    assert maker(once) == once
    for vendor in ("HP", "Lenovo", "IBM", once):
        named_once = model(text, vendor)
        assert model(named_once, vendor) == named_once
    assert told(told(text)) == told(text)


@given(st.lists(st.sampled_from(
    ["Inc", "inc.", "Co.,", "Ltd", "AB", "(publ)", ",", "-", "HP", "hp", "[20L7]", "IBM", "ÅÄ", "GmbH", "0x8086", "(R)",
     "7f"]
), max_size=12))  # fmt: skip
def test_so_does_what_is_made_of_parts_of_names(words: list[str]) -> None:
    text = " ".join(words)
    once = maker(text)
    assert maker(once) == once
    assert model(model(text, "HP"), "HP") == model(text, "HP")
    first = disk({"model": text, "vendor": "WDC"})
    assert disk({"model": first.model, "vendor": first.vendor}) == first


def test_naughty_texts_have_names_too() -> None:
    path = CORPORA / "text" / "blns.json"
    if not path.exists():
        pytest.skip(f"{path} is not here")
    for text in json.loads(path.read_text("utf-8")):
        for section in EXTRA:
            row = dict.fromkeys(
                ("manufacturer", "vendor", "product", "version", "family", "model", "name", "source"), text
            )
            for name in named(section, row, row).values():
                assert "\0" not in name
                assert len(name) <= 200


@pytest.mark.parametrize("text", ["inc,," * 60, "(" * 10_000, " " * 10_000 + "x", "-[AAAA]-" * 100, "Co. " * 5_000])
def test_a_text_made_to_be_slow_is_not(text: str) -> None:
    began = time.process_time()
    maker(text)
    model(text, "HP")
    disk({"model": text, "vendor": text})

    assert time.process_time() - began < 1


@pytest.mark.skipif(not CORPORA.is_dir(), reason=f"no recordings in {CORPORA}")
def test_no_maker_of_the_recordings_is_left_with_two_names() -> None:
    """Of all makers that the recordings have, none differs from another by case, signs or what it is in law alone."""
    found: dict[str, set[str]] = {}
    for path in sorted((CORPORA / "inventory").glob("*dmidecode/*")):
        for text in re.findall(r"^\s+(?:Manufacturer|Vendor): (.*)$", path.read_text("utf-8", "replace"), re.MULTILINE):
            name = maker(text)
            found.setdefault(re.sub(r"\W|inc|corporation|ltd", "", name.casefold()), set()).add(name)

    assert len(found) > 20
    assert {names for names in map(tuple, found.values()) if len(names) > 1} == set()
    assert {"Dell", "HP", "HPE", "IBM", "Intel", "Micron", "SK hynix", "Samsung", "Supermicro", "VMware"} <= {
        name for names in found.values() for name in names
    }
