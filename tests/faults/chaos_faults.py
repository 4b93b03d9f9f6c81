"""Every kind of fault that the chaos run knows, in one table: what it is called, how often it comes, what it does.

Those of single requests stand in world_net.RATES.
"""

from collections.abc import Callable
from typing import NamedTuple

import chaos_attacks
import chaos_collector
import chaos_machines
import chaos_network
import chaos_relays
from chaos import Chaos


class Fault(NamedTuple):
    """often: how many an hour in the whole city, on average."""

    name: str
    often: float
    work: Callable[[Chaos], str]


FAULTS = (
    Fault("a line cut for minutes", 40, chaos_network.cut_for_minutes),
    Fault("a line cut for hours", 6, chaos_network.cut_for_hours),
    Fault("a black hole", 20, chaos_network.black_hole),
    Fault("a line that carries one way only", 12, chaos_network.one_way),
    Fault("a bad line", 12, chaos_network.bad_line),
    Fault("a relay cut off from the collector", 1, chaos_network.relay_cut_off),
    Fault("everybody cut, and back at once", 0.5, chaos_network.everybody_returns),
    Fault("a zone in a black hole", 0.5, chaos_network.zone_cut),
    Fault("an agent killed", 20, chaos_machines.killed),
    Fault("an agent killed at a call to its disk", 30, chaos_machines.killed_at_its_disk),
    Fault("a machine without power", 10, chaos_machines.power_cut),
    Fault("a machine without power at a call to its disk", 20, chaos_machines.power_cut_at_its_disk),
    Fault("an agent stopped and started", 12, chaos_machines.clean_stop),
    Fault("a machine suspended", 8, chaos_machines.suspended),
    Fault("a machine's disk full", 8, chaos_machines.disk_full),
    Fault("a machine's disk read-only", 6, chaos_machines.disk_read_only),
    Fault("a machine's disk broken", 6, chaos_machines.disk_broken),
    Fault("a spool deleted", 2, chaos_machines.spool_deleted),
    Fault("a bit flipped in a spool", 6, chaos_machines.bit_flip),
    Fault("the end of a spool lost", 4, chaos_machines.tail_lost),
    Fault("a machine rolled back", 2, chaos_machines.rolled_back),
    Fault("a machine cloned", 1, chaos_machines.cloned),
    Fault("a machine's clock stepped", 8, chaos_machines.clock_step),
    Fault("a machine in 1970", 2, chaos_machines.clock_of_1970),
    Fault("a relay killed", 1.5, chaos_relays.relay_killed),
    Fault("a relay killed before a commit", 1.5, chaos_relays.relay_killed_before_commit),
    Fault("a relay killed after a commit", 1.5, chaos_relays.relay_killed_after_commit),
    Fault("a relay stopped and started", 1, chaos_relays.relay_stopped),
    Fault("a relay's disk fails", 1, chaos_relays.relay_disk_fails),
    Fault("a relay without room", 1, chaos_relays.relay_without_room),
    Fault("a relay's clock stepped", 1, chaos_relays.relay_clock),
    Fault("a relay suspended", 1, chaos_relays.relay_suspended),
    Fault("the collector killed", 1, chaos_collector.collector_killed),
    Fault("the collector killed before a commit", 1, chaos_collector.collector_killed_before_commit),
    Fault("the collector killed after a commit", 1, chaos_collector.collector_killed_after_commit),
    Fault("the collector stopped and started", 1, chaos_collector.collector_stopped),
    Fault("the collector's disk full", 1, chaos_collector.collector_disk_full),
    Fault("the collector suspended", 0.5, chaos_collector.collector_suspended),
    Fault("the collector's clock stepped", 0.5, chaos_collector.collector_clock),
    Fault("the collector's snapshot damaged", 0.5, chaos_collector.snapshot_lost),
    Fault("edu at the door of adm", 40, chaos_attacks.edu_at_the_door_of_adm),
    Fault("edu forges adm", 40, chaos_attacks.edu_forges_adm),
    Fault("edu's relay brings adm", 20, chaos_attacks.edu_relay_brings_adm),
    Fault("edu forges adm by way of its relay", 20, chaos_attacks.edu_by_way_of_its_relay),
    Fault("a line altered", 20, chaos_attacks.altered),
)
"""All of them."""
