"""Suppliers' desks over HTTP: cases out, and their webhooks in. A file a kind of desk."""
