"""The report of a joint round: returns and answers by agency, how often two agencies agree, what panels found."""
