"""Alerts of other systems: what their webhooks say, as changes of ours."""
