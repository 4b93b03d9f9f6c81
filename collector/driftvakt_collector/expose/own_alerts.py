"""`/metrics`: what is wrong, how it stands, and whether people can be told."""

from collections.abc import Iterator, Mapping
from typing import Protocol

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric


class ChannelFigures(Protocol):
    """A way to people. broken: why it is, empty where it is not. counts: messages by what became of them."""

    broken: str
    counts: dict[str, int]


class AlertFigures(Protocol):
    """Alerts and the outbox, as they are now."""

    @property
    def standing(self) -> Mapping[tuple[str, str], int]:
        """Alerts that fire, by severity and standing."""

    @property
    def incidents(self) -> Mapping[tuple[str, str], int]:
        """Incidents that are not closed, by state and severity."""

    @property
    def channels(self) -> Mapping[str, ChannelFigures]:
        """Ways to people."""

    @property
    def waiting(self) -> Mapping[str, tuple[int, float]]:
        """Messages that are due, by channel, and for how many seconds the oldest is."""

    @property
    def lag(self) -> float:
        """Seconds since alerts were last decided on."""

    @property
    def rule_count(self) -> int:
        """How many rules are in force."""


class NoAlerts:
    """Nobody watches yet."""

    standing: Mapping[tuple[str, str], int] = {}
    incidents: Mapping[tuple[str, str], int] = {}
    channels: Mapping[str, ChannelFigures] = {}
    waiting: Mapping[str, tuple[int, float]] = {}
    lag = 0.0
    rule_count = 0


def of_alerts(alerts: AlertFigures) -> Iterator[Metric]:
    """Give the figures."""
    yield GaugeMetricFamily("driftvakt_alert_rules", "Rules in force.", alerts.rule_count)
    yield GaugeMetricFamily("driftvakt_alert_lag_seconds", "Time since it was last decided on alerts.", alerts.lag)
    firing = GaugeMetricFamily(
        "driftvakt_alerts_firing", "Alerts that fire, by how they stand.", labels=["severity", "standing"]
    )
    for told, count in sorted(alerts.standing.items()):
        firing.add_metric(list(told), count)
    yield firing
    cases = GaugeMetricFamily("driftvakt_incidents", "Incidents that are not closed.", labels=["state", "severity"])
    for told, count in sorted(alerts.incidents.items()):
        cases.add_metric(list(told), count)
    yield cases
    broken = GaugeMetricFamily(
        "driftvakt_notifier_broken", "1 where a way to people does not work.", labels=["channel"]
    )
    sent = CounterMetricFamily(
        "driftvakt_notifications", "Messages to people, by what became of the try.", labels=["channel", "result"]
    )
    due = GaugeMetricFamily("driftvakt_outbox_messages", "Messages that are due and not sent.", labels=["channel"])
    age = GaugeMetricFamily(
        "driftvakt_outbox_oldest_seconds", "How long the oldest message has been due.", labels=["channel"]
    )
    for name, channel in sorted(alerts.channels.items()):
        broken.add_metric([name], bool(channel.broken))
        for result, count in sorted(channel.counts.items()):
            sent.add_metric([name, result], count)
        number, seconds = alerts.waiting.get(name, (0, 0.0))
        due.add_metric([name], number)
        age.add_metric([name], seconds)
    yield from (broken, sent, due, age)
