"""The coverage ledger: what should be there, against what is seen in the network and what reports."""

import re

LIST_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,47}")
CONTRACT, MANAGED, SEEN = "contract", "managed", "seen"
LISTS = {
    CONTRACT: "what is paid for, and by whom",
    MANAGED: "what somebody runs, as an inventory of Ansible",
    SEEN: "what is in the network, as leases of DHCP",
}
"""Kinds of list."""

UNMANAGED, SILENT, GHOST, UNBILLED, OWNER = "unmanaged", "silent", "ghost", "unbilled", "owner"
FINDINGS = {
    UNMANAGED: ("Unmanaged", "It is in the network and does not report."),
    SILENT: ("Silent", "It reported once, and has not for long."),
    GHOST: ("Ghost", "It stands in a list, and has never reported."),
    UNBILLED: ("Unbilled", "It reports, and no contract has it."),
    OWNER: ("Wrong owner", "It is enrolled for another administration than the contract says."),
}
"""Kinds of finding: title, and a sentence."""
