"""What an IP address looks like."""

from ipaddress import ip_address


def is_address(text: str) -> bool:
    """Say if a text is an IP address, of version 4 or 6."""
    try:
        ip_address(text)
    except ValueError:
        return False
    return True
