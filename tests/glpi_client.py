"""A GLPI Agent's side of the line, as its sources have it: XML first, then JSON, packed; its password when asked."""

import http.client
import json
import ssl
import zlib
from base64 import b64encode
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

PROLOG = b"""<?xml version="1.0" encoding="UTF-8" ?>
<REQUEST><DEVICEID>pc</DEVICEID><QUERY>PROLOG</QUERY><TOKEN>12345678</TOKEN></REQUEST>"""
AGENT = "0a1b2c3d-0000-4000-8000-000000000001"


class GlpiAgent:
    """One agent. url: as in its `server` setting. ca: the file of `ca-cert-file`. password: a token's text."""

    def __init__(self, url: str, password: str, ca: Path | None = None, device: str = "pc-2026-11-02") -> None:
        self.url = urlsplit(url)
        self.password = password
        self.device = device
        self.context = ssl.create_default_context(cafile=ca) if ca else None
        self.asked = 0
        self.packed = True

    def run(self, content: dict[str, Any], **told: Any) -> tuple[int, dict[str, Any]]:
        """Do what it does once a day; return status and answer of the inventory."""
        status, contact = self.send(PROLOG)
        assert status == 200, contact
        # A Contact counts with a status and an expiration above 0 only; else it goes on in XML.
        assert contact["status"] == "ok"
        assert contact["expiration"] > 0
        status, contact = self.tell(
            {"action": "contact", "deviceid": self.device, "name": "GLPI-Agent", "version": "1.7"}
        )
        assert status == 200
        assert "inventory" not in contact["disabled"]
        assert contact["tasks"]["inventory"]["server"] == "glpi"
        return self.bring(content, **told)

    def bring(self, content: dict[str, Any], **told: Any) -> tuple[int, dict[str, Any]]:
        """Bring an inventory."""
        message = {"action": "inventory", "deviceid": self.device, "itemtype": "Computer", "content": content}
        return self.tell(message | told)

    def tell(self, message: object) -> tuple[int, dict[str, Any]]:
        """Send a message of JSON."""
        return self.send(json.dumps(message, ensure_ascii=False).encode())

    def send(self, body: bytes) -> tuple[int, dict[str, Any]]:
        """Send a body as it is, again with the password where it is asked for."""
        kind = "application/x-compress-zlib" if self.packed else "application/json"
        headers = {"content-type": kind, "glpi-agent-id": AGENT, "pragma": "no-cache"}
        body = zlib.compress(body) if self.packed else body
        status, told, realm = self._post(body, headers)
        if status == 401 and realm.startswith('Basic realm="'):
            self.asked += 1
            coded = b64encode(f"driftvakt:{self.password}".encode()).decode()
            status, told, _ = self._post(body, headers | {"authorization": f"Basic {coded}"})
        return status, told

    def _post(self, body: bytes, headers: dict[str, str]) -> tuple[int, dict[str, Any], str]:
        host, port = self.url.hostname or "", self.url.port
        if self.context is not None:
            there: http.client.HTTPConnection = http.client.HTTPSConnection(
                host, port, timeout=30, context=self.context
            )
        else:
            there = http.client.HTTPConnection(host, port, timeout=30)
        try:
            there.request("POST", self.url.path or "/front/inventory.php", body, headers)
            answer = there.getresponse()
            assert answer.getheader("content-type") == "application/json"
            return answer.status, json.loads(answer.read()), answer.getheader("www-authenticate") or ""
        finally:
            there.close()
