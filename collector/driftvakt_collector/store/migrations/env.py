"""Runs the migrations on the connection that the store hands over."""

from alembic import context
from sqlmodel import SQLModel

from driftvakt_collector.store import (  # noqa: F401  all tables
    alert_models,
    applications,
    assets,
    coverage,
    models,
    subnets,
)

connection = context.config.attributes["connection"]
context.configure(connection=connection, target_metadata=SQLModel.metadata, render_as_batch=True)
with context.begin_transaction():
    context.run_migrations()
