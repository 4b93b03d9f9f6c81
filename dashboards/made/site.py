"""A site: what stands there and how it is, from the servers down to the printers and the power."""

from dashboards.made.board import WHERE, Board, Group
from dashboards.made.panel import ANY_IS_BAD, EMPTY, FULL, Query, bars, graph, stat, table

_HOST = "driftvakt-host"
_PLACE = {"instance": "Host", "class": "Class", "site": "Site"}

BOARD = Board(
    uid="driftvakt-site",
    title="Site",
    description="One site or some: what reports, what does not, its network, printers and power.",
    anchor="driftvakt_host_up",
    groups=(
        Group(
            "Now",
            (
                stat("Hosts", "Hosts of the site.", "short",
                     f"sum(site_class:driftvakt_host_up:count{{{WHERE}}})"),
                stat("Report", "Hosts whose reports come, and devices that answer.", "short",
                     f"sum(site_class:driftvakt_host_up:sum{{{WHERE}}})"),
                stat("On battery", "Uninterruptible supplies that run on their batteries.", "short",
                     f"sum(driftvakt_ups_on_battery{{{WHERE}}}) or vector(0)", ANY_IS_BAD),
                stat("Broken parts", "Fans, power supplies, disks and RAIDs that are not well.", "short",
                     f"count(driftvakt_part_ok{{{WHERE}}} == 0) or vector(0)", ANY_IS_BAD),
                stat("Services that fail", "Checks of services that did not end well.", "short",
                     f"count(probe_success{{{WHERE}}} == 0) or vector(0)", ANY_IS_BAD),
                stat("Supplies under 10 %", "Supplies of printers of which less than a tenth is left.", "short",
                     f"count(driftvakt_printer_supply_ratio{{{WHERE}}} < 0.1) or vector(0)", ANY_IS_BAD),
            ),
        ),
        Group(
            "Hosts",
            (
                graph("Hosts that report, by class", "A PC that is off is not among them.", "short",
                      Query(f"sum by (class) (site_class:driftvakt_host_up:sum{{{WHERE}}})", "{{class}}"),
                      stacked=True),
                table("Do not report", "When the last report of each host came that does not report now: it is silent, "
                      "off, or has never reported.", "dateTimeFromNow",
                      f"(driftvakt_host_last_report_timestamp_seconds{{{WHERE}}} * 1000) "
                      f"and driftvakt_host_up{{{WHERE}}} == 0",
                      _PLACE, "Last report", link=_HOST),
                graph("Processors", "The mean of the site's hosts by class, over five minutes.", "percentunit",
                      Query(f"avg by (class) (instance:node_cpu_utilisation:rate5m{{{WHERE}}})", "{{class}}"),
                      bounds=(0, 1)),
                table("Fullest file systems", "The twenty fullest file systems of the site.", "percentunit",
                      f"topk(20, instance_mountpoint:node_filesystem_used:ratio{{{WHERE}}})",
                      {"instance": "Host", "mountpoint": "Mounted on", "site": "Site"}, "Used", FULL, link=_HOST),
            ),
        ),
        Group(
            "Network",
            (
                graph("Traffic of hosts", "What the site's hosts receive and send themselves.", "Bps",
                      Query(f"sum(instance:node_network_receive_bytes_excluding_lo:rate5m{{{WHERE}}})", "received"),
                      Query(f"sum(instance:node_network_transmit_bytes_excluding_lo:rate5m{{{WHERE}}})", "sent")),
                graph("Traffic through ports", "What all ports of the site's switches and routers take in and give "
                      "out. What passes two of them is counted twice.", "Bps",
                      Query(f"sum(site_class:ifHCInOctets:sum_rate5m{{{WHERE}}})", "in"),
                      Query(f"sum(site_class:ifHCOutOctets:sum_rate5m{{{WHERE}}})", "out")),
            ),
        ),
        Group(
            "Printers, power, rooms",
            (
                bars("Emptiest supplies", "The ten supplies of printers of which least is left.", "percentunit",
                     Query(f"bottomk(10, driftvakt_printer_supply_ratio{{{WHERE}}})", "{{instance}} {{supply}}"),
                     EMPTY, 8, (0, 1)),
                bars("Batteries", "Charge of each uninterruptible supply's battery.", "percentunit",
                     Query(f"driftvakt_ups_battery_charge_ratio{{{WHERE}}}", "{{instance}}"), EMPTY, 8, (0, 1)),
                graph("Temperatures", "The warmest sensors of devices and rooms.", "celsius",
                      Query(f"topk(10, driftvakt_sensor_celsius{{{WHERE}}})", "{{instance}} {{sensor}}"), width=8),
            ),
        ),
    ),
)  # fmt: skip
