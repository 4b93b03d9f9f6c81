"""The fleet: how many there are, how many report, who has least room left, and what runs on them."""

from dashboards.made.board import NO_SITE, WHERE, Board, Group
from dashboards.made.panel import ANY_IS_BAD, ANY_IS_ODD, EMPTY, FULL, Query, bars, graph, stat, table

_HOSTS = f"site_class:driftvakt_host_up:count{{{WHERE}}}"
_UP = f"site_class:driftvakt_host_up:sum{{{WHERE}}}"
_HOST = "driftvakt-host"

BOARD = Board(
    uid="driftvakt-fleet",
    title="Fleet",
    description="All hosts: how many report, who has least room left, and what runs on them.",
    anchor="driftvakt_host_up",
    groups=(
        Group(
            "Now",
            (
                stat("Hosts", "Hosts that are enrolled, and devices and services that are asked.", "short",
                     f"sum({_HOSTS})"),
                stat("Report", "Hosts whose reports come, and devices that answer.", "short", f"sum({_UP})"),
                stat("Silent", "Hosts that should report and do not. A PC that is off at night is not among them. "
                     "Counted over all sites.", "short",
                     f'sum(driftvakt_hosts{{{NO_SITE},state="silent"}}) or vector(0)', ANY_IS_BAD),
                stat("Security updates wait", "Hosts on which updates wait that close a security hole.", "short",
                     f"sum(site_class:driftvakt_updates_pending_security:count{{{WHERE}}}) or vector(0)", ANY_IS_ODD),
                stat("Restart needed", "Hosts that say that they must be restarted, for a new kernel or library.",
                     "short", f"sum(site_class:node_reboot_required:sum{{{WHERE}}})", ANY_IS_ODD),
                stat("Probes that fail", "Probes of agents whose last run ended in a fault.", "short",
                     f"sum(site_class:driftvakt_probe_failing:sum{{{WHERE}}})", ANY_IS_ODD),
            ),
        ),
        Group(
            "Reporting",
            (
                graph("Hosts by what their silence means",
                      "ok and late report; silent ones should and do not; off ones said goodbye; records of held ones "
                      "are not taken; new ones were never heard. Counted over all sites.", "short",
                      Query(f"sum by (state) (driftvakt_hosts{{{NO_SITE}}})", "{{state}}"), stacked=True),
                graph("Hosts that report, by class", "Of each class of host, how many report.", "short",
                      Query(f"sum by (class) ({_UP})", "{{class}}"), bounds=(0, None)),
                table("By administration", "Which part of each administration's hosts reports.", "percentunit",
                      f"sum by (administration) ({_UP}) / sum by (administration) ({_HOSTS})",
                      {"administration": "Administration"}, "Report", EMPTY),
                table("By site", "Which part of each site's hosts reports. A school at night is near 0.", "percentunit",
                      f"sum by (zone, site) ({_UP}) / sum by (zone, site) ({_HOSTS})",
                      {"site": "Site", "zone": "Zone"}, "Report", EMPTY),
            ),
        ),
        Group(
            "Least room left",
            (
                bars("Busiest processors", "The ten hosts whose processors are busiest, over five minutes.",
                     "percentunit", Query(f"topk(10, instance:node_cpu_utilisation:rate5m{{{WHERE}}})", "{{instance}}"),
                     FULL, 8, (0, 1), link=_HOST),
                bars("Fullest memories", "The ten hosts that have the smallest part of their memory to give.",
                     "percentunit",
                     Query(f"topk(10, instance:node_memory_utilisation:ratio{{{WHERE}}})", "{{instance}}"),
                     FULL, 8, (0, 1), link=_HOST),
                bars("Fullest file systems", "The ten fullest file systems that can be written to.", "percentunit",
                     Query(f"topk(10, instance_mountpoint:node_filesystem_used:ratio{{{WHERE}}})",
                           "{{instance}} {{mountpoint}}"), FULL, 8, (0, 1), link=_HOST),
                graph("Processors by class", "The mean of all hosts of a class, over five minutes.", "percentunit",
                      Query(f"avg by (class) (instance:node_cpu_utilisation:rate5m{{{WHERE}}})", "{{class}}"),
                      bounds=(0, 1)),
                graph("Memory by class", "Which part of memory is taken, the mean of all hosts of a class.",
                      "percentunit",
                      Query(f"avg by (class) (instance:node_memory_utilisation:ratio{{{WHERE}}})", "{{class}}"),
                      bounds=(0, 1)),
            ),
        ),
        Group(
            "What runs",
            (
                bars("Operating systems", "Hosts by what they say that they run.", "short",
                     Query(f"sum by (pretty_name) (site_class_pretty_name:node_os_info:count{{{WHERE}}})",
                           "{{pretty_name}}")),
                bars("Agents", "Hosts by the release of their agent.", "short",
                     Query(f"sum by (version) (site_class_version:driftvakt_agent_info:count{{{WHERE}}})",
                           "{{version}}")),
            ),
        ),
    ),
)  # fmt: skip
