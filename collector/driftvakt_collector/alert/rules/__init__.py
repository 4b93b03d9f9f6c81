"""Rules: what of a host's series is wrong. Read from TOML, evaluated when a line arrives, exported to Prometheus."""
