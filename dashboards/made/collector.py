"""The collector itself: what comes in, what is written, what waits, and what it costs."""

from dashboards.made.board import NO_SITE, WHERE, Board, Group
from dashboards.made.panel import ANY_IS_BAD, ANY_IS_ODD, UP, Query, Steps, graph, stat, table

_WINDOW = "$__rate_interval"
_ROOM: Steps = ((None, "red"), (2e9, "orange"), (1e10, "green"))
_ZONE = 'zone=~"$zone"'


def _rate(series: str, selector: str = "") -> str:
    return f"rate({series}{{{selector}}}[{_WINDOW}])" if selector else f"rate({series}[{_WINDOW}])"


_NOW = Group(
    "Now",
    (
        stat("Up", "1 while Prometheus can read the collector's own metrics.", "short", 'min(up{job="driftvakt"})', UP),
        stat("Running for", "Time since the collector's process started.", "s",
             'time() - max(process_start_time_seconds{job="driftvakt"})'),
        stat("Shards that can't be read", "Sites whose series Prometheus did not get.", "short",
             'count(up{job="driftvakt-hosts",zone=~"$zone",site=~"$site"} == 0) or vector(0)', ANY_IS_BAD),
        stat("Free disk", "What is free on the disk of the data. Below `disk_free_mb` no records are taken.", "bytes",
             "min(driftvakt_disk_free_bytes)", _ROOM),
        stat("Missing records", "Records that hosts made and the collector does not have and does not expect, "
             "of any cause.", "short", f'sum(driftvakt_missing_records{{{_ZONE},cause!="waiting"}})', ANY_IS_ODD),
        stat("Not trusted", "Hosts whose records are not taken: they wait for approval, are in quarantine or revoked.",
             "short", f"sum(driftvakt_untrusted_hosts{{{_ZONE}}}) or vector(0)", ANY_IS_ODD),
    ),
)  # fmt: skip

_COMES = Group(
    "What comes in",
    (
        graph("Lines", "Lines by what was answered.", "cps",
              Query(f"sum by (result) ({_rate('driftvakt_ingest_lines_total')})", "{{result}}"), stacked=True),
        graph("Requests", "Requests to take records, by HTTP status. 429 and 503 send agents away.", "reqps",
              Query(f"sum by (code) ({_rate('driftvakt_ingest_requests_total')})", "{{code}}"), stacked=True),
        graph("Values", "Values of reports that were applied.", "cps",
              Query(f"sum({_rate('driftvakt_intake_samples_total')})", "values"), width=8, bounds=(0, None)),
        graph("Bytes", "Bytes of bodies, after expansion.", "Bps",
              Query(f"sum({_rate('driftvakt_ingest_received_bytes_total')})", "received"), width=8, bounds=(0, None)),
        graph("Who takes the time", "Part of one core that goes to the records of each zone. A sum above 0.75 for "
              "minutes: one core is not enough.", "percentunit",
              Query(f"driftvakt_ingest_busy_ratio{{{_ZONE}}}", "{{zone}}"), width=8, stacked=True, bounds=(0, 1)),
        graph("Connections", "Connections to each zone's listener.", "short",
              Query(f"driftvakt_zone_connections{{{_ZONE}}}", "{{zone}}"), bounds=(0, None)),
        graph("Enrolments", "Requests to enrol within an hour, by what came of them.", "short",
              Query("sum by (result) (increase(driftvakt_enrolments_total[1h]))", "{{result}}"), bounds=(0, None)),
    ),
)  # fmt: skip

_WRITTEN = Group(
    "What is written",
    (
        graph("Time to sync", "The mean time to write and sync a group of lines. Above 0.1 s the disk is slow.", "s",
              Query(f"sum({_rate('driftvakt_journal_commit_seconds_sum')}) "
                    f"/ (sum({_rate('driftvakt_journal_commit_seconds_count')}) > 0)", "mean"), width=8,
              bounds=(0, None)),
        graph("Groups that could not be written", "Anything but 0: the disk is full or failing.", "short",
              Query("sum(increase(driftvakt_journal_failed_commits_total[5m]))", "failed in 5 min"), width=8,
              bounds=(0, None)),
        graph("Rows that wait for the store", "They are in the journal already. Growing for minutes: the store can't "
              "be written.", "short", Query("sum(driftvakt_store_waiting_rows)", "rows"), width=8, bounds=(0, None)),
        graph("Journal", "Bytes of lines before and after compression.", "Bps",
              Query(f"sum({_rate('driftvakt_journal_plain_bytes_total')})", "plain"),
              Query(f"sum({_rate('driftvakt_journal_stored_bytes_total')})", "stored"), width=8, bounds=(0, None)),
        graph("Since it was last done", "Age of the last write to the store, and of the fleet's last snapshot.", "s",
              Query("time() - max by (what) (driftvakt_last_success_timestamp_seconds)", "{{what}}"), width=8,
              bounds=(0, None)),
        graph("Free disk over time", "What is free on the disk of the data.", "bytes",
              Query("min(driftvakt_disk_free_bytes)", "free"), width=8, bounds=(0, None)),
    ),
)  # fmt: skip

