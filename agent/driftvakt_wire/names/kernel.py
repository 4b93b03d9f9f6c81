"""What the kernel counts, under the names that node_exporter gave it."""

from driftvakt_wire.names.family import COUNTER, GAUGE, INFO, UNTYPED, Family

_IN_BYTES = (
    *("MemTotal", "MemFree", "MemAvailable", "Buffers", "Cached", "SwapCached", "SwapTotal", "SwapFree"),
    *("Active", "Inactive", "Active_anon", "Inactive_anon", "Active_file", "Inactive_file", "Unevictable", "Mlocked"),
    *("Zswap", "Zswapped", "Dirty", "Writeback", "WritebackTmp", "AnonPages", "Mapped", "Shmem", "KReclaimable"),
    *("Slab", "SReclaimable", "SUnreclaim", "KernelStack", "PageTables", "SecPageTables", "NFS_Unstable", "Bounce"),
    *("CommitLimit", "Committed_AS", "VmallocTotal", "VmallocUsed", "VmallocChunk", "Percpu", "HardwareCorrupted"),
    *("AnonHugePages", "ShmemHugePages", "ShmemPmdMapped", "FileHugePages", "FilePmdMapped", "CmaTotal", "CmaFree"),
    *("Unaccepted", "Balloon", "GPUActive", "GPUReclaim", "EarlyMemtestBad", "Hugepagesize", "Hugetlb"),
    *("DirectMap4k", "DirectMap2M", "DirectMap4M", "DirectMap1G", "HighTotal", "HighFree", "LowTotal", "LowFree"),
)

