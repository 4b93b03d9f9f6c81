"""GLPI's inventory as JSON: what a GLPI Agent says of a machine, and what we say of one to GLPI.

Source: github.com/glpi-project/inventory_format, inventory.schema.json (MIT).
"""

from collections.abc import Mapping

from driftvakt_collector.store.section import Cell

Row = Mapping[str, Cell]
Rows = Mapping[str, list[Row]]
"""The rows of sections, by the section's name."""

EXTENSION = "driftvakt"
"""The member of `content` that holds what GLPI's format has no place for; GLPI passes over it."""
