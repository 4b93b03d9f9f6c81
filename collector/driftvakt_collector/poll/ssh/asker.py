"""Asks machines by SSH, each with the credential and the host key that were approved for it."""

import logging
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor

from driftvakt_collector.poll import keys
from driftvakt_collector.poll.asking import AskError, Found
from driftvakt_collector.poll.ssh.target import Limits, SshError, Target
from driftvakt_collector.poll.ssh.visit import Memory, visit
from driftvakt_collector.store.devices import CredentialRow, DeviceRow
from driftvakt_collector.store.hosts import HostRow
from driftvakt_collector.trust.vault import Vault, VaultError

log = logging.getLogger(__name__)

AT_ONCE = 32
"""Visits under way, each in a thread while it waits."""
_MOST_TROUBLES = 5


class SshAsker:
    """See Asker."""

    how = keys.SSH

    def __init__(self, vault: Vault, limits: Limits | None = None) -> None:
        self._vault = vault
        self._limits = limits or Limits()
        # Threads are made when they are needed. One more a visit: it hangs up in another than it asks in.
        self._threads = ThreadPoolExecutor(AT_ONCE * 2, "ssh")
        self._memories: dict[str, Memory] = {}
        self._credentials: dict[tuple[str, str], keys.SshCredential] = {}

    def know(self, credentials: Iterable[CredentialRow]) -> None:
        """See Asker.know."""
        found = {}
        for sealed in credentials:
            if sealed.kind == keys.SSH:
                try:
                    found[sealed.zone, sealed.name] = keys.ssh(self._vault, sealed)
                except VaultError as e:
                    log.error("cannot use a credential: %s", e)
        self._credentials = found

    def forget(self, origin: str) -> None:
        """See Asker.forget."""
        self._memories.pop(origin, None)

    async def ask(self, row: DeviceRow, host: HostRow, *, facts: bool, again: bool, persons: bool) -> Found:  # noqa: ARG002
        """See Asker.ask."""
        # No other is tried: that one gets in with another's key must be somebody's decision.
        credential = self._credentials.get((row.zone, row.credential))
        if credential is None:
            raise AskError(
                "unusable",
                f"zone {row.zone} has no credential {row.credential!r} for SSH: driftvakt credential add"
                f" {row.credential} --ssh-user NAME --key-file FILE",
            )
        target = Target(
            row.address, credential.user, row.host_key, credential.key, credential.password, row.port
        )  # fmt: skip
        memory = self._memories.setdefault(row.origin, Memory())
        try:
            seen = await visit(
                target, memory, facts=facts, persons=persons, limits=self._limits, threads=self._threads
            )  # fmt: skip
        except SshError as e:
            raise AskError(e.trouble.value, str(e)) from e
        troubles = [str(one) for one in seen.troubles[:_MOST_TROUBLES]]
        return Found(seen.uptime, seen.shape, seen.values, len(seen.values), seen.sections, {}, troubles)

    async def close(self) -> None:
        """See Asker.close."""
        self._threads.shutdown(wait=False, cancel_futures=True)
