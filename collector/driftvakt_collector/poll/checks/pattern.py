"""The regular expressions of an administrator, over what a server says: by RE2, which takes time as the text is long.

With Python's own, a page of one word repeated keeps an ordinary `Logga.*in` busy for a minute, and with it all else.
RE2 knows no references back and no looking around.
"""

from functools import lru_cache

import re2

from driftvakt_collector.poll.checks.check import CheckError, Fault

MAX_TEXT = 1024 * 1024
"""Characters that are looked through."""
_OVER_LINES = "(?sm)"


def found(option: str, expression: str, text: str | bytes) -> bool:
    """Say if an expression is anywhere in a text; `.` takes line ends, `^` and `$` take lines. Bytes are read as UTF-8.

    option: that it stands in. Raises CheckError where the expression is none.
    """
    read = text.decode("utf-8", "replace") if isinstance(text, bytes) else text
    return _compiled(option, expression).search(read[:MAX_TEXT]) is not None


@lru_cache(maxsize=1000)
def _compiled(option: str, expression: str) -> "re2._Regexp":
    told = re2.Options()
    told.log_errors = False
    try:
        return re2.compile(_OVER_LINES + expression, told)
    except re2.error as e:
        why = e.args[0].decode("utf-8", "replace") if e.args and isinstance(e.args[0], bytes) else str(e)
        raise CheckError(Fault.UNUSABLE, f"option {option!r} is no regular expression (of RE2): {why}") from e
