"""The relay: takes lines like the collector does, keeps them synced on its disk, and hands them on.

    door ──► spool (live, strange, backlog) ──► forward ──► one of several upstreams
                                     ▲             │
                                     └── held ◄────┘  lines that the upstream does not accept yet

It holds no keys but its own, so it can carry and delay a line, and neither forge nor alter one.
"""
