"""Machines that have no agent and let a user in by SSH: which commands they are asked, and what the answers say."""
