"""A host: everything that one machine with an agent tells. Series have node_exporter's names."""

from dashboards.made.board import ONE, Board, Group
from dashboards.made.panel import ANY_IS_BAD, ANY_IS_ODD, UP, Panel, Query, graph, stat, states, table

_RATE = "$__rate_interval"
_BUSY, _IDLE, _FAILED = 'mode!="idle"', 'mode="idle"', 'state="failed"'


def _rate(series: str, *more: str) -> str:
    return f"rate({series}{{{','.join((ONE, *more))}}}[{_RATE}])"


def _of(series: str, *more: str) -> str:
    return f"{series}{{{','.join((ONE, *more))}}}"


def _both(title: str, description: str, unit: str, into: str, out: str, what: str, *words: str) -> Panel:
    """Return a graph of two directions; the second is drawn below zero."""
    return graph(
        title, description + f" {words[1].capitalize()} is drawn below zero.", unit,
        Query(into, f"{{{{{what}}}}} {words[0]}"), Query(f"-{out}", f"{{{{{what}}}}} {words[1]}"),
    )  # fmt: skip


_NOW = Group(
    "Now",
    (
        stat("Reports", "1 while the host reports; 0 when it is silent, off or new.", "short",
             _of("driftvakt_host_up"), UP),
        stat("Last report", "When the last report came, by the collector's clock.", "dateTimeFromNow",
             f"{_of('driftvakt_host_last_report_timestamp_seconds')} * 1000"),
        stat("Running for", "Time since the host started.", "s", f"time() - {_of('node_boot_time_seconds')}"),
        stat("Updates that wait", "Updates that are not installed, with those that close a security hole.", "short",
             f"sum({_of('driftvakt_updates_pending')})", ANY_IS_ODD),
        stat("Restart needed", "1 where the host says that it must be restarted.", "short",
             _of("node_reboot_required"), ANY_IS_ODD),
        stat("Failed units", "Units of systemd that failed.", "short",
             f"sum({_of('node_systemd_units', _FAILED)})", ANY_IS_BAD),
    ),
)  # fmt: skip

_PROCESSOR = Group(
    "Processor and memory",
    (
        graph("Processor by mode", "What the processors spend their time on, as a part of all of them.", "percentunit",
              Query(f"sum by (mode) ({_rate('node_cpu_seconds_total', _BUSY)}) "
                    f"/ scalar(count({_of('node_cpu_seconds_total', _IDLE)}))", "{{mode}}"),
              stacked=True, bounds=(0, 1)),
        graph("Load", "Tasks that run or wait to run, the mean of 1, 5 and 15 minutes, beside how many processors are.",
              "short", Query(_of("node_load1"), "1 min"), Query(_of("node_load5"), "5 min"),
              Query(_of("node_load15"), "15 min"), Query(_of("instance:node_num_cpu:sum"), "processors")),
        graph("Memory", "What is taken and what can be given without swapping.", "bytes",
              Query(f"{_of('node_memory_MemTotal_bytes')} - {_of('node_memory_MemAvailable_bytes')}", "taken"),
              Query(_of("node_memory_MemAvailable_bytes"), "available"), stacked=True, bounds=(0, None)),
        graph("Swap", "What is swapped out, and how much there is.", "bytes",
              Query(f"{_of('node_memory_SwapTotal_bytes')} - {_of('node_memory_SwapFree_bytes')}", "taken"),
              Query(_of("node_memory_SwapTotal_bytes"), "in all"), bounds=(0, None)),
        graph("Stalled", "Part of the time in which some task waited for a resource. Only Linux tells.", "percentunit",
              Query(_rate("node_pressure_cpu_waiting_seconds_total"), "processor"),
              Query(_rate("node_pressure_memory_waiting_seconds_total"), "memory"),
              Query(_rate("node_pressure_io_waiting_seconds_total"), "disk"), bounds=(0, None)),
        graph("Processes", "Processes by what they do. A growing number of Z or D is a fault.", "short",
              Query(_of("node_processes_state"), "{{state}}"), stacked=True),
    ),
)  # fmt: skip

