"""What must never change unseen: the list of it, its hashes in events, and the guards of the database."""
