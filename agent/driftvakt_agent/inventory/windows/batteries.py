"""Batteries that Windows knows of where the firmware's table has none.

Example:
    BatteryStaticData    DeviceName=DELL GPM0365  ManufactureName=BYD  SerialNumber=2147  DesignedCapacity=59997

Source: learn.microsoft.com, BATTERY_INFORMATION, for the unit: milliwatt hours.
"""

from driftvakt_agent.host import Host
from driftvakt_agent.inventory import Found
from driftvakt_agent.inventory.windows import cim, firmware, parts
from driftvakt_agent.sample import NoData


def take(host: Host) -> Found:
    if firmware.parse(firmware.capture()).get("batteries"):
        raise NoData("the firmware tells of the batteries")
    rows = parts.batteries(cim.objects(host, "BatteryStaticData"))
    if not rows:
        raise NoData("Windows tells of no battery")
    return {"batteries": rows}