_DISK = Group(
    "Disks",
    (
        graph("Used of file systems", "Which part of each file system is taken.", "percentunit",
              Query(_of("instance_mountpoint:node_filesystem_used:ratio"), "{{mountpoint}}"), bounds=(0, 1)),
        table("File systems", "What is free for users.", "bytes", _of("node_filesystem_avail_bytes"),
              {"mountpoint": "Mounted on", "device": "Device", "fstype": "Type"}, "Free"),
        _both("Throughput", "Bytes that each disk reads and writes.", "Bps", _rate("node_disk_read_bytes_total"),
              _rate("node_disk_written_bytes_total"), "device", "read", "written"),
        graph("Busy", "Part of the time in which a disk had something to do. Only Linux tells.", "percentunit",
              Query(_of("instance_device:node_disk_io_time_seconds:rate5m"), "{{device}}"), bounds=(0, 1)),
    ),
)  # fmt: skip

_NETWORK = Group(
    "Network",
    (
        _both("Traffic", "Bytes that each interface receives and sends.", "Bps",
              _rate("node_network_receive_bytes_total"), _rate("node_network_transmit_bytes_total"),
              "device", "received", "sent"),
        graph("Errors and drops", "Packets that were damaged or dropped.", "pps",
              Query(_rate("node_network_receive_errs_total"), "{{device}} received, damaged"),
              Query(_rate("node_network_transmit_errs_total"), "{{device}} sent, damaged"),
              Query(_rate("node_network_receive_drop_total"), "{{device}} received, dropped"),
              Query(_rate("node_network_transmit_drop_total"), "{{device}} sent, dropped"), bounds=(0, None)),
        graph("TCP", "Connections that are open. Only Linux tells.", "short",
              Query(_of("node_netstat_Tcp_CurrEstab"), "established"), Query(_of("node_sockstat_TCP_tw"), "time wait"),
              bounds=(0, None)),
        graph("Clock", "How far the clock is from its time source. Only Linux tells.", "s",
              Query(_of("node_timex_offset_seconds"), "offset")),
    ),
)  # fmt: skip

_HEALTH = Group(
    "Hardware and checks",
    (
        graph("Temperatures", "Sensors of the host's own hardware. A virtual machine has none.", "celsius",
              Query(_of("node_hwmon_temp_celsius"), "{{chip}} {{sensor}}")),
        graph("Fans", "Turns a minute of the host's fans.", "rotrpm",
              Query(_of("node_hwmon_fan_rpm"), "{{chip}} {{sensor}}"), bounds=(0, None)),
        states("Checks", "What scripts say that check something on the host.",
               Query(_of("driftvakt_check_state"), "{{check}}"),
               {0: ("OK", "green"), 1: ("warning", "orange"), 2: ("critical", "red"), 3: ("unknown", "purple")}),
    ),
)  # fmt: skip

_AGENT = Group(
    "The agent",
    (
        states("Probes", "Whether each probe's last run ended without a fault.",
               Query(_of("driftvakt_probe_success"), "{{probe}}"), {0: ("fault", "red"), 1: ("well", "green")}),
        graph("Records that wait", "What is measured and not delivered yet, and what was given up.", "short",
              Query(_of("driftvakt_agent_pending_records"), "wait"),
              Query(f"increase({_of('driftvakt_agent_dropped_records_total')}[{_RATE}])", "given up"), width=8,
              bounds=(0, None)),
        graph("Processor of the agent", "Part of one processor that the agent takes.", "percentunit",
              Query(_rate("driftvakt_agent_cpu_seconds_total"), "agent"), width=8, bounds=(0, None)),
        graph("Memory of the agent", "What the agent holds.", "bytes",
              Query(_of("driftvakt_agent_resident_memory_bytes"), "agent"), width=8, bounds=(0, None)),
    ),
)  # fmt: skip

BOARD = Board(
    uid="driftvakt-host",
    title="Host",
    description="One machine with an agent: processor, memory, disks, network, hardware, checks.",
    anchor="driftvakt_host_up",
    groups=(_NOW, _PROCESSOR, _DISK, _NETWORK, _HEALTH, _AGENT),
    one=True,
)
