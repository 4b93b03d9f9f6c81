"""Network interfaces, protocols and sockets, under the names that node_exporter gave them."""

from driftvakt_wire.names.family import COUNTER, GAUGE, INFO, UNTYPED, Family

_DEVICE = ("device",)
_CPU = ("cpu",)

_COUNTED = (
    *("receive_packets", "receive_errs", "receive_drop", "receive_fifo", "receive_frame", "receive_compressed"),
    *("receive_multicast", "receive_nohandler"),
    *("transmit_packets", "transmit_errs", "transmit_drop", "transmit_fifo", "transmit_colls", "transmit_carrier"),
    "transmit_compressed",
)
_SET_UP = (
    *("address_assign_type", "carrier", "device_id", "dormant", "flags", "iface_id", "iface_link", "iface_link_mode"),
    *("name_assign_type", "net_dev_group", "protocol_type", "transmit_queue_length"),
)
_CARRIER_CHANGES = ("carrier_changes_total", "carrier_up_changes_total", "carrier_down_changes_total")

_ICMP = ("InErrors", "InMsgs", "OutMsgs")
_UDP = ("InDatagrams", "InErrors", "NoPorts", "OutDatagrams", "RcvbufErrors", "SndbufErrors")
_PROTOCOLS = (
    ("Icmp", _ICMP),
    ("Icmp6", _ICMP),
    ("Ip", ("Forwarding",)),
    ("Ip6", ("InOctets", "OutOctets")),
    ("IpExt", ("InOctets", "OutOctets")),
    ("Tcp", ("ActiveOpens", "CurrEstab", "InErrs", "InSegs", "OutRsts", "OutSegs", "PassiveOpens", "RetransSegs")),
    ("TcpExt", ("ListenDrops", "ListenOverflows", "SyncookiesFailed", "SyncookiesRecv", "SyncookiesSent")),
    ("TcpExt", ("TCPSynRetrans", "TCPTimeouts")),
    ("Udp", _UDP),
    ("Udp6", _UDP),
    ("UdpLite", ("InErrors",)),
    ("UdpLite6", ("InErrors",)),
)
_SOCKETS = (
    ("TCP", ("alloc", "inuse", "mem", "mem_bytes", "orphan", "tw")),
    ("UDP", ("inuse", "mem", "mem_bytes")),
    ("UDPLITE", ("inuse",)),
    ("RAW", ("inuse",)),
    ("FRAG", ("inuse", "memory")),
    ("TCP6", ("inuse",)),
    ("UDP6", ("inuse",)),
    ("UDPLITE6", ("inuse",)),
    ("RAW6", ("inuse",)),
    ("FRAG6", ("inuse", "memory")),
)

FAMILIES: tuple[Family, ...] = (
    # network: counters
    *(
        Family(f"node_network_{way}_bytes_total", COUNTER, "bytes", _DEVICE, f"Network device statistic {way}_bytes.")
        for way in ("receive", "transmit")
    ),
    *(
        Family(f"node_network_{what}_total", COUNTER, "", _DEVICE, f"Network device statistic {what}.")
        for what in _COUNTED
    ),
    # network: how the interface is set up
    Family("node_network_up", GAUGE, "", _DEVICE, "Value is 1 if operstate is 'up', 0 otherwise."),
    *(Family(f"node_network_{what}", GAUGE, "", _DEVICE, f"Network device property: {what}.") for what in _SET_UP),
    *(
        Family(f"node_network_{what}", GAUGE, "bytes", _DEVICE, f"Network device property: {what}.")
        for what in ("mtu_bytes", "speed_bytes")
    ),
    *(
        Family(f"node_network_{what}", COUNTER, "", _DEVICE, f"Network device property: {what}.")
        for what in _CARRIER_CHANGES
    ),
    Family(
        "node_network_info",
        INFO,
        "",
        ("address", "adminstate", "broadcast", "device", "duplex", "ifalias", "operstate"),
        "Non-numeric data from /sys/class/net/<iface>, value is always 1.",
    ),
    # netstat
    *(
        Family(f"node_netstat_{protocol}_{field}", UNTYPED, "", (), f"Statistic {protocol}{field}.")
        for protocol, fields in _PROTOCOLS
        for field in fields
    ),
    # sockstat
    Family("node_sockstat_sockets_used", GAUGE, "", (), "Number of IPv4 sockets in use."),
    *(
        Family(
            f"node_sockstat_{protocol}_{state}",
            GAUGE,
            "bytes" if state == "mem_bytes" else "",
            (),
            f"Number of {protocol} sockets in state {state}.",
        )
        for protocol, states in _SOCKETS
        for state in states
    ),
    # softnet
    Family("node_softnet_processed_total", COUNTER, "", _CPU, "Number of processed packets."),
    Family("node_softnet_dropped_total", COUNTER, "", _CPU, "Number of dropped packets."),
    Family(
        "node_softnet_times_squeezed_total",
        COUNTER,
        "",
        _CPU,
        "Number of times processing packets ran out of quota.",
    ),
    Family(
        "node_softnet_cpu_collision_total",
        COUNTER,
        "",
        _CPU,
        "Number of collision occur while obtaining device lock while transmitting.",
    ),
    Family("node_softnet_received_rps_total", COUNTER, "", _CPU, "Number of times cpu woken up received_rps."),
    Family("node_softnet_flow_limit_count_total", COUNTER, "", _CPU, "Number of times flow limit has been reached."),
    Family("node_softnet_backlog_len", GAUGE, "", _CPU, "Softnet backlog status."),
    # conntrack
    Family(
        "node_nf_conntrack_entries",
        GAUGE,
        "",
        (),
        "Number of currently allocated flow entries for connection tracking.",
    ),
    Family("node_nf_conntrack_entries_limit", GAUGE, "", (), "Maximum size of connection tracking table."),
    Family("node_nf_conntrack_stat_found", GAUGE, "", (), "Number of searched entries which were successful."),
    Family("node_nf_conntrack_stat_invalid", GAUGE, "", (), "Number of packets seen which can not be tracked."),
    Family(
        "node_nf_conntrack_stat_ignore",
        GAUGE,
        "",
        (),
        "Number of packets seen which are already connected to a conntrack entry.",
    ),
    Family("node_nf_conntrack_stat_insert", GAUGE, "", (), "Number of entries inserted into the list."),
    Family(
        "node_nf_conntrack_stat_insert_failed",
        GAUGE,
        "",
        (),
        "Number of entries for which list insertion was attempted but failed.",
    ),
    Family("node_nf_conntrack_stat_drop", GAUGE, "", (), "Number of packets dropped due to conntrack failure."),
    Family(
        "node_nf_conntrack_stat_early_drop",
        GAUGE,
        "",
        (),
        "Number of dropped conntrack entries to make room for new ones, if maximum table size was reached.",
    ),
    Family(
        "node_nf_conntrack_stat_search_restart",
        GAUGE,
        "",
        (),
        "Number of conntrack table lookups which had to be restarted due to hashtable resizes.",
    ),
)

PREFIXES: tuple[Family, ...] = (
    Family("node_netstat_", UNTYPED, "", (), "Statistic %s."),
    Family("node_sockstat_", GAUGE, "", (), "Number of sockets: %s."),
)
