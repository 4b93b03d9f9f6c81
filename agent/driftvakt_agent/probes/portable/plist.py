"""The property lists of macOS."""

from collections.abc import Mapping

from driftvakt_agent.sample import ProbeError


def parse(data: bytes, path: str) -> Mapping[str, object]:
    """Return the list's entries, none where it holds something else. path: where it was, for who reads the error."""
    import plistlib
    from xml.parsers.expat import ExpatError

    try:
        found: object = plistlib.loads(data)
    except (plistlib.InvalidFileException, ExpatError, ValueError, OverflowError, TypeError, LookupError) as e:
        raise ProbeError(f"{path} is no property list: {e}") from e
    return found if isinstance(found, dict) else {}
