"""How well the kernel's clock is kept: offset, error bounds and whether something disciplines it.

Example (read with adjtimex(2), which anyone may as long as nothing is set):
    status=64 (STA_UNSYNC) freq=0 maxerror=16000000 esterror=16000000 constant=2 tick=10000, returned 5 (TIME_ERROR)

Source: adjtimex(2), include/uapi/linux/timex.h of the kernel.
"""

from collections.abc import Callable, Iterator

from driftvakt_agent.host import Host
from driftvakt_agent.libc import call
from driftvakt_agent.sample import NoData, Sample

# struct timex of both 32 and 64 bits, in native sizes and alignment: modes; offset freq maxerror esterror; status;
# constant precision tolerance time.tv_sec time.tv_usec tick ppsfreq jitter; shift; stabil jitcnt calcnt errcnt stbcnt;
# tai; eleven ints that are kept free.
_STRUCT = "@I4li8li5li44x"

_TIME_ERROR = 5
_STA_NANO = 0x2000
# Frequencies are parts per million with 16 bits of fraction.
_PPM_16 = 1_000_000 * 65536


def read_clock() -> tuple[int, bytes]:
    """Return the state of the clock and the bytes of struct timex. Raises NoData where the call is forbidden."""
    # Imported here: an agent whose [probes] leave this one out does not carry them.
    import struct

    # Zeros: no mode is set, so nothing but the permission can be wrong with the call.
    clock = bytes(struct.calcsize(_STRUCT))
    state = call("adjtimex", clock)
    if state is None or state < 0:
        raise NoData("adjtimex(2) is forbidden here, as in many containers")
    return state, clock


def collect(host: Host, read: Callable[[], tuple[int, bytes]] = read_clock) -> Iterator[Sample]:
    return parse(*read(), brief=host.profile == "workstation")


def parse(state: int, clock: bytes, *, brief: bool = False) -> Iterator[Sample]:
    """Yield every field; the three that tell a wrong clock from a right one where `brief`."""
    import struct

    fields = struct.unpack(_STRUCT, clock)
    offset, freq, maxerror, esterror, status, constant = fields[1:7]
    tick, ppsfreq, jitter, shift, stabil, jitcnt, calcnt, errcnt, stbcnt, tai = fields[11:]
    # ntpd and chrony let the kernel count the offset in nanoseconds.
    parts = 1_000_000_000 if status & _STA_NANO else 1_000_000

    yield Sample("node_timex_sync_status", int(state != _TIME_ERROR))
    yield Sample("node_timex_offset_seconds", offset / parts)
    yield Sample("node_timex_maxerror_seconds", maxerror / 1_000_000)
    if brief:
        return
    yield Sample("node_timex_estimated_error_seconds", esterror / 1_000_000)
    yield Sample("node_timex_frequency_adjustment_ratio", 1 + freq / _PPM_16)
    yield Sample("node_timex_status", status)
    yield Sample("node_timex_loop_time_constant", constant)
    yield Sample("node_timex_tick_seconds", tick / 1_000_000)
    yield Sample("node_timex_pps_frequency_hertz", ppsfreq / _PPM_16)
    yield Sample("node_timex_pps_jitter_seconds", jitter / parts)
    yield Sample("node_timex_pps_shift_seconds", shift)
    yield Sample("node_timex_pps_stability_hertz", stabil / _PPM_16)
    yield Sample("node_timex_pps_jitter_total", jitcnt)
    yield Sample("node_timex_pps_calibration_total", calcnt)
    yield Sample("node_timex_pps_error_total", errcnt)
    yield Sample("node_timex_pps_stability_exceeded_total", stbcnt)
    yield Sample("node_timex_tai_offset_seconds", tai)
