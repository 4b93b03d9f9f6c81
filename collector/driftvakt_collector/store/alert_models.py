"""The tables of alerts, incidents, on-call and what is sent to people. Times are seconds since the epoch.

Texts that are lists or tables are JSON. Rows are written with SQLAlchemy Core, as those of `store.models`.
"""

from sqlalchemy import Column, Index, Integer, LargeBinary, UniqueConstraint
from sqlmodel import Field, SQLModel

from driftvakt_collector.store.models import BIG


class AlertTable(SQLModel, table=True):
    """An alert that is or was: one row a fingerprint. See store.alerts for the columns."""

    __tablename__ = "alert"
    __table_args__ = (Index("alert_state", "state", "changed_at"), Index("alert_incident", "incident"))

    fingerprint: str = Field(primary_key=True, max_length=64)
    generation: int = Field(sa_column=Column(Integer(), nullable=False))
    source: str = Field(max_length=16)
    rule: str = Field(max_length=128)
    origin: str = Field(max_length=64, index=True)
    subject: str = Field(max_length=255)
    zone: str = Field(max_length=64)
    administration: str = Field(max_length=255)
    site: str = Field(max_length=255)
    class_: str = Field(max_length=64, sa_column_kwargs={"name": "class"})
    service: str = Field(max_length=255)
    supplier: str = Field(max_length=255)
    runbook: str
    labels: str
    summary: str
    severity: str = Field(max_length=16)
    state: str = Field(max_length=16)
    standing: str = Field(max_length=16)
    trace: str
    value: float | None = None
    started_at: float
    changed_at: float
    ended_at: float | None = None
    incident: int | None = None


class AlertEventTable(SQLModel, table=True):
    """What became of an alert, step by step. Kept when the alert's own row says something newer."""

    __tablename__ = "alert_event"
    __table_args__ = (Index("alert_event_alert", "fingerprint", "at"),)

    id: int | None = Field(default=None, sa_column=Column(BIG, primary_key=True, autoincrement=True))
    fingerprint: str = Field(max_length=64)
    generation: int = Field(sa_column=Column(Integer(), nullable=False))
    at: float = Field(index=True)
    what: str = Field(max_length=16)
    standing: str = Field(max_length=16)
    trace: str


class IncidentTable(SQLModel, table=True):
    """A case of the service desk: one owner, one stable key (INC-number). token: unguessable, in mail addresses."""

    __tablename__ = "incident"
    __table_args__ = (Index("incident_state", "state", "opened_at"), Index("incident_cause", "cause", "state"))

    number: int | None = Field(default=None, sa_column=Column(BIG, primary_key=True, autoincrement=True))
    token: str = Field(max_length=64, unique=True)
    cause: str = Field(max_length=255)
    summary: str
    severity: str = Field(max_length=16)
    state: str = Field(max_length=16)
    zone: str = Field(max_length=64)
    administration: str = Field(max_length=255)
    site: str = Field(max_length=255)
    service: str = Field(max_length=255)
    owner: str = Field(max_length=64)
    policy: str = Field(max_length=64)
    parent: int | None = None
    muffled: int = Field(sa_column=Column(Integer(), nullable=False))
    generation: int = Field(sa_column=Column(Integer(), nullable=False))
    opened_at: float
    acknowledged_at: float | None = None
    acknowledged_by: str = Field(max_length=64)
    resolved_at: float | None = None
    closed_at: float | None = None


class IncidentEventTable(SQLModel, table=True):
    """A line of an incident's timeline. what: `incident.opened`, `note`, `page.sent`, …; who: person or `driftvakt`."""

    __tablename__ = "incident_event"
    __table_args__ = (Index("incident_event_incident", "incident", "at"),)

    id: int | None = Field(default=None, sa_column=Column(BIG, primary_key=True, autoincrement=True))
    incident: int = Field(sa_column=Column(BIG, nullable=False))
    at: float
    what: str = Field(max_length=32)
    who: str = Field(max_length=64)
    text: str


