"""What is asked of devices: a file a subject; `table.MODULES` lists them."""
