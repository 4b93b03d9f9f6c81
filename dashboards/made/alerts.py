"""Alerts and on-call: what fires, what became of it, and whether people can be told."""

from dashboards.made.board import NO_SITE, WHERE, Board, Group
from dashboards.made.panel import ANY_IS_BAD, ANY_IS_ODD, Query, graph, stat, states, table

_SINCE = "$__rate_interval"

BOARD = Board(
    uid="driftvakt-alerts",
    title="Alerts and on-call",
    description="Alerts and incidents as the collector counts them, whether messages reach people, and what rules of "
    "Prometheus say.",
    anchor="driftvakt_host_up",
    groups=(
        Group(
            "Now, by the collector",
            (
                stat("Page", "Alerts that fire and page somebody.", "short",
                     'sum(driftvakt_alerts_firing{standing="paged"}) or vector(0)', ANY_IS_BAD),
                stat("Fire in all", "Alerts that fire, with those that are held back, muted or shown only.", "short",
                     "sum(driftvakt_alerts_firing) or vector(0)", ANY_IS_ODD),
                stat("Incidents", "Incidents that are not closed.", "short", "sum(driftvakt_incidents) or vector(0)",
                     ANY_IS_ODD),
                stat("Nobody took", "Incidents that are open and that nobody has taken.", "short",
                     'sum(driftvakt_incidents{state="open"}) or vector(0)', ANY_IS_BAD),
                stat("Broken ways", "Ways to people that do not work.", "short",
                     "sum(driftvakt_notifier_broken) or vector(0)", ANY_IS_BAD),
                stat("Rules", "Rules in force in the collector.", "short", "sum(driftvakt_alert_rules)"),
            ),
        ),
        Group(
            "Alerts",
            (
                graph("Alerts by how they stand", "Paged, shown, held back, muted: docs/alerts.md explains the words.",
                      "short", Query("sum by (severity, standing) (driftvakt_alerts_firing)",
                                     "{{severity}}, {{standing}}"), stacked=True),
                graph("Incidents by state", "Incidents that are not closed.", "short",
                      Query("sum by (state, severity) (driftvakt_incidents)", "{{state}}, {{severity}}"), stacked=True),
                graph("Silent hosts", "Hosts that should report and do not, by administration. Counted over all sites.",
                      "short",
                      Query(f'sum by (administration) (driftvakt_hosts{{{NO_SITE},state="silent"}}) or vector(0)',
                            "{{administration}}"), stacked=True),
                table("Checks of hosts that do not say OK", "Scripts on hosts that say warning (1), critical (2) or "
                      "that they do not know (3).", "short", f"driftvakt_check_state{{{WHERE}}} > 0",
                      {"instance": "Host", "check": "Check", "site": "Site"},
                      "State", ANY_IS_ODD, link="driftvakt-host"),
            ),
        ),
        Group(
            "Reaching people",
            (
                states("Ways to people", "Whether each way to people works.",
                       Query("driftvakt_notifier_broken", "{{channel}}"),
                       {0: ("works", "green"), 1: ("broken", "red")}),
                graph("Messages", "Messages by way and by what became of the try.", "short",
                      Query(f"sum by (channel, result) (increase(driftvakt_notifications_total[{_SINCE}]))",
                            "{{channel}}, {{result}}"), width=8, stacked=True),
                graph("Messages that wait", "Messages that are due and not sent.", "short",
                      Query("sum by (channel) (driftvakt_outbox_messages)", "{{channel}}"), width=8, bounds=(0, None)),
                graph("The oldest waits for", "How long the oldest message has been due.", "s",
                      Query("max by (channel) (driftvakt_outbox_oldest_seconds)", "{{channel}}"), width=8,
                      bounds=(0, None)),
                graph("Since alerts were decided on", "Time since the collector last looked at alerts and at who is to "
                      "be told next. It should stay at a second or two.", "s",
                      Query("max(driftvakt_alert_lag_seconds)", "lag"), bounds=(0, None)),
                graph("Ways that failed lately", "Tries that did not bring a message to a person, within the hour.",
                      "short",
                      Query('sum by (channel) (increase(driftvakt_notifications_total{result!="sent"}[1h]))',
                            "{{channel}}"), bounds=(0, None)),
            ),
        ),
        Group(
            "By Prometheus' own rules",
            (
                table("Alerts of Prometheus", "What rules of Prometheus say, those of the collector's health and those "
                      "that were exported. They page nobody by themselves.", "short",
                      f"ALERTS{{{WHERE}}}",
                      {"alertname": "Alert", "alertstate": "State", "severity": "Severity", "instance": "Host",
                       "site": "Site"}, "Is so"),
                graph("Alerts of Prometheus over time", "By name.", "short",
                      Query(f"count by (alertname) (ALERTS{{{WHERE}}})", "{{alertname}}"), stacked=True),
            ),
        ),
    ),
)  # fmt: skip
