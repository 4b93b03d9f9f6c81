"""Whether one site is cut off, and by what. Pure."""

from collections.abc import Collection

from driftvakt_collector.alert.alert import Severity
from driftvakt_collector.alert.rootcause.cause import Cause, Kind, key_of
from driftvakt_collector.alert.rootcause.observation import GATEWAYS, Observation, State
from driftvakt_collector.alert.rootcause.place import Site
from driftvakt_collector.alert.rootcause.round import Round
from driftvakt_collector.alert.rootcause.share import LEAST, Share
from driftvakt_collector.alert.words import Words

SITE_HOLD = 90.0
"""Seconds that hosts wait for what becomes of the others of their site."""
LATE_HOLD = 600.0
"""The same where most of the others are late themselves: they are to speak or to be silent, and some are slow."""
SUDDEN = 900.0
"""Seconds within which hosts of one site fail together."""


class Cut:
    """What became of one site. above: the host that cut it off and is told of itself, empty for none."""

    def __init__(self, site: Site, key: str, at: Round) -> None:
        self.site = site
        self.above = ""
        self.is_cut = False
        self._at = at
        self._waits = False
        was_cut = key in at.areas
        self.is_idle = not site.roots and not was_cut
        self.share = Share(0, 0, 0) if self.is_idle else site.share(at.ancestry, at.latest(site.roots))
        self._silent = [one for one in site.silent if not at.told(one.origin)]
        if self.is_idle:
            return
        if self._may_have_no_way() and not was_cut and any(at.waits(one, SITE_HOLD) for one in site.roots):
            self._waits = True
        elif site.has_no_way(at.ancestry) and not was_cut:
            self._without_way()
        elif site.has_no_way(at.ancestry):
            self.is_cut = self.share.is_most
        if not self.above and not self._waits:
            self.is_cut |= self.share.is_cut and (was_cut or self._is_sudden)
            self.is_cut |= was_cut and at.is_new and self.share.in_doubt

    @property
    def _is_sudden(self) -> bool:
        """Whether several failed by themselves at about one time, and not one by one over days."""
        roots = self.site.roots
        latest = self._at.latest(roots)
        near = sum(latest - one.missed < SUDDEN for one in self.site.told)
        return len(roots) >= LEAST or (len(roots) > 1 and len(roots) + near >= LEAST)

    @property
    def _has_gateway(self) -> bool:
        """Whether what failed is among that over which the site is reached."""
        return any(one.class_ in GATEWAYS for one in self.site.roots)

    def _may_have_no_way(self) -> bool:
        """Say if it is not known yet how it stands with that over which the site is reached."""
        gateways, latest = self.site.gateways, self._at.latest(self.site.roots)
        if not gateways or any(one.state is State.UP and one.checked > latest for one in gateways):
            return False
        return not self.site.has_no_way(self._at.ancestry)

    def _without_way(self) -> None:
        """Find who is to blame where all is down over which the site is reached."""
        site, ancestry = self.site, self._at.ancestry
        ripe = [one for one in site.gateways if ancestry.is_ripe(one)]
        places = [ancestry.place(one.origin) for one in ripe]
        self._waits = any(place.waits for place in places)
        if self._waits or not self.share.is_most:
            return
        if self.share.failed <= sum(one.state is State.SILENT for one in ripe):
            return
        own = {one.origin for one in ripe if one.state is State.SILENT}
        tops = sorted({place.root for place in places})
        self.above = next((one for one in tops if one not in own or self._at.told(one)), "")
        self.is_cut = not self.above

    def held(self) -> set[str]:
        """Return the hosts that wait for what becomes of the others."""
        if self.is_idle:
            return set()
        if self._waits:
            return {one.origin for one in self.site.roots}
        share = self.share
        in_doubt = share.may_be_cut or (bool(self.site.gateways) and share.total > 1 and share.may_be_most)
        if not share.unsure or not in_doubt:
            return set()
        # What the site is reached over explains the others when it was told of, so they need not be waited for.
        hold = LATE_HOLD if self.site.is_late(self._at.now) and not self._has_gateway else SITE_HOLD
        return {one.origin for one in self.site.roots if self._at.waits(one, hold)}

    def cause(self) -> Cause:
        """Return the cause, of a site that is cut off."""
        site, silent = self.site, self._silent
        gateways = [one for one in site.gateways if one.state is State.SILENT]
        sv = f"{self.share.failed} av {self.share.total} värdar är tysta"
        en = f"{self.share.failed} of {self.share.total} hosts are silent"
        if gateways:
            why = Words(f"{sv}, bland dem {gateways[0].name}", f"{en}, among them {gateways[0].name}")
        elif site.gateways:
            why = Words(f"{sv}, men {site.gateways[0].name} svarar", f"{en}, but {site.gateways[0].name} answers")
        else:
            why = Words(sv, en)
        return Cause(
            key_of(Kind.SITE, site.zone, site.name), Kind.SITE, "", site.name, site.zone, site.name,
            site.administration, last_heard(silent), Severity.CRITICAL,
            gateways[0].supplier if len(gateways) == 1 else "", frozenset(one.origin for one in silent), why,
        )  # fmt: skip


def last_heard(silent: Collection[Observation]) -> float:
    """Return when the last of them was heard: those that were silent for long say nothing of when it began."""
    return max((one.since for one in silent), default=0.0)
