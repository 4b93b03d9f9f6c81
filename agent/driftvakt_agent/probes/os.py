"""Which operating system this is.

Example:
    $ cat /etc/os-release
    PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"
    NAME="Debian GNU/Linux"
    VERSION_ID="12"
    ID=debian

Source: os-release(5).
"""

from collections.abc import Iterator, Mapping

from driftvakt_agent.host import Host, read_text
from driftvakt_agent.sample import NoData, Sample

FIELDS = ("build_id", "id", "id_like", "image_id", "image_version", "name", "pretty_name", "variant", "variant_id",
          "version", "version_codename", "version_id")  # fmt: skip


def collect(host: Host) -> Iterator[Sample]:
    yield from info(parse(_read(host)))


def info(facts: Mapping[str, str]) -> Iterator[Sample]:
    """Yield the facts as labels, the version as a number, and the last day of support where the system says it."""
    yield Sample("node_os_info", 1, tuple((field, facts.get(field.upper(), "")) for field in FIELDS))
    number = major_minor(facts.get("VERSION_ID", ""))
    if number > 0:
        labels = tuple((field, facts.get(field.upper(), "")) for field in ("id", "id_like", "name"))
        yield Sample("node_os_version", number, labels)
    end = _day(facts.get("SUPPORT_END", ""))
    if end is not None:
        yield Sample("node_os_support_end_timestamp_seconds", end)


def parse(text: str) -> dict[str, str]:
    """Return the assignments of an os-release file; a line that is none is passed over."""
    facts = {}
    for line in text.splitlines():
        name, equals, value = line.strip().removeprefix("export ").partition("=")
        if equals and name and not name.startswith("#"):
            facts[name] = _unquote(value)
    return facts


def major_minor(version: str) -> float:
    """Return "20.04.2" as 20.04, and 0 where there is no number."""
    parts = version.split(".")[:2]
    digits = []
    for part in parts:
        number = part[: len(part) - len(part.lstrip("0123456789"))]
        if number:
            digits.append(number)
        if number != part or not number:
            break
    return float(".".join(digits)) if digits else 0.0


def _read(host: Host) -> str:
    for path in ("/etc/os-release", "/usr/lib/os-release"):
        try:
            return read_text(host.root + path)
        except FileNotFoundError:
            continue
    raise NoData("neither /etc/os-release nor /usr/lib/os-release")


def _unquote(value: str) -> str:
    """Return what a shell would make of the value: one word, quoted or not."""
    text = []
    quote = ""
    escaped = False
    for one in value:
        if escaped:
            # Inside double quotes a backslash means itself before anything but these.
            text.append(one if quote == "" or one in '"$`\\' else "\\" + one)
            escaped = False
        elif one == "\\" and quote != "'":
            escaped = True
        elif quote and one == quote:
            quote = ""
        elif not quote and one in "\"'":
            quote = one
        elif not quote and one in " \t":
            break
        else:
            text.append(one)
    return "".join(text)


def _day(text: str) -> float | None:
    """Return midnight UTC of "2027-06-30" in seconds since the epoch, None for what is no day."""
    try:
        year, month, day = (int(part) for part in text.split("-"))
    except ValueError:
        return None
    if not (1970 <= year < 10000 and 1 <= month <= 12 and 1 <= day <= 31):
        return None
    # Days since the epoch in the Gregorian calendar, with the year begun in March so that the leap day is its last.
    # The datetime module and what it needs to read a date would stay in memory for this one number.
    if month < 3:
        year, month = year - 1, month + 12
    days = 365 * year + year // 4 - year // 100 + year // 400 + (153 * (month - 3) + 2) // 5 + day - 719469
    return days * 86400.0
