import re
from pathlib import Path

import pytest
from probing import VM, machine, shown

from driftvakt_agent.probes import netstat
from driftvakt_agent.sample import NoData

# The default of --collector.netstat.fields in node_exporter 1.5.
WANTED = re.compile(
    r"^(.*_(InErrors|InErrs)|Ip_Forwarding|Ip(6|Ext)_(InOctets|OutOctets)|Icmp6?_(InMsgs|OutMsgs)"
    r"|TcpExt_(Listen.*|Syncookies.*|TCPSynRetrans|TCPTimeouts)"
    r"|Tcp_(ActiveOpens|InSegs|OutSegs|OutRsts|PassiveOpens|RetransSegs|CurrEstab)"
    r"|Udp6?_(InDatagrams|OutDatagrams|NoPorts|RcvbufErrors|SndbufErrors))$"
)


def everything() -> dict[str, float]:
    """Return every field of the captured machine, wanted or not, read in the plainest way."""
    fields = {}
    for file in ("netstat", "snmp"):
        lines = (VM / "proc/net" / file).read_text().splitlines()
        for names, numbers in zip(lines[::2], lines[1::2], strict=True):
            protocol, *keys = names.split()
            for key, number in zip(keys, numbers.split()[1:], strict=True):
                fields[f"{protocol[:-1]}_{key}"] = float(number)
    for line in (VM / "proc/net/snmp6").read_text().splitlines():
        key, number = line.split()
        fields[key.replace("6", "6_", 1)] = float(number)
    return fields


def test_exactly_what_the_expression_of_node_exporter_lets_through() -> None:
    series = shown(netstat.collect(machine(VM)))

    assert series == {f"node_netstat_{key}": value for key, value in everything().items() if WANTED.match(key)}
    assert len(series) == 40


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("TcpExt: ListenNew TCPNew\nTcpExt: 4 5\n", {"node_netstat_TcpExt_ListenNew": 4}, id="to come"),
        pytest.param("Dccp: InErrors\nDccp: 3\n", {"node_netstat_Dccp_InErrors": 3}, id="errors of any protocol"),
        pytest.param("Udp: InDatagrams NoPorts\nUdp: 3\n", {"node_netstat_Udp_InDatagrams": 3}, id="a short line"),
        pytest.param("Ip: Forwarding\n", {}, id="names without numbers"),
        pytest.param("", {}, id="nothing"),
    ],
)
def test_odd_lines(text: str, expected: dict[str, float]) -> None:
    assert shown(netstat.parse(text)) == expected


def test_a_machine_without_ipv6(tmp_path: Path) -> None:
    host = machine(tmp_path, {"proc/net/snmp": "Ip: Forwarding\nIp: 2\n"})

    assert shown(netstat.collect(host)) == {"node_netstat_Ip_Forwarding": 2}


def test_a_machine_without_ip(tmp_path: Path) -> None:
    with pytest.raises(NoData):
        list(netstat.collect(machine(tmp_path)))
