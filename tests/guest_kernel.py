"""Brings a kernel and the first file system of a guest, for tests on hardware of our own choice: guest_kernel.py DIR

The kernel is Debian's own, from wherever apt is told to look; the file system holds busybox, the modules that the guest
needs and `init`, which takes this machine's root, read only, as the guest's.
"""

import gzip
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path

_MODULES = (
    "virtio_pci", "9pnet_virtio", "9p", "overlay", "ahci", "sd_mod", "nvme", "virtio_blk", "virtio_scsi", "xhci_pci",
    "usb_storage", "usbhid", "hid_generic", "e1000e", "dm_mod", "inet_diag", "tcp_diag", "udp_diag",
)  # fmt: skip
_INIT = """\
#!/bin/busybox sh
export PATH=/bin
/bin/busybox --install -s /bin
mount -t proc proc /proc; mount -t sysfs sys /sys; mount -t devtmpfs dev /dev
while read module; do insmod "/modules/$module"; done < /modules/order
mount -t 9p -o ro,trans=virtio,version=9p2000.L,msize=262144,cache=loose root /below
mount -t tmpfs tmpfs /above; mkdir /above/upper /above/work
mount -t overlay -o lowerdir=/below,upperdir=/above/upper,workdir=/above/work overlay /root
for one in proc sys dev; do mount --move /$one /root/$one; done
# The guest has disks of its own; and it is no container, though this machine may be one.
rm -f /root/etc/fstab /root/.dockerenv /root/run/.containerenv
# Empty, whatever this machine has in them: systemd would look through all of it at its start, and the agent through
# what apt has heard of.
for one in mnt tmp var/tmp var/lib/apt/lists; do mount -t tmpfs tmpfs /root/$one; done
# A guest that is there for a minute needs no clock of the network, no seed for the next start and the like.
for one in /root/lib/systemd/system/sysinit.target.wants/* /root/etc/systemd/system/sysinit.target.wants/*; do
    case $one in *udev* | *journald* | *tmpfiles*) ;; *) rm -f "$one" ;; esac
done
mkdir /root/mnt/share
mount -t 9p -o trans=virtio,version=9p2000.L,msize=262144 share /root/mnt/share
mkdir -p /root/etc/systemd/system/guest.target.wants
cp /root/mnt/share/guest.target /root/mnt/share/guest.service /root/etc/systemd/system
ln -s ../guest.service /root/etc/systemd/system/guest.target.wants/guest.service
exec switch_root /root /lib/systemd/systemd
"""


def main(out: Path) -> int:
    """Make the folder; return 0, or 1 when it can't be had."""
    told = subprocess.run(["apt-cache", "depends", "linux-image-amd64"], capture_output=True, text=True, check=False)
    found = re.search(r"Depends: (linux-image-\S+)", told.stdout)
    if found is None:
        print("apt knows no linux-image-amd64; the tests on guests are skipped", file=sys.stderr)
        return 1
    with tempfile.TemporaryDirectory() as folder:
        # apt fetches as a user of its own.
        Path(folder).chmod(0o777)
        command = ["apt-get", "download", "-q", found.group(1)]
        if subprocess.run(command, cwd=folder, stdout=subprocess.DEVNULL, check=False).returncode:
            print(f"cannot bring {found.group(1)}; the tests on guests are skipped", file=sys.stderr)
            return 1
        (package,) = Path(folder).glob("*.deb")
        subprocess.run(["dpkg-deb", "-x", str(package), f"{folder}/kernel"], check=True)
        out.mkdir(parents=True, exist_ok=True)
        (out / "initrd.gz").write_bytes(gzip.compress(archive(files(Path(folder) / "kernel")), 1))
        (kernel,) = Path(folder).glob("kernel/boot/vmlinuz-*")
        (out / "vmlinuz").write_bytes(kernel.read_bytes())
        # By this `./run` sees that what is here was made by the file as it is now.
        (out / "made-by").write_bytes(Path(__file__).read_bytes())
    return 0


def files(kernel: Path) -> Iterator[tuple[str, int, bytes]]:
    """Give name, mode and content of each file of the first file system; a folder is one with a mode of its own."""
    for name in ("bin", "proc", "sys", "dev", "below", "above", "root", "modules"):
        yield name, 0o40755, b""
    yield "bin/busybox", 0o100755, Path("/bin/busybox").read_bytes()
    yield "init", 0o100755, _INIT.encode()
    modules = {path.stem.replace("-", "_"): path.read_bytes for path in kernel.glob("lib/modules/*/kernel/**/*.ko")}
    order: dict[str, bytes] = {}

    def add(name: str) -> None:
        if name in order or name not in modules:
            # What is not a module is in the kernel itself.
            return
        content = modules[name]()
        needs = re.search(rb"\0depends=([\w,-]*)\0", content)
        for one in needs.group(1).decode().split(",") if needs else ():
            add(one.replace("-", "_"))
        order[name] = content

    for one in _MODULES:
        add(one)
    for name, content in order.items():
        yield f"modules/{name}.ko", 0o100644, content
    yield "modules/order", 0o100644, "".join(f"{name}.ko\n" for name in order).encode()


def archive(told: Iterable[tuple[str, int, bytes]]) -> bytes:
    """Return a cpio archive as the kernel unpacks it (initramfs buffer format, in its Documentation)."""
    parts = []
    for number, (name, mode, content) in enumerate((*told, ("TRAILER!!!", 0, b""))):
        fields = (number, mode, 0, 0, 1, 0, len(content), 0, 0, 0, 0, len(name) + 1, 0)
        head = b"070701" + b"".join(b"%08x" % one for one in fields) + name.encode() + b"\0"
        parts += [head + bytes(-len(head) % 4), content + bytes(-len(content) % 4)]
    return b"".join(parts)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
