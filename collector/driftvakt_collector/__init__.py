"""The collector: takes signed lines, syncs them to disk, knows what they mean, shows it."""
