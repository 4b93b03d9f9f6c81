"""Power and rooms: uninterruptible supplies, power strips, temperature, humidity, parts that break."""

from dashboards.made.board import ONE, Board, Group
from dashboards.made.panel import ANY_IS_BAD, ANY_IS_ODD, EMPTY, Query, bars, graph, stat, states, table

_PART = {"instance": "Device", "kind": "Kind", "part": "Part", "site": "Site"}


def _ups(series: str) -> str:
    return f"driftvakt_ups_{series}{{{ONE}}}"


BOARD = Board(
    uid="driftvakt-power",
    title="UPS and environment",
    description="Uninterruptible supplies, power strips, temperature and humidity, and parts that are broken.",
    anchor='__name__=~"driftvakt_(ups|sensor|pdu)_.+"',
    instance=True,
    groups=(
        Group(
            "Now",
            (
                stat("Supplies", "Uninterruptible supplies that are asked.", "short", f"count({_ups('on_battery')})"),
                stat("On battery", "Supplies that run on their batteries.", "short", f"sum({_ups('on_battery')})",
                     ANY_IS_BAD),
                stat("On bypass", "Supplies whose load hangs on the line without them.", "short",
                     f"sum({_ups('on_bypass')})", ANY_IS_ODD),
                stat("Worn out batteries", "Supplies that say that their battery must be replaced.", "short",
                     f"sum({_ups('battery_replace')}) or vector(0)", ANY_IS_ODD),
                stat("Warmest", "The highest temperature that a sensor of a device or a room tells.", "celsius",
                     f"max(driftvakt_sensor_celsius{{{ONE}}})"),
                stat("Broken parts", "Fans, power supplies, disks and RAIDs that are not well.", "short",
                     f"count(driftvakt_part_ok{{{ONE}}} == 0) or vector(0)", ANY_IS_BAD),
            ),
        ),
        Group(
            "Uninterruptible supplies",
            (
                bars("Charge", "Charge of each battery.", "percentunit",
                     Query(_ups("battery_charge_ratio"), "{{instance}}"), EMPTY, 8, (0, 1)),
                graph("Lasts for", "How long each battery lasts at this load.", "s",
                      Query(_ups("runtime_seconds"), "{{instance}}"), width=8, bounds=(0, None)),
                graph("Load", "Load of what each supply can carry.", "percentunit",
                      Query(_ups("load_ratio"), "{{instance}} {{phase}}"), width=8, bounds=(0, None)),
                states("Power", "Whether each supply runs on the line or on its battery.",
                       Query(_ups("on_battery"), "{{instance}}"), {0: ("line", "green"), 1: ("battery", "red")}),
                graph("Line", "Voltage that comes in.", "volt", Query(_ups("input_volts"), "{{instance}} {{phase}}"),
                      width=8),
                graph("Output", "Power that hangs on each supply.", "watt",
                      Query(_ups("output_watts"), "{{instance}} {{phase}}"), width=8, bounds=(0, None)),
                graph("Warmth of batteries", "Temperature of each battery. Ten degrees more halve its life.", "celsius",
                      Query(_ups("battery_celsius"), "{{instance}}"), width=8),
            ),
        ),
        Group(
            "Rooms and devices",
            (
                graph("Temperatures", "The twenty warmest sensors.", "celsius",
                      Query(f"topk(20, driftvakt_sensor_celsius{{{ONE}}})", "{{instance}} {{sensor}}")),
                graph("Humidity", "Relative humidity at sensors.", "percentunit",
                      Query(f"driftvakt_sensor_humidity_ratio{{{ONE}}}", "{{instance}} {{sensor}}"), bounds=(0, 1)),
                table("Parts that are not well", "Fans, power supplies, disks and RAIDs by the word of their device. 0 "
                      "is not well.", "short", f"driftvakt_part_ok{{{ONE}}} == 0", _PART, "State"),
                graph("Drawn by devices", "Power that devices draw themselves.", "watt",
                      Query(f"driftvakt_device_watts{{{ONE}}}", "{{instance}} {{name}}"), bounds=(0, None)),
            ),
        ),
        Group(
            "Power strips",
            (
                graph("Current", "Current of each strip by phase.", "amp",
                      Query(f"driftvakt_pdu_amperes{{{ONE}}}", "{{instance}} {{phase}}"), width=8, bounds=(0, None)),
                graph("Power of strips", "Power that hangs on each strip.", "watt",
                      Query(f"driftvakt_pdu_watts{{{ONE}}}", "{{instance}} {{unit}}"), width=8, bounds=(0, None)),
                states("Near what it may carry", "By the strip's own limits.",
                       Query(f"driftvakt_pdu_overload{{{ONE}}}", "{{instance}} {{phase}}"),
                       {0: ("well", "green"), 1: ("near or above", "red")}, width=8),
            ),
        ),
    ),
)  # fmt: skip
