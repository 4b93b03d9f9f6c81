"""The table of makers: what each is called, and how machines write it.

Sources: SMBIOS, EDID, SMART and SNMP answers of real machines (recordings of GLPI Agent, LibreNMS and net-snmp), the
makers' own names of today, JEDEC JEP106 for memory. A maker that only changed its name goes by the new one; one that
was bought keeps its own, for its machines say so and its papers too.
"""

from collections.abc import Mapping
from datetime import date

CHECKED = date(2026, 11, 26)
"""When the table was last gone through; it is a part of the release, nothing is fetched."""

_MAKERS = """
3Com
Acer: Acer Technologies, Acer Labs, Acer Sertek
ADATA: A-DATA, ADATA Technology
ADVA: ADVA Optical Networking
Advantech
AG Neovo: AG Neovo Technology
AMD: Advanced Micro Devices, AuthenticAMD, Advanced Micro Devices Inc [AMD], Advanced Micro Devices Inc [AMD/ATI],
  ATI, ATI Technologies
AMI: American Megatrends, American Megatrends International
Amazon: Amazon EC2, Amazon Web Services
Apacer: Apacer Technology
APC: American Power Conversion, APC by Schneider Electric
Apple: Apple Computer
ARM: ARM Limited, ARM Ltd
Aruba: Aruba Networks, Aruba a Hewlett Packard Enterprise Company
ASRock: ASRockRack, ASRock Rack
ASUS: ASUSTeK, ASUSTeK Computer, ASUSTek, Asus Computer, AsusTek Computer
Avaya
Avocent
Axis: Axis Communications
AU Optronics: AUO
Award: Award Software International, Award Software
BenQ
Biostar: Biostar Group
Bochs
BOE: BOE Technology Group, BOE Display
Broadcom: Broadcom Inc. and subsidiaries, Broadcom Limited
Brother: Brother Industries
Canon
Cambridge Silicon Radio
Chi Mei: Chi Mei Optoelectronics, Chimei Innolux, Chi Mei Innolux
Cisco: Cisco Systems, Cisco Systems Inc
Clevo: Clevo Co, CLEVO CO
Colorful: Colorful Technology and Development
Compal
Compaq: Compaq Computer, Compaq Computer Company
Corsair: Corsair Memory, Corsair Components
Crucial: Crucial Technology, Micron/Crucial, Micron/Crucial Technology
CyberPower: Cyber Power, Cyber Power Systems, CyberPower Systems
D-Link: D-Link Corporation, DLink
Dell: Dell Computer, Dell EMC, DELL EMC, Dell Technologies
DigitalOcean: Digital Ocean
Digi: Digi International
Eaton: Eaton Powerware, MGE, MGE UPS Systems, Eaton MGE, Powerware
ECS: Elitegroup, Elitegroup Computer Systems, EliteGroup Computer System
Eizo: Eizo Nanao, Eizo Nanao Corporation
Elpida: Elpida Memory
EMC
Epson: Seiko Epson
EVGA
Exide
Extreme Networks: Extreme
F5: F5 Networks
Fortinet
Foxconn: Hon Hai, Hon Hai Precision, Hon Hai Precision Ind
Framework: Framework Computer
Fujitsu: Fujitsu Siemens, Fujitsu Siemens Computers, Fujitsu Technology Solutions, Fujitsu Client Computing,
  FUJITSU // Fujitsu Siemens, Fujitsu Limited
G.Skill: G Skill, G-Skill, G Skill Intl, G.Skill International
Generex
Getac
Gigabyte: Gigabyte Technology, Giga-Byte, Giga-Byte Technology, GIGABYTE Technology
Google
Gude: Gude Systems, GUDE Analog- und Digitalsysteme
H3C: H3C Technologies, New H3C, New H3C Technologies, Hangzhou H3C Technologies
Hanwha: Hanwha Techwin, Hanwha Vision
Hikvision: Hangzhou Hikvision Digital Technology
HGST: HGST a Western Digital Company, Hitachi Global Storage Technologies, Hitachi GST
Hitachi
HL Data Storage: HL-DT-ST, HLDS
HP: Hewlett-Packard, Hewlett Packard, HP Inc, Hewlett-Packard Company, HP Development Company, Hewlett Packard Company
HPE: Hewlett Packard Enterprise, Hewlett-Packard Enterprise, HP Enterprise, HPE Networking,
  Hewlett Packard Enterprise Development
Huawei: Huawei Technologies, HUAWEI Technologies
HWgroup: HW group
IBM: International Business Machines
Iiyama: Iiyama North America
Impression Products
Innodisk
Insyde: Insyde Software, INSYDE Software
Intel: Intel(R), Intel(R) Corporation, GenuineIntel, Intel Client Systems, Intel(R) Client Systems
Inspur
InWin: IN WIN
Juniper: Juniper Networks
Kensington
Kingmax: Kingmax Semiconductor
Kingston: Kingston Technology, Kingston Technology Company
Kioxia: KIOXIA America
Konica Minolta: Konica Minolta Business Technologies
Kyocera: Kyocera Document Solutions, Kyocera Mita
Lenovo: Lenovo Group, Lenovo Group Limited, Lenovo PC HK, LENOVO PC, Lenovo Beijing, Lenovo Data Center
Lexmark: Lexmark International
LG: LG Electronics, Goldstar, Goldstar Company, LGE
LG Philips: LGP, LG.Philips LCD, LG Philips LCD
LG Display
Lite-On: LITEON, LITE-ON Technology, LiteOn, Lite On
Logitech
LSI: LSI Logic, LSI Corporation
Maxtor
MediaTek
Medion
Mellanox: Mellanox Technologies
Micro-Star: MSI, Micro-Star International, MICRO-STAR INT'L, Micro Star International, MICRO-STAR INTERNATIONAL
Micron: Micron Technology
Microsoft: Майкрософт, Microsoft Corp
MikroTik: Mikrotikls, Mikrotik SIA
MOXA: Moxa Technologies, Moxa Inc
Nanya: Nanya Technology
NEC: NEC Computers, NEC Display Solutions
NetApp: Network Appliance
NETGEAR
Nokia: Nokia Networks, Alcatel-Lucent
NVIDIA: nVIDIA (0x10de)
OCZ: OCZ Technology
OKI: OKI Data
Oracle
Palo Alto Networks
Panasonic: Panasonic Industry, Panasonic Industry Company, Matsushita, Matshita, Panasonic Connect,
  Matsushita Electric Industrial
Pegatron
Philips: Philips Consumer Electronics, Philips Consumer Electronics Company
Phison: Phison Electronics
Phoenix: Phoenix Technologies
Plextor: PLEXTOR
Positivo: Positivo Informatica, Positivo Informática, Positivo Tecnologia
QEMU
QLogic
QNAP: QNAP Systems
Qualcomm: Qualcomm Technologies, Qualcomm Atheros, Atheros
Quanta: Quanta Cloud Technology, QCT, Quanta Computer, Quanta Display
Ramaxel: Ramaxel Technology
Raspberry Pi: Raspberry Pi Foundation, Raspberry Pi Trading, Raspberry Pi Ltd
Realtek: Realtek Semiconductor
Red Hat: RedHat
Ricoh: Ricoh Company
Rittal
Rogen Tech: Rogen Tech Distribution
Ruckus: Ruckus Wireless
Samsung: Samsung Electronics, Samsung Electric, Samsung Electric Company, Samsung Semiconductor
SanDisk: Sandisk, SanDisk Corporation, Western Digital SanDisk
Schneider Electric
SeaBIOS
Seagate: Seagate Technology
Sharp
Siemens
SK hynix: Hynix, Hynix Semiconductor, Hyundai, Hyundai Electronics, SKhynix, SK hynix Semiconductor, Hynix/Hyundai
Smart Modular: SMART Modular Technologies, Smart Modular
Sony
Sophos
Stratus: Stratus Technologies
Sun: Sun Microsystems
Supermicro: Super Micro, Super Micro Computer, Supermicro Computer
Symbol Technologies
Synology
Tekram: Tekram Technology
Texas Instruments
Toshiba: Toshiba America, Dynabook Toshiba, Toshiba Client Solutions
Dynabook
TP-Link: TP-LINK Technologies
Transcend: Transcend Information
Tripp Lite: TrippLite
TSST: TSSTcorp, Toshiba Samsung Storage Technology
Tyan: Tyan Computer
Ubiquiti: Ubiquiti Networks, Ubiquiti Inc
UTAX
Vestel
VIA: VIA Technologies, VIA Labs, CentaurHauls
ViewSonic
Vizio
VMware
Western Digital: WDC, WD, Western Digital Technologies, Western Digital WDC
Wistron
Wortmann: Wortmann AG, TERRA
Xen: Xen Project
Xerox
Xiaomi
Zebra: Zebra Technologies
ZyXEL: Zyxel Communications
Oracle: innotek
"""

