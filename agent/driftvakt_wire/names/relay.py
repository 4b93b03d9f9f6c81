"""What a relay says of itself."""

from driftvakt_wire.names.family import COUNTER, GAUGE, INFO, Family

FAMILIES: tuple[Family, ...] = (
    Family(
        "driftvakt_relay_info", INFO, "", ("upstream", "version", "zone"),
        "The relay's version, its zone, and the upstream that it uses.",
    ),
    # what waits
    Family("driftvakt_relay_spool_bytes", GAUGE, "bytes", ("lane",), "Bytes that wait on the relay's disk."),
    Family("driftvakt_relay_spool_lines", GAUGE, "", ("lane",), "Lines that wait on the relay's disk."),
    Family("driftvakt_relay_spool_limit_bytes", GAUGE, "bytes", (), "Bytes that may wait on the relay's disk."),
    Family("driftvakt_relay_spool_oldest_seconds", GAUGE, "seconds", (), "How long the oldest line has waited."),
    Family("driftvakt_relay_spool_full", GAUGE, "", (), "Whether the relay takes nothing more for lack of room."),
    Family("driftvakt_relay_disk_free_bytes", GAUGE, "bytes", (), "Free space on the disk of the relay's spool."),
    # what comes and goes
    Family("driftvakt_relay_received_lines_total", COUNTER, "", (), "Lines that the relay took."),
    Family("driftvakt_relay_forwarded_lines_total", COUNTER, "", (), "Lines that an upstream took from the relay."),
    Family(
        "driftvakt_relay_refused_lines_total", COUNTER, "", ("status",),
        "Lines that an upstream refused for good, and that the relay gave up.",
    ),
    Family(
        "driftvakt_relay_dropped_lines_total", COUNTER, "", ("reason",),
        "Lines that the relay had taken and gave up: held for too long, of a closed epoch, or damaged on disk.",
    ),
    Family(
        "driftvakt_relay_held_streams", GAUGE, "", (), "Hosts, by generation and epoch, that the upstream refuses."
    ),
    Family(
        "driftvakt_relay_known_streams", GAUGE, "", (), "Hosts, by generation and epoch, that the upstream knows."
    ),
    Family("driftvakt_relay_requests_total", COUNTER, "", ("status",), "Requests of agents, by what was answered."),
    Family("driftvakt_relay_connections", GAUGE, "", (), "Connections of agents."),
    Family("driftvakt_relay_syncs_total", COUNTER, "", (), "Times that the relay wrote lines to its disk and synced."),
    Family("driftvakt_relay_sync_seconds_total", COUNTER, "seconds", (), "Time that writing and syncing took."),
    Family("driftvakt_relay_sync_failures_total", COUNTER, "", (), "Times that lines could not be written."),
    Family("driftvakt_relay_upstream_up", GAUGE, "", ("upstream",), "Whether the upstream answered the last time."),
    Family("driftvakt_relay_deliveries_total", COUNTER, "", (), "Bodies of lines that an upstream answered."),
    Family(
        "driftvakt_relay_delivery_failures_total", COUNTER, "", (),
        "Bodies of lines that were not answered, or not by a collector.",
    ),
    Family("driftvakt_relay_cpu_seconds_total", COUNTER, "seconds", (), "Processor time that the relay has used."),
    Family("driftvakt_relay_resident_memory_bytes", GAUGE, "bytes", (), "Memory that the relay holds."),
)  # fmt: skip

PREFIXES: tuple[Family, ...] = ()