FAMILIES: tuple[Family, ...] = (
    Family("node_load1", GAUGE, "", (), "1m load average."),
    Family("node_load5", GAUGE, "", (), "5m load average."),
    Family("node_load15", GAUGE, "", (), "15m load average."),
    # cpu
    Family(
        "node_cpu_seconds_total",
        COUNTER,
        "seconds",
        ("cpu", "mode"),
        "Seconds the CPUs spent in each mode.",
    ),
    Family(
        "node_cpu_guest_seconds_total",
        COUNTER,
        "seconds",
        ("cpu", "mode"),
        "Seconds the CPUs spent in guests (VMs) for each mode.",
    ),
    # stat
    Family("node_intr_total", COUNTER, "", (), "Total number of interrupts serviced."),
    Family("node_context_switches_total", COUNTER, "", (), "Total number of context switches."),
    Family("node_forks_total", COUNTER, "", (), "Total number of forks."),
    Family("node_boot_time_seconds", GAUGE, "seconds", (), "Node boot time, in unixtime."),
    Family("node_procs_running", GAUGE, "", (), "Number of processes in runnable state."),
    Family("node_procs_blocked", GAUGE, "", (), "Number of processes blocked waiting for I/O to complete."),
    # memory; fields without a unit, and of kernels to come, are made from the prefix below
    *(
        Family(f"node_memory_{field}_bytes", GAUGE, "bytes", (), f"Memory information field {field}_bytes.")
        for field in _IN_BYTES
    ),
    # pressure
    Family(
        "node_pressure_cpu_waiting_seconds_total",
        COUNTER,
        "seconds",
        (),
        "Total time in seconds that processes have waited for CPU time.",
    ),
    Family(
        "node_pressure_io_waiting_seconds_total",
        COUNTER,
        "seconds",
        (),
        "Total time in seconds that processes have waited due to IO congestion.",
    ),
    Family(
        "node_pressure_io_stalled_seconds_total",
        COUNTER,
        "seconds",
        (),
        "Total time in seconds no process could make progress due to IO congestion.",
    ),
    Family(
        "node_pressure_memory_waiting_seconds_total",
        COUNTER,
        "seconds",
        (),
        "Total time in seconds that processes have waited for memory.",
    ),
    Family(
        "node_pressure_memory_stalled_seconds_total",
        COUNTER,
        "seconds",
        (),
        "Total time in seconds no process could make progress due to memory congestion.",
    ),
    Family(
        "node_pressure_irq_stalled_seconds_total",
        COUNTER,
        "seconds",
        (),
        "Total time in seconds no process could make progress due to IRQ congestion.",
    ),
    # time
    Family("node_time_seconds", GAUGE, "seconds", (), "System time in seconds since epoch (1970)."),
    Family("node_time_zone_offset_seconds", GAUGE, "seconds", ("time_zone",), "System time zone offset in seconds."),
    Family(
        "node_time_clocksource_available_info",
        INFO,
        "",
        ("clocksource", "device"),
        "Available clocksources read from '/sys/devices/system/clocksource'.",
    ),
    Family(
        "node_time_clocksource_current_info",
        INFO,
        "",
        ("clocksource", "device"),
        "Current clocksource read from '/sys/devices/system/clocksource'.",
    ),
    # timex
    Family(
        "node_timex_sync_status",
        GAUGE,
        "",
        (),
        "Is clock synchronized to a reliable server (1 = yes, 0 = no).",
    ),
    Family(
        "node_timex_offset_seconds",
        GAUGE,
        "seconds",
        (),
        "Time offset in between local system and reference clock.",
    ),
    Family("node_timex_maxerror_seconds", GAUGE, "seconds", (), "Maximum error in seconds."),
    Family("node_timex_estimated_error_seconds", GAUGE, "seconds", (), "Estimated error in seconds."),
    Family("node_timex_frequency_adjustment_ratio", GAUGE, "ratio", (), "Local clock frequency adjustment."),
    Family("node_timex_status", GAUGE, "", (), "Value of the status array bits."),
    Family("node_timex_loop_time_constant", GAUGE, "", (), "Phase-locked loop time constant."),
    Family("node_timex_tick_seconds", GAUGE, "seconds", (), "Seconds between clock ticks."),
    Family("node_timex_pps_frequency_hertz", GAUGE, "hertz", (), "Pulse per second frequency."),
    Family("node_timex_pps_jitter_seconds", GAUGE, "seconds", (), "Pulse per second jitter."),
    Family("node_timex_pps_shift_seconds", GAUGE, "seconds", (), "Pulse per second interval duration."),
    Family(
        "node_timex_pps_stability_hertz",
        GAUGE,
        "hertz",
        (),
        "Pulse per second stability, average of recent frequency changes.",
    ),
    Family(
        "node_timex_pps_jitter_total",
        COUNTER,
        "",
        (),
        "Pulse per second count of jitter limit exceeded events.",
    ),
    Family("node_timex_pps_calibration_total", COUNTER, "", (), "Pulse per second count of calibration intervals."),
    Family("node_timex_pps_error_total", COUNTER, "", (), "Pulse per second count of calibration errors."),
    Family(
        "node_timex_pps_stability_exceeded_total",
        COUNTER,
        "",
        (),
        "Pulse per second count of stability limit exceeded events.",
    ),
    Family("node_timex_tai_offset_seconds", GAUGE, "seconds", (), "International Atomic Time (TAI) offset."),
    # filefd, entropy
    Family("node_filefd_allocated", GAUGE, "", (), "File descriptor statistics: allocated."),
    Family("node_filefd_maximum", GAUGE, "", (), "File descriptor statistics: maximum."),
    Family("node_entropy_available_bits", GAUGE, "bits", (), "Bits of available entropy."),
    Family("node_entropy_pool_size_bits", GAUGE, "bits", (), "Bits of entropy pool."),
    # processes
    Family("node_processes_pids", GAUGE, "", (), "Number of PIDs."),
    Family("node_processes_threads", GAUGE, "", (), "Allocated threads in system."),
    Family("node_processes_state", GAUGE, "", ("state",), "Number of processes in each state."),
    Family("node_processes_threads_state", GAUGE, "", ("thread_state",), "Number of threads in each state."),
    Family("node_processes_max_processes", GAUGE, "", (), "Number of max PIDs limit."),
    Family("node_processes_max_threads", GAUGE, "", (), "Limit of threads in the system."),
    # uname
    Family(
        "node_uname_info",
        INFO,
        "",
        ("domainname", "machine", "nodename", "release", "sysname", "version"),
        "Labeled system information as provided by the uname system call.",
    ),
)

PREFIXES: tuple[Family, ...] = (
    Family("node_memory_", GAUGE, "", (), "Memory information field %s."),
    Family("node_vmstat_", UNTYPED, "", (), "/proc/vmstat information field %s."),
)
