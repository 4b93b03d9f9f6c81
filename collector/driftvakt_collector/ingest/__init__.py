"""The HTTP door for records: limits, verify, append, answer. Nothing is answered `accepted` before it is on disk."""