_BANKS: Mapping[str, str] = {
    "0001": "AMD", "0004": "Fujitsu", "0010": "NEC", "002c": "Micron", "00ad": "SK hynix", "00ce": "Samsung",
    "0098": "Toshiba", "0089": "Intel", "00c1": "Infineon", "00a4": "IBM", "0194": "Smart Modular", "0198": "Kingston",
    "014f": "Transcend", "017a": "Apacer", "0145": "SanDisk", "02fe": "Elpida", "029e": "Corsair", "0325": "Kingmax",
    "030b": "Nanya", "04cb": "ADATA", "04cd": "G.Skill", "0443": "Ramaxel", "04f1": "Innodisk", "0416": "Positivo",
    "04ef": "Team Group", "0551": "Qimonda", "059b": "Crucial", "0502": "Patriot", "068c": "Lexar",
}  # fmt: skip
"""JEP106: the bank, and the number in it with its parity bit."""


def aliases() -> dict[str, str]:
    """Return what each maker is called by every way to write it, as the table has them."""
    return read(_MAKERS)


def names() -> set[str]:
    """Return all names that the tables give."""
    return {*aliases().values(), *_BANKS.values()}


def read(table: str) -> dict[str, str]:
    """Return a table of names by their aliases: a line a name, behind a colon its aliases, with commas between."""
    found: dict[str, str] = {}
    for line in table.replace("\n  ", " ").strip().splitlines():
        name, _, others = line.partition(": ")
        for one in (name, *others.split(", ")):
            if one.strip():
                found[one.strip()] = name
    return found


def of_jedec(text: str) -> str:
    """Return the maker of a memory module by the number that its firmware writes, empty where it is none we know.

    Example:
        80AD000080AD, 00AD00B300AD, 0xAD00000000000000, 7F7FFE0000000000 and 8325
    """
    plain = text.lower().removeprefix("0x")
    if len(plain) not in (4, 12, 16) or not all(one in "0123456789abcdef" for one in plain):
        return ""
    if len(plain) == 16:
        # Each 7f in front is a bank that was passed over.
        banks = 0
        while plain.startswith("7f"):
            plain, banks = plain[2:], banks + 1
        return _BANKS.get(f"{banks:02x}{plain[:2]}", "")
    return _BANKS.get(f"{int(plain[:2], 16) & 0x7F:02x}{plain[2:4]}", "")
