"""Lists of others: spreadsheets as people save them, Ansible's own output, leases; and what is said of rubbish."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from driftvakt_collector.fleet.identity.keys import MAC, NAME, SERIAL
from driftvakt_collector.service.coverage import reading
from driftvakt_collector.service.coverage.entry import Entry
from driftvakt_collector.service.coverage.reading.base import ListError

DNSMASQ = """1764141600 3c:52:82:6a:11:0e 10.20.1.17 PC0815 01:3c:52:82:6a:11:0e
1764141700 3C:52:82:6A:11:0F 10.20.1.18 * *
duid 00:01:00:01:2b:8a:5e:5c:52:54:00:12:34:56
"""
ISC = """# The format of this file is documented in the dhcpd.leases(5) manual page.
authoring-byte-order little-endian;

lease 10.20.1.17 {
  starts 4 2026/11/26 06:00:00;
  ends 4 2026/11/26 18:00:00;
  binding state active;
  hardware ethernet 3c:52:82:6a:11:0e;
  client-hostname "PC0815";
}
lease 10.20.1.18 {
  starts 4 2026/11/20 06:00:00;
  binding state free;
  hardware ethernet 3c:52:82:6a:11:0f;
}
lease 10.20.1.17 {
  starts 4 2026/11/26 07:00:00;
  binding state active;
  hardware ethernet 3c:52:82:6a:11:0e;
  client-hostname "PC0815";
}
"""
KEA = """address,hwaddr,client_id,valid_lifetime,expire,subnet_id,fqdn_fwd,fqdn_rev,hostname,state,user_context,pool_id
10.20.1.17,3c:52:82:6a:11:0e,,3600,1764144000,1,0,0,pc0815.stad.example,0,,0
10.20.1.18,3c:52:82:6a:11:0f,,3600,1764144000,1,0,0,,2,,0
"""
ANSIBLE = {
    "_meta": {"hostvars": {"web1.stad.example": {"administration": "Stadsdel 3", "ansible_host": "10.0.0.1"}}},
    "all": {"children": ["ungrouped", "web"]},
    "web": {"hosts": ["web1.stad.example", "web2.stad.example"]},
}


def rows(text: str | bytes, form: str = "") -> list[Entry]:
    return reading.read(text if isinstance(text, bytes) else text.encode(), form).entries


@pytest.mark.parametrize("raw", [
    "Namn;Serienummer;Förvaltning;Plats\r\nPC0815;5CG2345XYZ;Stadsdel 3;Rådhuset\r\n".encode("cp1252"),
    "name,serial,owner,location\nPC0815,5CG2345XYZ,Stadsdel 3,Rådhuset\n".encode("utf-8-sig"),
    "\n\nHost name\tSerial Number\tCustomer\tSite\tPrice\nPC0815\t5CG2345XYZ\tStadsdel 3\tRådhuset\t12\n".encode(),
    "Namn;Serienr;Kund;Plats\nPC0815;5CG2345XYZ;Stadsdel 3;Rådhuset\n".encode("utf-16"),
])  # fmt: skip
def test_a_spreadsheet_as_people_save_it(raw: bytes) -> None:
    (entry,) = rows(raw)
    assert entry == Entry("PC0815", "5CG2345XYZ", owner="Stadsdel 3", site="Rådhuset")
    assert [key.kind for key in entry.keys] == [SERIAL, NAME]


def test_rows_that_say_nothing_are_told_with_their_lines() -> None:
    found = reading.read(b"name,serial,owner\npc1,,A\n,,B\n,To be filled by O.E.M.,C\npc1,,D\n\n")
    assert [entry.name for entry in found.entries] == ["pc1"]
    assert [text.partition(":")[0] for text in found.troubles] == ["line 3", "line 4"]
    assert found.twice == 1


def test_ansible() -> None:
    one, two = rows(json.dumps(ANSIBLE))
    assert (one.name, one.owner, two.name, two.owner) == ("web1.stad.example", "Stadsdel 3", "web2.stad.example", "")


@pytest.mark.parametrize("text", [DNSMASQ, ISC, KEA])
def test_leases(text: str) -> None:
    entry = rows(text)[0]
    assert {key.kind: key.value for key in entry.keys}[MAC] == "3c:52:82:6a:11:0e"
    assert entry.name.lower().startswith("pc0815")
    assert entry.at in (0.0, 1_764_140_400.0, 1_795_676_400.0)
    assert len(rows(text)) == (2 if text == DNSMASQ else 1)


@pytest.mark.parametrize(("raw", "said"), [
    (b"", "empty"), (b"\xef\xbb\xbf \n", "empty"), (b"hello", "first line"), (b"price,amount\n1,2\n", "first line"),
    (b"name\n", "no usable row"), (b"name,serial\n,0000\n", "line 2"), (b"{", "no JSON"), (b"{}", "--list"),
    (b'{"all": 3}', "no usable row"), (b"%PDF-1.4\x00\x01", "first line"), (b"PK\x03\x04" + b"\0" * 90, "first line"),
])  # fmt: skip
def test_what_is_no_list_is_said(raw: bytes, said: str) -> None:
    with pytest.raises(ListError, match=said):
        reading.read(raw)


@pytest.mark.parametrize("line", ["lease 10.0.0.1 {\n", "lease a{\n", "lease 10.0.0.1 {\n hardware ethernet x;\n"])
def test_a_lease_without_an_end_costs_no_more_than_its_length(line: str) -> None:
    # With a pattern over the whole file this would take days.
    for form in ("", "leases"):
        with pytest.raises(ListError):
            rows(line * 200_000, form)


@pytest.mark.parametrize("ends", ["9" * 14, "9" * 400, "9" * 5000, "-1", "²"])
def test_a_moment_of_kea_that_is_none(ends: str) -> None:
    (entry,) = rows(KEA.split("\n")[0] + f"\n10.0.0.1,3c:52:82:6a:11:0e,,3600,{ends},1,0,0,x,0,,0\n")
    assert entry.at == 0.0


def test_a_format_that_is_told_is_taken_at_its_word() -> None:
    with pytest.raises(ListError, match="no format"):
        rows("name\nx\n", "xml")
    with pytest.raises(ListError, match="JSON"):
        rows("name\nx\n", "ansible")
    assert rows("name\nx\n", "csv")[0].name == "x"


WINDOWS = """#TYPE Microsoft.Management.Infrastructure.CimInstance
"IPAddress","ScopeId","ClientId","HostName","AddressState","LeaseExpiryTime"
"10.20.1.17","10.20.1.0","3c-52-82-6a-11-0e","PC0815.stad.example","Active","2026-11-27 08:00:00"
"10.20.1.18","10.20.1.0","3c-52-82-6a-11-0f","PC0816.stad.example","InactiveReservation",
"10.20.1.19","10.20.1.0","3c-52-82-6a-11-10","PC0817.stad.example","Expired",
"""
CONSOLE = (
    "Client IP Address\tName\tLease Expiration\tType\tUnique ID\n10.0.0.9\tPC0815\t2026-11-27\tDHCP\t3c52826a110e\n"
)


@pytest.mark.parametrize("text", [WINDOWS, CONSOLE], ids=["PowerShell", "the console's export"])
def test_leases_of_windows(text: str) -> None:
    (entry,) = rows(text)
    assert {key.kind: key.value for key in entry.keys}[MAC] == "3c:52:82:6a:11:0e"


@pytest.mark.parametrize("text", [
    "3C-52-82-6A-11-0E", "3c52.826a.110e", "3C52826A110E", "01-3c-52-82-6a-11-0e", "3C:52:82:6A:11:0E",
])  # fmt: skip
def test_the_address_of_a_card_however_it_is_written(text: str) -> None:
    (key,) = Entry(mac=text).keys
    assert key.value == "3c:52:82:6a:11:0e"


def test_of_a_log_of_leases_the_last_word_counts() -> None:
    given_back = """lease 10.20.1.17 {
  starts 4 2026/11/26 09:00:00;
  binding state free;
  hardware ethernet 3c:52:82:6a:11:0e;
}
lease 10.20.1.20 {
  starts 4 2026/11/26 09:00:00;
  binding state active;
  hardware ethernet 3c:52:82:6a:11:20;
}
"""
    assert [entry.mac for entry in rows(ISC + given_back)] == ["3c:52:82:6a:11:20"]
    again = "10.20.1.17,3c:52:82:6a:11:0e,,0,1764144000,1,0,0,pc0815.stad.example,0,,0\n"
    other = "10.20.1.19,3c:52:82:6a:11:20,,3600,1764144000,1,0,0,pc&#x2c1.,0,,0\n"
    assert [(entry.mac, entry.name) for entry in rows(KEA + again + other)] == [("3c:52:82:6a:11:20", "pc,1")]


@pytest.mark.parametrize(("raw", "serial"), [
    pytest.param(b"sep=;\r\nNamn;Serienr\r\nPC1;5CG2345XYZ\r\n", "5CG2345XYZ", id="Excel says what divides"),
    pytest.param(b'Namn;"Serie-\nnummer"\nPC1;5CG2345XYZ\n', "5CG2345XYZ", id="a heading of two lines"),
    pytest.param(b'name,serial\nPC1,"=""00815471"""\n', "00815471", id="a number kept from being reckoned with"),
    pytest.param(b"name,serial\nPC1,'00815471\n", "00815471", id="the same with an apostrophe"),
    pytest.param("Device name,Serial number\nPC1,5CG2345XYZ\u200b\n".encode(), "5CG2345XYZ", id="an unseen character"),
    pytest.param(b"Enhetsnamn;S/N\nPC1;5CG2345XYZ\n", "5CG2345XYZ", id="Intune in Swedish"),
])  # fmt: skip
def test_what_spreadsheets_do(raw: bytes, serial: str) -> None:
    (entry,) = rows(raw)
    assert (entry.name, entry.serial) == ("PC1", serial)


