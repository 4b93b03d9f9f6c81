"""What is wrong, and who is to know of it: rules, root cause, calendars, on-call, escalation, and what is sent."""
