"""Who is told next, and when: policies of plain steps, and which one an incident takes."""
