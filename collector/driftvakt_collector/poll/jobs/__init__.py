"""Jobs that tell by HTTP how they went: backups, exports, renewals of certificates."""
