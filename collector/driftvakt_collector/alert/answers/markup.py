"""HTML of mails and of GLPI as plain text, and the other way. Only text comes through: no links, no hidden parts.

Not by html.parser, which looks at the rest of a text again for each comment that does not end: a page that was made for
it keeps it busy for a minute. Here each part of a text is looked at once.
"""

from html import escape, unescape

_MOST = 200_000
_MOST_TAG = 2000
_BREAKS = frozenset({"br", "p", "div", "li", "tr", "h1", "h2", "h3", "table", "ul", "ol", "hr", "pre"})
_SILENT = frozenset({"script", "style", "head", "title", "template", "object", "noscript"})
_QUOTE = "blockquote"


def to_text(html: str) -> str:
    """Return the text of HTML; of quoted parts each line begins with `>`."""
    told = html[:_MOST]
    low = told.lower()
    parts: list[str] = []
    quotes, place = 0, 0
    while place < len(told):
        begin = told.find("<", place)
        text = told[place:] if begin < 0 else told[place:begin]
        parts.append(_inline(text, quoted=quotes > 0, at_start=not parts or parts[-1].endswith("\n")))
        if begin < 0:
            break
        if low.startswith("<!--", begin):
            place = _after(low, "-->", begin + 4)
            continue
        end = told.find(">", begin, begin + _MOST_TAG)
        name = _name(low, begin)
        if end < 0 or not name:
            parts.append("<" if not name else "")
            place = begin + 1 if not name else len(told)
            continue
        place = end + 1
        closes = name.startswith("/")
        plain = name.lstrip("/")
        if plain in _SILENT and not closes:
            place = _after(low, ">", _after(low, f"</{plain}", place))
        elif plain == _QUOTE or plain in _BREAKS:
            quotes += (-1 if closes and quotes else 0 if closes else 1) if plain == _QUOTE else 0
            parts.append("\n")
    rows = [" ".join(row.split()) for row in "".join(parts).split("\n")]
    return "\n".join(rows).strip()


def to_html(text: str) -> str:
    """Return a text as HTML that shows it as it is."""
    return escape(text).replace("\n", "<br>\n")


def _inline(text: str, *, quoted: bool, at_start: bool) -> str:
    """Return the text between two tags; a line end in the source is a blank."""
    told = unescape(text).replace("\r", " ").replace("\n", " ")
    return f"> {told}" if quoted and at_start and told.strip() else told


def _name(low: str, begin: int) -> str:
    """Return the name of the tag that begins here, with `/` where it closes; empty for none."""
    place = begin + 1
    if low.startswith("/", place):
        place += 1
    end = place
    while end < len(low) and end - place < 20 and low[end].isalnum():
        end += 1
    if end == place:
        # A declaration is a tag without a name; anything else is a lone sign.
        return "!" if low[place : place + 1] in ("!", "?") else ""
    return low[begin + 1 : end]


def _after(low: str, what: str, place: int) -> int:
    """Return where what follows the next `what` begins; the end where there is none."""
    found = low.find(what, place)
    return len(low) if found < 0 else found + len(what)
