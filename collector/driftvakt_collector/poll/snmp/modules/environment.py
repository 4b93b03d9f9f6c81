"""What is warm, wet, open or loud: sensors of rooms and of machines, in one normal form whatever their maker calls it.

1.3.6.1.4.1.21796.4.9.1.1.4.1        HW group STE2, alarm of an input    0 (none)
1.3.6.1.4.1.21796.4.9.3.1.3.2        HW group STE2, a sensor's state     1 (0 invalid, 1 normal, others out of range)
1.3.6.1.4.1.21796.4.9.3.1.5.2        HW group STE2, a sensor's value     203 (0.1 degree)
1.3.6.1.4.1.20916.1.10.1.1.1.0       AVTECH Room Alert 12E, internal     2534 (0.01 degree)
1.3.6.1.4.1.28507.66.1.6.1.1.2.1     Gude sensor box, temperature        259 (0.1 degree)
1.3.6.1.4.1.9.9.13.1.3.1.3.1006      ciscoEnvMonTemperatureStatusValue   41
1.3.6.1.4.1.318.1.1.10.2.2.4.1.3.1   iemConfigContactEnable              2 (enabled)
1.3.6.1.4.1.318.1.1.10.2.3.4.1.3.1   iemStatusContactStatus              2 (fault; 1 none, 3 disabled)
"""

import re
from collections.abc import Iterator
from dataclasses import replace

from driftvakt_collector.naming.device import Device
from driftvakt_collector.poll.snmp.mib import Module, Reading

_HWG, _AVTECH, _GUDE = "1.3.6.1.4.1.21796.4.9", "1.3.6.1.4.1.20916.1.10.1", "1.3.6.1.4.1.28507.66.1.6.1.1"
_CISCO = "1.3.6.1.4.1.9.9.13.1"
_IEM = "1.3.6.1.4.1.318.1.1.10.2.3.2.1"
_CONTACT, _CONTACT_WANTED = "1.3.6.1.4.1.318.1.1.10.2.3.4.1", "1.3.6.1.4.1.318.1.1.10.2.2.4.1.3"
_RPDU = "1.3.6.1.4.1.318.1.1.12"
_CELSIUS, _HUMIDITY = "driftvakt_sensor_celsius", "driftvakt_sensor_humidity_ratio"
_OK = "driftvakt_part_ok"
_CISCO_STATE = re.compile(r" (?:Normal|Failed|Not ?Exist|Not ?Present|Faulty|Bad|OK|GREEN|YELLOW|RED)\b", re.IGNORECASE)
"""In names of CISCO-ENVMON-MIB: "Sw1, PSB Failed", "SW#1, Sensor#1 GREEN"."""
_NOT_KNOWN = frozenset({-1, -999, -9999, 32767, 65535, 2147483647})


def suits(device: Device) -> bool:
    """Say if a device may have sensors; printers and phones have none."""
    return device.class_ not in ("printer", "phone")


def has_contacts(device: Device) -> bool:
    """Say if a device may have contacts wired to it that it watches."""
    return device.vendor in ("APC", "HWgroup")


def _warm(oid: str, names: str, scale: float = 1.0, label: str = "sensor") -> Reading:
    return Reading(_CELSIUS, (oid,), scale, label, names, _NOT_KNOWN, low=-60.0, high=250.0)


def _part(oid: str, names: str, kind: str, *good: int) -> Reading:
    return Reading(_OK, (oid,), label="part", label_oid=names, words=frozenset(good), labels=(("kind", kind),))


def _avtech() -> Iterator[Reading]:
    """Give the external sensors of a Room Alert; one that is not plugged in has 0."""
    for number in (1, 2, 3):
        label = (("sensor", f"external {number}"),)
        temperature, humidity = (f"{_AVTECH}.{number + 1}.{sub}.0" for sub in (1, 3))
        yield Reading(_CELSIUS, (temperature,), 0.01, unknown=frozenset({0}), labels=label, low=-60.0, high=250.0)
        yield Reading(_HUMIDITY, (humidity,), 0.0001, unknown=frozenset({0}), labels=label, low=0.0, high=1.0)


MODULE = Module(
    name="environment",
    walks=(
        f"{_HWG}.3.1",
        _AVTECH,
        _GUDE,
        _CISCO,
        _IEM,
        f"{_RPDU}.2.3.1",
    ),
    suits=suits,
    readings=(
        Reading(
            _CELSIUS, (f"{_HWG}.3.1.5",), 0.1, "sensor", f"{_HWG}.3.1.2", _NOT_KNOWN, where=((f"{_HWG}.3.1.7", 1),)
        ),
        Reading(
            _HUMIDITY, (f"{_HWG}.3.1.5",), 0.001, "sensor", f"{_HWG}.3.1.2", _NOT_KNOWN, where=((f"{_HWG}.3.1.7", 4),)
        ),
        Reading(_CELSIUS, (f"{_AVTECH}.1.1.0",), 0.01, labels=(("sensor", "internal"),)),
        *_avtech(),
        _warm(f"{_GUDE}.2", "", 0.1),
        Reading(_HUMIDITY, (f"{_GUDE}.3",), 0.001, "sensor", low=0.0, high=1.0),
        replace(_warm(f"{_CISCO}.3.1.3", f"{_CISCO}.3.1.2"), cut=_CISCO_STATE),
        replace(_part(f"{_CISCO}.4.1.3", f"{_CISCO}.4.1.2", "fan", 1), cut=_CISCO_STATE),
        replace(_part(f"{_CISCO}.5.1.3", f"{_CISCO}.5.1.2", "power supply", 1), cut=_CISCO_STATE),
        _warm(f"{_IEM}.4", f"{_IEM}.2"),
        # A probe that measures no humidity has 0.
        Reading(_HUMIDITY, (f"{_IEM}.6",), 0.01, "sensor", f"{_IEM}.2", _NOT_KNOWN | {0}, low=0.0, high=1.0),
        Reading("driftvakt_pdu_amperes", (f"{_RPDU}.2.3.1.1.2",), 0.1, "phase", unknown=_NOT_KNOWN, low=0.0),
    ),
)

CONTACTS = Module(
    name="contacts",
    walks=(_CONTACT, _CONTACT_WANTED, f"{_HWG}.1.1", f"{_HWG}.3.1"),
    suits=has_contacts,
    readings=(
        replace(
            _part(f"{_CONTACT}.3", f"{_CONTACT}.2", "contact", 1), unknown=frozenset({3}), named="contact ",
            where=((_CONTACT_WANTED, 2),),
        ),
        replace(_part(f"{_HWG}.1.1.4", f"{_HWG}.1.1.3", "contact", 0), named="input "),
        replace(_part(f"{_HWG}.3.1.3", f"{_HWG}.3.1.2", "sensor", 1), named="sensor "),
    ),
)  # fmt: skip
"""Doors, water and whatever else is wired to a contact, in alarm by the device's own word."""
