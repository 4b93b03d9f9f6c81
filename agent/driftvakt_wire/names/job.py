"""Series of jobs that tell by themselves how they went."""

from driftvakt_wire.names.family import GAUGE, Family

FAMILIES = (
    Family("driftvakt_job_running", GAUGE, "", ("service",), "1 while the job runs: it began, and has not ended."),
    Family("driftvakt_job_last_success_timestamp_seconds", GAUGE, "seconds", ("service",),
           "When the job last went well."),
    Family("driftvakt_job_last_duration_seconds", GAUGE, "seconds", ("service",),
           "How long its last run that went well took, where it said when it began."),
    Family("driftvakt_job_next_expected_timestamp_seconds", GAUGE, "seconds", ("service",),
           "When its next run is due."),
)  # fmt: skip
PREFIXES: tuple[Family, ...] = ()
