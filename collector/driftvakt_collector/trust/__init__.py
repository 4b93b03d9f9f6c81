"""Whom the collector trusts: the zones' own authorities, tokens, and who may come in with one."""
