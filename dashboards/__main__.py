"""Write the dashboards anew: `python -m dashboards`, in the root of the repository."""

import sys

from dashboards.made import FOLDER, texts


def main() -> int:
    """Write every file, take away what is of no board, and say what changed."""
    FOLDER.mkdir(exist_ok=True)
    wanted = texts()
    for path in sorted(FOLDER.glob("*.json")):
        if path.name not in wanted:
            path.unlink()
            sys.stdout.write(f"removed {path.name}\n")
    for name, text in wanted.items():
        path = FOLDER / name
        if not path.exists() or path.read_text("utf-8") != text:
            path.write_text(text, "utf-8")
            sys.stdout.write(f"wrote {name}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
