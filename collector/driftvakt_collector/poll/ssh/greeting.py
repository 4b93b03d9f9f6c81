"""The host key that a machine shows to anybody: what an operator compares before it is approved. No secret is told."""

import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any, cast

import paramiko
from paramiko.ssh_exception import IncompatiblePeer

from driftvakt_collector.poll.ssh.target import Limits, SshError, Trouble
from driftvakt_collector.poll.ssh.wire import LOG, Wire, connected


def host_key(address: str, port: int, limits: Limits, now: Callable[[], float] = time.monotonic) -> paramiko.PKey:
    """Return the host key that a machine shows now, in the thread that calls. Raises SshError."""
    who = f"{address}:{port}"
    try:
        sock = connected(address, port, limits.connect)
    except OSError as e:
        raise SshError(Trouble.UNREACHABLE, f"{who} is not reached by SSH: {e.strerror or 'no connection'}") from e
    wire = Wire(sock, now() + limits.banner + limits.exchange, limits.early_bytes, now)
    transport = paramiko.Transport(cast("Any", wire))
    transport.set_log_channel(LOG)
    transport.banner_timeout = limits.banner
    try:
        transport.start_client(timeout=limits.exchange)
        return transport.get_remote_server_key()
    except IncompatiblePeer as e:
        why = f"{who} offers only algorithms of SSH that are no longer safe: ask it by SNMP, or renew its software"
        raise SshError(Trouble.LEGACY, why) from e
    except Exception as e:
        # paramiko lets out what its thread met, of whatever class.
        raise SshError(Trouble.GARBLED, f"what {who} sends is no SSH, or it does not go on in time") from e
    finally:
        with suppress(Exception):
            transport.close()
        wire.close()
        transport.packetizer.complete_handshake()
        transport.join(2.0)
