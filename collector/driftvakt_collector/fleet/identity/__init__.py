"""Which thing it is: agents, devices and imports resolve to assets here. Pure; `fleet.register` does the doing."""
