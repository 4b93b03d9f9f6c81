"""Devices by SNMP: drivers that fetch, declared tables that say what to fetch, and what becomes of it."""
