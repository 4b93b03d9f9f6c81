"""A job that tells by itself how it went: what may be set for it. Nothing is asked; see poll.jobs."""

from driftvakt_collector.poll.checks.check import Check, CheckError, Course, Fault, Option, Target


async def probe(_target: Target, _course: Course) -> None:
    """Nobody can be asked."""
    raise CheckError(Fault.UNUSABLE, "a job tells by itself how it went, and can't be asked")


CHECK = Check(
    name="job",
    help="A backup, an export or another job calls an address when it begins, went well or failed.",
    probe=probe,
    options=(
        Option("grace", float, "seconds after its time until it is late, 3600 if it is not set; also --grace 1h"),
        Option("cron", str, "when it runs, like '30 2 * * 1-5', instead of --every; also --cron"),
        Option("time_zone", str, "of the times in cron, Europe/Stockholm if it is not set; also --time-zone"),
    ),
)
