"""Who is to be told: people, how they are reached, rotas, what differs from them, and whether the weeks ahead hold."""
