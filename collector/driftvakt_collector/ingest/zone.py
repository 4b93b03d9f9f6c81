"""What a zone's listener serves beside records: enrolment, jobs, relays' questions, its authority."""

from collections.abc import Mapping
from typing import Any

from driftvakt_collector.ingest import assignment
from driftvakt_collector.ingest.asgi import Receive, Send, records
from driftvakt_collector.ingest.assignment import Assignments
from driftvakt_collector.ingest.enrol import Enrolment, answer, enrol
from driftvakt_collector.ingest.entrance import Entrance
from driftvakt_collector.ingest.glpi_agent import PATHS, GlpiAgents
from driftvakt_collector.ingest.incoming import PATH as INCOMING
from driftvakt_collector.ingest.incoming import Incoming
from driftvakt_collector.ingest.ping import PATH, Jobs, ping


class ZoneApp:
    """The ASGI application of one zone. entrance: where its records go in.

    certificate: of the zone's authority as PEM, empty where the operator brought certificates of another.
    """

    def __init__(
        self,
        zone: str,
        entrance: Entrance,
        enrolment: Enrolment,
        glpi: GlpiAgents,
        jobs: Jobs,
        certificate: bytes,
        assignments: Assignments,
        incoming: Incoming,
    ) -> None:
        self.zone = zone
        self.entrance = entrance
        self._enrolment = enrolment
        self._glpi = glpi
        self._jobs = jobs
        self._assignments = assignments
        self._certificate = certificate
        self._incoming = incoming

    async def __call__(self, scope: Mapping[str, Any], receive: Receive, send: Send) -> None:
        """Serve one request that `ingest.http.RecordsProtocol` did not keep for itself."""
        if scope["type"] != "http":
            return
        path = scope["path"]
        if path == "/v1/enrol":
            await enrol(self._enrolment, self.zone, scope, receive, send)
        elif path == "/v1/records":
            await records(self.entrance, scope, receive, send)
        elif path in PATHS:
            await self._glpi.serve(self.entrance, self.zone, scope, receive, send)
        elif path in assignment.PATHS:
            await assignment.assignment(self._assignments, self.zone, scope, receive, send)
        elif path.startswith(PATH):
            await ping(self._jobs, self.zone, scope, receive, send)
        elif path.startswith(INCOMING):
            await self._incoming.serve(self.entrance, self.zone, scope, receive, send)
        elif path == "/v1/ca" and scope["method"] == "GET" and self._certificate:
            await answer(send, 200, self._certificate, b"application/x-pem-file")
        elif path == "/healthz" and scope["method"] == "GET":
            await answer(send, 200, b"ok\n", b"text/plain")
        else:
            await answer(send, 404, b"not found\n", b"text/plain")
