"""The tables. Rows are written with SQLAlchemy Core; the classes are the one declaration that the migrations follow."""

from datetime import datetime

from sqlalchemy import BigInteger, Column, DateTime, Index, Integer, LargeBinary, UniqueConstraint
from sqlmodel import Field, SQLModel

BIG = BigInteger().with_variant(Integer(), "sqlite")
"""SQLite numbers rows by itself only where the type is spelled INTEGER."""


class HostTable(SQLModel, table=True):
    """A thing that may report: what its enrolment said of it."""

    __tablename__ = "host"

    origin: str = Field(primary_key=True, max_length=64)
    gen: int = Field(sa_column=Column(BigInteger(), nullable=False))
    name: str = Field(max_length=255, index=True)
    zone: str = Field(max_length=64)
    administration: str = Field(max_length=255)
    site: str = Field(max_length=255)
    class_: str = Field(max_length=64, sa_column_kwargs={"name": "class"})
    enrolled_at: datetime = Field(sa_column=Column(DateTime(timezone=True), nullable=False))
    changed_at: datetime = Field(sa_column=Column(DateTime(timezone=True), nullable=False, index=True))
    state: str = Field(max_length=16)
    gen_floor: int = Field(sa_column=Column(BigInteger(), nullable=False))
    wave: str = Field(max_length=64)
    token: str = Field(max_length=64)
    facts: str
    note: str
    keeper: str = Field(default="", max_length=64, sa_column_kwargs={"server_default": ""})
    supplier: str = Field(default="", max_length=255, sa_column_kwargs={"server_default": ""})


class DeviceTable(SQLModel, table=True):
    """How a device without an agent is asked: it is a host too, of the same origin.

    credential: empty for any that fits. added_at: seconds since the epoch. every: seconds between two visits.
    """

    __tablename__ = "device"
    __table_args__ = (Index("device_address", "zone", "address", "port", unique=True),)

    origin: str = Field(primary_key=True, max_length=64)
    zone: str = Field(max_length=64)
    address: str = Field(max_length=64)
    port: int = Field(sa_column=Column(Integer(), nullable=False))
    credential: str = Field(max_length=64)
    every: float
    added_at: float
    added_by: str = Field(max_length=64)
    how: str = Field(max_length=16)
    host_key: str


class ServiceCheckTable(SQLModel, table=True):
    """How a service is checked: it is a host too, of the same origin. See store.service_checks for the columns."""

    __tablename__ = "service_check"

    origin: str = Field(primary_key=True, max_length=64)
    zone: str = Field(max_length=64)
    kind: str = Field(max_length=32)
    target: str = Field(max_length=255)
    port: int = Field(sa_column=Column(Integer(), nullable=False))
    options: str
    sealed: bytes = Field(sa_column=Column(LargeBinary(), nullable=False))
    every: float
    patience: float
    service: str = Field(max_length=255)
    added_at: float
    added_by: str = Field(max_length=64)


class JobTable(SQLModel, table=True):
    """What was heard of a job that tells by itself; beside its service_check. See store.jobs for the columns."""

    __tablename__ = "job"
    __table_args__ = (Index("job_mark", "mark", unique=True),)

    origin: str = Field(primary_key=True, max_length=64)
    mark: str = Field(max_length=64)
    changed_at: float
    started: float
    succeeded: float
    failed: float
    seconds: float | None = None
    why: str = Field(max_length=64)
    output: str
    address: str = Field(max_length=64)
    told: str = Field(max_length=64)


class CredentialTable(SQLModel, table=True):
    """With what devices let us in: of a zone, or of one site of it. sealed: encrypted, by a key that is in no table."""

    __tablename__ = "credential"

    zone: str = Field(primary_key=True, max_length=64)
    name: str = Field(primary_key=True, max_length=64)
    site: str = Field(max_length=255)
    kind: str = Field(max_length=16)
    sealed: bytes = Field(sa_column=Column(LargeBinary(), nullable=False))
    changed_at: float


class HostFactTable(SQLModel, table=True):
    """What the machine of a host is known again by, hash by hash as it stands in `HostTable.facts`: to be looked up."""

    __tablename__ = "host_fact"
    __table_args__ = {"sqlite_with_rowid": False}

    fact: str = Field(primary_key=True, max_length=64)
    origin: str = Field(primary_key=True, max_length=64, index=True)


class TokenTable(SQLModel, table=True):
    """What may be enrolled with a token. Its secret is derived from the zone's master key and stands nowhere."""

    __tablename__ = "token"

    id: str = Field(primary_key=True, max_length=64)
    zone: str = Field(max_length=64)
    administration: str = Field(max_length=255)
    site: str = Field(max_length=255)
    class_: str = Field(max_length=64, sa_column_kwargs={"name": "class"})
    wave: str = Field(max_length=64)
    approve: bool
    uses: int
    used: int
    cidr: str = Field(max_length=255)
    names: str = Field(max_length=1024)
    created_at: datetime = Field(sa_column=Column(DateTime(timezone=True), nullable=False))
    expires_at: datetime = Field(sa_column=Column(DateTime(timezone=True), nullable=False))
    revoked_at: datetime | None = Field(default=None, sa_column=Column(DateTime(timezone=True), nullable=True))


