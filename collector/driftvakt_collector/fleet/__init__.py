"""What is known of every host right now, in memory: values, liveness, an hour of history, which lines were seen."""
