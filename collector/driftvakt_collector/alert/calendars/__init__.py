"""Calendars: when a service is open, when somebody is there, when a PC is expected to be on."""