_FLEET = Group(
    "Hosts and what is missing of them",
    (
        graph("Hosts by what their silence means", "Counted over all sites.", "short",
              Query(f"sum by (state) (driftvakt_hosts{{{NO_SITE}}})", "{{state}}"), stacked=True),
        graph("Missing records by cause", "unknown needs a person: something was lost without a word.", "short",
              Query(f"sum by (cause) (driftvakt_missing_records{{{_ZONE}}})", "{{cause}}"), bounds=(0, None)),
        graph("Waiting with agents", "Records that agents have not delivered yet, and those that they gave up within "
              "the hour.", "short",
              Query(f"sum(site_class:driftvakt_agent_pending_records:sum{{{WHERE}}})", "wait"),
              Query(f"sum(site_class:driftvakt_agent_dropped_records:increase1h{{{WHERE}}})", "given up"),
              bounds=(0, None)),
        table("What the lists tell differently", "Contracts, Ansible and DHCP against what reports: docs/coverage.md "
              "explains the words.", "short", "sum by (kind) (driftvakt_coverage_findings)", {"kind": "Kind"},
              "Findings"),
    ),
)  # fmt: skip

_ASKS = Group(
    "What it asks and decides",
    (
        graph("Visits to devices", "Visits that brought something, by protocol.", "cps",
              Query(f"sum by (protocol) ({_rate('driftvakt_polls_total')})", "{{protocol}}"), width=8,
              bounds=(0, None)),
        graph("Late", "How late visits to devices and checks of services begin, at most, of late.", "s",
              Query("max by (protocol) (driftvakt_poll_lag_seconds)", "{{protocol}}"),
              Query("max(driftvakt_service_check_lag_seconds)", "checks"), width=8, bounds=(0, None)),
        graph("Visits that brought nothing", "By protocol and reason.", "cps",
              Query(f"sum by (protocol, reason) ({_rate('driftvakt_poll_failures_total')})", "{{protocol}} {{reason}}"),
              width=8, bounds=(0, None)),
        graph("Checks of services", "By what they found.", "cps",
              Query(f"sum by (outcome) ({_rate('driftvakt_service_check_outcomes_total')})", "{{outcome}}"), width=8,
              bounds=(0, None)),
        graph("Traps", "SNMP traps by what became of them.", "cps",
              Query(f"sum by (result) ({_rate('driftvakt_traps_total')})", "{{result}}"), width=8, bounds=(0, None)),
        graph("Since alerts were decided on", "It should stay at a second or two.", "s",
              Query("max(driftvakt_alert_lag_seconds)", "lag"), width=8, bounds=(0, None)),
    ),
)  # fmt: skip

_COST = Group(
    "What it costs",
    (
        graph("Processor", "Part of one processor that the collector takes.", "percentunit",
              Query(_rate("process_cpu_seconds_total", 'job="driftvakt"'), "collector"), width=8, bounds=(0, None)),
        graph("Memory", "What the collector holds, and how much of that are rendered lines.", "bytes",
              Query('process_resident_memory_bytes{job="driftvakt"}', "all of it"),
              Query("driftvakt_render_cache_bytes", "rendered lines"), width=8, bounds=(0, None)),
        graph("Open files", "Open files beside how many may be.", "short",
              Query('process_open_fds{job="driftvakt"}', "open"), Query('process_max_fds{job="driftvakt"}', "may be"),
              width=8, bounds=(0, None)),
        graph("Scrapes", "How long Prometheus takes to read the shards, the ten slowest.", "s",
              Query('topk(10, scrape_duration_seconds{job="driftvakt-hosts",zone=~"$zone",site=~"$site"})',
                    "{{zone}} {{site}}")),
        graph("Series sets", "Different sets of series in use. Hosts that are alike share one.", "short",
              Query("sum(driftvakt_series_sets)", "sets"), bounds=(0, None)),
    ),
)  # fmt: skip

_RELAYS = Group(
    "Relays",
    (
        graph("Upstream", "Whether a relay's upstream answered the last time: 1, or 0.", "short",
              Query(f"driftvakt_relay_upstream_up{{{WHERE}}}", "{{instance}} {{upstream}}"), width=8, bounds=(0, 1)),
        graph("Waiting", "Bytes that wait on relays' disks.", "bytes",
              Query(f"sum by (instance) (driftvakt_relay_spool_bytes{{{WHERE}}})", "{{instance}}"), width=8,
              bounds=(0, None)),
        graph("The oldest waits for", "How long the oldest line has waited on each relay.", "s",
              Query(f"max by (instance) (driftvakt_relay_spool_oldest_seconds{{{WHERE}}})", "{{instance}}"), width=8,
              bounds=(0, None)),
    ),
)  # fmt: skip

BOARD = Board(
    uid="driftvakt-collector",
    title="Collector",
    description="The collector's own health: what comes in, what is written, what waits, what it costs; and relays.",
    anchor="driftvakt_host_up",
    groups=(_NOW, _COMES, _WRITTEN, _FLEET, _ASKS, _COST, _RELAYS),
)
