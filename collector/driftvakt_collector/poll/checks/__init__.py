"""Service checks: one file each; `table.CHECKS` lists them."""