class EnrolmentTable(SQLModel, table=True):
    """Each try to enrol: what came of it and why, which the one who tried is not told."""

    __tablename__ = "enrolment"
    __table_args__ = (Index("enrolment_nonce", "token", "nonce"),)

    id: int | None = Field(default=None, sa_column=Column(BIG, primary_key=True, autoincrement=True))
    at: datetime = Field(sa_column=Column(DateTime(timezone=True), nullable=False))
    zone: str = Field(max_length=64)
    token: str = Field(max_length=64)
    nonce: str = Field(max_length=64)
    address: str = Field(max_length=64)
    name: str = Field(max_length=255)
    origin: str = Field(max_length=64, index=True)
    gen: int = Field(sa_column=Column(BigInteger(), nullable=False))
    result: str = Field(max_length=16)
    reason: str


class ForkTable(SQLModel, table=True):
    """One identity seen twice: two lines of one number, or two machines that take turns. Both sides, for a decision."""

    __tablename__ = "fork"

    id: int | None = Field(default=None, sa_column=Column(BIG, primary_key=True, autoincrement=True))
    origin: str = Field(max_length=64, index=True)
    found_at: datetime = Field(sa_column=Column(DateTime(timezone=True), nullable=False))
    epoch: str = Field(max_length=64)
    seq: int = Field(sa_column=Column(BigInteger(), nullable=False))
    known: str
    other: str
    decision: str = Field(max_length=16)
    decided_at: datetime | None = Field(default=None, sa_column=Column(DateTime(timezone=True), nullable=True))


class OutageTable(SQLModel, table=True):
    """When the collector itself could not hear: down, or standing still. Seconds since the epoch."""

    __tablename__ = "outage"

    id: int | None = Field(default=None, sa_column=Column(BIG, primary_key=True, autoincrement=True))
    began: float
    ended: float
    why: str = Field(max_length=64)


class SeriesSetTable(SQLModel, table=True):
    """A series set by its digest."""

    __tablename__ = "series_set"

    digest: str = Field(primary_key=True, max_length=64)
    body: bytes = Field(sa_column=Column(LargeBinary(), nullable=False))


class PartTable(SQLModel, table=True):
    """The newest body of each section of a host."""

    __tablename__ = "part"

    origin: str = Field(primary_key=True, max_length=64)
    name: str = Field(primary_key=True, max_length=64)
    digest: str = Field(max_length=64)
    body: bytes = Field(sa_column=Column(LargeBinary(), nullable=False))


class SectionBodyTable(SQLModel, table=True):
    """A section's body by its digest, packed with zstd: kept once, however many hosts have the same."""

    __tablename__ = "section_body"

    digest: str = Field(primary_key=True, max_length=64)
    body: bytes = Field(sa_column=Column(LargeBinary(), nullable=False))


class HostSectionTable(SQLModel, table=True):
    """Which body each section of a host has now. since: when the collector heard of it, seconds since the epoch."""

    __tablename__ = "host_section"

    origin: str = Field(primary_key=True, max_length=64)
    name: str = Field(primary_key=True, max_length=64)
    digest: str = Field(max_length=64, index=True)
    since: float


class SoftwareTable(SQLModel, table=True):
    """A release of a package, called by what is in its row. product, product_by: what it belongs to and who publishes

    that, by the rules with the number `rules`.
    """

    __tablename__ = "software"

    id: int = Field(sa_column=Column(BigInteger(), primary_key=True, autoincrement=False))
    source: str
    name: str = Field(index=True)
    architecture: str
    version: str
    publisher: str
    size_bytes: int | None = Field(sa_column=Column(BigInteger(), nullable=True))
    installed: str
    product: str = Field(default="", index=True, sa_column_kwargs={"server_default": ""})
    product_by: str = Field(default="", sa_column_kwargs={"server_default": ""})
    rules: int = Field(sa_column=Column(BigInteger(), nullable=False, server_default="0"))


class SoftwareBaseTable(SQLModel, table=True):
    """The releases in a list that others are kept by. base: the number of that list."""

    __tablename__ = "software_base"
    # The key is all there is, so SQLite need not keep it twice.
    __table_args__ = (Index("software_base_software", "software", "base"), {"sqlite_with_rowid": False})

    base: int = Field(sa_column=Column(BigInteger(), primary_key=True, autoincrement=False))
    software: int = Field(sa_column=Column(BigInteger(), primary_key=True, autoincrement=False))


class SoftwareContentsTable(SQLModel, table=True):
    """The same as SoftwareBaseTable in one piece, eight bytes a release: to hold another list against it."""

    __tablename__ = "software_contents"

    base: int = Field(sa_column=Column(BIG, primary_key=True, autoincrement=False))
    ids: bytes = Field(sa_column=Column(LargeBinary(), nullable=False))


