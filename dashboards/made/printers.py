"""Printers: what runs out, what is printed, what they complain of."""

from dashboards.made.board import ONE, Board, Group
from dashboards.made.panel import ANY_IS_BAD, ANY_IS_ODD, EMPTY, Query, graph, stat, table

_SUPPLY = f"driftvakt_printer_supply_ratio{{{ONE}}}"
_PRINTER = {"instance": "Printer", "site": "Site"}

BOARD = Board(
    uid="driftvakt-printers",
    title="Printers",
    description="Printers that are asked by SNMP: supplies, trays, pages.",
    anchor="driftvakt_printer_supply_ratio",
    instance=True,
    groups=(
        Group(
            "Now",
            (
                stat("Printers", "Printers that tell of their supplies.", "short",
                     f"count(count by (zone, instance) ({_SUPPLY}))", width=6),
                stat("Supplies under 10 %", "Supplies of which less than a tenth is left.", "short",
                     f"count({_SUPPLY} < 0.1) or vector(0)", ANY_IS_ODD, 6),
                stat("Empty supplies", "Supplies of which nothing is left; of a waste container: it is full.", "short",
                     f"count({_SUPPLY} == 0) or vector(0)", ANY_IS_BAD, 6),
                stat("Empty trays", "Trays without paper. Of a tray for single sheets that is usual.", "short",
                     f"count(driftvakt_printer_tray_ratio{{{ONE}}} == 0) or vector(0)", ANY_IS_ODD, 6),
            ),
        ),
        Group(
            "Supplies",
            (
                table("Least is left", "The fifty supplies of which least is left. What a printer does not know is not "
                      "here.", "percentunit", f"bottomk(50, {_SUPPLY})", {**_PRINTER, "supply": "Supply"}, "Left",
                      EMPTY),
                table("Low by the printer's own word", "Supplies of printers that say only whether there is enough. 1 "
                      "is low.", "short", f"driftvakt_printer_supply_low{{{ONE}}} == 1",
                      {**_PRINTER, "supply": "Supply"},
                      "Low", ANY_IS_BAD),
                table("Parts that last for fewer than 5000 pages", "By the printer's own reckoning.", "short",
                      f"driftvakt_printer_supply_left_pages{{{ONE}}} < 5000", {**_PRINTER, "supply": "Part"},
                      "Pages left"),
                graph("Supplies over time", "The emptiest of each printer.", "percentunit",
                      Query(f"bottomk(20, min by (instance) ({_SUPPLY}))", "{{instance}}"), bounds=(0, 1)),
            ),
        ),
        Group(
            "Paper",
            (
                table("Trays", "How full each tray is, the fifty emptiest.", "percentunit",
                      f"bottomk(50, driftvakt_printer_tray_ratio{{{ONE}}})", {**_PRINTER, "tray": "Tray"}, "Full",
                      EMPTY),
                table("Printed in a day", "Pages within the last 24 hours, the fifty busiest printers.", "short",
                      f"topk(50, instance:prtMarkerLifeCount:increase1d{{{ONE}}})", _PRINTER, "Pages"),
                table("Printed so far", "Pages since each printer was new.", "short",
                      f"topk(50, max by (zone, site, instance) (prtMarkerLifeCount{{{ONE}}}))", _PRINTER, "Pages"),
                table("Pages by kind", "Pages so far, where a printer counts kinds apart.", "short",
                      f"driftvakt_printer_pages_total{{{ONE}}}", {**_PRINTER, "kind": "Kind"}, "Pages"),
            ),
        ),
    ),
)  # fmt: skip
