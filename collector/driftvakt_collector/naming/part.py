"""What is added to a row of an inventory: maker, model or product under one name. The row itself stays as it came."""

from collections.abc import Mapping

from driftvakt_collector.naming import makers
from driftvakt_collector.naming.disk import disk
from driftvakt_collector.naming.disk import makers as disk_makers
from driftvakt_collector.naming.maker import maker
from driftvakt_collector.naming.model import model, system
from driftvakt_collector.naming.product import product

MAKER, MODEL = "maker", "model_name"
PRODUCT, PUBLISHER = "product", "product_publisher"
_MAKER_IN = {
    "firmware": "vendor", "baseboard": "manufacturer", "chassis": "manufacturer", "processors": "manufacturer",
    "memory": "manufacturer", "batteries": "manufacturer", "power_supplies": "manufacturer",
}  # fmt: skip
"""In which column a section has the maker."""
_OF_PACKAGE = ("source", "name", "publisher")
EXTRA: Mapping[str, tuple[str, ...]] = {
    "system": (MAKER, MODEL), "storage": (MAKER, MODEL), "baseboard": (MAKER, MODEL),
    "packages": (PRODUCT, PUBLISHER),
    **{name: (MAKER,) for name in _MAKER_IN if name != "baseboard"},
}  # fmt: skip
"""The columns that each section gets."""
_CALLED = "\n".join({*makers.names(), *disk_makers(), "VirtualBox"}).casefold()


def may_be_called(word: str) -> bool:
    """Say if a word, in lower case, may be part of a maker's or model's name that stands nowhere in what a machine

    wrote, for our tables have it. Any other word of such a name is a word of the machine's.
    """
    return word in _CALLED


def named(section: str, row: Mapping[str, object], board: Mapping[str, object] | None = None) -> dict[str, str]:
    """Return the columns of EXTRA that have something to say. board: the mainboard's row, where `row` is the system."""
    if section == "system":
        found = system(row, board)
    elif section == "storage":
        found = disk(row)
    elif section == "baseboard":
        vendor = maker(row.get("manufacturer"))
        return _told(vendor, model(row.get("product"), vendor))
    elif section == "packages":
        one = product(*(text if isinstance(text := row.get(name), str) else "" for name in _OF_PACKAGE))
        return {column: text for column, text in ((PRODUCT, one.name), (PUBLISHER, one.publisher)) if text}
    elif section in EXTRA:
        return _told(maker(row.get(_MAKER_IN[section])), "")
    else:
        return {}
    return _told(*found)


def _told(vendor: str, name: str) -> dict[str, str]:
    return {column: text for column, text in ((MAKER, vendor), (MODEL, name)) if text}
