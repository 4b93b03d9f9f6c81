"""What driftvakt says of itself: probes, script checks, text files, the agent, the collector's view of a host."""

from driftvakt_wire.names.family import COUNTER, GAUGE, INFO, Family

FAMILIES: tuple[Family, ...] = (
    # probes
    Family("driftvakt_probe_success", GAUGE, "", ("probe",), "Whether the probe's last run ended without a fault."),
    Family("driftvakt_probe_duration_seconds", GAUGE, "seconds", ("probe",), "How long the probe's last run took."),
    # the agent
    Family("driftvakt_agent_cpu_seconds_total", COUNTER, "seconds", (), "Processor time that the agent has used."),
    Family("driftvakt_agent_resident_memory_bytes", GAUGE, "bytes", (), "Memory that the agent holds."),
    Family(
        "driftvakt_agent_shed_probes",
        GAUGE,
        "",
        (),
        "Number of probes that rest because the agent is over its budget.",
    ),
    Family(
        "driftvakt_agent_info",
        INFO,
        "",
        ("platform", "profile", "python", "version"),
        "The agent's version, and what it runs on and as.",
    ),
    Family("driftvakt_agent_pending_records", GAUGE, "", (), "Records that are not delivered yet, in memory or spool."),
    Family(
        "driftvakt_agent_dropped_records_total",
        COUNTER,
        "",
        (),
        "Records that were given up: thinned, dropped, damaged or refused for good.",
    ),
    Family(
        "driftvakt_agent_series_dropped",
        GAUGE,
        "",
        (),
        "Series that were left out of the last report because there were too many, or two of the same.",
    ),
    Family(
        "driftvakt_agent_spool_writable",
        GAUGE,
        "",
        (),
        "Whether what can't be delivered can be put on disk: 1, or 0 when it waits in memory.",
    ),
    Family("driftvakt_agent_spool_bytes", GAUGE, "bytes", (), "Bytes that the spool takes on disk."),
    Family("driftvakt_agent_spool_lines", GAUGE, "", (), "Records in the spool."),
    Family("driftvakt_agent_sent_bytes_total", COUNTER, "bytes", (), "Bytes of HTTP that the agent sent, without TLS."),
    # the collector's view of a host
    Family("driftvakt_host_up", GAUGE, "", (), "Whether the host reports: 1, or 0 when it is silent, off or new."),
    Family(
        "driftvakt_host_last_report_timestamp_seconds",
        GAUGE,
        "seconds",
        (),
        "When the last report of the host was received, by the collector's clock.",
    ),
    Family("driftvakt_host_report_interval_seconds", GAUGE, "seconds", (), "How often the host says that it reports."),
    Family(
        "driftvakt_host_missing_records",
        GAUGE,
        "",
        ("cause",),
        "Records of the host that the collector does not have, by cause; absent where nothing is missing.",
    ),
    Family(
        "driftvakt_rule_baseline",
        GAUGE,
        "",
        ("rule",),
        "What a rule takes for usual at this weekday and hour, with the labels of the series that it is about.",
    ),
    # scripts
    Family(
        "driftvakt_check_state",
        GAUGE,
        "",
        ("check",),
        "What a check says: 0 OK, 1 warning, 2 critical, 3 unknown.",
    ),
    Family("driftvakt_check_duration_seconds", GAUGE, "seconds", ("check",), "How long the check's last run took."),
    Family(
        "driftvakt_check_perfdata",
        GAUGE,
        "",
        ("check", "label", "unit"),
        "A number that a check measured, in the base unit that the label unit names.",
    ),
    # textfile
    Family(
        "node_textfile_mtime_seconds", GAUGE, "seconds", ("file",), "Unixtime mtime of textfiles successfully read."
    ),
    Family(
        "node_textfile_scrape_error",
        GAUGE,
        "",
        (),
        "1 if there was an error opening or reading a file, 0 otherwise.",
    ),
    Family(
        "driftvakt_textfile_dropped_samples",
        GAUGE,
        "",
        (),
        "Samples in text files that were no finite number and so were left out.",
    ),
)

PREFIXES: tuple[Family, ...] = ()
