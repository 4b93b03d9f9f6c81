"""`driftvakt-agent`. `run` is taken before anything else, so that a running agent never imports argparse."""

import sys


def main(argv: list[str] | None = None) -> int:
    """Run the command line; return the exit code (0 done or healthy, 1 failed, 2 wrong use, 3 not healthy)."""
    arguments = sys.argv[1:] if argv is None else argv
    if len(arguments) == 3 and arguments[:2] == ["run", "--config"]:
        from driftvakt_agent.config import ConfigError, read_lean
        from driftvakt_agent.loop import run
        from driftvakt_agent.start import prepared

        try:
            return run(prepared(arguments[2], read_lean))
        except ConfigError as e:
            print(f"driftvakt-agent: {e}", file=sys.stderr)
            return 1
    from driftvakt_agent.cli import command

    return command(arguments)


if __name__ == "__main__":
    sys.exit(main())
