"""A name that a machine wrote, made fit to be compared and shown."""

import re
import unicodedata
from collections.abc import Callable

MAX = 200
"""Characters of a name that count; a machine that writes more says nothing with them."""
_ROUNDS = 12
_BLANKS = re.compile(r"\s+")
_EDGES = " \t,;:|_=~^'\"`"
_NOTHING = frozenset({
    "", "0", "na", "none", "null", "nil", "unknown", "empty", "oem", "default", "invalid", "undefined", "unspecified",
    "defaultstring", "notspecified", "notapplicable", "notavailable", "notprovided", "notdefined", "notpresent",
    "notinstalled", "notset", "notprogrammed", "systemmanufacturer", "systemproductname", "systemproduct", "systemname",
    "systemversion", "systemserialnumber", "systemsku", "systemskunumber", "sku", "skunumber", "familyname", "family",
    "systemfamily", "productname", "product", "model", "modelname", "version", "manufacturer", "vendor", "vendorname",
    "baseboardmanufacturer", "baseboardproductname", "baseboardproduct", "baseboardversion", "boardproduct",
    "boardvendor", "boardmanufacturer", "chassismanufacture", "chassismanufacturer", "chassisversion", "noenclosure",
    "nodimm", "nomodule", "nomoduleinstalled", "modulemanufacturer", "oemdefault", "filledbyoem", "fillbyoem",
    "tobefilledbyoem", "tobefilled", "oemstring", "badindex", "type1productconfigid", "type1family", "type1skunumber",
    "type2boardproductname", "allseries", "test", "sample", "todo", "xxx", "genericmodel", "dimm", "unknowndevice",
    "unknownvendor", "unknownmanufacturer", "standardsystemdevices", "notabenehere", "ata", "scsi", "nvme", "usb",
    "outofspec", "unavailable", "privatelabel", "private", "masked",
})  # fmt: skip
_NOTHING_LIKE = re.compile(
    r"(tobefilled|defaultstring|notspecified|oemdefine|fillbyoem).*|manufacturer\d{1,3}|oem(define)?\d{1,2}"
    r"|0+|f{4,}|x{3,}|0?123456789(0|abcdef)?|(product|system|model|chassis|board)(name|version|manufacturer)\d*"
)
"""Texts of the same kind, without signs and in lower case."""


def tidy(text: object) -> str:
    """Return a name without what can't be seen, without blanks around and within it, and not too long."""
    if not isinstance(text, str):
        return ""
    # Composed letters: å is written in two ways. And a NUL has no place in a database.
    plain = unicodedata.normalize("NFC", text[: 4 * MAX])
    seen = "".join(" " if unicodedata.category(one)[0] in "CZ" else one for one in plain)
    return _BLANKS.sub(" ", seen).strip(_EDGES)[:MAX].strip(_EDGES)


def is_nothing(text: str) -> bool:
    """Say if a tidied text is what makers leave in a field that nobody filled."""
    plain = "".join(one for one in text.casefold() if one.isalnum())
    if plain in _NOTHING:
        return True
    return plain.isascii() and _NOTHING_LIKE.fullmatch(plain) is not None


def told(text: object) -> str:
    """Return a tidied name, empty where it says nothing."""
    plain = tidy(text)
    return "" if is_nothing(plain) else plain


def settled(step: Callable[[str], str], text: str) -> str:
    """Return what a text comes to when a step is taken until it changes nothing.

    So what was normalised once is left as it is when it is normalised again.
    """
    # A name that a hostile machine made for it must not take the time of others.
    for _ in range(_ROUNDS):
        after = step(text)
        if after == text:
            break
        text = after
    return text
