"""Business applications: what a host is for, recognised by rules from its packages, services and open ports."""
