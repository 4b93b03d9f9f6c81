"""Memory and swap: free, of Linux.

Example:
    $ free -k
                  total        used        free      shared  buff/cache   available
    Mem:        3861332      222820     3364176       11832      274336     3389588
    Swap:       2097148           0     2097148
"""

from driftvakt_collector.poll.ssh.parsers.number import whole

_KIBIBYTE = 1024


def parse(text: str) -> dict[str, dict[str, int]]:
    """Return bytes by row (`Mem`, `Swap`) and column, as free calls them."""
    columns: list[str] = []
    rows: dict[str, dict[str, int]] = {}
    for line in text.split("\n"):
        name, colon, rest = line.partition(":")
        if not colon:
            columns = columns or line.split()
            continue
        # Of swap only the first three columns are told.
        numbers = [whole(one) for one in rest.split()]
        rows[name.strip()] = {
            column: number * _KIBIBYTE for column, number in zip(columns, numbers, strict=False) if number is not None
        }
    return rows
