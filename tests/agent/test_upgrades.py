from driftvakt_agent import upgrades
from driftvakt_agent.upgrades import Upgrade

APT = """Reading package lists...
Building dependency tree...
Calculating upgrade...
The following packages were automatically installed and are no longer required:
  libabc1
  libdef2 libghi3
The following packages have been kept back:
  nginx linux-image-amd64
The following packages will be upgraded:
  libssl3 openssl tzdata
3 upgraded, 1 newly installed, 0 to remove and 2 not upgraded.
Inst libssl3 [3.0.11-1] (3.0.13-1~deb12u1 Debian-Security:12/stable-security [amd64]) []
Inst openssl [3.0.11-1] (3.0.13-1~deb12u1 Debian-Security:12/stable-security, Debian:12.5/stable [amd64])
Inst linux-image-6.1.0-21-amd64 (6.1.90-1 Debian:12.5/stable [amd64])
Inst tzdata [2024a-0] (2024b-0 Debian:12.5/stable [all])
Conf libssl3 (3.0.13-1~deb12u1 Debian-Security:12/stable-security [amd64])
"""


def rows(found: list[Upgrade]) -> list[tuple[str, str, str, str]]:
    return [(one.name, one.arch, one.origin, one.security) for one in found]


def test_apt() -> None:
    releases = {"Debian:12.5/stable": "Debian:bookworm/stable"}

    assert rows(list(upgrades.apt(APT, releases))) == [
        ("libssl3", "amd64", "Debian-Security:12/stable-security", "yes"),
        ("openssl", "amd64", "Debian-Security:12/stable-security,Debian:bookworm/stable", "yes"),
        ("tzdata", "all", "Debian:bookworm/stable", "no"),
    ]


def test_sections_of_apt() -> None:
    assert upgrades.apt_section(APT, "have been kept back") == ["nginx", "linux-image-amd64"]
    assert upgrades.apt_section(APT, "no longer required") == ["libabc1", "libdef2", "libghi3"]
    assert upgrades.apt_section("", "no longer required") == []


def test_the_head_of_a_release_file() -> None:
    text = """-----BEGIN PGP SIGNED MESSAGE-----
Origin: Debian
Label: Debian-Security
Suite: stable-security
Version: 12
Codename: bookworm-security
SHA256:
 0 0 Label: x
"""

    assert upgrades.apt_release(text) == (
        "Debian-Security:12/stable-security",
        "Debian:bookworm-security/stable-security",
    )
    assert upgrades.apt_release("Origin: PPA\nLabel: PPA\nSuite: jammy\nCodename: jammy\n")[0] == "PPA:jammy"


def test_holds() -> None:
    status = (
        "Package: nginx\nStatus: hold ok installed\nArchitecture: amd64\nDescription: a server\n more: text\n\n"
        "Package: vim\nStatus: install ok installed\nArchitecture: amd64\n"
    )

    assert upgrades.dpkg_holds(status) == {"nginx": "amd64"}
    assert upgrades.dpkg_holds("") == {}


def test_dnf() -> None:
    text = """
openssl-libs.x86_64          1:3.0.7-27.el9          baseos
python3.11.x86_64            3.11.7-1.el9            appstream
Obsoleting Packages
iptables-nft.x86_64          1.8.10-4.el9            baseos
    iptables.x86_64          1.8.8-4.el9             @baseos
"""

    assert rows(list(upgrades.dnf(text, ["openssl-libs.x86_64"]))) == [
        ("openssl-libs", "x86_64", "baseos", "yes"),
        ("python3.11", "x86_64", "appstream", "no"),
    ]


def test_zypper() -> None:
    text = """S | Repository | Name    | Current Version | Available Version | Arch
--+------------+---------+-----------------+-------------------+-------
v | repo-sle   | openssl | 3.0.8-1.1       | 3.0.8-1.2         | x86_64
"""

    assert rows(list(upgrades.zypper(text))) == [("openssl", "x86_64", "repo-sle", "unknown")]
    assert rows(list(upgrades.zypper("No updates found.\n"))) == []


def test_apk() -> None:
    text = (
        "Installed:                Available:\nbusybox-1.36.1-r5       < 1.36.1-r6\nlibcrypto3-3.1.4-r1 < 3.1.4-r2 \n"
    )

    assert rows(list(upgrades.apk(text))) == [("busybox", "", "", "unknown"), ("libcrypto3", "", "", "unknown")]


def test_pacman() -> None:
    text = "openssl 3.2.1-1 -> 3.3.0-1\nlinux 6.8.1-1 -> 6.8.2-1 [ignored]\n"

    assert rows(list(upgrades.pacman(text))) == [("openssl", "", "", "unknown")]
