"""What must outlive everything: hosts, series sets, parts, events, logins. SQLite or PostgreSQL, one code."""
