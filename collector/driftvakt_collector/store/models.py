"""The tables. Rows are written with SQLAlchemy Core; the classes are the one declaration that the migrations follow."""

from datetime import datetime

from sqlalchemy import BigInteger, Column, DateTime, Integer, LargeBinary, UniqueConstraint
from sqlmodel import Field, SQLModel

_BIG = BigInteger().with_variant(Integer(), "sqlite")
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


class EventTable(SQLModel, table=True):
    """What happened: events, gaps, goodbyes, and kinds of a later release. A line makes one row, ever."""

    __tablename__ = "event"
    __table_args__ = (UniqueConstraint("origin", "epoch", "seq", name="event_line"),)

    id: int | None = Field(default=None, sa_column=Column(_BIG, primary_key=True, autoincrement=True))
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
    """Who may open the console. `secret` is a salted scrypt hash."""

    __tablename__ = "login"

    name: str = Field(primary_key=True, max_length=64)
    secret: str
    created_at: datetime = Field(sa_column=Column(DateTime(timezone=True), nullable=False))


class SessionTable(SQLModel, table=True):
    """An open console session; `token` is the hash of what the browser holds."""

    __tablename__ = "session"

    token: str = Field(primary_key=True, max_length=64)
    login: str = Field(max_length=64)
    expires: float
