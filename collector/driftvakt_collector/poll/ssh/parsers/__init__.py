"""What commands wrote, as rows: a file a command. Each takes text and gives rows; none of them does anything else."""
