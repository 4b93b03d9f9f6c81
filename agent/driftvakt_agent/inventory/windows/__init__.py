"""The readers of Windows. What a call or the registry tells is asked there; nothing is started."""

READERS: tuple[str, ...] = (
    "windows.firmware",
    "windows.system",
    "windows.software",
    "windows.services",
    "windows.network",
    "windows.volumes",
)
