"""What makers, models and programs are called, whoever writes it: pure, and without knowledge of anything above."""
