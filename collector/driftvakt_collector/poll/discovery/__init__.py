"""Finds what is in a network: by echoes, by the tables of neighbours, and by SNMP where a credential of ours fits."""
