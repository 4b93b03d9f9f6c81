"""What a person means by a reply: a word on the first line, a code or a key, and whatever else they write.

    >>> parse("K 4F7P på väg")
    Reply(action=<Action.ACKNOWLEDGE: 'ack'>, code='4F7P', incident=None, seconds=0.0, note='på väg')

Only what is meant without doubt acts. `ok men jag kan inte` is a note: an alert that nobody took goes on to the next
person, and one that was taken by mistake goes to nobody.
"""

import re
from dataclasses import dataclass
from enum import Enum
from html.parser import HTMLParser

from driftvakt_collector.alert.answers.code import is_code

HOUR = 3600.0
_SILENCE = (300.0, 7 * 86_400.0)
_NOTE = 2000
_TEXT = 20_000


class Action(Enum):
    """What a reply asks for. UNCLEAR: nothing that can be told."""

    ACKNOWLEDGE = "ack"
    ESCALATE = "escalate"
    SILENCE = "silence"
    STATUS = "status"
    NOTE = "note"
    UNCLEAR = "unclear"


@dataclass(frozen=True)
class Reply:
    """code: given, in capitals, empty for none. incident: the number of a key that was given. seconds: of silence."""

    action: Action
    code: str = ""
    incident: int | None = None
    seconds: float = 0.0
    note: str = ""


_WORDS = {
    Action.ACKNOWLEDGE: (
        "k", "ok", "okej", "okay", "ack", "acknowledge", "acknowledged", "kvittera", "kvitterar", "kvitterat", "tar",
        "tar den", "tar det", "tar larmet", "jag tar", "jag tar den", "jag tar det", "jag tar larmet", "take",
        "taking it", "i take it", "i'll take it", "on it", "mine",
    ),
    Action.ESCALATE: (
        "e", "esk", "eskalera", "eskalerar", "escalate", "vidare", "skicka vidare", "nej", "no", "n", "kan inte",
        "jag kan inte", "can't", "cannot", "next", "nästa",
    ),
    Action.STATUS: ("s", "status", "läge", "läget", "?"),
}  # fmt: skip
_ACTIONS = {word: action for action, words in _WORDS.items() for word in words}
_SILENT = re.compile(r"(?:tysta?|silence|mute|snooze)\b(?:\s*(?:i|for|om)\b)?\s*(?:(\d{1,4})\s*([a-zåäö]*)\b)?", re.I)
_UNITS = {
    **dict.fromkeys(("m", "min", "mins", "minut", "minuter", "minute", "minutes"), 60.0),
    **dict.fromkeys(("", "h", "t", "tim", "timme", "timmar", "hr", "hrs", "hour", "hours"), HOUR),
    **dict.fromkeys(("d", "dag", "dagar", "dygn", "day", "days"), 86_400.0),
}
_KEY = re.compile(r"(?:inc-?|#)(\d{1,12})", re.I)
_POLITE = re.compile(r"(?:\s*(?:nu|now|tack|thanks|thank you|please|mvh|/\s*\w+)?[\s.!,:)]*)", re.I)
_WORD = re.compile(r"[^\s.,;:!]+")


def parse(text: str) -> Reply:
    """Return what a reply says. The text is what its sender wrote, without what they quote: see `own_words`."""
    lines = [line.strip() for line in text[:_TEXT].replace("\r", "\n").split("\n")]
    lines = [line for line in lines if line]
    if not lines:
        return Reply(Action.UNCLEAR)
    first, below = " ".join(lines[0].split()), "\n".join(lines[1:])
    code, incident, rest, tail = _without_names(first)
    if not rest and not tail:
        return Reply(Action.UNCLEAR, code, incident, note=below[:_NOTE])
    if silent := _SILENT.match(rest):
        return _silence(silent, rest, tail, code, incident, "\n".join(filter(None, (tail, below))))
    word = rest.casefold().strip(" .!,;:").replace("’", "'") if rest != "?" else rest
    action = _ACTIONS.get(word) or _ACTIONS.get(_without_politeness(word))
    if action is not None:
        return Reply(action, code, incident, note="\n".join(filter(None, (tail, below)))[:_NOTE])
    return Reply(Action.NOTE, code, incident, note=text.strip()[:_NOTE])


def _without_names(line: str) -> tuple[str, int | None, str, str]:
    """Return the code and the number in a line's beginning, the words before them, and those after.

    `K 4F7P på väg` has the words K before and `på väg` after; `4F7P K` has K before. Without a code or a key all words
    stand before.
    """
    code, incident = "", None
    words = list(_WORD.finditer(line))
    named = [
        (number, one) for number, one in enumerate(words[:6])
        if (is_code(one[0]) and number < 4) or _KEY.fullmatch(one[0])
    ]  # fmt: skip
    if not named:
        glued = re.match(r"([kes])([A-Za-z0-9]{4})\b", line, re.I)
        if glued and is_code(glued[2]) and glued.end() == len(line.rstrip(" .!")):
            return glued[2].upper(), None, glued[1], ""
        return "", None, line, ""
    for _, one in named:
        if key := _KEY.fullmatch(one[0]):
            incident = int(key[1]) if incident is None else incident
        elif not code:
            code = one[0].upper()
    before = line[: named[0][1].start()].strip(" .,;:!")
    after = line[named[-1][1].end() :].strip(" .,;:!")
    if before:
        return code, incident, before, after
    # The name came first: what follows is the word.
    return code, incident, after, ""


