"""The operating system's own state: units, updates, users, and facts about what the machine is."""

from driftvakt_wire.names.family import GAUGE, INFO, Family

_OS = ("build_id", "id", "id_like", "image_id", "image_version", "name", "pretty_name", "variant", "variant_id",
       "version", "version_codename", "version_id")  # fmt: skip
_DMI = ("bios_date", "bios_release", "bios_vendor", "bios_version", "board_asset_tag", "board_name", "board_serial",
        "board_vendor", "board_version", "chassis_asset_tag", "chassis_serial", "chassis_vendor", "chassis_version",
        "product_family", "product_name", "product_serial", "product_sku", "product_uuid", "product_version",
        "system_vendor")  # fmt: skip

FAMILIES: tuple[Family, ...] = (
    # os
    Family(
        "node_os_info",
        INFO,
        "",
        _OS,
        f"A metric with a constant '1' value labeled by {', '.join(_OS)}.",
    ),
    Family(
        "node_os_version",
        GAUGE,
        "",
        ("id", "id_like", "name"),
        "Metric containing the major.minor part of the OS version.",
    ),
    Family(
        "node_os_support_end_timestamp_seconds",
        GAUGE,
        "seconds",
        (),
        "Metric containing the end-of-life date timestamp of the OS.",
    ),
    # dmi
    Family(
        "node_dmi_info",
        INFO,
        "",
        _DMI,
        f"A metric with a constant '1' value labeled by {', '.join(_DMI)} if provided by DMI.",
    ),
    # systemd
    Family("node_systemd_units", GAUGE, "", ("state",), "Summary of systemd unit states."),
    Family("node_systemd_unit_state", GAUGE, "", ("name", "state", "type"), "Systemd unit that is in this state."),
    Family(
        "node_systemd_system_running",
        GAUGE,
        "",
        (),
        "Whether the system is operational (see 'systemctl is-system-running').",
    ),
    Family("node_systemd_version", GAUGE, "", ("version",), "Detected systemd version."),
    # reboot
    Family("node_reboot_required", GAUGE, "", (), "Node reboot is required for software updates."),
    # updates
    Family("apt_upgrades_pending", GAUGE, "", ("arch", "origin"), "Apt packages pending updates by origin."),
    Family("apt_upgrades_held", GAUGE, "", ("arch", "origin"), "Apt packages pending updates but held back."),
    Family("apt_autoremove_pending", GAUGE, "", (), "Apt packages pending autoremoval."),
    Family("apt_package_cache_timestamp_seconds", GAUGE, "seconds", (), "Apt update last run time."),
    Family("yum_upgrades_pending", GAUGE, "", ("origin",), "Yum package pending updates by origin."),
    Family("pacman_updates_pending", GAUGE, "", (), "Number of pending updates from pacman."),
    Family(
        "driftvakt_updates_pending",
        GAUGE,
        "",
        ("manager", "security"),
        "Packages or updates that wait to be installed; security says if they close a security hole: yes, no, unknown.",
    ),
    Family(
        "driftvakt_updates_checked_timestamp_seconds",
        GAUGE,
        "seconds",
        (),
        "When the lists were last fetched that pending updates are counted with.",
    ),
    # users
    Family("driftvakt_users_logged_in", GAUGE, "", (), "Number of people who are logged in."),
)

PREFIXES: tuple[Family, ...] = ()
