"""The ways to a person, a file each. Each is a `Notifier`; see `message`."""
