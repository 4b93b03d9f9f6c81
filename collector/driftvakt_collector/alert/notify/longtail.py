"""The long tail: a hundred services that apprise knows. A contact's address names one of the URLs that are set.

Not for what must page: apprise says little of why something did not go out, and gives no receipt.
"""

import asyncio
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from driftvakt_collector.alert.notify.letter import one_line
from driftvakt_collector.alert.notify.message import DeliveryError, Message, Sent
from driftvakt_collector.config import ConfigError, read_secret

Tell = Callable[[str, str, str], bool]
"""Tell a service, by its URL, a title and a text; returns whether it took it."""
_THREADS = 4


@dataclass(frozen=True)
class LongtailSettings:
    """services: name, and the file of the apprise URL, which holds passwords. seconds: for one message."""

    services: tuple[tuple[str, Path], ...]
    seconds: float = 30.0

    @property
    def files(self) -> Mapping[str, Path]:
        """Return the file of each service."""
        return dict(self.services)


def by_apprise(url: str, title: str, text: str) -> bool:
    """Tell one service. It takes a second and a half to import, and blocks: for a thread. Raises DeliveryError."""
    try:
        import apprise
    except ModuleNotFoundError as e:
        raise DeliveryError("apprise is not installed: pip install 'driftvakt[collector,apprise]'", broken=True) from e
    told = apprise.Apprise()
    if not told.add(url):
        raise DeliveryError("apprise knows no service of such a URL", broken=True)
    return bool(told.notify(title=title, body=text, body_format=apprise.NotifyFormat.TEXT))


class Longtail:
    """Sends by apprise, in threads of its own that a dead service can hold up, and nobody else."""

    channel = "apprise"

    def __init__(self, settings: LongtailSettings, tell: Tell = by_apprise) -> None:
        self._settings = settings
        self._tell = tell
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="apprise")
        self._busy = 0

    async def send(self, message: Message) -> Sent:
        """Send one message. Raises DeliveryError."""
        name = one_line(message.to, 64)
        file = self._settings.files.get(message.to)
        if file is None:
            known = ", ".join(sorted(self._settings.files)) or "none"
            raise DeliveryError(f"no service {name!r} is set under [notify.apprise]; known are {known}", permanent=True)
        try:
            url = read_secret(file)
        except ConfigError as e:
            raise DeliveryError(str(e), broken=True) from e
        if self._busy >= _THREADS:
            raise DeliveryError(f"apprise is still busy with {self._busy} earlier messages")
        self._busy += 1
        work = asyncio.get_running_loop().run_in_executor(
            self._threads, self._tell, url, one_line(message.subject, 200), _text(message)
        )
        work.add_done_callback(self._over)
        try:
            # A thread can't be ended: it goes on, and its outcome is nobody's any more.
            good = await asyncio.wait_for(asyncio.shield(work), self._settings.seconds)
        except TimeoutError as e:
            told = f"the service {name} did not answer within {self._settings.seconds:g} s"
            raise DeliveryError(told, unsure=True) from e
        except DeliveryError:
            raise
        except Exception as e:  # any of 170 plug-ins, of others; its text may hold the URL with its password
            raise DeliveryError(f"the service {name} failed with {type(e).__name__}") from e
        if not good:
            raise DeliveryError(f"the service {name} did not take it; apprise does not say why")
        return Sent()

    def _over(self, work: "asyncio.Future[bool]") -> None:
        self._busy -= 1
        if not work.cancelled():
            work.exception()

    async def close(self) -> None:
        """Let threads end by themselves."""
        self._threads.shutdown(wait=False, cancel_futures=True)


def _text(message: Message) -> str:
    links = "\n".join(url for _, url in message.links)
    return f"{message.text}\n\n{links}" if links else message.text
