"""Prometheus pages: host series by shard, the collector's own health, and service discovery."""