class SoftwareBandTable(SQLModel, table=True):
    """A checksum of some of the releases of a base: lists that are nearly the same have most of theirs in common."""

    __tablename__ = "software_band"
    __table_args__ = (Index("software_band_band", "band", "base"), {"sqlite_with_rowid": False})

    base: int = Field(sa_column=Column(BigInteger(), primary_key=True, autoincrement=False))
    band: int = Field(sa_column=Column(BigInteger(), primary_key=True, autoincrement=False))


class SoftwareListTable(SQLModel, table=True):
    """By which base a list is kept. list: number of the section's digest; a base is kept by itself."""

    __tablename__ = "software_list"

    list: int = Field(sa_column=Column(BIG, primary_key=True, autoincrement=False))
    base: int = Field(sa_column=Column(BigInteger(), nullable=False, index=True))


class SoftwareApartTable(SQLModel, table=True):
    """A release in which a list is apart from its base. has: the list has it, and the base has not."""

    __tablename__ = "software_apart"
    __table_args__ = (Index("software_apart_software", "software", "has", "list"), {"sqlite_with_rowid": False})

    list: int = Field(sa_column=Column(BigInteger(), primary_key=True, autoincrement=False))
    software: int = Field(sa_column=Column(BigInteger(), primary_key=True, autoincrement=False))
    has: bool


class SoftwareHostTable(SQLModel, table=True):
    """The list that a host has now, and its base: so that who has what of a base is read in one go."""

    __tablename__ = "software_host"
    __table_args__ = (
        Index("software_host_base", "base", "origin"),
        Index("software_host_list", "list", "origin"),
        {"sqlite_with_rowid": False},
    )

    origin: str = Field(primary_key=True, max_length=64)
    list: int = Field(sa_column=Column(BigInteger(), nullable=False))
    base: int = Field(sa_column=Column(BigInteger(), nullable=False))


class ChangeTable(SQLModel, table=True):
    """That a section of a host changed. at: seconds since the epoch. told: what changed in it."""

    __tablename__ = "change"
    __table_args__ = (Index("change_origin_at", "origin", "at"),)

    id: int | None = Field(default=None, sa_column=Column(BIG, primary_key=True, autoincrement=True))
    origin: str = Field(max_length=64)
    section: str = Field(max_length=64)
    at: float = Field(index=True)
    told: int = Field(sa_column=Column(BigInteger(), nullable=False))


class ChangeTextTable(SQLModel, table=True):
    """What changed in a section, packed: kept once, however many hosts it happened to.

    id: of what is in it. last: when it happened last, within a day; seconds since the epoch.
    """

    __tablename__ = "change_text"

    id: int = Field(sa_column=Column(BIG, primary_key=True, autoincrement=False))
    body: bytes = Field(sa_column=Column(LargeBinary(), nullable=False))
    last: float = Field(index=True)


class EventTable(SQLModel, table=True):
    """What happened: events, gaps, goodbyes, and kinds of a later release. A line makes one row, ever."""

    __tablename__ = "event"
    __table_args__ = (UniqueConstraint("origin", "epoch", "seq", name="event_line"),)

    id: int | None = Field(default=None, sa_column=Column(BIG, primary_key=True, autoincrement=True))
    origin: str = Field(max_length=64, index=True)
    epoch: str = Field(max_length=64)
    seq: int = Field(sa_column=Column(BigInteger(), nullable=False))
    kind: str = Field(max_length=64)
    at: float
    received: float
    name: str = Field(max_length=128)
    text: str


class ReaderTable(SQLModel, table=True):
    """How far a reader of the journal has come. Written in the transaction that writes what it read."""

    __tablename__ = "reader"

    name: str = Field(primary_key=True, max_length=64)
    position: int = Field(sa_column=Column(BigInteger(), nullable=False))


class LoginTable(SQLModel, table=True):
    """Who may open the console, and as what. `secret` is a salted hash, `totp` is sealed by the vault.

    See store.accounts for the columns.
    """

    __tablename__ = "login"

    name: str = Field(primary_key=True, max_length=64)
    secret: str
    created_at: datetime = Field(sa_column=Column(DateTime(timezone=True), nullable=False))
    full_name: str = Field(max_length=255)
    role: str = Field(max_length=16)
    administrations: str
    supplier: str = Field(max_length=64)
    totp: str
    totp_at: float
    disabled: bool
    changed_at: float


class SessionTable(SQLModel, table=True):
    """An open console session; `token` is the hash of what the browser holds. opened_at: seconds since the epoch."""

    __tablename__ = "session"

    token: str = Field(primary_key=True, max_length=64)
    login: str = Field(max_length=64)
    expires: float
    opened_at: float
    address: str = Field(max_length=64)
    browser: str = Field(max_length=255)


class AuditTable(SQLModel, table=True):
    """Who did what. The store refuses to change a row or to remove one; see store.audit for the columns."""

    __tablename__ = "audit"
    __table_args__ = (Index("audit_at", "at"), Index("audit_who", "who", "seq"))

    seq: int = Field(sa_column=Column(BigInteger(), primary_key=True, autoincrement=False))
    at: float
    who: str = Field(max_length=255)
    how: str = Field(max_length=255)
    what: str = Field(max_length=255)
    object: str = Field(max_length=255)
    detail: str
    hash: str = Field(max_length=64)
