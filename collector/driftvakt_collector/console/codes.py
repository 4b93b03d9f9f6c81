"""One-time codes from an app, beside the secret (TOTP, RFC 6238: six digits, thirty seconds)."""

import pyotp

from driftvakt_collector.trust.vault import Vault, VaultError

_SECONDS = 30
_WINDOW = 1
"""Steps before and after this one that are good too: clocks of phones differ."""


class Codes:
    """vault: seals the secrets."""

    def __init__(self, vault: Vault) -> None:
        self._vault = vault

    def make(self, login: str) -> tuple[str, str, str]:
        """Return a new secret, the same sealed for the store, and the address that an app reads as a picture."""
        secret = pyotp.random_base32()
        sealed = self._vault.seal(secret.encode(), f"login:{login}").hex()
        return secret, sealed, pyotp.TOTP(secret).provisioning_uri(name=login, issuer_name="driftvakt")

    def step(self, login: str, sealed: str, code: str, now: float) -> float | None:
        """Return the time step that a code is of, None for a wrong one. now: seconds since the epoch.

        Who takes it must note the step: a code is good once. Raises VaultError where the secret can't be opened.
        """
        digits = "".join(code.split())
        if len(digits) != 6 or not (digits.isascii() and digits.isdecimal()):
            return None
        try:
            raw = bytes.fromhex(sealed)
        except ValueError as e:
            raise VaultError(f"the one-time secret of {login} is damaged: give them a new one") from e
        made = pyotp.TOTP(self._vault.open(raw, f"login:{login}").decode())
        at = int(now // _SECONDS)
        for step in range(at - _WINDOW, at + _WINDOW + 1):
            if made.verify(digits, for_time=step * _SECONDS):
                return float(step)
        return None
