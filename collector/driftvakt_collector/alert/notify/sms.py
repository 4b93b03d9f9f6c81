"""What fits into an SMS: GSM 03.38 with 7 bits a character, else UCS-2 with 16 (3GPP TS 23.038, 23.040).

>>> parts("Larm: UPS på batteri")
1
"""

import re
import unicodedata
from collections.abc import Iterator, Sequence

BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡"
    "ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
"""One septet each."""
EXTENSION = frozenset("^{}\\[~]|€\f")
"""Two septets each: an escape and the character, which are never in different parts."""
_ALONE, _JOINED = (160, 153), (70, 67)
_MAX = 2000
_SHORT_LINE = 80
_GAP = "..."
_NUMBER = re.compile(r"\+[1-9][0-9]{6,14}")
# What word processors and vendors write where ASCII has a character of its own.
_PLAIN = str.maketrans({
    "‘": "'", "’": "'", "‚": "'", "‛": "'", "′": "'", "`": "'", "´": "'", "“": '"', "”": '"', "„": '"', "″": '"',
    "«": '"', "»": '"', "‐": "-", "‑": "-", "‒": "-", "–": "-", "—": "-", "―": "-", "−": "-", "…": "...", "•": "-",
    "·": "-", "→": "->", "←": "<-", "×": "x", "°": " ", "\t": " ", "\r": "", "\f": " ", "\N{NO-BREAK SPACE}": " ",
    "\N{NARROW NO-BREAK SPACE}": " ",
})  # fmt: skip


def is_number(text: str) -> bool:
    """Say if it is a telephone number as E.164 writes it: +46701234567."""
    return _NUMBER.fullmatch(text) is not None


def plain(text: str) -> str:
    """Return the text with what would force UCS-2 written otherwise, where that says the same; åäö stay as they are."""
    return "".join(_plain(text.translate(_PLAIN)))


def _plain(text: str) -> Iterator[str]:
    for char in text:
        if char in BASIC or char in EXTENSION:
            yield char
        elif unicodedata.category(char) in ("Cc", "Cf", "Cs", "Zl", "Zp", "Mn", "Co", "Cn"):
            yield "\n" if unicodedata.category(char) in ("Zl", "Zp") else ""
        else:
            # č is c to a telephone; a Greek or Chinese letter has no such form and stays.
            known = [one for one in unicodedata.normalize("NFKD", char) if one in BASIC]
            yield "".join(known) or char


def is_gsm(text: str) -> bool:
    """Say if each character is of GSM 03.38."""
    return all(char in BASIC or char in EXTENSION for char in text)


def parts(text: str) -> int:
    """Return as how many SMS a text goes out; an empty one is one."""
    if is_gsm(text):
        sizes, (alone, joined) = [2 if char in EXTENSION else 1 for char in text], _ALONE
    else:
        # A character beyond the basic plane, such as an emoji, is a pair of two.
        sizes, (alone, joined) = [2 if ord(char) > 0xFFFF else 1 for char in text], _JOINED
    if sum(sizes) <= alone:
        return 1
    count, room = 1, joined
    for size in sizes:
        if size > room:
            count, room = count + 1, joined
        room -= size
    return count


def fit(text: str, most: int = 2, keep: Sequence[str] = ()) -> str:
    """Return the text as plain as it goes, cut to `most` parts. keep: what is never cut: a key, an answer code.

    A short line in which such a thing stands stays whole, for it says what to do with it. The longest of what may be
    cut loses its end.
    """
    text = re.sub(r" +", " ", plain(text[:_MAX])).strip()
    for line in (_SHORT_LINE, 0):
        for _ in range(8):
            if parts(text) <= most:
                return text
            segments = sorted(_free(text, keep, line), key=lambda one: one[0] - one[1])
            if not segments:
                break
            text = _shortened(text, *segments[0], most)
    return text


def _shortened(text: str, begin: int, end: int, most: int) -> str:
    """Return the text with as much as is needed cut from the end of what stands from begin to end."""
    low, high = begin, end
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if parts(text[:middle] + _GAP + text[end:]) <= most else (low, middle - 1)
    word = max(text.rfind(" ", begin, low), text.rfind("\n", begin, low))
    cut = word if word > begin and low - word <= 20 else low
    rest = text[end:]
    gap = _GAP if cut > begin else " " if rest and begin else ""
    return (text[:cut].rstrip(" \n") + gap + ("\n" if text[cut:end].endswith("\n") else "") + rest).strip()


def _free(text: str, keep: Sequence[str], line: int) -> list[tuple[int, int]]:
    """Return where the text may be cut: from, to; nothing that is only a gap. line: up to what length one is kept."""
    spans = []
    for kept in filter(None, keep):
        for found in re.finditer(re.escape(kept), text):
            begin, end = found.span()
            first = text.rfind("\n", 0, begin) + 1
            last = len(text) if (there := text.find("\n", end)) < 0 else there
            spans.append((first, last) if last - first <= line else (begin, end))
    free, at = [], 0
    for begin, end in [*sorted(spans), (len(text), len(text))]:
        if text[at:begin].strip(" .\n"):
            free.append((at, begin))
        at = max(at, end)
    return free
