"""How many processes and threads there are, what they are doing, and how many there may be.

Example (the name may hold spaces and brackets; the state follows the last one, the threads are the 20th field):
    $ cat /proc/1/stat
    1 (systemd) S 0 1 1 0 -1 4194560 9061 9416027 94 2620 36 98 54406 13885 20 0 1 0 29 109604864 …

Source: proc_pid_stat(5).
"""

import os
from collections.abc import Iterator

from driftvakt_agent.host import Host, read_number, read_text
from driftvakt_agent.sample import Sample

_FLAGS = os.O_RDONLY | os.O_CLOEXEC
# Fields are far shorter in all; what is cut off is not looked at.
_MOST = 1024
_THREADS = 17


def collect(host: Host) -> Iterator[Sample]:
    pids = [name for name in os.listdir(host.proc) if name[0] in "123456789"]
    if host.profile == "workstation":
        yield Sample("node_processes_pids", len(pids))
        yield Sample("node_processes_threads", parse_threads(read_text(host.proc + "/loadavg")))
        return

    alive, states, threads, threads_states = _count(host.proc, pids)
    yield Sample("node_processes_pids", alive)
    yield Sample("node_processes_threads", threads)
    for state, count in states.items():
        yield Sample("node_processes_state", count, (("state", state),))
    for state, count in threads_states.items():
        yield Sample("node_processes_threads_state", count, (("thread_state", state),))
    for name, file in (("node_processes_max_processes", "pid_max"), ("node_processes_max_threads", "threads-max")):
        most = read_number(f"{host.proc}/sys/kernel/{file}")
        if most is not None:
            yield Sample(name, most)


def _count(proc: str, pids: list[str]) -> tuple[int, dict[str, int], int, dict[str, int]]:
    alive = 0
    states: dict[str, int] = {}
    threads = 0
    threads_states: dict[str, int] = {}
    for pid in pids:
        try:
            state, count = parse(_read(f"{proc}/{pid}/stat"))
            own = [state] if count < 2 else [state, *_states_of_threads(f"{proc}/{pid}/task", but=pid)]
        except OSError:
            # Ended since it was listed.
            continue
        alive += 1
        threads += count
        states[state] = states.get(state, 0) + 1
        for one in own:
            threads_states[one] = threads_states.get(one, 0) + 1
    return alive, states, threads, threads_states


def _states_of_threads(task: str, but: str) -> list[str]:
    # A process' own state is that of its first thread, which has its number: known already.
    states = []
    for thread in os.listdir(task):
        if thread == but:
            continue
        try:
            states.append(parse(_read(f"{task}/{thread}/stat"))[0])
        except OSError:
            continue
    return states


def _read(path: str) -> bytes:
    fd = os.open(path, _FLAGS)
    try:
        return os.read(fd, _MOST)
    finally:
        os.close(fd)


def parse(stat: bytes) -> tuple[str, int]:
    """Return the state of a process, a letter, and how many threads it has."""
    fields = stat[stat.rindex(b")") + 2 :].split(None, _THREADS + 1)
    return fields[0].decode(), int(fields[_THREADS])


def parse_threads(text: str) -> int:
    """Return how many threads there are, from /proc/loadavg: "0.21 0.37 0.39 1/719 19737" says 719."""
    return int(text.split()[3].partition("/")[2])
