"""Services: what is checked as its users would, and jobs that tell by themselves. blackbox_exporter's names."""

from dashboards.made.board import ONE, Board, Group
from dashboards.made.panel import ANY_IS_BAD, Query, Steps, bars, graph, stat, states, table

_ENDS: Steps = ((None, "red"), (259_200, "orange"), (1_209_600, "green"))
_AVAILABLE: Steps = ((None, "red"), (0.99, "orange"), (0.999, "green"))
_WHAT = {"instance": "Check", "service": "Service", "site": "Site"}

BOARD = Board(
    uid="driftvakt-services",
    title="Services",
    description="Checks of services as their users would ask, and jobs that tell how they went.",
    anchor="probe_success",
    instance=True,
    groups=(
        Group(
            "Now",
            (
                stat("Checks", "Services that are checked, and jobs that tell.", "short",
                     f"count(probe_success{{{ONE}}})", width=6),
                stat("Fail", "Those whose newest check did not end well.", "short",
                     f"count(probe_success{{{ONE}}} == 0) or vector(0)", ANY_IS_BAD, 6),
                stat("Certificates that end within two weeks", "Those that services showed.", "short",
                     f"count(probe_ssl_earliest_cert_expiry{{{ONE}}} - time() < 1209600) or vector(0)", ANY_IS_BAD, 6),
                stat("Jobs that run", "Jobs that began and have not ended.", "short",
                     f"sum(driftvakt_job_running{{{ONE}}}) or vector(0)", width=6),
            ),
        ),
        Group(
            "Checks",
            (
                states("Well or not", "How each check ended.", Query(f"probe_success{{{ONE}}}", "{{instance}}"),
                       {0: ("fails", "red"), 1: ("well", "green")}),
                table("What is wrong", "What each failing check found; docs/service-checks.md explains the words.",
                      "short", f"driftvakt_probe_fault{{{ONE}}} == 1", {**_WHAT, "fault": "Fault"}, "Fails",
                      ANY_IS_BAD),
                bars("Well within a day", "Which part of the last 24 hours' checks ended well.", "percentunit",
                     Query(f"bottomk(20, instance:probe_success:avg_over_time1d{{{ONE}}})", "{{instance}}"), _AVAILABLE,
                     bounds=(0, 1)),
                graph("How long it takes", "The ten slowest checks.", "s",
                      Query(f"topk(10, probe_duration_seconds{{{ONE}}})", "{{instance}}"), bounds=(0, None)),
                graph("Phases of web checks", "What the time goes to: the name, the connection, TLS, the answer.", "s",
                      Query(f"avg by (phase) (probe_http_duration_seconds{{{ONE}}})", "{{phase}}"), stacked=True),
                table("Certificates", "How long each certificate is valid yet.", "s",
                      f"sort(probe_ssl_earliest_cert_expiry{{{ONE}}} - time())", _WHAT, "Ends in", _ENDS),
                graph("Clocks", "Offset that time servers told.", "s",
                      Query(f"driftvakt_probe_ntp_offset_seconds{{{ONE}}}", "{{instance}}")),
            ),
        ),
        Group(
            "Backups and jobs",
            (
                table("Last went well", "When each job last went well.", "dateTimeFromNow",
                      f"driftvakt_job_last_success_timestamp_seconds{{{ONE}}} * 1000", _WHAT, "When"),
                table("Due next", "When the next run of each job is due.", "dateTimeFromNow",
                      f"driftvakt_job_next_expected_timestamp_seconds{{{ONE}}} * 1000", _WHAT, "When"),
                graph("How long jobs take", "Of the last run that went well.", "s",
                      Query(f"driftvakt_job_last_duration_seconds{{{ONE}}}", "{{instance}}"), bounds=(0, None)),
                graph("Age of backups", "Of the newest file of each backup that is looked for.", "s",
                      Query(f"driftvakt_probe_backup_age_seconds{{{ONE}}}", "{{instance}}"), bounds=(0, None)),
            ),
        ),
    ),
)  # fmt: skip