class TimerTable(SQLModel, table=True):
    """Something that is to be done at a time: an escalation step, a supplier's clock, a closing."""

    __tablename__ = "timer"
    __table_args__ = (Index("timer_due", "state", "due_at"), Index("timer_incident", "incident"))

    id: int | None = Field(default=None, sa_column=Column(BIG, primary_key=True, autoincrement=True))
    incident: int = Field(sa_column=Column(BIG, nullable=False))
    kind: str = Field(max_length=16)
    step: int = Field(sa_column=Column(Integer(), nullable=False))
    round: int = Field(sa_column=Column(Integer(), nullable=False))
    due_at: float
    state: str = Field(max_length=16)
    changed_at: float


class OutboxTable(SQLModel, table=True):
    """One message to one address. message: its stable id. Claimed by a conditional update with a lease."""

    __tablename__ = "outbox"
    __table_args__ = (
        Index("outbox_due", "state", "channel", "severity", "step", "not_before"),
        Index("outbox_incident", "incident"),
        Index("outbox_provider", "channel", "provider"),
        Index("outbox_address", "channel", "address", "sent_at"),
        Index("outbox_person", "person", "made_at"),
        UniqueConstraint("message", name="outbox_message"),
    )

    id: int | None = Field(default=None, sa_column=Column(BIG, primary_key=True, autoincrement=True))
    message: str = Field(max_length=128)
    incident: int | None = Field(default=None, sa_column=Column(BIG, nullable=True))
    generation: int = Field(sa_column=Column(Integer(), nullable=False))
    step: int = Field(sa_column=Column(Integer(), nullable=False))
    kind: str = Field(max_length=16)
    channel: str = Field(max_length=16)
    person: str = Field(max_length=64)
    address: str = Field(max_length=320)
    severity: str = Field(max_length=16)
    body: str
    why: str
    made_at: float
    not_before: float
    attempts: int = Field(sa_column=Column(Integer(), nullable=False))
    lease_until: float
    lease_token: str = Field(max_length=64)
    state: str = Field(max_length=16)
    changed_at: float
    sent_at: float | None = None
    provider: str = Field(max_length=128)
    receipt: str = Field(max_length=16)
    error: str


class LinkTable(SQLModel, table=True):
    """A link that does one thing once. mark: the hash of its secret, which stands nowhere."""

    __tablename__ = "link"

    mark: str = Field(primary_key=True, max_length=64)
    incident: int = Field(sa_column=Column(BIG, nullable=False))
    person: str = Field(max_length=64)
    action: str = Field(max_length=16)
    expires_at: float = Field(index=True)
    used_at: float | None = None


class AnswerTable(SQLModel, table=True):
    """What somebody sent back, and what was done with it. key: of the provider or the mail, so none counts twice."""

    __tablename__ = "answer"
    __table_args__ = (UniqueConstraint("channel", "key", name="answer_key"),)

    id: int | None = Field(default=None, sa_column=Column(BIG, primary_key=True, autoincrement=True))
    channel: str = Field(max_length=16)
    key: str = Field(max_length=255)
    at: float = Field(index=True)
    sender: str = Field(max_length=320)
    person: str = Field(max_length=64)
    incident: int | None = Field(default=None, sa_column=Column(BIG, nullable=True))
    action: str = Field(max_length=16)
    verdict: str = Field(max_length=64)
    text: str


class PersonTable(SQLModel, table=True):
    """Somebody who can be on call. name: a short word; language: sv or en."""

    __tablename__ = "person"

    name: str = Field(primary_key=True, max_length=64)
    full_name: str = Field(max_length=255)
    language: str = Field(max_length=8)
    time_zone: str = Field(max_length=64)
    login: str = Field(max_length=64)
    is_active: bool
    feed: str = Field(max_length=64)
    changed_at: float


class ContactTable(SQLModel, table=True):
    """How a person is reached, in the order of `position`. An address belongs to one person."""

    __tablename__ = "contact"
    __table_args__ = (UniqueConstraint("channel", "address", name="contact_address"),)

    person: str = Field(primary_key=True, max_length=64)
    channel: str = Field(primary_key=True, max_length=16)
    address: str = Field(primary_key=True, max_length=320)
    position: int = Field(sa_column=Column(Integer(), nullable=False))
    verified_at: float | None = None


