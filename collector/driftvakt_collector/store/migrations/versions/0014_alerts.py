"""Alerts, incidents, on-call, and what is sent to people."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

_BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    for create in _TABLES:
        create()


def downgrade() -> None:
    for create in reversed(_TABLES):
        op.drop_table(create.__name__.removeprefix("_"))


def _alert() -> None:
    op.create_table(
        "alert",
        sa.Column("fingerprint", sa.String(64), primary_key=True),
        sa.Column("generation", sa.Integer(), nullable=False),
        sa.Column("source", sa.String(16), nullable=False),
        sa.Column("rule", sa.String(128), nullable=False),
        sa.Column("origin", sa.String(64), nullable=False),
        sa.Column("subject", sa.String(255), nullable=False),
        sa.Column("zone", sa.String(64), nullable=False),
        sa.Column("administration", sa.String(255), nullable=False),
        sa.Column("site", sa.String(255), nullable=False),
        sa.Column("class", sa.String(64), nullable=False),
        sa.Column("service", sa.String(255), nullable=False),
        sa.Column("supplier", sa.String(255), nullable=False),
        sa.Column("runbook", sa.String(), nullable=False),
        sa.Column("labels", sa.String(), nullable=False),
        sa.Column("summary", sa.String(), nullable=False),
        sa.Column("severity", sa.String(16), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("standing", sa.String(16), nullable=False),
        sa.Column("trace", sa.String(), nullable=False),
        sa.Column("value", sa.Float(), nullable=True),
        sa.Column("started_at", sa.Float(), nullable=False),
        sa.Column("changed_at", sa.Float(), nullable=False),
        sa.Column("ended_at", sa.Float(), nullable=True),
        sa.Column("incident", sa.Integer(), nullable=True),
    )
    op.create_index("alert_incident", "alert", ["incident"])
    op.create_index("alert_state", "alert", ["state", "changed_at"])
    op.create_index("ix_alert_origin", "alert", ["origin"])


def _alert_event() -> None:
    op.create_table(
        "alert_event",
        sa.Column("id", _BIG, primary_key=True, autoincrement=True),
        sa.Column("fingerprint", sa.String(64), nullable=False),
        sa.Column("generation", sa.Integer(), nullable=False),
        sa.Column("at", sa.Float(), nullable=False),
        sa.Column("what", sa.String(16), nullable=False),
        sa.Column("standing", sa.String(16), nullable=False),
        sa.Column("trace", sa.String(), nullable=False),
    )
    op.create_index("alert_event_alert", "alert_event", ["fingerprint", "at"])
    op.create_index("ix_alert_event_at", "alert_event", ["at"])


def _incident() -> None:
    op.create_table(
        "incident",
        sa.Column("number", _BIG, primary_key=True, autoincrement=True),
        sa.Column("token", sa.String(64), nullable=False),
        sa.Column("cause", sa.String(255), nullable=False),
        sa.Column("summary", sa.String(), nullable=False),
        sa.Column("severity", sa.String(16), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("zone", sa.String(64), nullable=False),
        sa.Column("administration", sa.String(255), nullable=False),
        sa.Column("site", sa.String(255), nullable=False),
        sa.Column("service", sa.String(255), nullable=False),
        sa.Column("owner", sa.String(64), nullable=False),
        sa.Column("policy", sa.String(64), nullable=False),
        sa.Column("parent", sa.Integer(), nullable=True),
        sa.Column("muffled", sa.Integer(), nullable=False),
        sa.Column("generation", sa.Integer(), nullable=False),
        sa.Column("opened_at", sa.Float(), nullable=False),
        sa.Column("acknowledged_at", sa.Float(), nullable=True),
        sa.Column("acknowledged_by", sa.String(64), nullable=False),
        sa.Column("resolved_at", sa.Float(), nullable=True),
        sa.Column("closed_at", sa.Float(), nullable=True),
        sa.UniqueConstraint("token"),
    )
    op.create_index("incident_cause", "incident", ["cause", "state"])
    op.create_index("incident_state", "incident", ["state", "opened_at"])


def _incident_event() -> None:
    op.create_table(
        "incident_event",
        sa.Column("id", _BIG, primary_key=True, autoincrement=True),
        sa.Column("incident", _BIG, nullable=False),
        sa.Column("at", sa.Float(), nullable=False),
        sa.Column("what", sa.String(32), nullable=False),
        sa.Column("who", sa.String(64), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
    )
    op.create_index("incident_event_incident", "incident_event", ["incident", "at"])


def _timer() -> None:
    op.create_table(
        "timer",
        sa.Column("id", _BIG, primary_key=True, autoincrement=True),
        sa.Column("incident", _BIG, nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("step", sa.Integer(), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("due_at", sa.Float(), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("changed_at", sa.Float(), nullable=False),
    )
    op.create_index("timer_due", "timer", ["state", "due_at"])
    op.create_index("timer_incident", "timer", ["incident"])


def _outbox() -> None:
    op.create_table(
        "outbox",
        sa.Column("id", _BIG, primary_key=True, autoincrement=True),
        sa.Column("message", sa.String(128), nullable=False),
        sa.Column("incident", _BIG, nullable=True),
        sa.Column("generation", sa.Integer(), nullable=False),
        sa.Column("step", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("channel", sa.String(16), nullable=False),
        sa.Column("person", sa.String(64), nullable=False),
        sa.Column("address", sa.String(320), nullable=False),
        sa.Column("severity", sa.String(16), nullable=False),
        sa.Column("body", sa.String(), nullable=False),
        sa.Column("why", sa.String(), nullable=False),
        sa.Column("made_at", sa.Float(), nullable=False),
        sa.Column("not_before", sa.Float(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("lease_until", sa.Float(), nullable=False),
        sa.Column("lease_token", sa.String(64), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("changed_at", sa.Float(), nullable=False),
        sa.Column("sent_at", sa.Float(), nullable=True),
        sa.Column("provider", sa.String(128), nullable=False),
        sa.Column("receipt", sa.String(16), nullable=False),
        sa.Column("error", sa.String(), nullable=False),
        sa.UniqueConstraint("message", name="outbox_message"),
    )
    op.create_index("outbox_address", "outbox", ["channel", "address", "sent_at"])
    op.create_index("outbox_due", "outbox", ["state", "channel", "severity", "step", "not_before"])
    op.create_index("outbox_incident", "outbox", ["incident"])
    op.create_index("outbox_person", "outbox", ["person", "made_at"])
    op.create_index("outbox_provider", "outbox", ["channel", "provider"])


def _link() -> None:
    op.create_table(
        "link",
        sa.Column("mark", sa.String(64), primary_key=True),
        sa.Column("incident", _BIG, nullable=False),
        sa.Column("person", sa.String(64), nullable=False),
        sa.Column("action", sa.String(16), nullable=False),
        sa.Column("expires_at", sa.Float(), nullable=False),
        sa.Column("used_at", sa.Float(), nullable=True),
    )
    op.create_index("ix_link_expires_at", "link", ["expires_at"])


def _answer() -> None:
    op.create_table(
        "answer",
        sa.Column("id", _BIG, primary_key=True, autoincrement=True),
        sa.Column("channel", sa.String(16), nullable=False),
        sa.Column("key", sa.String(255), nullable=False),
        sa.Column("at", sa.Float(), nullable=False),
        sa.Column("sender", sa.String(320), nullable=False),
        sa.Column("person", sa.String(64), nullable=False),
        sa.Column("incident", _BIG, nullable=True),
        sa.Column("action", sa.String(16), nullable=False),
        sa.Column("verdict", sa.String(64), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.UniqueConstraint("channel", "key", name="answer_key"),
    )
    op.create_index("ix_answer_at", "answer", ["at"])


def _person() -> None:
    op.create_table(
        "person",
        sa.Column("name", sa.String(64), primary_key=True),
        sa.Column("full_name", sa.String(255), nullable=False),
        sa.Column("language", sa.String(8), nullable=False),
        sa.Column("time_zone", sa.String(64), nullable=False),
        sa.Column("login", sa.String(64), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("feed", sa.String(64), nullable=False),
        sa.Column("changed_at", sa.Float(), nullable=False),
    )


def _contact() -> None:
    op.create_table(
        "contact",
        sa.Column("person", sa.String(64), primary_key=True),
        sa.Column("channel", sa.String(16), primary_key=True),
        sa.Column("address", sa.String(320), primary_key=True),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("verified_at", sa.Float(), nullable=True),
        sa.UniqueConstraint("channel", "address", name="contact_address"),
    )


def _plan() -> None:
    op.create_table(
        "plan",
        sa.Column("kind", sa.String(16), primary_key=True),
        sa.Column("name", sa.String(64), primary_key=True),
        sa.Column("version", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("from_at", sa.Float(), nullable=False),
        sa.Column("body", sa.String(), nullable=False),
        sa.Column("made_at", sa.Float(), nullable=False),
        sa.Column("made_by", sa.String(64), nullable=False),
        sa.Column("note", sa.String(), nullable=False),
    )


def _duty_change() -> None:
    op.create_table(
        "duty_change",
        sa.Column("id", _BIG, primary_key=True, autoincrement=True),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("rota", sa.String(64), nullable=False),
        sa.Column("person", sa.String(64), nullable=False),
        sa.Column("instead", sa.String(64), nullable=False),
        sa.Column("from_at", sa.Float(), nullable=False),
        sa.Column("until_at", sa.Float(), nullable=False),
        sa.Column("made_at", sa.Float(), nullable=False),
        sa.Column("made_by", sa.String(64), nullable=False),
        sa.Column("note", sa.String(), nullable=False),
        sa.Column("removed_at", sa.Float(), nullable=True),
        sa.Column("removed_by", sa.String(64), nullable=False),
    )
    op.create_index("duty_change_time", "duty_change", ["until_at", "from_at"])


def _mute() -> None:
    op.create_table(
        "mute",
        sa.Column("id", _BIG, primary_key=True, autoincrement=True),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("scope", sa.String(), nullable=False),
        sa.Column("from_at", sa.Float(), nullable=False),
        sa.Column("until_at", sa.Float(), nullable=False),
        sa.Column("last_until", sa.Float(), nullable=True),
        sa.Column("recurrence", sa.String(), nullable=False),
        sa.Column("time_zone", sa.String(64), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("made_at", sa.Float(), nullable=False),
        sa.Column("made_by", sa.String(64), nullable=False),
        sa.Column("ended_at", sa.Float(), nullable=True),
        sa.Column("ended_by", sa.String(64), nullable=False),
    )
    op.create_index("mute_time", "mute", ["last_until", "from_at"])


def _supplier() -> None:
    op.create_table(
        "supplier",
        sa.Column("name", sa.String(255), primary_key=True),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("address", sa.String(320), nullable=False),
        sa.Column("url", sa.String(), nullable=False),
        sa.Column("settings", sa.String(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("language", sa.String(8), nullable=False),
        sa.Column("calendar", sa.String(64), nullable=False),
        sa.Column("answer_minutes", sa.Float(), nullable=False),
        sa.Column("mend_hours", sa.Float(), nullable=False),
        sa.Column("is_automatic", sa.Boolean(), nullable=False),
        sa.Column("changed_at", sa.Float(), nullable=False),
    )


def _handover() -> None:
    op.create_table(
        "handover",
        sa.Column("id", _BIG, primary_key=True, autoincrement=True),
        sa.Column("incident", _BIG, nullable=False),
        sa.Column("supplier", sa.String(255), nullable=False),
        sa.Column("token", sa.String(64), nullable=False),
        sa.Column("their_key", sa.String(255), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("evidence", sa.String(), nullable=False),
        sa.Column("opened_at", sa.Float(), nullable=False),
        sa.Column("answered_at", sa.Float(), nullable=True),
        sa.Column("answer_due_at", sa.Float(), nullable=True),
        sa.Column("mend_due_at", sa.Float(), nullable=True),
        sa.Column("mended_at", sa.Float(), nullable=True),
        sa.Column("changed_at", sa.Float(), nullable=False),
        sa.UniqueConstraint("token"),
    )
    op.create_index("handover_incident", "handover", ["incident"])
    op.create_index("handover_state", "handover", ["state", "opened_at"])
    op.create_index("handover_theirs", "handover", ["supplier", "their_key"])


def _incoming() -> None:
    op.create_table(
        "incoming",
        sa.Column("name", sa.String(64), primary_key=True),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("zone", sa.String(64), nullable=False),
        sa.Column("administration", sa.String(255), nullable=False),
        sa.Column("mark", sa.String(64), nullable=False),
        sa.Column("changed_at", sa.Float(), nullable=False),
        sa.Column("last_at", sa.Float(), nullable=True),
        sa.Column("last_error", sa.String(), nullable=False),
    )


_TABLES = (
    _alert,
    _alert_event,
    _incident,
    _incident_event,
    _timer,
    _outbox,
    _link,
    _answer,
    _person,
    _contact,
    _plan,
    _duty_change,
    _mute,
    _supplier,
    _handover,
    _incoming,
)