def _without_politeness(word: str) -> str:
    """Return the longest phrase that we know, where nothing but politeness follows it."""
    for end in range(len(word), 0, -1):
        if word[:end] in _ACTIONS and not word[end : end + 1].isalnum() and _POLITE.fullmatch(word[end:]):
            return word[:end]
    return word


def _silence(found: "re.Match[str]", rest: str, tail: str, code: str, incident: int | None, note: str) -> Reply:
    count, unit = found[1], (found[2] or "").casefold()
    said = rest if not count else ""
    if tail and not count and (more := re.match(r"(\d{1,4})\s*([a-zåäö]*)\b", tail, re.I)):
        # `tyst 4F7P 2h`: the code stands in between.
        count, unit, said = more[1], more[2].casefold(), ""
        note = "\n".join(filter(None, (tail[more.end() :].strip(" .,"), note.removeprefix(tail).strip())))
    if said.casefold().strip(" .!") not in ("", "tyst", "tysta", "silence", "mute", "snooze"):
        return Reply(Action.NOTE, code, incident, note="\n".join(filter(None, (rest, note)))[:_NOTE])
    if count and not re.fullmatch(r"[\s.!,]*", rest[found.end() :] if found[1] else ""):
        note = "\n".join(filter(None, (rest[found.end() :].strip(" .,"), note)))
    seconds = HOUR if not count else float(count) * _UNITS.get(unit, -1.0)
    if not _SILENCE[0] <= seconds <= _SILENCE[1]:
        return Reply(Action.UNCLEAR, code, incident, note=note[:_NOTE])
    return Reply(Action.SILENCE, code, incident, seconds, note[:_NOTE])


# --- what somebody wrote themselves, in a mail ---

_QUOTED = re.compile(
    r"^\s*(?:>|\|)"
    r"|^\s*-{2,}\s*(?:original(?:[ -]?message| appointment)?|ursprungligt meddelande|vidarebefordrat .*|forwarded .*)"
    r"|^_{10,}\s*$"
    r"|^\s*\*?(?:från|from|avsändare)\*?\s*:\s.*[@<]"
    r"|^\s*(?:on|den|på|le|am)\b.{5,120}\b(?:wrote|skrev|a écrit|schrieb)\b.{0,120}:\s*$"
    r"|^.{0,120}<[^<>\s]+@[^<>\s]+>\s*(?:wrote|skrev)\s*:\s*$"
    r"|^-- ?$"
    r"|^\s*(?:skicka(?:t|des) från (?:min|mitt|outlook)|sent from (?:my|outlook)|hämta outlook för|get outlook for)\b",
    re.I,
)
_OPENED = re.compile(r"^\s*(?:on|den|på)\b.{5,200}$", re.I)
_CLOSED = re.compile(r"\b(?:wrote|skrev)\s*:\s*$", re.I)


def own_words(text: str) -> str:
    """Return a mail's text up to what it quotes or signs with."""
    lines = text[:_TEXT].replace("\r\n", "\n").replace("\r", "\n").split("\n")
    kept = []
    for number, line in enumerate(lines):
        if _QUOTED.search(line):
            break
        if _OPENED.match(line) and number + 1 < len(lines) and _CLOSED.search(lines[number + 1]):
            # `On Fri, 27 Nov 2026 at 03:12, Driftvakt <larm@…>` and `wrote:` on the next line.
            break
        kept.append(line)
    return "\n".join(kept).strip()


class _Text(HTMLParser):
    """The words of an HTML mail, with the lines that blocks make."""

    _BLOCKS = frozenset(("p", "div", "br", "tr", "li", "h1", "h2", "h3", "blockquote", "hr"))
    _HIDDEN = frozenset(("style", "script", "head", "title"))

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.pieces: list[str] = []
        self._hidden = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in self._HIDDEN:
            self._hidden += 1
        if tag in self._BLOCKS:
            self.pieces.append("\n")
        if tag == "blockquote" or (
            tag == "div" and any(value == "gmail_quote" for name, value in attrs if name == "class")
        ):
            self.pieces.append("\n> ")

    def handle_endtag(self, tag: str) -> None:
        if tag in self._HIDDEN and self._hidden:
            self._hidden -= 1
        if tag in self._BLOCKS:
            self.pieces.append("\n")

    def handle_data(self, data: str) -> None:
        if not self._hidden:
            # An end of a line in the source is a space for the reader.
            self.pieces.append(" ".join(data.split()) if data.strip() else " ")


def of_html(page: str) -> str:
    """Return the words of an HTML page."""
    parser = _Text()
    parser.feed(page[: _TEXT * 5])
    parser.close()
    return "\n".join(line.strip() for line in "".join(parser.pieces).split("\n"))
