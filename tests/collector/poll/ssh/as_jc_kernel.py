"""Our rows in the form that jc gives to the same outputs: what the kernel of Linux counts, and Windows."""

from as_jc import Row

from driftvakt_collector.poll.ssh.parsers import cpuinfo, ipconfig, proc, systeminfo


def of_cpuinfo(text: str) -> list[Row]:
    rows = []
    for told in cpuinfo.parse(text):
        row: Row = {}
        for name, value in told.items():
            yes = {"yes": True, "no": False}.get(value)
            number = (
                int(value) if value.isdecimal() else float(value) if value.replace(".", "", 1).isdecimal() else None
            )
            row[name] = value.split() if name in ("flags", "bugs") else yes if yes is not None else number
            if row[name] is None:
                row[name] = value or None
        rows.append(row)
    return rows


def of_meminfo(text: str) -> list[Row]:
    return [{name: number for name, (number, _) in proc.parse_meminfo(text).items()}]


def of_loadavg(text: str) -> list[Row]:
    return [dict(zip(("load_1m", "load_5m", "load_15m"), proc.parse_loadavg(text), strict=True))]


def of_net_dev(text: str) -> list[Row]:
    names = [f"r_{one}" for one in ("bytes", "packets", "errs", "drop", "fifo", "frame", "compressed", "multicast")]
    names += [f"t_{one}" for one in ("bytes", "packets", "errs", "drop", "fifo", "colls", "carrier", "compressed")]
    return [
        {"interface": name} | dict(zip(names, numbers, strict=True))
        for name, numbers in proc.parse_net_dev(text).items()
    ]


def of_stat(text: str) -> list[Row]:
    told = proc.parse_stat(text)
    modes = ("user", "nice", "system", "idle", "iowait", "irq", "softirq", "steal", "guest", "guest_nice")
    row: Row = {name: dict(zip(modes, told[name], strict=True)) for name in told if name.startswith("cpu")}
    return [
        row
        | {"context_switches": told["ctxt"][0], "boot_time": told["btime"][0], "processes": told["processes"][0],
           "processes_running": told["procs_running"][0], "processes_blocked": told["procs_blocked"][0],
           "interrupts": told["intr"], "softirq": told["softirq"]}
    ]  # fmt: skip


def expected_stat(told: Row) -> list[Row]:
    # Of both we read the sum only.
    return [told | {"interrupts": told["interrupts"][:1], "softirq": told["softirq"][:1]}]


def of_diskstats(text: str) -> list[Row]:
    names = (
        "reads_completed", "reads_merged", "sectors_read", "read_time_ms", "writes_completed", "writes_merged",
        "sectors_written", "write_time_ms", "io_in_progress", "io_time_ms", "weighted_io_time_ms",
        "discards_completed_successfully", "discards_merged", "sectors_discarded", "discarding_time_ms",
        "flush_requests_completed_successfully", "flushing_time_ms",
    )  # fmt: skip
    return [
        {"maj": major, "min": minor, "device": name} | dict(zip(names, numbers, strict=True))
        for name, (major, minor, numbers) in proc.parse_diskstats(text).items()
    ]


def of_systeminfo(text: str) -> list[Row]:
    found = systeminfo.parse(text)
    row: Row = {}
    for name, value in found.told.items():
        key = name.lower().replace("(s)", "s").replace(": ", "_").replace(" ", "_").replace(":", "")
        size = systeminfo.megabytes(value)
        row[key if size is None else key + "_mb"] = size >> 20 if size is not None else value or None
    yes = {"Yes": True, "No": False}
    cards = [
        {"name": one.name, "connection_name": one.told.get("Connection Name"), "status": one.told.get("Status"),
         "dhcp_enabled": yes.get(one.told.get("DHCP Enabled", ""), False), "dhcp_server": one.told.get("DHCP Server"),
         "ip_addresses": one.addresses}
        for one in found.cards
    ]  # fmt: skip
    hyper_v = {name.lower().replace(" ", "_"): yes[value] for name, value in found.hyper_v.items()}
    return [
        row | {"processors": found.processors, "hotfixs": found.hotfixes, "network_cards": cards,
               "hyperv_requirements": hyper_v}
    ]  # fmt: skip


def of_ipconfig(text: str) -> list[Row]:
    common, adapters = ipconfig.parse(text)
    yes = {"Yes": True, "No": False, "Enabled": True, "Disabled": False}

    def first(told: dict[str, list[str]], name: str) -> str | None:
        return next((one for one in told.get(name, ()) if one), None)

    def several(told: dict[str, list[str]], name: str) -> list[str]:
        return [one for one in told.get(name, ()) if one]

    def addresses(told: dict[str, list[str]], name: str) -> list[Row]:
        found = [ipconfig.address(one) for one in several(told, name)]
        return [
            {"address": one} | ({"prefix_length": int(zone)} if zone else {}) | {"status": state}
            for one, zone, state in found
        ]

    rows: list[Row] = [
        {"host_name": first(common, "Host Name"), "primary_dns_suffix": first(common, "Primary Dns Suffix"),
         "node_type": first(common, "Node Type"), "ip_routing_enabled": yes[common["IP Routing Enabled"][0]],
         "wins_proxy_enabled": yes[common["WINS Proxy Enabled"][0]],
         "dns_suffix_search_list": several(common, "DNS Suffix Search List")}
    ]  # fmt: skip
    for one in adapters:
        told = one.told
        masks = several(told, "Subnet Mask")
        rows.append({
            "name_long": one.title, "name": one.name, "type": one.kind,
            "connection_specific_dns_suffix": first(told, "Connection-specific DNS Suffix"),
            "connection_specific_dns_suffix_search_list": several(told, "Connection-specific DNS Suffix Search List"),
            "description": first(told, "Description"), "physical_address": first(told, "Physical Address"),
            "dhcp_enabled": yes.get(one.first("DHCP Enabled")),
            "autoconfiguration_enabled": yes.get(one.first("Autoconfiguration Enabled")),
            "ipv6_addresses": addresses(told, "IPv6 Address"),
            "temporary_ipv6_addresses": addresses(told, "Temporary IPv6 Address"),
            "link_local_ipv6_addresses": addresses(told, "Link-local IPv6 Address"),
            "ipv4_addresses": [
                {"address": address["address"], "subnet_mask": mask, "status": address["status"],
                 "autoconfigured": False}
                for address, mask in zip(addresses(told, "IPv4 Address"), masks, strict=True)
            ],
            "default_gateways": several(told, "Default Gateway"), "dhcp_server": first(told, "DHCP Server"),
            "dhcpv6_iaid": first(told, "DHCPv6 IAID"), "dhcpv6_client_duid": first(told, "DHCPv6 Client DUID"),
            "dns_servers": several(told, "DNS Servers"), "primary_wins_server": first(told, "Primary WINS Server"),
            "lease_expires": first(told, "Lease Expires"), "lease_obtained": first(told, "Lease Obtained"),
            "netbios_over_tcpip": yes.get(one.first("NetBIOS over Tcpip")),
            "media_state": first(told, "Media State"),
        })  # fmt: skip
    return rows


def expected_ipconfig(told: Row) -> list[Row]:
    return [{name: value for name, value in told.items() if name != "adapters"}, *told["adapters"]]
