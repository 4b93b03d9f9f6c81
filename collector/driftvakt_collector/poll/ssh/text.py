r"""What a machine wrote, made harmless: no escapes of terminals, no control characters, lines of bounded length.

Example of what is taken out (a title of a window by OSC, a colour by CSI, a backspace):
    \x1b]0;owned\x07\x1b[31mtotal\x1b[0m 4\b
"""

import re

MAX_LINE = 4096
"""Characters of a line that are kept: nothing that we read has longer ones, but for lists that are cut anyway."""
_ESCAPES = re.compile(
    r"(?:\x1b[\]PX^_]|[\x9d\x90\x98\x9e\x9f])[^\x07\x1b\x9c\n]*(?:\x07|\x1b\\|\x9c)?"  # OSC, DCS, SOS, PM, APC.
    r"|(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]?"  # CSI.
    r"|\x1b[ -/]*[0-~]?"  # All the others.
)
_CONTROLS = re.compile(
    r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb\ud800-\udfff]"
)


def plain(raw: bytes) -> str:
    """Return output as lines without what cannot be seen. Bytes that are no UTF-8 become U+FFFD."""
    found = raw.decode("utf-8", "replace").replace("\r\n", "\n").replace("\r", "\n")
    if "\x1b" in found or not found.isascii():
        found = _ESCAPES.sub("", found)
    found = _CONTROLS.sub("", found)
    if len(found) <= MAX_LINE:
        return found
    return "\n".join(line[:MAX_LINE] for line in found.split("\n"))


def last_line(text: str) -> str:
    """Return the last line that says something: what a login shell greets with stands before it."""
    return text.rstrip().rpartition("\n")[2].strip()


def line(text: str, most: int = 255) -> str:
    """Return a text in one line."""
    return " ".join(text[: 8 * most].split())[:most].strip()
