"""A new PC that enrols with a token and tells all it knows: what it sends, and what it makes of the answers.

Some stand on a dock, whose network card other PCs have had too; some were installed anew since they enrolled first.
"""

import json
import secrets
from base64 import b64decode
from collections.abc import Iterable

from bench.city import City
from bench.fleet import SERIES, series_set
from driftvakt_wire import encode
from driftvakt_wire.enrolment import fact, request, seal
from driftvakt_wire.envelope import digest, sign, split, verify

DOCKS = 50
_ON_DOCK = 25
"""One PC in so many stands on a dock."""
_SET = series_set()
_DIGEST = digest(_SET)


class Pupil:
    """PC `number` of a city. secret: of its token. again: it was installed anew.

    produced: lines that it signed. taken: of these, how many the collector said that it has on disk.
    """

    def __init__(self, city: City, number: int, token: str, secret: bytes, zone: str, *, again: bool = False) -> None:
        self.number = number
        self.origin = ""
        self.state = ""
        self.produced = self.taken = 0
        self._token = token
        self._secret = secret
        self._zone = zone
        self._nonce = secrets.token_hex(16)
        self._key = b""
        self._gen = 1
        self._epoch = secrets.token_hex(8)
        self.sections: dict[str, tuple[str, bytes]] = {}
        machine = ""
        for name, mark, body in city.sections(number):
            told = json.loads(body)
            if name == "operating_system":
                place = told["columns"].index("machine_id")
                machine = f"{'2' if again else '1'}{told['rows'][0][place][1:]}"
                told["rows"][0][place] = machine
            elif name == "network_interfaces" and number % _ON_DOCK == 0:
                dock = number // _ON_DOCK % DOCKS
                told["rows"].append(["enx0", f"02:d0:c0:00:00:{dock:02x}", "ethernet", "r8152", 1500, ""])
            else:
                self.sections[name] = mark, body
                continue
            body = json.dumps(told, separators=(",", ":"), ensure_ascii=False).encode()
            self.sections[name] = digest(body), body
        self._facts = self._known_by(machine)

    def _known_by(self, machine: str) -> dict[str, object]:
        system, cards = (json.loads(self.sections[name][1]) for name in ("system", "network_interfaces"))
        uuid = system["rows"][0][system["columns"].index("uuid")]
        macs = [row[cards["columns"].index("mac")] for row in cards["rows"]]
        told = {"machine": fact(self._zone, machine), "uuid": fact(self._zone, uuid)}
        return {**told, "macs": [fact(self._zone, mac) for mac in macs if mac]}

    @property
    def name(self) -> str:
        """Return what it is called."""
        return f"pc-{self.number:06}"

    def asks(self) -> bytes:
        """Return the request to enrol."""
        return sign(
            self._secret, self._token, 0, self._nonce, 1, request("enrol", {"name": self.name, "facts": self._facts})
        )

    def enrolled(self, answer: bytes) -> None:
        """Become who the answer says. Raises ValueError for an answer that is not signed for this one."""
        envelope = split(answer)
        if not verify(self._secret, envelope) or envelope.epoch != self._nonce:
            raise ValueError("the answer is not signed for this one")
        told = json.loads(envelope.record)
        self.origin, self._gen, self.state = told["origin"], told["gen"], told["state"]
        self._key = seal(self._secret, self._nonce, b64decode(told["sealed"]))

    def report(self, at: float) -> bytes:
        """Return the next report: numbers, and the digests of everything."""
        marks = {name: mark for name, (mark, _) in self.sections.items()}
        return self._line(encode.report(at, 300.0, 60.0, _DIGEST, [float(one) for one in range(SERIES)], marks))

    def brings(self, wanted: Iterable[str]) -> list[bytes]:
        """Return a line for each part that the collector lacks."""
        asked = set(wanted)
        lines = [self._line(encode.series(_DIGEST, _SET))] if _DIGEST in asked else []
        return lines + [
            self._line(encode.section(name, mark, body))
            for name, (mark, body) in self.sections.items() if mark in asked
        ]  # fmt: skip

    def _line(self, record: bytes) -> bytes:
        self.produced += 1
        return sign(self._key, self.origin, self._gen, self._epoch, self.produced, record)