def test_a_number_that_a_spreadsheet_rounded_is_told_and_not_believed() -> None:
    found = reading.read(b"name;serial\nPC1;1,23457E+12\n;1.2E+11\nPC3;5E10\n")
    assert [(entry.name, entry.serial) for entry in found.entries] == [("PC1", ""), ("PC3", "5E10")]
    assert [text.partition(":")[0] for text in found.troubles] == ["line 2", "line 3"]
    assert "rounded" in found.troubles[0]


def test_letters_are_written_one_way() -> None:
    decomposed = "name,owner,F\u00f6rvaltning\nPC1,Ha\u0308lsa,x\n"
    (entry,) = rows(decomposed)
    assert entry.owner == "H\u00e4lsa"


@pytest.mark.parametrize("text", [
    "[web]\nweb[01:20].stad.example ansible_user=root\n\n[all:children]\nweb\n",
    "---\nall:\n  children:\n    web:\n      hosts:\n        web1:\n",
    "all:\n  hosts:\n    web1:\n",
    "# ours\n\n[db]\ndb1\n",
])  # fmt: skip
def test_an_inventory_of_ansible_itself_is_said_to_be_one(text: str) -> None:
    with pytest.raises(ListError, match="ansible-inventory -i FILE --list"):
        rows(text)


@given(st.binary(max_size=300) | st.text(max_size=300).map(lambda text: text.encode("utf-8", "replace")))
def test_any_bytes_are_a_list_or_said_not_to_be(raw: bytes) -> None:
    for head in (b"", b"name;serial\n", b"lease 1 {", b"address,hwaddr,state\n"):
        try:
            found = reading.read(head + raw)
        except ListError:
            continue
        assert all(entry.keys and len(entry.name) <= 200 for entry in found.entries)
