"""The facts that the city is made from: who there is, and how large each part is. See `about` in organisation.json."""

import json
from dataclasses import dataclass
from importlib import resources


@dataclass(frozen=True)
class Administration:
    """An administration or company. code: for host names. parts: the neighbourhoods of a district, else empty."""

    name: str
    code: str
    parts: tuple[str, ...] = ()


@dataclass(frozen=True)
class Organisation:
    """sizes: how many of each there are in the whole city. names: patterns of host names."""

    districts: tuple[Administration, ...]
    departments: tuple[Administration, ...]
    companies: tuple[Administration, ...]
    sizes: dict[str, int]
    names: dict[str, str]


def load() -> Organisation:
    """Read the facts that are shipped with the demo."""
    told = json.loads(resources.files(__package__).joinpath("organisation.json").read_text("utf-8"))
    districts, departments, companies = (
        tuple(_administration(one) for one in told[group]) for group in ("districts", "departments", "companies")
    )
    sizes = {name: fact["value"] for name, fact in told["sizes"].items()}
    names = {name: text for name, text in told["names"].items() if name != "confidence"}
    return Organisation(districts, departments, companies, sizes, names)


def _administration(told: dict[str, object]) -> Administration:
    parts = told.get("parts")
    return Administration(
        str(told["administration"]), str(told["code"]), tuple(parts) if isinstance(parts, list) else ()
    )
