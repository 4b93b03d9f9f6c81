"""The contract between everything that makes records and everything that reads them.

Standard library only, imports nobody. An agent of any age and a collector of any age agree through these modules.
"""

VERSION = 1
"""Version of the envelope. A field is only ever added; the number changes when an old reader could be misled."""

RELEASE = "0.1.0"
"""The release of driftvakt that this is; pyproject.toml says the same, and a test compares them."""
