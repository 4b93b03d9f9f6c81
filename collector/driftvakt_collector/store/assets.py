"""The tables of the register of assets; `fleet.book` reads and writes them."""

from sqlalchemy import BigInteger, Column, Index, Integer
from sqlmodel import Field, SQLModel

_BIG = BigInteger().with_variant(Integer(), "sqlite")


class AssetTable(SQLModel, table=True):
    """A thing. virtual: what it runs on, empty on bare metal. created: seconds since the epoch."""

    __tablename__ = "asset"

    id: int | None = Field(default=None, sa_column=Column(_BIG, primary_key=True, autoincrement=True))
    zone: str = Field(max_length=64)
    virtual: str = Field(max_length=64)
    created: float


class AssetKeyTable(SQLModel, table=True):
    """What an asset is known by, and which source said so."""

    __tablename__ = "asset_key"
    __table_args__ = (Index("asset_key_value", "value", "kind"),)

    asset: int = Field(sa_column=Column(BigInteger(), primary_key=True, autoincrement=False))
    kind: str = Field(primary_key=True, max_length=16)
    value: str = Field(primary_key=True, max_length=255)
    source: str = Field(max_length=64)


class AssetSourceTable(SQLModel, table=True):
    """Where a source stands, since when, when it was last looked at (seconds since the epoch), and its evidence."""

    __tablename__ = "asset_source"

    source: str = Field(primary_key=True, max_length=64)
    asset: int = Field(sa_column=Column(BigInteger(), nullable=False, index=True))
    zone: str = Field(max_length=64)
    since: float
    pinned: bool
    checked: float
    evidence: str


class AssetApartTable(SQLModel, table=True):
    """Two sources that are two things, whatever they say. Each pair stands here in both orders."""

    __tablename__ = "asset_apart"

    one: str = Field(primary_key=True, max_length=64)
    other: str = Field(primary_key=True, max_length=64)


class AssetQuestionTable(SQLModel, table=True):
    """A source that perhaps stands on an asset: an operator decides."""

    __tablename__ = "asset_question"

    source: str = Field(primary_key=True, max_length=64)
    asset: int = Field(sa_column=Column(BigInteger(), primary_key=True, autoincrement=False))
    at: float


class AssetDecisionTable(SQLModel, table=True):
    """A decision. who: empty for the engine's own."""

    __tablename__ = "asset_decision"

    id: int | None = Field(default=None, sa_column=Column(_BIG, primary_key=True, autoincrement=True))
    at: float
    action: str = Field(max_length=16)
    text: str
    who: str = Field(max_length=64)
    undone: bool


class AssetMoveTable(SQLModel, table=True):
    """A source that a decision took from one asset to another; 0 is none. pinned: an operator had put it there."""

    __tablename__ = "asset_move"

    decision: int = Field(sa_column=Column(BigInteger(), primary_key=True, autoincrement=False))
    source: str = Field(primary_key=True, max_length=64, index=True)
    begin: int = Field(sa_column=Column(BigInteger(), nullable=False, index=True))
    end: int = Field(sa_column=Column(BigInteger(), nullable=False, index=True))
    pinned: bool