class PlanTable(SQLModel, table=True):
    """A text that people agreed on, in versions: a calendar, a rota, an escalation policy. body: TOML.

    from_at: since when it counts; the newest version of those that began counts at a moment.
    """

    __tablename__ = "plan"

    kind: str = Field(primary_key=True, max_length=16)
    name: str = Field(primary_key=True, max_length=64)
    version: int = Field(sa_column=Column(Integer(), primary_key=True, autoincrement=False))
    from_at: float
    body: str
    made_at: float
    made_by: str = Field(max_length=64)
    note: str


class DutyChangeTable(SQLModel, table=True):
    """What differs from a rota: an override, a swap, an absence. rota: empty for an absence, which is from all."""

    __tablename__ = "duty_change"
    __table_args__ = (Index("duty_change_time", "until_at", "from_at"),)

    id: int | None = Field(default=None, sa_column=Column(BIG, primary_key=True, autoincrement=True))
    kind: str = Field(max_length=16)
    rota: str = Field(max_length=64)
    person: str = Field(max_length=64)
    instead: str = Field(max_length=64)
    from_at: float
    until_at: float
    made_at: float
    made_by: str = Field(max_length=64)
    note: str
    removed_at: float | None = None
    removed_by: str = Field(max_length=64)


class MuteTable(SQLModel, table=True):
    """A time in which something is not paged: maintenance, silence, freeze. scope: JSON of what it is about.

    recurrence: JSON, empty for once. from_at, until_at: the first time; last_until: when the last ends, none for never.
    """

    __tablename__ = "mute"
    __table_args__ = (Index("mute_time", "last_until", "from_at"),)

    id: int | None = Field(default=None, sa_column=Column(BIG, primary_key=True, autoincrement=True))
    kind: str = Field(max_length=16)
    scope: str
    from_at: float
    until_at: float
    last_until: float | None = None
    recurrence: str
    time_zone: str = Field(max_length=64)
    reason: str
    made_at: float
    made_by: str = Field(max_length=64)
    ended_at: float | None = None
    ended_by: str = Field(max_length=64)


class SupplierTable(SQLModel, table=True):
    """To whom cases are handed over. name: as the hosts' `supplier` says. sealed: secrets of their webhook.

    settings: JSON of what only their kind of desk needs. calendar, answer_minutes, mend_hours: their clock, as agreed.
    """

    __tablename__ = "supplier"

    name: str = Field(primary_key=True, max_length=255)
    kind: str = Field(max_length=16)
    address: str = Field(max_length=320)
    url: str
    settings: str
    sealed: bytes = Field(sa_column=Column(LargeBinary(), nullable=False))
    language: str = Field(max_length=8)
    calendar: str = Field(max_length=64)
    answer_minutes: float
    mend_hours: float
    is_automatic: bool
    changed_at: float


class HandoverTable(SQLModel, table=True):
    """An incident in a supplier's hands. token: unguessable, in mail and webhooks; their_key: their number."""

    __tablename__ = "handover"
    __table_args__ = (
        Index("handover_incident", "incident"),
        Index("handover_theirs", "supplier", "their_key"),
        Index("handover_state", "state", "opened_at"),
    )

    id: int | None = Field(default=None, sa_column=Column(BIG, primary_key=True, autoincrement=True))
    incident: int = Field(sa_column=Column(BIG, nullable=False))
    supplier: str = Field(max_length=255)
    token: str = Field(max_length=64, unique=True)
    their_key: str = Field(max_length=255)
    state: str = Field(max_length=16)
    evidence: str
    opened_at: float
    answered_at: float | None = None
    answer_due_at: float | None = None
    mend_due_at: float | None = None
    mended_at: float | None = None
    changed_at: float


class IncomingTable(SQLModel, table=True):
    """Another system that may send us its alerts. mark: the hash of its token, which stands nowhere.

    kind: alertmanager or grafana. last_at: when something of it was last taken, seconds since the epoch.
    """

    __tablename__ = "incoming"

    name: str = Field(primary_key=True, max_length=64)
    kind: str = Field(max_length=16)
    zone: str = Field(max_length=64)
    administration: str = Field(max_length=255)
    mark: str = Field(max_length=64)
    changed_at: float
    last_at: float | None = None
    last_error: str
