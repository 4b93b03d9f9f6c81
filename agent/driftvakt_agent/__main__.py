"""`driftvakt-agent`. `run` is taken before anything else, so that a running agent never imports argparse."""

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from driftvakt_agent.config import Config


def main(argv: list[str] | None = None) -> int:
    """Run the command line; return the exit code (0 done or healthy, 1 failed, 2 wrong use, 3 not healthy)."""
    arguments = sys.argv[1:] if argv is None else argv
    if len(arguments) == 3 and arguments[:2] == ["run", "--config"]:
        from driftvakt_agent.config import ConfigError

        try:
            config = _prepared(arguments[2])
            from driftvakt_agent.loop import run

            return run(config)
        except ConfigError as e:
            print(f"driftvakt-agent: {e}", file=sys.stderr)
            return 1
    from driftvakt_agent.cli import command

    return command(arguments)


def _prepared(path: str) -> "Config":
    """Return the configuration; let go of what only the start needs, before the rest is loaded in its place."""
    from driftvakt_agent.config import read_lean
    from driftvakt_agent.start import prepared

    config = prepared(path, read_lean)
    for name in ("driftvakt_agent.start", "driftvakt_agent.machine", "driftvakt_wire.enrolment"):
        package, _, module = name.rpartition(".")
        # The package holds it too.
        vars(sys.modules[package]).pop(module, None)
        sys.modules.pop(name, None)
    return config


if __name__ == "__main__":
    sys.exit(main())
