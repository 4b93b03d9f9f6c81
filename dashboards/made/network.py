"""The network: switches, routers, firewalls and access points, under the names of snmp_exporter and of our own."""

from dashboards.made.board import ONE, Board, Group
from dashboards.made.panel import ANY_IS_BAD, ANY_IS_ODD, FULL, Query, bars, graph, stat, states, table

_PORT = "{{instance}} {{ifName}} {{ifAlias}}"
_COLUMNS = {"instance": "Device", "ifName": "Port", "ifAlias": "Description", "site": "Site"}
_DOWN = f"ifOperStatus{{{ONE}}} == 2 and ifAdminStatus{{{ONE}}} == 1"

BOARD = Board(
    uid="driftvakt-network",
    title="Network",
    description="Switches, routers, firewalls and access points, asked by SNMP: ports, errors, power, sessions.",
    anchor="ifOperStatus",
    instance=True,
    groups=(
        Group(
            "Now",
            (
                stat("Devices", "Devices that have ports.", "short",
                     f"count(count by (zone, instance) (ifOperStatus{{{ONE}}}))"),
                stat("Do not answer", "Devices with ports that did not answer of late.", "short",
                     f"count(driftvakt_host_up{{{ONE},job=\"snmp\"}} == 0) or vector(0)", ANY_IS_BAD),
                stat("Ports up", "Ports that carry a link.", "short", f"count(ifOperStatus{{{ONE}}} == 1)"),
                stat("Ports down", "Ports that are switched on and carry no link. Of an office most are.", "short",
                     f"count({_DOWN}) or vector(0)"),
                stat("Broken parts", "Fans, power supplies and members of a stack that are not well.", "short",
                     f"count(driftvakt_part_ok{{{ONE}}} == 0) or vector(0)", ANY_IS_BAD),
                stat("Alarms", "Alarms that devices raise themselves.", "short",
                     f"sum(driftvakt_device_alarm_active{{{ONE}}}) or vector(0)", ANY_IS_ODD),
            ),
        ),
        Group(
            "Ports",
            (
                graph("Most received", "The ten ports that take in most.", "Bps",
                      Query(f"topk(10, instance_ifIndex:ifHCInOctets:rate5m{{{ONE}}})", _PORT)),
                graph("Most sent", "The ten ports that give out most.", "Bps",
                      Query(f"topk(10, instance_ifIndex:ifHCOutOctets:rate5m{{{ONE}}})", _PORT)),
                bars("Fullest, received", "The ten ports that take in most of what they can carry.", "percentunit",
                     Query(f"topk(10, instance_ifIndex:ifHCInOctets_used:ratio_rate5m{{{ONE}}})", _PORT), FULL,
                     bounds=(0, 1)),
                bars("Fullest, sent", "The ten ports that give out most of what they can carry.", "percentunit",
                     Query(f"topk(10, instance_ifIndex:ifHCOutOctets_used:ratio_rate5m{{{ONE}}})", _PORT), FULL,
                     bounds=(0, 1)),
                graph("Damaged packets", "The ten ports with most errors: a cable, a plug, a duplex that does not fit.",
                      "pps", Query(f"topk(10, instance_ifIndex:ifInErrors:rate5m{{{ONE}}})", f"{_PORT} in"),
                      Query(f"topk(10, instance_ifIndex:ifOutErrors:rate5m{{{ONE}}})", f"{_PORT} out"),
                      bounds=(0, None)),
                table("Described ports without a link", "Ports that are switched on, have a description, and are down. "
                      "2 stands for down.", "short",
                      f'ifOperStatus{{{ONE},ifAlias!=""}} == 2 and ifAdminStatus{{{ONE},ifAlias!=""}} == 1', _COLUMNS,
                      "State"),
            ),
        ),
        Group(
            "Devices",
            (
                graph("Processors", "How busy the processors of devices are, over a minute or five.", "percentunit",
                      Query(f"topk(10, driftvakt_device_cpu_ratio{{{ONE}}})", "{{instance}} {{cpu}}"), width=8,
                      bounds=(0, 1)),
                graph("Memory", "How full the memories of devices are.", "percentunit",
                      Query(f"topk(10, driftvakt_device_memory_used_ratio{{{ONE}}})", "{{instance}} {{name}}"), width=8,
                      bounds=(0, 1)),
                graph("Visits", "How long a visit to a device takes, the ten slowest.", "s",
                      Query(f"topk(10, driftvakt_poll_duration_seconds{{{ONE}}})", "{{instance}}"), width=8,
                      bounds=(0, None)),
                graph("Power over Ethernet", "What is taken of the power that a switch can feed.", "percentunit",
                      Query(f"driftvakt_device_poe_used_ratio{{{ONE}}}", "{{instance}} {{unit}}"), bounds=(0, 1)),
                states("Pairs", "Whether a member of a pair is in step and would take over.",
                       Query(f"driftvakt_device_high_availability_ok{{{ONE}}}", "{{instance}} {{name}}"),
                       {0: ("not in step", "red"), 1: ("in step", "green")}, width=12),
            ),
        ),
        Group(
            "Firewalls and radio",
            (
                graph("Sessions", "Sessions that each firewall follows.", "short",
                      Query(f"driftvakt_device_sessions{{{ONE}}}", "{{instance}}"), width=8, bounds=(0, None)),
                graph("Sessions of what it can follow", "At 1 no new session gets through.", "percentunit",
                      Query(f"driftvakt_device_sessions_ratio{{{ONE}}}", "{{instance}}"), width=8, bounds=(0, 1)),
                graph("VPN users", "Users that are connected by VPN.", "short",
                      Query(f"sum by (instance) (driftvakt_device_vpn_users{{{ONE}}})", "{{instance}}"), width=8,
                      bounds=(0, None)),
                states("Tunnels", "Whether each tunnel to another site is up.",
                       Query(f"driftvakt_device_tunnel_up{{{ONE}}}", "{{instance}} {{tunnel}}"),
                       {0: ("down", "red"), 1: ("up", "green")}),
                graph("Stations", "Stations that are associated, by network.", "short",
                      Query(f"sum by (network) (driftvakt_wireless_clients{{{ONE}}})", "{{network}}"), stacked=True),
                graph("Busy air", "The ten radios whose channel is busiest. From a half on it feels slow.",
                      "percentunit",
                      Query(f"topk(10, driftvakt_wireless_channel_busy_ratio{{{ONE}}})", "{{instance}} {{radio}}"),
                      bounds=(0, 1)),
            ),
        ),
    ),
)  # fmt: skip
