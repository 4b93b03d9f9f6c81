"""Windows and macOS, through psutil and the platform's own calls; every call is guarded, for platforms differ."""
