"""Prometheus' HTTP service discovery: one target a site, so that a shard stays what it is while the fleet grows."""

from driftvakt_collector.fleet.state import Fleet


def shards(fleet: Fleet, address: str, scheme: str) -> list[dict[str, object]]:
    """Return the targets, as https://prometheus.io/docs/prometheus/latest/http_sd/ wants them.

    address: where the asker reached the collector, host and port.
    """
    return [
        {
            "targets": [address],
            "labels": {
                "__scheme__": scheme,
                "__metrics_path__": "/metrics/hosts",
                "__param_zone": zone,
                "__param_site": site,
                "zone": zone,
                "site": site,
            },
        }
        for (zone, site), hosts in sorted(fleet.sites.items())
        if hosts
    ]
