"""Reading exports of case systems, without passing on any identifier."""
