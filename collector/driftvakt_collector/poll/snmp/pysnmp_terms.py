"""What pysnmp calls what we name ourselves: algorithms, and the types of values.

Apart from what asks, for that loads pysnmp's compiler of MIBs, which a receiver of traps has no use for.
"""

from typing import Any

from pyasn1.type import univ
from pysnmp.entity import config
from pysnmp.proto import rfc1902, rfc1905

from driftvakt_collector.poll.snmp.driver import Auth, Privacy, Value

AUTH = {
    Auth.NONE: config.USM_AUTH_NONE,
    Auth.MD5: config.USM_AUTH_HMAC96_MD5,
    Auth.SHA1: config.USM_AUTH_HMAC96_SHA,
    Auth.SHA224: config.USM_AUTH_HMAC128_SHA224,
    Auth.SHA256: config.USM_AUTH_HMAC192_SHA256,
    Auth.SHA384: config.USM_AUTH_HMAC256_SHA384,
    Auth.SHA512: config.USM_AUTH_HMAC384_SHA512,
}
PRIVACY = {
    Privacy.NONE: config.USM_PRIV_NONE,
    Privacy.DES: config.USM_PRIV_CBC56_DES,
    Privacy.AES128: config.USM_PRIV_CFB128_AES,
    Privacy.AES192: config.USM_PRIV_CFB192_AES,
    Privacy.AES256: config.USM_PRIV_CFB256_AES,
}
_NOT_THERE = (rfc1905.NoSuchObject, rfc1905.NoSuchInstance, rfc1905.EndOfMibView, univ.Null)


def value_of(raw: Any) -> Value | None:
    """Return a variable of pysnmp's as a driver does, None for one that is not there."""
    if isinstance(raw, _NOT_THERE):
        return None
    if isinstance(raw, rfc1902.IpAddress):
        return ".".join(map(str, bytes(raw)))
    if isinstance(raw, univ.ObjectIdentifier):
        return str(raw)
    if isinstance(raw, univ.OctetString):
        return bytes(raw)
    return int(raw)
