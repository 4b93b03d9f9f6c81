"""Which system it is: /etc/os-release, and sw_vers of macOS.

Example:
    $ cat /etc/os-release
    NAME="CentOS Linux"
    VERSION_ID="7"
    ID=centos
    $ sw_vers
    ProductName:    Mac OS X
    ProductVersion: 10.14.6
"""

import re

_ESCAPED = re.compile(r'\\([\\"$`])')


def parse(text: str) -> dict[str, str]:
    """Return the assignments, unquoted as a shell would; a line that is none is passed over."""
    told: dict[str, str] = {}
    for line in text.split("\n"):
        name, equals, value = line.strip().partition("=")
        if equals and name.isidentifier():
            told[name] = _unquoted(value)
    return told


def parse_sw_vers(text: str) -> dict[str, str]:
    """Return what sw_vers says, by its own names."""
    pairs = (line.partition(":") for line in text.split("\n"))
    return {name.strip(): value.strip() for name, colon, value in pairs if colon}


def _unquoted(value: str) -> str:
    if len(value) > 1 and value[0] == value[-1] == "'":
        return value[1:-1]
    if len(value) > 1 and value[0] == value[-1] == '"':
        value = value[1:-1]
    return _ESCAPED.sub(r"\1", value)
